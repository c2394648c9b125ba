//! Stamps: what a step's inputs and its own words hashed to when it last succeeded. They are kept in the project, so that a
//! fresh checkout has none.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{FOLDER, Phase, Step};
use crate::handlers::pattern::Globs;
use crate::install::file::{InstallError, replace};

/// The file of the stamps.
const FILE: &str = "setup.stamps.json";

/// The most files and bytes that the inputs of a step may be, and how deep they may be nested: looking at more takes longer than
/// most steps.
const MAX_FILES: usize = 10_000;
const MAX_BYTES: u64 = 256 << 20;
const MAX_DEPTH: usize = 16;

/// The stamps of a project: phase and name of a step, and the hash.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    file: PathBuf,
    stamps: BTreeMap<String, String>,
}

impl Stamps {
    /// Reads them; a file that is missing or damaged has none, and steps run once more.
    pub(super) fn read(project: &Path) -> Self {
        let file = project.join(FOLDER).join(FILE);
        let text = fs::read_to_string(&file).unwrap_or_default();
        Self { stamps: serde_json::from_str(&text).unwrap_or_default(), file }
    }

    /// Whether the step succeeded when it hashed to this.
    pub(super) fn has(&self, phase: Phase, step: &Step, hash: &str) -> bool {
        self.stamps.get(&key(phase, step)).is_some_and(|known| known == hash)
    }

    /// Notes that it succeeded.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(super) fn note(&mut self, phase: Phase, step: &Step, hash: String) -> Result<(), InstallError> {
        self.stamps.insert(key(phase, step), hash);
        let failed = |source: io::Error| InstallError::Io { what: "write", path: self.file.clone(), source };
        let text = serde_json::to_string_pretty(&self.stamps).map_err(|error| failed(error.into()))?;
        replace(&self.file, &(text + "\n"), None)
    }
}

fn key(phase: Phase, step: &Step) -> String {
    format!("{phase}.{}", step.name)
}

/// What the step would be noted with now: `None` where it names no inputs and so always runs.
///
/// # Errors
/// Where an input cannot be read, or there is too much of them.
pub(super) fn hash(project: &Path, step: &Step) -> io::Result<Option<String>> {
    let Some(inputs) = &step.inputs else { return Ok(None) };
    let mut hasher = Hasher { hasher: blake3::Hasher::new(), project, files: 0, bytes: 0 };
    hasher.text(&serde_json::to_string(&(&step.action, &step.folder, &step.env))?);
    for input in inputs {
        hasher.text(input);
        for path in expanded(project, input)? {
            hasher.path(&path, 0)?;
        }
    }
    Ok(Some(hasher.hasher.finalize().to_hex().to_string()))
}

/// The paths that an input means, in order. Where `*`, `?`, `[` or `{` are in it, each part is looked for in its folder; otherwise it is
/// one path, there or not.
fn expanded(project: &Path, input: &str) -> io::Result<Vec<PathBuf>> {
    let mut paths = vec![project.to_owned()];
    for part in input.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if !part.contains(['*', '?', '[', '{']) {
            paths.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let glob = Globs::new(&[part]).map_err(|(_, why)| io::Error::other(why))?;
        let mut found = Vec::new();
        for folder in paths.iter().filter(|path| path.is_dir()) {
            for entry in fs::read_dir(folder)? {
                let name = entry?.file_name();
                if glob.matches(&name.to_string_lossy()) {
                    found.push(folder.join(name));
                }
            }
        }
        found.sort();
        paths = found;
    }
    Ok(paths)
}

struct Hasher<'a> {
    hasher: blake3::Hasher,
    project: &'a Path,
    files: usize,
    bytes: u64,
}

impl Hasher<'_> {
    /// Lengths in front keep one text's end from passing for another's beginning.
    fn text(&mut self, text: &str) {
        self.hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }

    /// A file with its content, or a folder with all that is in it. What is not there counts by its not being there.
    fn path(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other(format!("{} is nested more than {MAX_DEPTH} deep", path.display())));
        }
        self.text(&path.strip_prefix(self.project).unwrap_or(path).to_string_lossy());
        if path.is_dir() {
            let mut entries: Vec<PathBuf> =
                fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            entries.sort();
            return entries.iter().try_for_each(|entry| self.path(entry, depth + 1));
        }
        if !path.is_file() {
            self.text("not there");
            return Ok(());
        }
        self.files += 1;
        let mut content = Vec::new();
        let room = MAX_BYTES - self.bytes;
        fs::File::open(path)?.take(room + 1).read_to_end(&mut content)?;
        if self.files > MAX_FILES || content.len() as u64 > room {
            let why = format!("its inputs are more than {MAX_FILES} files or {} MiB", MAX_BYTES >> 20);
            return Err(io::Error::other(why));
        }
        self.bytes += content.len() as u64;
        self.hasher.update(&(content.len() as u64).to_le_bytes()).update(&content);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::setup::Definition;

    fn step(inputs: &str, run: &str) -> Step {
        let text = format!("[[setup.init]]\nname = \"a\"\nrun = \"{run}\"\n{inputs}\n");
        Definition::read(&text, Path::new("hookrail.toml")).unwrap().init.remove(0)
    }

    #[test]
    fn every_change_of_an_input_or_of_the_step_changes_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        let write = |name: &str, text: &str| {
            let path = project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(hash(project, &step("", "x")).unwrap(), None);
        let inputs = "inputs = [\"lock\", \"crates/*/Cargo.toml\", \"migrations\"]";
        let mut seen = Vec::new();
        let mut changed = |what: &str, run: &str| {
            let now = hash(project, &step(inputs, run)).unwrap().unwrap();
            assert!(!seen.contains(&now), "{what}");
            assert_eq!(hash(project, &step(inputs, run)).unwrap().unwrap(), now);
            seen.push(now);
        };
        changed("nothing is there", "x");
        write("lock", "1");
        changed("a file appears", "x");
        write("lock", "2");
        changed("its content", "x");
        write("crates/a/Cargo.toml", "1");
        changed("a file that a pattern means", "x");
        fs::rename(project.join("crates/a"), project.join("crates/b")).unwrap();
        changed("its name", "x");
        write("migrations/deep/1.sql", "1");
        changed("a file in a folder", "x");
        changed("what it runs", "y");
        let before = hash(project, &step(inputs, "x")).unwrap();
        write("other", "1");
        write("crates/b/src/lib.rs", "1");
        assert_eq!(hash(project, &step(inputs, "x")).unwrap(), before, "what is no input is no matter");
    }

    #[test]
    fn stamps_are_kept_and_damaged_ones_are_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        let step = step("inputs = []", "x");
        let mut stamps = Stamps::read(folder.path());
        stamps.note(Phase::Init, &step, "h".to_owned()).unwrap();
        let stamps = Stamps::read(folder.path());
        assert!(stamps.has(Phase::Init, &step, "h"));
        assert!(!stamps.has(Phase::Init, &step, "i") && !stamps.has(Phase::Maintenance, &step, "h"));
        fs::write(folder.path().join(FOLDER).join(FILE), "{").unwrap();
        assert!(!Stamps::read(folder.path()).has(Phase::Init, &step, "h"));
    }
}
