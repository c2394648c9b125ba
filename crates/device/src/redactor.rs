//! The redactor of this device: its key is made where there is none, and stays in its folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hookrail_core::redact::{Key, Redactor};

/// The key's file in the folder.
const FILE: &str = "redact.key";

/// The redactor of an installation. Where its key can be neither read nor made, secrets are taken out all the same, by tokens
/// that do not tell them apart.
pub(crate) fn redactor(folder: &Path) -> Redactor {
    match key(&folder.join(FILE)) {
        Ok(Some(key)) => Redactor::keyed(key),
        Ok(None) | Err(_) => Redactor::default(),
    }
}

fn key(path: &Path) -> io::Result<Option<Key>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return Ok(Key::read(&read?)),
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    // Written aside and linked: whoever reads the file reads a whole key, and of two who make one the first wins.
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let linked = written
        .and_then(|mut file| file.write_all(Key::written(random).as_bytes()))
        .and_then(|()| fs::hard_link(&aside, path));
    let _ = fs::remove_file(&aside);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(Key::read(&fs::read_to_string(path)?)),
    }
}
