//! Programs that carry files away: to a cloud's storage, to whoever has the link.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use super::sieve::knows;
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::inspect::people::is_private;
use crate::policy::lists::{is, is_any_case};
use crate::policy::secrets::{self, Secrecy};

/// A way for files to leave.
struct Upload {
    names: &'static [&'static str],
    /// The words that say so; each may be one of several.
    verbs: &'static [&'static [&'static str]],
    /// Options whose value is a file.
    files: &'static [&'static str],
    /// Whether it goes to a place of the person's own.
    own: bool,
}

const COPIES: &[&[&str]] =
    &[&["cp", "mv", "sync", "put", "mirror", "copy", "copyto", "move", "moveto", "rsync", "rcat", "pipe"]];

const UPLOADS: &[Upload] = &[
    Upload { names: &["aws"], verbs: &[&["s3"], &["cp", "mv", "sync"]], files: &[], own: true },
    Upload { names: &["aws"], verbs: &[&["s3api"], &["put-object"]], files: &["body"], own: true },
    Upload {
        names: &["gsutil", "azcopy", "s3cmd", "s5cmd", "s4cmd", "mc", "rclone"],
        verbs: COPIES,
        files: &[],
        own: true,
    },
    Upload { names: &["gcloud"], verbs: &[&["storage"], &["cp", "mv", "rsync"]], files: &[], own: true },
    Upload {
        names: &["az"],
        verbs: &[&["storage"], &["blob", "file"], &["upload", "upload-batch"]],
        files: &["f", "file", "s", "source"],
        own: true,
    },
    Upload { names: &["b2"], verbs: &[&["upload-file", "sync", "upload_file"]], files: &[], own: true },
    Upload { names: &["wrangler"], verbs: &[&["r2"], &["object"], &["put"]], files: &["f", "file"], own: true },
    Upload { names: &["gh"], verbs: &[&["release"], &["upload", "create"]], files: &[], own: false },
    Upload { names: &["gh"], verbs: &[&["gist"], &["create", "edit"]], files: &["a", "add"], own: false },
    Upload { names: &["glab"], verbs: &[&["snippet"], &["create"]], files: &[], own: false },
    // Folders that everybody gets to see as a site.
    Upload { names: &["surge", "gh-pages"], verbs: &[], files: &["project", "dist"], own: false },
    Upload { names: &["netlify", "ntl"], verbs: &[&["deploy"]], files: &["dir"], own: false },
    Upload { names: &["wrangler"], verbs: &[&["pages"], &["deploy", "publish"]], files: &[], own: false },
    Upload { names: &["neocities"], verbs: &[&["push", "upload"]], files: &[], own: false },
    Upload { names: &["wormhole", "croc"], verbs: &[&["send", "tx"]], files: &[], own: false },
    Upload {
        names: &["ffsend", "gdrive", "transfer", "dropbox_uploader.sh"],
        verbs: &[&["upload", "up"]],
        files: &[],
        own: false,
    },
    Upload { names: &["ipfs"], verbs: &[&["add"]], files: &[], own: false },
    Upload { names: &["mega-put", "megaput", "mega-sync"], verbs: &[], files: &[], own: false },
    Upload {
        names: &["dbxcli", "megatools", "filen", "pcloud", "icloud", "box"],
        verbs: &[&["put", "upload", "sync"]],
        files: &[],
        own: false,
    },
    Upload { names: &["gdrive"], verbs: &[&["files"], &["upload"]], files: &[], own: false },
    Upload {
        names: &["pastebinit", "slackcat", "gist", "telegram-send", "termbin", "wgetpaste"],
        verbs: &[],
        files: &["i", "f", "file"],
        own: false,
    },
];

/// Those of them that give what they carry to whoever has the link.
const OPEN: &[&str] = &["ffsend", "transfer", "ipfs", "pastebinit", "termbin", "wgetpaste"];

const SPEC: Spec = spec(
    "fsiape",
    &[
        "body=",
        "bucket=",
        "key=",
        "file=",
        "source=",
        "name=",
        "container-name=",
        "account-name=",
        "profile=",
        "region=",
        "endpoint-url=",
        "acl=",
        "exclude=",
        "include=",
        "filter=",
        "transfers=",
        "storage-class=",
        "content-type=",
        "desc=",
        "filename=",
        "add=",
        "project=",
        "config=",
        "destination=",
        "dir=",
        "dist=",
        "message=",
        "branch=",
        "site=",
        "alias=",
    ],
);

pub(super) fn program(name: &str) -> Option<Program> {
    if matches!(name, "storescu" | "dcmsend" | "dcmstore") {
        return Some(scans);
    }
    knows!(name, UPLOADS).then_some(uploads)
}

