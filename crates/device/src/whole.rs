//! Files that are written whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt};
use std::path::Path;

/// Writes a file under another name beside it and renames it over: readers see the old text or the new one, and what is
/// written is on the disk. A new file has the mode, less what the person's mask takes; with permissions it has those.
///
/// # Errors
/// Where it cannot be written; then nothing is left behind.
pub(crate) fn write(path: &Path, text: &[u8], mode: u32, permissions: Option<Permissions>) -> io::Result<()> {
    // Whoever writes the same file at the same moment writes one of another name.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        // What is to be read by few is at no moment read by more.
        let mode = permissions.as_ref().map_or(mode, PermissionsExt::mode) & 0o777;
        // One may be left of a process that was killed.
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&temporary)))
}

/// The same for a file that its owner alone may read, in a folder of which that is true as well.
///
/// # Errors
/// As for [`write`].
pub(crate) fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    write(path, text, 0o600, None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/file.json");
        let left = || fs::read_dir(path.parent().unwrap()).unwrap().count();
        for text in ["one", "another, and longer"] {
            write_private(&path, text.as_bytes()).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), left()), (text, 1));
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        write(&path, b"for all", 0o600, Some(Permissions::from_mode(0o744))).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o744);
        fs::create_dir(folder.path().join("folder")).unwrap();
        assert!(write_private(&folder.path().join("folder"), b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "what could not be written is not left behind");
    }
}
