//! Backups: what throws copies away that exist for the day they are needed, and what lays one over what is there.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{read, single};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::{Tool, on, spec, unless, with};
use crate::policy::effects::Kind::{DatabaseDestroy, StorageDestroy};
use crate::policy::lists::holds;

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["restic", "rustic"],
        spec: spec(
            "rpoHlmdwy",
            &[
                "repo=",
                "repository=",
                "password-file=",
                "password-command=",
                "option=",
                "host=",
                "tag=",
                "path=",
                "keep-last=",
                "keep-hourly=",
                "keep-daily=",
                "keep-weekly=",
                "keep-monthly=",
                "keep-yearly=",
                "keep-within=",
                "keep-tag=",
                "max-unused=",
                "cache-dir=",
            ],
        ),
        entries: &[
            unless("forget|prune", &["n"], StorageDestroy),
            with("rewrite|repair", &["forget"], StorageDestroy),
            with("unlock", &["remove-all"], StorageDestroy),
            on("key remove|rm", StorageDestroy),
        ],
    },
    Tool {
        names: &["borg", "borg2", "attic"],
        spec: spec(
            "aPr",
            &["glob-archives=", "prefix=", "repo=", "keep-daily=", "keep-weekly=", "keep-last=", "match-archives="],
        ),
        entries: &[
            unless("delete", &["n", "cache-only"], StorageDestroy),
            unless("prune|recreate|repo-delete|rdelete", &["n"], StorageDestroy),
            on("key remove", StorageDestroy),
        ],
    },
    Tool {
        names: &["borgmatic"],
        spec: spec("cra", &["config=", "repository=", "archive="]),
        entries: &[unless("prune|delete|repo-delete|recreate", &["n"], StorageDestroy)],
    },
    Tool {
        names: &["kopia"],
        spec: spec("", &["config-file=", "password=", "safety="]),
        entries: &[
            with("snapshot|snap delete|remove|rm|expire", &["delete", "unsafe-ignore-source"], StorageDestroy),
            on("blob|content|manifest|index delete|rm|remove|drop", StorageDestroy),
            with("maintenance run", &["safety=none"], StorageDestroy),
        ],
    },
    Tool {
        names: &["duplicity", "duply"],
        spec: spec("", &["encrypt-key=", "archive-dir=", "name="]),
        entries: &[
            with(
                "remove-older-than|remove-all-but-n-full|remove-all-inc-of-but-n-full|cleanup",
                &["force"],
                StorageDestroy,
            ),
            with("* purge|purgeFull|purgeIncr|cleanup|purgeAuto", &["force"], StorageDestroy),
        ],
    },
    Tool {
        names: &["tarsnap"],
        spec: spec("fC", &["keyfile=", "cachedir="]),
        entries: &[with("", &["d", "nuke", "fsck-prune"], StorageDestroy)],
    },
    Tool {
        names: &["rdiff-backup"],
        spec: spec("", &["older-than=", "remove-older-than="]),
        entries: &[with("", &["remove-older-than"], StorageDestroy), on("remove", StorageDestroy)],
    },
    Tool {
        names: &["duplicacy"],
        spec: single(&["keep=", "r=", "storage=", "id=", "t="]),
        entries: &[on("prune", StorageDestroy)],
    },
    Tool {
        names: &["bup"],
        spec: spec("d", &["bup-dir="]),
        entries: &[with("rm|prune-older|gc", &["unsafe"], StorageDestroy)],
    },
    // Of databases.
    Tool {
        names: &["pgbackrest"],
        spec: spec("", &["stanza=", "repo=", "set=", "config=", "type=", "target="]),
        entries: &[on("expire|stanza-delete|stop", StorageDestroy), on("restore", StorageDestroy)],
    },
    Tool {
        names: &["barman", "pg_probackup"],
        spec: spec("B", &["instance=", "backup-id="]),
        entries: &[on("delete|del-instance|delete-backup|merge", StorageDestroy)],
    },
    Tool {
        names: &["wal-g", "wal-e"],
        spec: spec("", &["config="]),
        entries: &[with("delete", &["confirm"], StorageDestroy)],
    },
    Tool {
        names: &["pbm"],
        spec: spec("", &["mongodb-uri="]),
        entries: &[on("delete-backup|delete-pitr|cleanup|restore", StorageDestroy)],
    },
    Tool {
        names: &["xbcloud", "medusa", "clickhouse-backup"],
        spec: spec("", &["stanza=", "config=", "repo=", "type=", "set=", "repo1-retention-full="]),
        entries: &[
            on("stanza-delete|expire|stop|delete|delete-backup|delete-pitr|purge|delete-all|cleanup", DatabaseDestroy),
            on("** delete|everything|retain", DatabaseDestroy),
        ],
    },
    // Of whole machines.
    Tool {
        names: &["snapper"],
        spec: spec("c", &["config="]),
        entries: &[on("delete|remove|rm|undochange|rollback|cleanup|delete-config", StorageDestroy)],
    },
    Tool {
        names: &["timeshift"],
        spec: spec("", &["snapshot=", "snapshot-device=", "target="]),
        entries: &[with("", &["delete", "delete-all", "restore"], StorageDestroy)],
    },
    Tool {
        names: &["proxmox-backup-client", "pvesm", "vzdump"],
        spec: spec("", &["repository=", "ns="]),
        entries: &[on("snapshot|group forget", StorageDestroy), on("forget|prune|free", StorageDestroy)],
    },
];

pub(super) fn program(name: &str) -> Option<Program> {
    match name {
        "restic" | "rustic" | "borg" | "borg2" | "kopia" | "duplicity" => Some(backup),
        "rman" => Some(recovery),
        _ => None,
    }
}

/// Oracle's Recovery Manager takes backups and logs away that nothing has replaced, or the database itself.
fn recovery(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("", &["cmdfile=", "log="]));
    let files: Vec<Text> = options.values(&["cmdfile"]).cloned().collect();
    let mut texts = vec![machine.input(state, 0)];
    texts.extend(files.iter().map(|file| machine.read_file(state, file)));
    let destroys = |line: &str| {
        let line = line.trim_start().to_ascii_lowercase();
        let takes =
            line.starts_with("delete") && !holds(&line, "obsolete|expired|backed up|completed before|until time");
        takes || line.starts_with("drop database")
    };
    if texts.iter().any(|text| text.shown().split([';', '\n', '{']).any(destroys)) {
        machine.act(StorageDestroy, "backups");
    }
}

/// A backup that is brought back to where people work is laid over it.
fn backup(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("rpt", &["target=", "repo=", "include="]));
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let verb = words.first().map(String::as_str).unwrap_or_default();
    let here = Text::known(".");
    let into = match (call.name.as_str(), verb) {
        _ if options.has(&["n", "dry-run", "help", "include"]) => None,
        ("restic" | "rustic", "restore") => options.value(&["t", "target"]),
        ("borg" | "borg2", "extract") if words.len() == 2 => Some(&here),
        ("kopia", "restore") | ("duplicity", "restore") => options.operands.last(),
        _ => None,
    };
    if let Some(folder) = into {
        machine.covers(state, &folder.clone());
    }
    super::table(machine, call, state);
}
