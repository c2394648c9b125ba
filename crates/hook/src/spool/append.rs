//! The writer's side: one line, one `write(2)`, no lock.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::Spool;

/// How often an append starts over because the segment was sealed under it. Each round needs another seal within the
/// microseconds of a write, so a writer that gets here is not unlucky: something is wrong.
const ATTEMPTS: usize = 16;

/// Between which steps of an append something else may happen; tests make it happen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Opened,
    Written,
}

impl Spool {
    /// Appends one line, which includes its line break, and returns the size the open segment then has, in bytes.
    ///
    /// # Errors
    /// When the line is not one line, when the folder cannot be written, when the disk is full. Then the line is not recorded.
    pub fn append(&self, line: &[u8]) -> io::Result<u64> {
        self.append_watched(line, |_| {})
    }

    pub(super) fn append_watched(&self, line: &[u8], mut at: impl FnMut(Step)) -> io::Result<u64> {
        let is_one_line = line.iter().position(|byte| *byte == b'\n').is_some_and(|at| at + 1 == line.len());
        if !is_one_line {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a record is one line, ended by a line break"));
        }
        let path = self.open_path();
        for _ in 0..ATTEMPTS {
            let mut file = self.open_segment(&path)?;
            at(Step::Opened);
            write_whole(&mut file, line)?;
            at(Step::Written);
            if let Some(size) = size_if_named(&file, &path)? {
                return Ok(size);
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "the segment was sealed under every attempt to append to it"))
    }

    fn open_segment(&self, path: &Path) -> io::Result<File> {
        let open = || OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_folders(&self.dir)?;
                open()
            }
            opened => opened,
        }
    }
}

/// Writes the line with one `write(2)`. What a full disk cut short is ended with a line break if that still fits, so that
/// the next line stands alone; the rest is never written after it, because another line may be there by then.
fn write_whole(file: &mut File, line: &[u8]) -> io::Result<()> {
    let written = loop {
        match file.write(line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result?,
        }
    };
    if written == line.len() {
        return Ok(());
    }
    let _ = file.write(b"\n");
    let text = format!("only {written} of {} bytes were written: is the disk full?", line.len());
    Err(io::Error::new(io::ErrorKind::StorageFull, text))
}

/// The size of `file`, if `path` still means that file. While it is open its inode is not given to another.
fn size_if_named(file: &File, path: &Path) -> io::Result<Option<u64>> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.ino() == ours.ino() && named.dev() == ours.dev()).then_some(named.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Creates the folder and the one around it, for their owner only. What lies further up must exist: a missing HOME is not made up.
fn create_folders(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    for folder in dir.parent().into_iter().chain([dir]) {
        match builder.create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
