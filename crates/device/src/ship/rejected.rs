//! Records set aside: kept on the device with the reason, out of the way of the others.
//!
//! `rejected/<20 digits>.jsonl` holds lines `{"at":…,"reason":…,"record":<the line as a JSON string>}`. A crash between
//! setting a record aside and moving the cursor sets it aside twice.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::account::now;

/// A file is ended when it has this many bytes.
const FILE_BYTES: u64 = 8 << 20;

/// The oldest files go while there are more than this many.
const FILES: usize = 8;

/// Sets one record aside.
pub(crate) fn set_aside(folder: &Path, record: &[u8], reason: &str) -> io::Result<()> {
    let mut line = serde_json::to_vec(&serde_json::json!({
        "at": now(),
        "reason": reason,
        "record": String::from_utf8_lossy(record),
    }))?;
    line.push(b'\n');
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut files = files(folder)?;
    let newest = files.last().filter(|file| fs::metadata(file).is_ok_and(|metadata| metadata.len() < FILE_BYTES));
    let path = match newest {
        Some(newest) => newest.clone(),
        None => {
            let path = folder.join(format!("{:020}.jsonl", now().as_nanos().max(0)));
            files.push(path.clone());
            path
        }
    };
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(&line)?;
    for old in files.iter().rev().skip(FILES) {
        fs::remove_file(old)?;
    }
    Ok(())
}

/// The files, oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn files_are_ended_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..FILES + 3 {
            fs::write(folder.path().join(format!("{n:020}.jsonl")), vec![b' '; FILE_BYTES as usize]).unwrap();
        }
        set_aside(folder.path(), b"\xff{", "why").unwrap();
        set_aside(folder.path(), b"two", "why").unwrap();
        let left = files(folder.path()).unwrap();
        assert_eq!(left.len(), FILES);
        let text = fs::read_to_string(left.last().unwrap()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
