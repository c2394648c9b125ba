//! How far each file was sent to a server, so that the next import goes on from there.
//!
//! One file for each server and key, `import/<hash of both>.json` in the state folder. Losing it costs time, nothing else.
//! A server that does not have the newest of what was sent to it is not the one that is remembered: all begins anew.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use hookrail_core::event::{Agent, EventId};
use hookrail_core::transcript::Reader;
use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

use super::files::Found;
use super::lines::Lines;
use crate::http::Client;

/// How many bytes before the place where reading ended must be the same for it to be the same file.
const TAIL: u64 = 256;

/// How far each file was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By path.
    pub files: BTreeMap<PathBuf, FileState>,
    /// The newest event that was acknowledged.
    pub(super) witness: Option<Witness>,
}

/// An event that a server acknowledged. The newest of all: retention takes the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Witness {
    pub(super) at: i64,
    pub(super) id: EventId,
}

/// How far one file was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    size: u64,
    modified: i64,
    offset: u64,
    /// A hash of what stands before the offset: a file that was written anew begins at its start.
    tail: u64,
    /// What the lines until then tell those that come.
    reader: Reader,
}

impl FileState {
    /// Whether there is something to read: the file changed since, or its end was not reached.
    pub(crate) fn is_behind(&self, found: &Found) -> bool {
        (self.size, self.modified) != (found.size, found.modified) || self.offset < self.size
    }
}

/// A file, ready to be read on.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) offset: u64,
    pub(crate) reader: Reader,
}

impl State {
    /// What is known of files sent to a server; nothing where that cannot be read.
    pub fn load(home: &Home, client: &Client) -> Self {
        let text = fs::read(path(home, client)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// What is known of files sent to the server that answers now; nothing where it is a new one at an old address.
    ///
    /// # Errors
    /// Where what is remembered of the other server cannot be removed.
    pub fn load_for(home: &Home, client: &Client) -> io::Result<Self> {
        let state = Self::load(home, client);
        let Some(witness) = state.witness else { return Ok(state) };
        match client.get(&format!("/api/v1/events/{}", witness.id)) {
            Ok(answer) if answer.status == 404 => {
                fs::remove_file(path(home, client))?;
                Ok(Self::default())
            }
            // Whoever cannot be asked, or does not let us read, is believed to be the same.
            _ => Ok(state),
        }
    }

    /// Writes it down. What another import wrote meanwhile about other files stays.
    ///
    /// # Errors
    /// Where the state folder cannot be written.
    pub fn save(&self, home: &Home, client: &Client) -> io::Result<()> {
        let path = path(home, client);
        let folder = home.path().join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join("lock"))?;
        lock.lock()?;
        let mut all = Self::load(home, client);
        all.witness = all.witness.max(self.witness);
        all.files.extend(self.files.iter().map(|(path, state)| (path.clone(), state.clone())));
        all.files.retain(|path, _| path.exists());
        let new = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(&all)?)?;
        fs::rename(new, path)
    }
}

const FOLDER: &str = "import";

fn path(home: &Home, client: &Client) -> PathBuf {
    home.path().join(FOLDER).join(format!("{:016x}.json", hash(client.identity().as_bytes())))
}

/// Opens a file where it was left; `None` where nothing came since.
pub(crate) fn open(found: &Found, kept: Option<FileState>, agent: &Agent) -> io::Result<Option<Opened>> {
    if kept.as_ref().is_some_and(|kept| !kept.is_behind(found)) {
        return Ok(None);
    }
    let mut file = File::open(&found.path)?;
    if let Some(kept) = kept.filter(|kept| kept.offset <= found.size) {
        let from = kept.offset.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        (&mut file).take(kept.offset - from).read_to_end(&mut tail)?;
        if hash(&tail) == kept.tail {
            return Ok(Some(Opened { file, offset: kept.offset, reader: kept.reader }));
        }
        file.seek(SeekFrom::Start(0))?;
    }
    let reader = Reader::new(agent, found.session.clone(), found.agent_type.clone());
    let reader = reader.ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "nobody reads this agent's files"))?;
    Ok(Some(Opened { file, offset: 0, reader }))
}

/// How far a file was read.
pub(crate) fn mark(found: &Found, lines: &mut Lines, reader: &Reader) -> io::Result<FileState> {
    let tail = hash(&lines.before(TAIL)?);
    Ok(FileState { size: found.size, modified: found.modified, offset: lines.offset(), tail, reader: reader.clone() })
}

/// FNV-1a: the same in every version of this program.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::import::files::look;

    #[test]
    fn a_file_is_taken_up_where_it_was_left() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("session.jsonl");
        fs::write(&path, "{}\n{\"a\":1}\n{\"b\":2}\n").unwrap();
        let agent = Agent::ClaudeCode;
        let found = look(&agent, &path).unwrap();
        let opened = open(&found, None, &agent).unwrap().unwrap();
        let mut lines = Lines::new(opened.file, opened.offset);
        for reached in [3, 11] {
            lines.next().unwrap().unwrap();
            let kept = mark(&found, &mut lines, &opened.reader).unwrap();
            let again = open(&found, Some(kept), &agent).unwrap().unwrap();
            assert_eq!(again.offset, reached, "stopped in the middle");
        }
        lines.next().unwrap().unwrap();
        let kept = mark(&found, &mut lines, &opened.reader).unwrap();
        assert!(open(&found, Some(kept.clone()), &agent).unwrap().is_none(), "nothing is new");

        let at = |text: &str| {
            fs::write(&path, text).unwrap();
            open(&look(&agent, &path).unwrap(), Some(kept.clone()), &agent).unwrap().map(|opened| opened.offset)
        };
        assert_eq!(at("{}\n{\"a\":1}\n{\"b\":2}\n{}\n"), Some(19), "it grew");
        assert_eq!(at("{}\n{\"a\":1}\n{\"b\":3}\n{}\n"), Some(0), "it was written anew");
        assert_eq!(at("{}\n"), Some(0), "it is shorter");
    }
}
