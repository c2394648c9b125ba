//! What tools for files do: read, write and remove them, patch them, search them.

use super::content;
use super::given::Given;
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::places::{self, Place};
use crate::policy::secrets::{self, Secrecy};
use crate::policy::shell::{self, Touch};

/// Files are read.
pub(super) fn read(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let paths = given.paths().into_iter().chain(given.included());
    // A folder is listed by `view`, and read by the others that take one.
    let whole = tool != "view";
    paths.flat_map(|path| read_one(&path, whole, tool, facts)).collect()
}

/// Files are searched. Tools that only list names read nothing.
pub(super) fn search(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let searches = ["grep", "rg", "search_file_content", "codebase_search"];
    let name = tool.to_ascii_lowercase();
    if !searches.iter().any(|word| name.contains(word)) {
        return Vec::new();
    }
    let paths = given.paths();
    let folder = paths.first().map_or(".", |path| path.as_ref());
    let globs = given.glob().map(|glob| alternatives(&glob)).unwrap_or_default();
    let within = globs.iter().map(|glob| format!("{folder}/{}", glob.trim_start_matches('!')));
    let named = within.zip(&globs).filter(|(_, glob)| !glob.starts_with('!')).map(|(path, _)| path);
    let named: Vec<String> = named.collect();
    paths
        .iter()
        .map(AsRef::as_ref)
        .chain(named.iter().map(String::as_str))
        .flat_map(|path| read_one(path, true, tool, facts))
        .collect()
}

/// Files are written, changed or removed.
pub(super) fn write(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    if let Some(patch) = given.patch() {
        return patched(&patch, tool, facts);
    }
    let touch = match tool {
        "Delete" | "delete_file" | "delete" => Touch::Delete,
        // The editor whose tool is one and whose commands are many.
        _ if given.command().as_deref() == Some("view") => Touch::Read,
        _ => Touch::Write,
    };
    let paths = given.paths();
    let mut effects: Vec<Effect> = paths.iter().flat_map(|path| touched(path, touch, tool, facts)).collect();
    if touch == Touch::Write {
        let target = paths.first().map_or("", |path| path.as_ref());
        effects.extend(given.written().iter().filter_map(|text| content::written(text, target, tool, facts)));
    }
    effects
}

/// Most files of one patch that are looked at.
const MAX_FILES: usize = 1024;

/// The effects of a patch: its headers name the files, and what it adds is written to them.
pub(super) fn patched(patch: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    let (mut file, mut added, mut files) = ("", String::new(), 0);
    for line in patch.lines() {
        let header = [
            ("*** Add File: ", Touch::Write),
            ("*** Update File: ", Touch::Write),
            ("*** Move to: ", Touch::Write),
            ("*** Delete File: ", Touch::Delete),
        ];
        let named = header.iter().find_map(|(header, touch)| Some((line.strip_prefix(header)?.trim(), *touch)));
        if let Some((path, touch)) = named {
            files += 1;
            if files > MAX_FILES {
                break;
            }
            effects.extend(content::written(&added, file, tool, facts));
            added.clear();
            effects.extend(touched(path, touch, tool, facts));
            file = path;
        } else if let Some(text) = line.strip_prefix('+') {
            added.push_str(text);
            added.push('\n');
        }
    }
    effects.extend(content::written(&added, file, tool, facts));
    effects
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
    effects
}

/// A file, or all that is in a folder of credentials, is read.
fn read_one(path: &str, whole: bool, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects = touched(path, Touch::Read, tool, facts);
    let folder = places::without_wildcard(path.trim_end_matches('/'));
    if whole && effects.is_empty() && secrets::tree_secrecy(folder) == Secrecy::Credential {
        effects.push(Effect { kind: Kind::SecretRead, ..Effect::on(folder, Place::Unknown, tool) });
    }
    effects
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
