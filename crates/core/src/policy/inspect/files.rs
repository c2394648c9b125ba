//! What tools for files do: read, write and remove them, patch them, search them.

use super::given::{Given, PATCH};
use super::{content, removed, served, slight};
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::places::{self, Place};
use crate::policy::secrets::{self, Secrecy};
use crate::policy::shell::{self, Touch};
use crate::policy::spans;

/// Files are read.
pub(super) fn read(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let paths = given.paths().into_iter().chain(given.included());
    // A folder is listed by `view`, and read by the others that take one.
    let whole = tool != "view";
    paths
        .flat_map(|path| read_one(&path, whole, tool, facts).into_iter().chain(told_whole(&path, tool, facts)))
        .collect()
}

/// What is read whole of a file that gives more than a part of it would.
pub(super) fn told_whole(path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    let whole = places::absolute(&places::in_own_home(path, facts), facts.directory().unwrap_or_default());
    let is_secret = || Effect::on(Kind::SecretRead, whole.as_str(), places::place(&whole, facts), tool);
    secrets::is_told_whole(&whole, facts.home()).then(is_secret)
}

/// Files are searched. Tools that only list names read nothing, but some names are only looked for by whoever wants what is in them.
pub(super) fn search(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    const SEARCHES: &str = "grep|rg|search_file|searchfile|codebase|semantic|find_text|findtext";
    let paths = given.paths();
    let hunt = |folder: &str| vec![Effect::without_place(Kind::SecretHunt, folder, tool)];
    let pattern = given.pattern().unwrap_or_default();
    let folder = paths.first().map_or(".", |path| path.as_ref());
    if !holds(&tool.to_ascii_lowercase(), SEARCHES) {
        return if is_hunt_by_name(&pattern, folder, facts) { hunt(folder) } else { Vec::new() };
    }
    if is_hunt(&pattern, folder, facts) {
        return hunt(folder);
    }
    if let Some(path) = paths.iter().skip(1).find(|path| is_hunt(&pattern, path, facts)) {
        return hunt(path);
    }
    let globs = given.glob().map(|glob| alternatives(&glob)).unwrap_or_default();
    // A name without a folder is looked for in all that are below.
    let below = |glob: &str| if glob.contains('/') { "" } else { "**/" };
    let within = globs.iter().map(|glob| glob.trim_start_matches('!'));
    let within = within.map(|glob| match glob.starts_with(['/', '~']) {
        true => glob.to_owned(),
        false => format!("{folder}/{}{glob}", if is_profiles(folder) { below(glob) } else { "" }),
    });
    let named = within.zip(&globs).filter(|(_, glob)| !glob.starts_with('!')).map(|(path, _)| path);
    let named: Vec<String> = named.collect();
    if let Some(path) = named.iter().find(|path| is_hunt(&pattern, path, facts)) {
        return hunt(path);
    }
    paths
        .iter()
        .map(AsRef::as_ref)
        .chain(named.iter().map(String::as_str))
        .flat_map(|path| read_one(path, true, tool, facts))
        .collect()
}

/// Whether a folder holds those of a person's programs, in which their profiles lie.
fn is_profiles(folder: &str) -> bool {
    const PROGRAMS: &str = "/.mozilla|/.config|/.thunderbird|/application support|/appdata|/.local/share";
    holds(&folder.to_ascii_lowercase(), PROGRAMS)
}

/// Whether a file or a folder in which people keep what is theirs is searched for credentials.
pub(super) fn is_hunt(pattern: &str, path: &str, facts: &dyn Facts) -> bool {
    secrets::keeps_what_was_typed(path) && secrets::is_sought_in_typed(pattern)
        || secrets::is_sought(pattern) && (is_all_of_somebody(path, facts) || secrets::keeps_talks(path))
}

/// Whether files of a folder in which people keep what is theirs are looked for by the name of credentials.
pub(super) fn is_hunt_by_name(pattern: &str, folder: &str, facts: &dyn Facts) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let whole = if pattern.starts_with(['/', '~']) { pattern.clone() } else { format!("{folder}/{pattern}") };
        whole.split_once('*').is_some_and(|(folder, _)| {
            let folder = folder.trim_end_matches('/');
            (is_all_of_somebody(folder, facts) || secrets::keeps_talks(folder))
                && secrets::secrecy(&whole, None) >= Secrecy::Sensitive
        })
    })
}

