//! Queues of jobs that many share: what somebody waits for days for is gone when it is taken out of one.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Spec, read};
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::Program;
use super::{Entry, Tool, on, spec, with};
use crate::policy::effects::Kind::ServiceChange;

/// Programs that list jobs, and the options by which they list one person's alone.
const LISTS: &[&str] = &["squeue", "qstat", "qselect", "bjobs", "condor_q", "showq", "oarstat"];
const OF_ONE: &[&str] = &["me", "u", "user", "submitter", "j", "job", "jobs"];

const LISTED: Spec =
    spec("uUpAtoOnwqMjSk", &["user=", "partition=", "account=", "state=", "format=", "name=", "job=", "jobs="]);

pub(super) fn program(name: &str) -> Option<Program> {
    LISTS.contains(&name).then_some(list as Program)
}

/// A list of jobs: whose they are nobody asked, but where it is somebody's own.
fn list(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let of_one = read(&call.args, &LISTED).has(OF_ONE) != (call.name == "bjobs" && names_all(&call.args));
    machine.emit(state, 1, Text::hole(if of_one { Origin::UNKNOWN } else { Origin::QUERIED }));
}

/// `bjobs -u all`: its own are what that program lists otherwise, too.
fn names_all(args: &[Text]) -> bool {
    args.iter().any(|arg| arg.shown() == "all")
}

/// What takes jobs out, by whatever but their numbers.
const fn takes_out(with: &'static [&'static str]) -> Entry {
    Entry { path: "", with, without: &["u=…", "user=…", "me"], kind: ServiceChange, token: false }
}

/// Every tool of this file that a table tells enough of.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["scancel"],
        spec: spec(
            "utpAnMwqRs",
            &["user=", "partition=", "account=", "state=", "name=", "nodelist=", "qos=", "reservation=", "signal="],
        ),
        entries: &[takes_out(&[
            "p",
            "partition",
            "A",
            "account",
            "w",
            "nodelist",
            "q",
            "qos",
            "R",
            "reservation",
            "@queried",
        ])],
    },
    Tool {
        names: &["qdel", "canceljob", "oardel"],
        spec: spec("uWm", &[]),
        entries: &[takes_out(&["all", "@queried", "u=*"])],
    },
    Tool {
        names: &["bkill", "condor_rm"],
        spec: spec("umqJg", &["constraint=", "name="]),
        entries: &[takes_out(&["u=all", "q", "m", "all", "a", "@queried"])],
    },
    Tool {
        names: &["scontrol"],
        spec: spec("M", &["clusters="]),
        entries: &[
            with("update", &["~*state=down*", "~*state=drain*", "~*state=inactive*"], ServiceChange),
            with("hold|suspend|requeue|release", &["@queried"], ServiceChange),
            on("shutdown|reconfigure|delete", ServiceChange),
        ],
    },
    Tool { names: &["sacctmgr"], spec: spec("", &[]), entries: &[on("** delete|remove", ServiceChange)] },
];
