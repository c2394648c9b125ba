//! The key by which equal secrets are told: one per installation (a device's state folder, a server's data folder), made where
//! there is none and never sent. The one home of it: device and server are given what it makes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hookrail_core::redact::Key;

/// The key's file in the folder.
const FILE: &str = "redact.key";

/// The key of the installation in this folder. `None` where it can be neither read nor made: secrets are taken out all the
/// same, by tokens that do not tell them apart.
pub(crate) fn of(folder: &Path) -> Option<Key> {
    key(&folder.join(FILE)).ok().flatten()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use hookrail_core::redact::Redactor;

    use super::*;

    #[test]
    fn a_folder_has_one_key_which_its_owner_alone_reads() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        let token = |folder: &Path| Redactor::keyed(of(folder).unwrap()).text(&secret).into_text();
        assert_eq!(token(folder.path()), token(folder.path()));
        assert_ne!(token(folder.path()), token(other.path()));
        let file = fs::metadata(folder.path().join(FILE)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert!(of(Path::new("/proc/no/folder")).is_none());
        fs::write(folder.path().join(FILE), "damaged").unwrap();
        assert!(of(folder.path()).is_none());
    }
}
