//! Windows that ask the person for a password: whoever types it there believes that the machine wants it, and a script has it.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::{Program, has};
use crate::policy::effects::Kind;
use crate::policy::lists::is;

/// Programs that ask for a password and for nothing else, and those that do so where they are told to.
const ASKERS: &str = "systemd-ask-password|ssh-askpass|ksshaskpass|pinentry|pinentry-mac";
const WINDOWS: &str = "zenity|kdialog|yad|qarma|matedialog|Xdialog|gxmessage|dialog|whiptail";

pub(super) fn program(name: &str) -> Option<Program> {
    (is(name, ASKERS) || is(name, WINDOWS)).then_some(asks)
}

fn asks(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let hides = |word: &str| matches!(word, "--password" | "--hide-text" | "--passwordbox" | "--insecure");
    let tells = call.args.iter().any(|arg| matches!(arg.shown().as_str(), "--help" | "--version"));
    if (is(&call.name, ASKERS) || call.args.iter().any(|arg| hides(&arg.shown()))) && !tells {
        machine.takes_password(state);
    } else {
        machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
    }
}

/// Notes that a piece of code shows such a window.
pub(super) fn shown_by(machine: &mut Machine<'_>, state: &mut State, code: &str) {
    let has = |words: &[&str]| has(code, words);
    let asks = has(&["with hidden answer"])
        || has(&["askstring", "simpledialog", "getpass", "JPasswordField", "PromptForCredential", "Get-Credential"])
            && has(&["show='*'", "show=\"*\"", "JPasswordField", "PromptForCredential"])
            && has(&["assword", "asswort", "credential"]);
    if asks {
        machine.takes_password(state);
    }
}

impl Machine<'_> {
    /// What is typed is a credential, and the script has it.
    fn takes_password(&mut self, state: &mut State) {
        self.act(Kind::SecretRead, "what the person is asked to type");
        self.emit(state, 1, Text::hole(Origin::SECRET));
    }
}
