//! git and other machines: pushes, addresses that run programs, and doors that it opens.

use super::super::super::machine::Machine;
use super::super::super::options::{read, spec};
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::base_name;
use super::super::tables::{production, throwaway};
use super::settings::{self, Lasts};
use super::{asks_for_help, merged, skips_hooks};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::is;

/// Under what it is kept which repositories have nothing but a folder for what may vanish to push to.
const SCRATCH: &str = "scratch repository";

/// Whether an address is a repository in a folder for what may vanish.
fn is_scratch(machine: &Machine<'_>, state: &State, address: &Text) -> bool {
    let skipped = if address.prefix().starts_with("file://") { "file://".len() } else { 0 };
    let local = address.after(skipped);
    !local.prefix().contains(':') && machine.path(state, &local).is_some_and(|path| machine.is_scratch(&path))
}

/// Remembers a clone of a repository, be it of one that somebody made for a trial or of another machine's.
pub(super) fn cloned(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let spec = spec("bocju", &["branch=", "origin=", "config=", "depth=", "jobs="]);
    let operands = read(args, &spec).operands;
    let Some(from) = operands.first() else { return };
    let own = base_name(&from.shown()).trim_end_matches(".git").to_owned();
    let folder = operands.get(1).cloned().unwrap_or_else(|| Text::known(own));
    let Some(path) = machine.path(state, &folder) else { return };
    if is_scratch(machine, state, from) {
        throwaway::made(state, SCRATCH, &path);
    } else if from.prefix().contains(':') {
        machine.fills(state, &folder);
        throwaway::made(state, ELSEWHERE, &path);
    }
}

/// Under what it is kept which folders hold what was cloned from another machine.
const ELSEWHERE: &str = "clone from elsewhere";

/// Whether a path is within what the script cloned from another machine.
pub(in super::super) fn is_of_clone(state: &State, path: &str) -> bool {
    const MOST_LEVELS: usize = 8;
    let mut folders = path.rmatch_indices('/').take(MOST_LEVELS).map(|(at, _)| &path[..at]);
    throwaway::was_made(state, ELSEWHERE, path) || folders.any(|folder| throwaway::was_made(state, ELSEWHERE, folder))
}

/// Remembers a repository that is given one of those to push to.
pub(super) fn added(machine: &Machine<'_>, state: &mut State, args: &[Text]) {
    let words: Vec<&Text> = args.iter().filter(|arg| !arg.prefix().starts_with('-')).collect();
    if let [verb, _, address, ..] = words.as_slice()
        && matches!(verb.prefix(), "add" | "set-url")
        && address.prefix().contains('@')
    {
        state.files.deeds.set(ADDRESS, (*address).clone());
    }
    // What is pushed goes there too from then on, beside where everybody knows it goes.
    let pushes_too = args.iter().any(|arg| arg.prefix() == "--push");
    if let [verb, name, address, ..] = words.as_slice()
        && matches!(verb.prefix(), "add" | "set-url")
        && (strange_house(address).is_some() || pushes_too && is_house_of_others(address))
    {
        throwaway::made(state, KEYED, &name.shown());
    }
    if let [verb, name, address, ..] = words.as_slice()
        && matches!(verb.prefix(), "add" | "set-url")
        && name.prefix() != "origin"
        && is_of_others(machine, address)
    {
        throwaway::made(state, FOREIGN, &name.shown());
    }
    if let [verb, _, address, ..] = words.as_slice()
        && matches!(verb.prefix(), "add" | "set-url")
        && is_scratch(machine, state, address)
        && let Some(folder) = state.shell.directory.clone()
    {
        throwaway::made(state, SCRATCH, &folder);
    }
}

/// Under what the address is kept that the script has given a repository elsewhere, with what may stand before its host.
const ADDRESS: &str = "address of a remote";

/// Writes that address out, where a call shows the settings or the addresses of a repository: `git config --list`, `git remote -v`.
pub(super) fn shows_address(machine: &mut Machine<'_>, state: &mut State, command: &str, args: &[Text]) -> bool {
    const SHOWS: &str = "-l|--list|list|-v|--verbose|show|get-url|--get|--get-all|--get-regexp|get";
    let shows = is(command, "config|remote") && args.iter().any(|arg| is(arg.prefix(), SHOWS));
    let Some(address) = state.files.deeds.get(ADDRESS).filter(|_| shows) else { return false };
    let line = Text::line([Text::known("origin"), address.clone(), Text::known("\n")]);
    machine.emit(state, 1, line);
    true
}

/// Under what it is kept which names stand for a repository that was given with a credential, at a house that nobody knows.
const KEYED: &str = "keyed remote";

/// Under what it is kept which names stand for a repository elsewhere that is not called after the project.
const FOREIGN: &str = "foreign remote";