fn uploads(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &SPEC);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let said = |upload: &&Upload| {
        upload.names.contains(&call.name.as_str())
            && words.len() >= upload.verbs.len()
            && upload.verbs.iter().zip(&words).all(|(verbs, word)| verbs.contains(&word.as_str()))
    };
    if let Some(upload) = UPLOADS.iter().find(said).filter(|_| !options.has(&["dryrun", "dry-run", "help"])) {
        let origin = carried(machine, state, &options, upload);
        if OPEN.contains(&call.name.as_str()) {
            machine.act(Kind::NetCatcher, call.name.as_str());
        }
        if (!upload.own || is_for_oneself(&words)) && are_peoples(&options) {
            machine.sends(&call.name, Origin::DUMPED);
        } else if upload.own {
            machine.hands_over(&call.name, origin);
        } else {
            machine.sends(&call.name, origin);
        }
    }
    if let ("rclone", Some("serve")) = (call.name.as_str(), words.first().map(String::as_str)) {
        let address = call.args.windows(2).find(|pair| pair[0].shown() == "--addr").map(|pair| pair[1].shown());
        let folder = options.operands.get(2).cloned();
        machine.serves(state, folder.as_ref(), address.as_deref());
    }
    match super::remote::program(&call.name) {
        Some(program) => program(machine, call, state),
        None => super::told_by_tables(machine, call, state),
    }
}

/// Scans of patients go to whoever answers at the other end: of one that is not in the house nobody knows who that is.
fn scans(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let options = read(&call.args, &spec("c", &["aetitle=", "call=", "timeout="]));
    let named =
        options.value(&["c"]).map(Text::shown).and_then(|at| at.split_once('@').map(|(_, host)| host.to_owned()));
    // The titles of both ends stand before it, behind flags that are written as if they were many.
    let mut operands = options.operands.iter().map(Text::shown);
    let host = named.or_else(|| operands.find(|word| word.contains('.') && !word.contains('/')));
    if let Some(host) = host.map(|host| hosts::host(&host)).filter(|host| hosts::is_far(host)) {
        machine.sends(&host, Origin::DUMPED);
    }
}

/// Whether what is carried goes to a place that somebody has for themselves, by the name it has here: `gdrive-personal:`.
fn is_for_oneself(words: &[String]) -> bool {
    const OWN: &str = "personal|private|my|mine|own|me|gdrive|googledrive|dropbox|onedrive|icloud|mega|pcloud|yandex|gphotos|protondrive";
    let last = words.last().map(String::as_str).unwrap_or_default();
    if last.contains("://") {
        return last.contains("personal");
    }
    let place = last.split_once(':');
    place.is_some_and(|(place, _)| place.split(['-', '_', '.']).any(|word| is_any_case(word, OWN)))
}

/// Whether what is chosen to be carried is told of people, by the names of the folders and of the files.
fn are_peoples(options: &Options) -> bool {
    const PEOPLE: &str = "patients|patient|clinical|phi|pii|medical|pacs|dicom|ehr|emr|dbgap|demographics|diagnoses|payroll|customers|salaries|kyc|\
        personnel|passports|radiology|biobank|genomes|hipaa|gdpr";
    let tells = |name: &str| name.to_ascii_lowercase().split(['/', '-', '_', '.', '*']).any(|word| is(word, PEOPLE));
    options
        .operands
        .iter()
        .chain(options.values(&["include", "filter"]))
        .any(|name| tells(&name.shown()) || is_private(&name.shown()))
}

/// Where what is carried comes from.
fn carried(machine: &mut Machine<'_>, state: &mut State, options: &Options, upload: &Upload) -> Origin {
    let operands = options.operands.get(upload.verbs.len()..).unwrap_or_default();
    let files: Vec<Text> = operands.iter().chain(options.values(upload.files)).cloned().collect();
    let mut origin = Origin::UNKNOWN;
    for file in &files {
        let shown = file.shown();
        let is_elsewhere =
            shown.contains("://") || shown.split_once(':').is_some_and(|(place, _)| !place.contains('/'));
        if shown == "-" {
            origin = origin.and(machine.input(state, 0).origin().unwrap_or_default());
        } else if !is_elsewhere {
            origin = origin.and(machine.origin_of_tree(state, file, true));
        }
    }
    if options.values(&["include", "filter"]).any(|chosen| names_secrets(&chosen.shown())) {
        origin = origin.and(Origin::SECRET);
    }
    if files.is_empty() || matches!(upload.verbs, [.., ["rcat", ..]]) {
        origin = origin.and(machine.input(state, 0).origin().unwrap_or_default());
    }
    origin
}

/// Whether one of the names that a filter lets through is of a credential: `*.{pem,kdbx}`, `+ id_rsa*`.
pub(super) fn names_secrets(filter: &str) -> bool {
    if filter.starts_with('-') {
        return false;
    }
    let filter = filter.trim_start_matches("+ ");
    let (before, listed, after) = match (filter.find('{'), filter.rfind('}')) {
        (Some(open), Some(close)) if open < close => (&filter[..open], &filter[open + 1..close], &filter[close + 1..]),
        _ => ("", filter, ""),
    };
    let is_secret = |name: &str| secrets::secrecy(&format!("/{before}{name}{after}"), None) >= Secrecy::Sensitive;
    listed.split(',').take(16).any(is_secret)
}