/// Whether a folder is a home, what holds homes, or one of those in which a home keeps its programs' settings.
fn is_all_of_somebody(folder: &str, facts: &dyn Facts) -> bool {
    let folder = &*places::absolute(&places::in_own_home(folder, facts), facts.directory().unwrap_or_default());
    let inside = facts.home().and_then(|home| folder.strip_prefix(home.trim_end_matches('/'))).unwrap_or_default();
    const SETTINGS: &str = "/.config|/.local|/.local/share|/.mozilla|/library|/.docker|/.cache|/documents|/desktop|/downloads|\
        /library/application support|/.claude|/.claude/projects|/.codex|/.codex/sessions|/.ssh|/.local/state";
    let whole = is(folder, "/|/home|/Users|/root|/etc|/var|/proc");
    whole || places::place(folder, facts) == Place::Home || is(&inside.to_ascii_lowercase(), SETTINGS)
}

/// Files are written, changed or removed.
pub(super) fn write(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    if let Some(patch) = given.patch() {
        let named = given.paths();
        let named = named.iter().flat_map(|path| touched(path, Touch::Write, tool, facts));
        return patched(&patch, tool, facts).into_iter().chain(named).collect();
    }
    let touch = match tool {
        _ if ["delete", "remove"].iter().any(|verb| tool.to_ascii_lowercase().starts_with(verb)) => Touch::Delete,
        // The editor whose tool is one and whose commands are many.
        _ if given.command().as_deref() == Some("view") => Touch::Read,
        _ => Touch::Write,
    };
    let paths = given.paths();
    let mut effects: Vec<Effect> = paths.iter().flat_map(|path| touched(path, touch, tool, facts)).collect();
    if effects.iter().any(|effect| effect.kind == Kind::SelfTamper) && slight::only_narrows(given, &paths) {
        effects.retain(|effect| effect.kind != Kind::SelfTamper);
    }
    if effects.iter().any(|effect| effect.kind == Kind::SystemStartup) && slight::only_adds_habits(given, &paths, facts)
    {
        effects.retain(|effect| effect.kind != Kind::SystemStartup);
    }
    if effects.iter().any(|effect| effect.kind == Kind::ProjectLock) && only_raises(given) {
        effects.retain(|effect| effect.kind != Kind::ProjectLock);
    }
    if touch == Touch::Delete || given.empties() {
        effects.extend(paths.iter().filter_map(|path| unguarded(path, tool, facts)).collect::<Vec<_>>());
    }
    // To leave nothing of a file is as much as to remove it.
    if touch == Touch::Write && (given.empties() || empties_state(given, &paths)) {
        let removed = paths.iter().flat_map(|path| shell::touched(path, Touch::Delete, tool, facts));
        effects.extend(removed.filter(|effect| effect.kind == Kind::FileDelete).collect::<Vec<_>>());
    }
    if touch == Touch::Write {
        let target = paths.first().map_or("", |path| path.as_ref());
        let written = given.written();
        let written = written.iter().filter(|_| !given.is_prose());
        effects
            .extend(written.flat_map(|(text, before)| content::written(text, before.as_deref(), target, tool, facts)));
    }
    effects
}

/// Whether the state of an infrastructure is written anew, and knows of nothing any more.
fn empties_state(given: &Given<'_>, paths: &[std::borrow::Cow<'_, str>]) -> bool {
    paths.iter().any(|path| path.ends_with(".tfstate"))
        && given.written().iter().any(|(text, before)| before.is_none() && is_empty_state(text))
}

/// Whether a text is a state of an infrastructure in which nothing is.
pub(super) fn is_empty_state(text: &str) -> bool {
    const LONGEST: usize = 4096;
    let dense = super::source::dense(spans::start(text, LONGEST));
    dense.is_empty() || dense == "{}" || dense.contains("\"resources\":[]")
}

/// Registries that everybody takes packages from.
const REGISTRIES: &str = "registry.npmjs.org|registry.yarnpkg.com|files.pythonhosted.org|pypi.org|rubygems.org|\
    index.crates.io|crates.io|static.crates.io|repo.packagist.org|api.nuget.org|jsr.io|npm.jsr.io|proxy.golang.org";

/// Whether edits of lock files do no more than [`raises`] says.
fn only_raises(given: &Given<'_>) -> bool {
    let edits = given.written();
    !edits.is_empty() && edits.iter().all(|(text, before)| before.as_deref().is_some_and(|before| raises(before, text)))
}

/// Whether a piece of a lock file only takes other versions from the public registry that the entries came from: no other host is named,
/// and what proves a package's content is neither taken away nor left as it was.
fn raises(before: &str, text: &str) -> bool {
    let (had, has) = (hosts_in(before), hosts_in(text));
    let (proved, proves) = (proofs(before), proofs(text));
    !has.is_empty()
        && has.iter().all(|host| had.contains(host) && is(host, REGISTRIES))
        && proved.len() == proves.len()
        && proved.iter().all(|proof| !proves.contains(proof))
}

