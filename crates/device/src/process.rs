//! Running another program with a time limit and a cap on what it prints.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What is kept of each output.
const MAX_OUTPUT: u64 = 1 << 20;

/// How often the program's end is looked for.
const POLL: Duration = Duration::from_millis(5);

/// What a program printed and ended with.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The beginning of its standard output.
    pub(crate) stdout: Vec<u8>,
}

/// Runs a program with `input` as its standard input. One that takes longer than `limit` is killed, which is an error.
pub(crate) fn run(
    program: &Path,
    args: &[impl AsRef<std::ffi::OsStr>],
    env: &[(&str, &std::ffi::OsStr)],
    input: &[u8],
    limit: Duration,
) -> io::Result<Output> {
    let mut command = Command::new(program);
    command.args(args).envs(env.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_owned();
    // Each pipe has its own thread, so that neither a full pipe nor a silent one holds up the time limit.
    thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
    let (sender, printed) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(pipe) = stdout {
            let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut text);
        }
        let _ = sender.send(text);
    });
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("it took longer than {} s", limit.as_secs())));
        }
        thread::sleep(POLL);
    };
    let stdout = printed.recv_timeout(deadline.saturating_duration_since(Instant::now()).max(POLL)).unwrap_or_default();
    Ok(Output { code: status.code(), stdout })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_program_is_fed_and_heard() {
        let output = run(Path::new("/bin/cat"), &[] as &[&str], &[], b"hello", Duration::from_secs(10)).unwrap();
        assert_eq!((output.code, output.stdout.as_slice()), (Some(0), &b"hello"[..]));
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let before = Instant::now();
        let error = run(Path::new("/bin/sleep"), &["60"], &[], b"", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(before.elapsed() < Duration::from_secs(30));
    }
}
