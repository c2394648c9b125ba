//! Settings by which agents and the editors they live in ask a person first, or trust a folder: written so that nobody is asked.

use super::settings::{Setting, is_everything, settings};
use super::source::{Written, form, is_test};
use crate::policy::lists::{holds, is, parts};

/// Files in which agents and editors keep their settings: the ends of their paths, and the folders that are theirs alone.
const FILES: &str = "/.vscode/settings.json|/user/settings.json|/machine/settings.json|/vscode/settings.json|\
    /zed/settings.json|/.zed/settings.json|/.claude.json|/.aider.conf.yml|/opencode.json|/opencode.jsonc|/crush.json|\
    /.crush.json|/devcontainer.json|/.devcontainer.json|.code-workspace";
const FOLDERS: &str = "/.claude/|/.codex/|/.gemini/|/.qwen/|/.cursor/|/.copilot/|/.continue/|/.windsurf/|/.roo/|\
    /.cline/|/.kiro/|/.amp/|/amp/|/goose/|/.goose/|/opencode/|/.opencode/|/.factory/|/.augment/|/.trae/|/.amazonq/|\
    /amazonq/|/.openhands/|/globalstorage/|/github-copilot/";

/// What lets an agent go on by itself where it is on, by the ends of names in lower case and letters alone.
const LETS_GO: &str = "autoapprove|autoapproveall|autoapprovecommands|autoaccept|autoacceptall|autoconfirm|\
    alwaysallow|alwaysallowexecute|alwaysallowtoolactions|alwaysapprove|allowallcommands|executeallcommands|yolo|\
    yolomode|dangerouslyallowall|dangerouslyskippermissions|skippermissions|skipdangerousmodepermissionprompt|\
    bypasspermissions|allowalltools|allowallpaths|trustalltools|yesalways|disablesandbox|dangerouslydisablesandbox|enableallprojectmcpservers";

/// What asks, or keeps an agent in, while it is on.
const ASKS: &str = "securityworkspacetrustenabled|foldertrustenabled|sandboxenabled|requireapproval|\
    requireconfirmation|askforapproval";

/// Lists of what is let go without a question.
const LISTS: &str = "autoapprove|autoapproved|alwaysallow|allowedcommands|allowedtools|allowlist|trustedcommands|\
    trustedtools|autoapprovedcommands|permissionsallow|toolsallow|autorun";

/// Whether a text lets an agent do whatever it wants, where the text before it did not: the setting's name.
pub(super) fn lets_go(written: &Written<'_>) -> Option<String> {
    let path = written.path.to_ascii_lowercase();
    let of_agent = parts(FILES).any(|file| path.ends_with(file))
        || holds(&path, FOLDERS) && is(form(&path), "json|jsonc|toml|yml|yaml|json5|code-workspace");
    if !of_agent || is_test(&path) {
        return None;
    }
    let said = |text| settings(text).iter().find(|setting| is_loose(setting)).map(|it| it.name.to_string());
    said(&written.text).filter(|_| written.before.and_then(said).is_none())
}

fn is_loose(setting: &Setting<'_>) -> bool {
    let path = setting.path();
    let ends = |names| parts(names).any(|name| path.ends_with(name));
    let value = setting.value.as_ref();
    if is(value, "yolo|bypassPermissions|danger-full-access") {
        return true;
    }
    // What an editor lets an agent change is another matter than what it lets it run.
    let runs = !path.contains("edits") && !path.contains("readonly");
    let allows = setting.is_on() || is(value, "allow|auto");
    runs && setting.is_on() && ends(LETS_GO)
        || setting.is_off() && ends(ASKS)
        || ends(LISTS) && is_all(value)
        // Patterns by which commands are told apart, each with what becomes of it.
        || path.contains("terminalautoapprove") && allows && is(&setting.name, "rm|sudo|dd|eval|mkfs|bash|sh")
        || path.contains("terminalautoapprove") && allows && is_everything(&setting.name)
        || setting.name == "approve" && allows && is_everything(&setting.within)
        || setting.within.ends_with("permission") && allows && setting.name == "*"
        || path == "permission" && value == "allow"
        || path == "allow" && is_all(value)
        || path == "goosemode" && value == "auto"
        || path.ends_with("toolpermissionsdefault") && value == "allow"
}

/// Whether an entry of a list of what is allowed stands for every command.
fn is_all(entry: &str) -> bool {
    let tools = "Bash|Bash(*)|Bash(**)|Bash(:*)|Shell|Shell(*)|Shell(**)|Terminal(*)|run_shell_command|execute_bash|run_terminal_cmd|bash|shell";
    is_everything(entry) || is(entry, tools)
}
