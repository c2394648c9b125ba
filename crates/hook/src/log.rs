//! `hook.log`: a line for each failure, because a hook has nobody to tell.
//!
//! A line is `<time> <agent> <what failed>`. The file is kept under [`MAX_BYTES`]: beyond, it becomes `hook.log.1`, in
//! the place of the one before. What cannot be written there goes to standard error, which agents show to a person at most
//! and never to a model, because the hook exits with 0.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use hookrail_core::event::Agent;
use hookrail_core::time::Timestamp;

use crate::home::Home;

/// The size at which the log is put aside, in bytes.
pub const MAX_BYTES: u64 = 256 << 10;

/// The longest line, in bytes; what is longer is cut.
const MAX_LINE_BYTES: usize = 1024;

/// Where the failures of one run of the hook go.
pub(crate) struct Log<'a> {
    pub(crate) home: Option<&'a Home>,
    pub(crate) agent: &'a Agent,
    pub(crate) at: Timestamp,
    pub(crate) stderr: &'a mut dyn Write,
}

/// Tells a failure of what the hook handed over to.
pub fn tell(home: &Home, agent: &Agent, at: Timestamp, what: fmt::Arguments<'_>) {
    Log { home: Some(home), agent, at, stderr: &mut io::stderr() }.tell(what);
}

impl Log<'_> {
    /// Tells a failure. Telling cannot fail: where nobody can be told, nobody is.
    pub(crate) fn tell(&mut self, what: fmt::Arguments<'_>) {
        let line = one_line(&format!("{} {} {what}", self.at, self.agent));
        let written = match self.home {
            Some(home) => append(home, &line),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        if written.is_err() {
            let _ = self.stderr.write_all(format!("hookrail: {line}").as_bytes());
        }
    }
}

fn append(home: &Home, line: &str) -> io::Result<()> {
    let path = home.hook_log();
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    file.write_all(line.as_bytes())?;
    if file.metadata()?.len() > MAX_BYTES {
        fs::rename(&path, path.with_extension("log.1"))?;
    }
    Ok(())
}

/// The text as one line of bounded length, with its line break.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        assert_eq!(one_line("a\nb\u{1b}[1m"), "a b [1m\n");
        assert_eq!(one_line(&"é".repeat(MAX_LINE_BYTES)).len(), MAX_LINE_BYTES + 1);
    }

    #[test]
    fn the_log_stays_bounded() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let home = Home::at(folder.path());
        let line = one_line(&"x".repeat(MAX_LINE_BYTES));
        for _ in 0..3 * MAX_BYTES / line.len() as u64 {
            append(&home, &line)?;
        }
        let sizes: Vec<u64> =
            fs::read_dir(folder.path())?.map(|entry| Ok(entry?.metadata()?.len())).collect::<io::Result<_>>()?;
        assert_eq!(sizes.len(), 2, "the log and the one before it");
        assert!(sizes.iter().all(|size| *size <= MAX_BYTES + line.len() as u64), "{sizes:?}");
        Ok(())
    }
}