/// Whether an address is that of a repository elsewhere in which nothing is called as the project is.
fn is_of_others(machine: &Machine<'_>, address: &Text) -> bool {
    let shown = address.shown().to_ascii_lowercase();
    let Some(project) = machine.facts.project().map(|root| base_name(root).to_ascii_lowercase()) else { return false };
    let host = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let is_known = address.origin().is_none() && shown.contains([':', '/']) && !shown.starts_with(['.', '/', '~']);
    is_known && hosts::is_far(host) && project.len() > 1 && !shown.contains(&project)
}

/// Houses at which everybody keeps repositories.
const FORGES: &str =
    "github.com|gitlab.com|bitbucket.org|codeberg.org|dev.azure.com|git.sr.ht|huggingface.co|gitea.com";

/// Whether an address is at a house that is neither one of those nor called after whose the repository is.
fn is_house_of_others(address: &Text) -> bool {
    let shown = address.shown().to_ascii_lowercase();
    let rest = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest);
    let Some((host, path)) = rest.split_once(['/', ':']) else { return false };
    let host = host.rsplit('@').next().unwrap_or_default();
    let owner = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    address.origin().is_none() && hosts::is_far(host) && !is(host, FORGES) && (owner.len() < 2 || !host.contains(owner))
}

/// The host of an address with a credential, where it is none that everybody keeps repositories at: what is pushed there goes to
/// whoever gave that credential.
fn strange_house(address: &Text) -> Option<String> {
    let shown = address.shown();
    let (_, rest) = shown.split_once("://").filter(|(scheme, _)| scheme.starts_with("http"))?;
    let (by, _) = rest.split('/').next()?.rsplit_once('@')?;
    let host = hosts::host(&shown);
    let is_strange = hosts::is_far(&host) && !is(&host, FORGES) && !host.starts_with("git-codecommit");
    (is_strange && by.contains(':')).then_some(host)
}

/// Notes that a credential goes to whatever machine git talks to, in a line of each request: at a house where everybody keeps
/// repositories it is what lets in.
pub(super) fn hands_credential(machine: &mut Machine<'_>, args: &[Text], header: &Text) {
    let Some(origin) = header.origin().filter(|origin| origin.is_private()) else { return };
    let addresses = args.iter().map(Text::shown).filter(|address| address.starts_with("http"));
    let hosts: Vec<String> = addresses.map(|address| hosts::host(&address)).collect();
    for host in hosts.iter().filter(|host| hosts::is_far(host) && !is(host, FORGES)) {
        machine.sends(host, origin);
    }
}

pub(super) fn push(machine: &mut Machine<'_>, state: &State, args: &[Text]) {
    let spec = spec(
        "o",
        &[
            "force",
            "force-with-lease?",
            "force-if-includes",
            "mirror",
            "delete",
            "prune",
            "all",
            "tags",
            "dry-run",
            "repo=",
            "receive-pack=",
            "exec=",
            "push-option=",
            "set-upstream",
            "no-verify",
            "atomic",
            "quiet",
            "verbose",
            "porcelain",
            "signed?",
            "follow-tags",
            "branches",
            "thin",
            "no-thin",
            "recurse-submodules=",
            "ipv4",
            "ipv6",
            "progress",
        ],
    );
    let options = read(args, &spec);
    if options.has(&["n", "dry-run"]) || asks_for_help(args) && !options.has(&["repo"]) {
        return;
    }
    let named = options.operands.first().filter(|to| to.prefix().contains(['/', ':']));
    let of_folder =
        || state.shell.directory.as_deref().is_some_and(|folder| throwaway::was_made(state, SCRATCH, folder));
    if named.map_or_else(of_folder, |to| is_scratch(machine, state, to)) {
        return;
    }
    let to = options.operands.first();
    let name = to.map_or_else(|| "origin".to_owned(), Text::shown);
    let by_name = || Some(name).filter(|to| throwaway::was_made(state, KEYED, to));
    if let Some(house) = to.and_then(strange_house).or_else(by_name) {
        machine.sends(&house, Origin::DUMPED);
    }
    // All of it, to a house that has to do with nothing here.
    let whole = options.has(&["all", "mirror", "branches"]);
    let is_foreign = |to: &Text| throwaway::was_made(state, FOREIGN, &to.shown()) || is_of_others(machine, to);
    if let Some(to) = to.filter(|to| whole && is_foreign(to)) {
        machine.sends(&to.shown(), Origin::DUMPED);
    }
    // A remote that is called so is a machine that runs what is pushed to it.
    if let Some(remote) = options.operands.first().map(Text::shown).filter(|remote| is_production(remote)) {
        machine.act(Kind::CloudDeploy, remote);
    }
    let refs: Vec<String> = options.operands.iter().skip(1).map(Text::shown).collect();
    let leases: Vec<Option<String>> = options
        .flags
        .iter()
        .filter(|flag| flag.name == "force-with-lease")
        .map(|flag| flag.value.as_ref().map(Text::shown))
        .collect();
    let leased = |name: &str| {
        let target = name.trim_start_matches('+').rsplit(':').next().unwrap_or_default().to_owned();
        leases.iter().any(|lease| lease.as_ref().is_none_or(|lease| lease.split(':').next() == Some(&target)))
    };
    let plus = refs.iter().any(|name| name.starts_with('+') && !leased(name));
    // A lease protects what was seen of one branch; of all of them nobody has looked at each.
    let all = options.has(&["all", "branches", "tags"]) && !leases.is_empty();
    if options.has(&["f", "force"]) || options.has(&["mirror"]) || plus || all {
        machine.act(Kind::GitForcePush, refs.join(" "));
    }
    let deletes = options.has(&["d", "delete"]) || refs.iter().any(|name| name.starts_with(':') && name.len() > 1);
    if options.has(&["prune"]) || deletes && (machine.many || !merged::is_known(state, &refs)) {
        machine.act(Kind::GitDeleteRemote, refs.join(" "));
    }
    if skips_hooks(args) {
        machine.act(Kind::GitBypass, "--no-verify");
    }
}

