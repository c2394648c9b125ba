//! Disks, volumes and the machine as a whole.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, ordered, read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::places;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "wipefs" | "blkdiscard" | "badblocks" | "hdparm" | "sgdisk" | "sfdisk" | "fdisk" | "gdisk" | "parted"
        | "cryptsetup" | "pvremove" | "nvme" | "diskutil" | "format" | "mke2fs" | "mkswap" | "newfs" | "mkntfs"
        | "mkdosfs" | "sg_format" | "sg_sanitize" | "nwipe" | "scrub" | "ddrescue" | "bmaptool" | "rpi-imager"
        | "ntfsclone" | "pvcreate" | "fsarchiver" => disk,
        _ if name.starts_with("mkfs") => disk,
        "lvremove" | "vgremove" | "lvreduce" | "zpool" | "zfs" | "btrfs" | "mdadm" | "lvm" | "vgreduce" | "dmsetup"
        | "rbd" | "rados" => storage,
        _ => return None,
    })
}

fn disk(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let name = call.name.as_str();
    let short = match name {
        "sgdisk" => "donutcgirRaAeEjlmpsvx",
        "hdparm" | "wipefs" => "ot",
        "cryptsetup" => "chsyqitT",
        _ => "",
    };
    let short: &'static str =
        if name.starts_with("mkfs") || name == "mke2fs" { "bCdEgGIiJLlMmNoOrtTUz" } else { short };
    let options = read(
        &call.args,
        &spec(short, &["no-act", "test", "help", "version", "delete?", "offset=", "types=", "length="]),
    );
    if options.is_help() {
        return;
    }
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let verb = words.first().map(String::as_str).unwrap_or_default();
    let destroys = match name {
        "wipefs" => options.has(&["a", "all", "o", "offset"]),
        "badblocks" => options.has(&["w"]),
        "hdparm" => {
            call.args.iter().any(|arg| arg.shown().contains("security-erase") || arg.shown().contains("trim-sector"))
        }
        "sgdisk" => options.has(&["Z", "o", "d", "zap-all", "zap", "clear", "delete"]),
        "sfdisk" => {
            !options.has(&["no-act", "n", "l", "list", "d", "dump", "V"])
                && (options.has(&["delete"]) || Machine::has_input(state))
        }
        "fdisk" | "gdisk" => !options.has(&["l", "list"]) && Machine::has_input(state),
        "parted" => {
            words.iter().any(|word| matches!(word.as_str(), "mklabel" | "mktable" | "rm" | "mkpart" | "resizepart"))
        }
        "cryptsetup" => {
            matches!(
                verb,
                "luksFormat" | "reencrypt" | "luksErase" | "luksKillSlot" | "luksRemoveKey" | "luksHeaderRestore"
            )
        }
        "nvme" => matches!(verb, "format" | "sanitize" | "write-zeroes" | "write-uncor" | "delete-ns"),
        "diskutil" => {
            let of_volume = words.get(1).filter(|_| matches!(verb, "apfs" | "appleRAID" | "cs" | "coreStorage"));
            let verb = of_volume.map_or(verb, String::as_str).to_ascii_lowercase();
            ["erase", "delete"].iter().any(|end| verb.starts_with(end))
                || matches!(verb.as_str(), "partitiondisk" | "zerodisk" | "secureerase" | "randomdisk" | "reformat")
        }
        "pvremove" => !options.has(&["t", "test"]),
        "blkdiscard" => true,
        _ => !options.has(&["n"]),
    };
    if !destroys {
        return machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
    }
    for operand in &options.operands {
        let Some(path) = machine.path(state, operand) else { continue };
        let real = machine.real(state, &path);
        if places::is_disk(&real)
            || name == "diskutil" && ["disk", "/Volumes/"].iter().any(|start| operand.shown().starts_with(start))
        {
            machine.note(Kind::DiskWipe, real, places::Place::Device, false, Default::default());
        }
    }
}

fn storage(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let (name, args) = match call.name.as_str() {
        "lvm" => {
            let options = read(&call.args, &ordered("", &[]));
            if options.has(&["t", "test"]) {
                return;
            }
            match options.operands.split_first() {
                Some((name, rest)) => (name.shown(), rest.to_vec()),
                None => return,
            }
        }
        name => (name.to_owned(), call.args.clone()),
    };
    let spec = spec(
        "AnLlSo",
        &[
            "reportformat=",
            "config=",
            "select=",
            "size=",
            "test",
            "help",
            "longhelp",
            "version",
            "zero-superblock",
            "remove",
            "fail",
        ],
    );
    let spec = if matches!(name.as_str(), "zpool" | "zfs" | "btrfs" | "mdadm" | "dmsetup") {
        Spec { short: "", ..spec }
    } else if matches!(name.as_str(), "rbd" | "rados") {
        Spec { short: "pcnm", long: &["pool=", "image=", "snap=", "cluster=", "conf=", "id="], ..spec }
    } else {
        spec
    };
    let options = read(&args, &spec);
    let verb = options.operands.first().map(Text::shown).unwrap_or_default();
    // `zfs list -t snapshot` names a type by it.
    let tests = options.has(&["longhelp", "h", "t", "test"]) && verb != "list";
    if options.is_help() || tests {
        return;
    }
    let target = |at: usize| options.operands.get(at).map(Text::shown);
    let destroyed = match (name.as_str(), verb.as_str()) {
        ("lvremove" | "vgremove" | "lvreduce" | "vgreduce", _) => {
            // Of one that is not known it asks, unless it is told not to.
            let forced = options.has(&["f", "y", "force", "yes"]);
            let known = options.operands.first().is_some_and(|volume| volume.as_known().is_some());
            target(0).filter(|_| known || forced)
        }
        ("zpool", "destroy" | "labelclear" | "detach" | "remove" | "split")
        | ("zfs", "destroy" | "rollback")
        | ("dmsetup", "remove" | "remove_all" | "wipe_table")
            if !options.has(&["n"]) =>
        {
            target(1)
        }
        ("btrfs", "subvolume" | "sub")
            if options.operands.get(1).is_some_and(|word| word.shown().starts_with("del")) =>
        {
            target(2)
        }
        ("rbd", "rm" | "remove") | ("rados", "rmpool" | "purge") => target(1),
        ("rbd", "snap" | "trash")
            if options
                .operands
                .get(1)
                .is_some_and(|word| matches!(word.shown().as_str(), "rm" | "remove" | "purge")) =>
        {
            Some(target(2).unwrap_or_default())
        }
        // A stream that is received by force takes the place of what was there.
        ("zfs", "receive" | "recv") if options.has(&["F"]) && !options.has(&["n"]) => target(1),
        ("mdadm", _) if options.has(&["zero-superblock"]) => Some(verb),
        _ => None,
    };
    match destroyed {
        Some(target) => machine.act(Kind::StorageDestroy, target),
        // What it lists may be handed on.
        None => machine.emit(state, 1, Text::hole(Origin::UNKNOWN)),
    }
}
