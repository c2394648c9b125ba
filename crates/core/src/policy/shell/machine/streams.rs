//! Descriptors: where they lead, what is read and written through them.

use super::super::state::{Content, State, Stream};
use super::super::syntax::*;
use super::super::value::{Origin, Text};
use super::{CHOSEN, Machine, joined};

impl Machine<'_> {
    /// Opens what redirections name, for a command that may write without a look at them.
    pub(super) fn redirect(&mut self, state: &mut State, redirects: &[Redirect], blind: bool) {
        for redirect in redirects {
            let default = match redirect.kind {
                RedirectKind::Read
                | RedirectKind::ReadWrite
                | RedirectKind::HereDocument
                | RedirectKind::HereString
                | RedirectKind::DuplicateInput => 0,
                _ => 1,
            };
            let target = self.text(state, &redirect.target);
            if let Some(name) = &redirect.name
                && target.shown() == "-"
            {
                let fd = state
                    .variable(name)
                    .and_then(|v| v.values.clone())
                    .and_then(|v| v.first()?.as_known()?.parse().ok());
                if let Some(fd) = fd {
                    state.set_stream(fd, Stream::Null);
                }
                continue;
            }
            let fd = match &redirect.name {
                Some(name) => {
                    let fd = state.free_descriptor();
                    state.assign(name, vec![Text::known(fd.to_string())], false);
                    fd
                }
                None => redirect.fd.unwrap_or(default),
            };
            let stream = match redirect.kind {
                RedirectKind::HereDocument => Stream::Text(target),
                RedirectKind::HereString => {
                    let mut line = target;
                    line.push_known("\n", false);
                    Stream::Text(line)
                }
                RedirectKind::Duplicate | RedirectKind::DuplicateInput => {
                    let shown = target.shown();
                    match shown.trim_end_matches('-').parse::<u32>() {
                        Ok(from) => {
                            let stream = state.stream(from);
                            if shown.ends_with('-') {
                                state.set_stream(from, Stream::Null);
                            }
                            stream
                        }
                        Err(_) if shown == "-" => Stream::Null,
                        Err(_) => Stream::Text(Text::hole(Origin::UNKNOWN)),
                    }
                }
                kind => {
                    let reads = matches!(kind, RedirectKind::Read | RedirectKind::ReadWrite);
                    if blind && !reads && !matches!(kind, RedirectKind::Append | RedirectKind::AppendBoth) {
                        self.empties(state, &target);
                    }
                    self.open(state, &target, kind, reads)
                }
            };
            let both = matches!(redirect.kind, RedirectKind::WriteBoth | RedirectKind::AppendBoth);
            if both {
                state.set_stream(2, stream.clone());
            }
            state.set_stream(fd, stream);
        }
    }

    /// Opens a file as a redirection does.
    fn open(&mut self, state: &mut State, target: &Text, kind: RedirectKind, reads: bool) -> Stream {
        if let Some(host) = network_device(target) {
            return Stream::Net(host);
        }
        let Some(path) = self.path(state, target).or_else(|| self.of_python(target).filter(|_| !reads)) else {
            return if reads { Stream::Text(Text::hole(target.origin().unwrap_or_default())) } else { Stream::Null };
        };
        if let Some(fd) = descriptor(&path) {
            return state.stream(fd);
        }
        if path == "/dev/null" {
            return Stream::Null;
        }
        if reads {
            self.reads(state, &path);
            return match state.files.get(&self.real(state, &path)) {
                Some(Content::Is(_)) => Stream::File(path),
                _ => Stream::Text(self.content(state, &path)),
            };
        }
        let appends = matches!(kind, RedirectKind::Append | RedirectKind::AppendBoth);
        self.writes(state, &path, appends);
        if !appends {
            state.write(&self.real(state, &path), Text::default(), false);
        }
        Stream::File(path)
    }

    /// What a command reads from a descriptor.
    pub(in crate::policy::shell) fn input(&mut self, state: &State, fd: u32) -> Text {
        self.content_of_stream(state, &state.stream(fd))
    }

    /// Whether standard input is anything but the terminal or nothing.
    pub(in crate::policy::shell) fn has_input(state: &State) -> bool {
        state.shell.streams.iter().any(|(fd, stream)| *fd == 0 && *stream != Stream::Null)
    }

    /// Whether standard input is the terminal, if there is one: nothing has led it elsewhere.
    pub(in crate::policy::shell) fn is_terminal(state: &State) -> bool {
        !state.shell.streams.iter().any(|(fd, _)| *fd == 0)
    }

    /// Writes to a descriptor.
    pub(in crate::policy::shell) fn emit(&mut self, state: &mut State, fd: u32, text: Text) {
        if text.is_empty() {
            return;
        }
        match state.stream(fd) {
            Stream::Out => state.out.push(&text),
            Stream::File(path) => {
                let path = self.real(state, &path);
                self.receives(&path, &text);
                state.write(&path, text, true);
            }
            Stream::Net(host) => self.sends(&host, text.origin().unwrap_or_default()),
            Stream::Into(script) => {
                let mut inner = state.clone();
                inner.set_stream(0, Stream::Text(text));
                inner.set_stream(1, Stream::Out);
                inner.out = Text::default();
                let ended = self.run(&script, vec![inner]);
                state.files = joined(ended);
            }
            Stream::Null | Stream::Text(_) => {}
        }
    }
}

/// Puts descriptors back; those whose number the shell chose stay.
pub(super) fn restore(state: &mut State, before: Vec<(u32, Stream)>) {
    let chosen = |(fd, _): &&(u32, Stream)| *fd >= CHOSEN && !before.iter().any(|(old, _)| old == fd);
    let kept: Vec<_> = state.shell.streams.iter().filter(chosen).cloned().collect();
    state.shell.streams = before;
    state.shell.streams.extend(kept);
}

/// The descriptor that a path stands for.
pub(in crate::policy::shell) fn descriptor(path: &str) -> Option<u32> {
    match path {
        "/dev/stdin" => return Some(0),
        "/dev/stdout" => return Some(1),
        "/dev/stderr" => return Some(2),
        _ => {}
    }
    let folders = ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"];
    folders.iter().find_map(|folder| path.strip_prefix(folder))?.parse().ok()
}

/// The host that a shell connects to for a path such as `/dev/tcp/host/port`.
fn network_device(path: &Text) -> Option<String> {
    let shown = path.shown();
    let rest = shown.strip_prefix("/dev/tcp/").or_else(|| shown.strip_prefix("/dev/udp/"))?;
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}