/// Whether a remote's own name, no address, speaks of production.
fn is_production(remote: &str) -> bool {
    !remote.contains(['/', ':']) && production::is_production(remote)
}

/// Commands that reach other repositories, with the options by which they run programs there.
const REACH: &str = "clone|init|fetch|pull|push|ls-remote|remote|submodule|archive|fetch-pack|send-pack";

/// What an address and the options of a transfer run on this machine.
pub(super) fn transfers(machine: &mut Machine<'_>, state: &mut State, command: &str, args: &[Text]) {
    if !is(command, REACH) {
        return;
    }
    for arg in args {
        // `ext::sh -c "…"`: a blank is written `% `.
        let address = arg.prefix().strip_prefix("--remote=").unwrap_or(arg.prefix());
        if let Some(rest) = address.strip_prefix("ext::") {
            let code = Text::known(rest.replace("% ", " "));
            machine.act(Kind::GitBypass, "ext::");
            machine.code(&mut state.clone(), &code, Vec::new());
        }
    }
    let short = if command == "clone" { "ubocj" } else { "" };
    let spec = spec(
        short,
        &["upload-pack=", "receive-pack=", "exec=", "config=", "template=", "branch=", "origin=", "depth=", "jobs="],
    );
    let options = read(args, &spec);
    for program in options.values(&["upload-pack", "receive-pack", "exec", "u"]).cloned().collect::<Vec<_>>() {
        // git's own programs stand there by their names, wherever they are.
        let first = program.split(&[' ', ';']).first().map(Text::shown).unwrap_or_default();
        if !super::super::base_name(&first).starts_with("git") {
            machine.act(Kind::GitBypass, program.shown());
        }
        machine.code(&mut state.clone(), &program, Vec::new());
    }
    // A template brings hooks with it.
    let named = options.value(&["template"]).cloned();
    let template = named.or_else(|| {
        let variable = state.variable("GIT_TEMPLATE_DIR").filter(|variable| variable.exported);
        variable.and_then(|_| machine.value_of(state, "GIT_TEMPLATE_DIR"))
    });
    if let Some(template) = template.filter(|_| matches!(command, "clone" | "init"))
        && settings::is_foreign_template(machine, state, &template)
    {
        machine.act(Kind::GitBypass, template.shown());
    }
    for setting in options.values(&["config", "c"]).cloned().collect::<Vec<_>>() {
        let (key, value) = settings::parts(&setting);
        settings::made(machine, state, key, &value, Lasts::Stays);
    }
}

/// `git bundle create FILE`: all that a repository holds, in one file.
pub(super) fn bundles(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let [verb, rest @ ..] = args else { return };
    let file = rest.iter().find(|arg| !arg.prefix().starts_with('-') || arg.shown() == "-");
    let Some(file) = file.filter(|_| verb.shown() == "create") else { return };
    machine.puts(state, Some(file), Text::hole(Origin::DUMPED));
}

/// `git archive`: all files of a commit, or some.
pub(super) fn archives(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let options = read(args, &spec("o", &["output=", "format=", "prefix=", "remote="]));
    let whole = options.operands.len() <= 1 && !options.has(&["remote", "l", "list"]);
    let text = Text::hole(if whole { Origin::PACKED } else { Origin::UNKNOWN });
    machine.puts(state, options.value(&["o", "output"]), text);
}

/// `git daemon` and `git instaweb`: repositories for whoever reaches this machine.
pub(super) fn serves(machine: &mut Machine<'_>, command: &str, args: &[Text]) {
    let options =
        read(args, &spec("pdb", &["listen=", "port=", "base-path=", "enable=", "local", "stop", "start", "inetd"]));
    let listens = options.value(&["listen"]).map(Text::shown);
    let local = options.has(&["l", "local", "stop", "inetd", "help"])
        || listens
            .is_some_and(|address| address.starts_with("127.") || matches!(address.as_str(), "localhost" | "::1"));
    if !local {
        machine.act(Kind::NetExpose, format!("git {command}"));
    }
}