/// The hosts of the addresses in a text.
fn hosts_in(text: &str) -> Vec<String> {
    let urls = text.match_indices("://").take(super::MAX_PLACES).map(|(at, _)| {
        let start = text[..at].rfind(|char: char| !char.is_ascii_alphanumeric() && char != '+').map_or(0, |it| it + 1);
        let rest = &text[start..];
        if rest.starts_with("registry+https://github.com/rust-lang/crates.io-index\"") {
            return "crates.io".to_owned();
        }
        hosts::host(
            &rest[..rest.find(|char: char| char.is_whitespace() || "\"',<>".contains(char)).unwrap_or(rest.len())],
        )
    });
    urls.collect()
}

/// What proves the content of packages, in the words of lock files.
fn proofs(text: &str) -> Vec<&str> {
    let words = text.split(|char: char| char.is_whitespace() || "\"',{}".contains(char));
    let proves = |word: &&str| {
        ["sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "h1:"].iter().any(|start| word.starts_with(start))
            || word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    words.filter(proves).take(super::MAX_PLACES).collect()
}

/// Most files of one patch that are looked at.
const MAX_FILES: usize = 1024;

/// The effects of a patch: its headers name the files, and what it adds is written to them.
pub(super) fn patched(patch: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    let (mut file, mut change, mut files) = ("", Change::default(), 0);
    let of_codex = patch.contains(PATCH);
    let mut lines = patch.lines().peekable();
    while let Some(line) = lines.next() {
        let named = match of_codex {
            true => of_header(line),
            false => lines
                .next_if(|next| line.starts_with("--- ") && next.starts_with("+++ "))
                .map(|next| of_diff(line, next)),
        };
        if let Some((path, touch)) = named {
            files += 1;
            if files > MAX_FILES {
                break;
            }
            change.made(&mut effects, file, tool, facts);
            change = Change::default();
            effects.extend(touched(path, touch, tool, facts));
            if line.starts_with(MOVED) && served::is_laid_open(file, path) {
                effects.push(Effect::on(Kind::ContentSecret, path, places::place(path, facts), tool));
            }
            if touch == Touch::Delete && !is_moved(patch, path) {
                effects.extend(unguarded(path, tool, facts));
            }
            file = path;
        } else {
            change.line(line);
        }
    }
    change.made(&mut effects, file, tool, facts);
    effects
}

/// What is guarded no more when a file is deleted.
fn unguarded(path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    let whole = places::absolute(path, facts.directory().unwrap_or_default());
    let effect = || Effect::on(Kind::ContentProtection, path, places::place(&whole, facts), tool);
    removed::guards(&whole).then(effect)
}

/// Whether a patch adds a file of the same name elsewhere.
fn is_moved(patch: &str, path: &str) -> bool {
    let name = places::name(path);
    let named = patch.lines().filter(|line| line.ends_with(name));
    named.into_iter().any(|line| line.starts_with("*** Add File: ") || line.starts_with("+++ "))
}

/// What a patch does to one file.
#[derive(Default)]
struct Change {
    added: String,
    taken: String,
    /// What was there and what will be, each with the lines around it that stay.
    was: String,
    will_be: String,
    /// Whether there are such lines.
    is_surrounded: bool,
}

impl Change {
    fn line(&mut self, line: &str) {
        let push = |text: &mut String, line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        if let Some(line) = line.strip_prefix('+') {
            push(&mut self.added, line);
            push(&mut self.will_be, line);
        } else if let Some(line) = line.strip_prefix('-') {
            push(&mut self.taken, line);
            push(&mut self.was, line);
        } else if !line.starts_with("*** ") {
            // What ends a patch is no line of the file: it would stand right behind the last value.
            let line = line.strip_prefix(' ').unwrap_or(line);
            self.is_surrounded |= !line.starts_with("@@") && !line.trim().is_empty();
            push(&mut self.was, line);
            push(&mut self.will_be, line);
        }
    }

    /// The effects of the change on the file that the last header named.
    fn made(&self, effects: &mut Vec<Effect>, file: &str, tool: &str, facts: &dyn Facts) {
        if effects.last().is_some_and(|last| places::is_lock(&last.target)) && raises(&self.taken, &self.added) {
            let name = places::name(file);
            effects.retain(|effect| effect.kind != Kind::ProjectLock || !effect.target.ends_with(name));
        }
        effects.extend(content::put_in(&self.added, removed(&self.taken), file, tool, facts));
        // What stands around a change tells what it is about: the port above an address, the line that goes on without its check.
        let (text, before) = match self.is_surrounded {
            true => (&self.will_be, Some(self.was.as_str())),
            false => (&self.added, removed(&self.taken)),
        };
        effects.extend(content::weakened(text, before, file, tool, facts));
    }
}

/// How a patch of Codex says where the file that it named goes.
const MOVED: &str = "*** Move to: ";

/// The file that a line of a patch of Codex names, and what is done to it.
fn of_header(line: &str) -> Option<(&str, Touch)> {
    let headers = [
        ("*** Add File: ", Touch::Write),
        ("*** Update File: ", Touch::Write),
        (MOVED, Touch::Write),
        ("*** Delete File: ", Touch::Delete),
    ];
    headers.iter().find_map(|(header, touch)| Some((line.strip_prefix(header)?.trim(), *touch)))
}

/// The same of the two lines by which a patch of `diff` names what a file was and what it will be.
fn of_diff<'p>(was: &'p str, will_be: &'p str) -> (&'p str, Touch) {
    let named = |line: &'p str, prefix| {
        let path = line.get(4..).unwrap_or_default().split('\t').next().unwrap_or_default().trim();
        path.strip_prefix(prefix).unwrap_or(path)
    };
    match named(will_be, "b/") {
        "/dev/null" => (named(was, "a/"), Touch::Delete),
        path => (path, Touch::Write),
    }
}

/// What a patch takes away of a file, where it takes anything.
fn removed(taken: &str) -> Option<&str> {
    (!taken.is_empty()).then_some(taken)
}

/// What is done to one file, with whether that is another one than its path says.
pub(super) fn touched(path: &str, touch: Touch, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects = shell::touched(path, touch, tool, facts);
    if touch != Touch::Read
        && let Some(real) = effects.iter().find(|effect| matches!(effect.kind, Kind::FileWrite | Kind::FileDelete))
        && leaves_project(path, &real.target, facts)
    {
        let outside = Effect { kind: Kind::FileOutside, ..real.clone() };
        effects.push(outside);
    }
    let written = effects.iter().find(|effect| matches!(effect.kind, Kind::FileWrite | Kind::FileDelete));
    if let Some(written) = written
        && (is_of_system(&written.target) || places::is_in_place_of_system(&written.target, facts.home()))
    {
        let changed = Effect { kind: Kind::SystemChange, ..written.clone() };
        effects.push(changed);
    }
    effects
}

/// Whether a file is one of the machine's own settings or programs: those of nobody's project.
fn is_of_system(path: &str) -> bool {
    const TREES: &str = "/etc|/boot|/usr/bin|/usr/sbin|/usr/lib|/usr/libexec|/bin|/sbin|/lib|/lib64|/root|/sys|/proc|\
        /var/lib|/var/spool";
    parts(TREES).any(|tree| places::is_within(path, tree))
}

/// A file, or all that is in a folder of credentials, is read.
fn read_one(path: &str, whole: bool, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects = touched(path, Touch::Read, tool, facts);
    if whole && effects.is_empty() {
        effects.extend(whole_folder(path, tool));
    }
    effects
}

/// All that is in a folder of credentials is read.
pub(super) fn whole_folder(path: &str, tool: &str) -> Option<Effect> {
    let folder = places::without_wildcard(path.trim_end_matches('/'));
    let of_credentials = secrets::tree_secrecy(folder) == Secrecy::Credential;
    of_credentials.then(|| Effect::without_place(Kind::SecretRead, folder, tool))
}

/// Whether a path is written as one of the project's, and the file behind it is none: by a link, or by `..`.
fn leaves_project(written: &str, real: &str, facts: &dyn Facts) -> bool {
    let Some(root) = facts.project() else { return false };
    let relative = !written.starts_with(['/', '~']) && written.as_bytes().get(1) != Some(&b':');
    let seems_inside = if relative { !written.starts_with("..") } else { places::is_within(written, root) };
    let is_inside = |root: &str| places::is_within(real, root);
    // The project itself may stand behind a link.
    seems_inside && !is_inside(root) && !facts.real(root).as_deref().is_some_and(is_inside)
}

/// The globs that a glob with braces stands for, one level of them.
fn alternatives(glob: &str) -> Vec<String> {
    let Some((before, rest)) = glob.split_once('{') else { return vec![glob.to_owned()] };
    let Some((inside, after)) = rest.split_once('}') else { return vec![glob.to_owned()] };
    inside.split(',').take(64).map(|each| format!("{before}{each}{after}")).collect()
}
