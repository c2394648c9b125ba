//! Server-sent events, read from a stream line by line (WHATWG HTML, section 9.2).

use std::io::{self, BufRead, Read};

/// Bytes of one line: an event holds one record, and a record is at most 4 MiB before it was escaped.
const MAX_LINE: u64 = 32 << 20;

/// One event of the stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// What to resume after.
    pub(crate) id: Option<String>,
    /// The event's type; `message` where the stream does not tell.
    pub(crate) event: String,
    /// The data, lines joined by line breaks.
    pub(crate) data: String,
}

/// Reads messages; a comment (the server's heartbeat) is skipped.
#[derive(Debug)]
pub(crate) struct Messages<R>(R);

impl<R: BufRead> Messages<R> {
    /// Messages of this stream.
    pub(crate) fn new(stream: R) -> Self {
        Self(stream)
    }

    /// The next message; `None` where the stream ended. A message cut off by the end is dropped, as the standard asks.
    ///
    /// # Errors
    /// What the stream reports, and `InvalidData` for a line beyond [`MAX_LINE`].
    pub(crate) fn next(&mut self) -> io::Result<Option<Message>> {
        let mut message = Message { event: "message".into(), ..Message::default() };
        let mut has_data = false;
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            if line.is_empty() {
                if has_data {
                    return Ok(Some(message));
                }
                message = Message { event: "message".into(), ..Message::default() };
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => message.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut message.event),
                "data" => {
                    if has_data {
                        message.data.push('\n');
                    }
                    message.data.push_str(value);
                    has_data = true;
                }
                _ => {}
            }
        }
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = self.0.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            return if read as u64 == MAX_LINE {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a line of the stream is too long"))
            } else {
                Ok(None)
            };
        }
        line.pop_if(|last| *last == b'\r');
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_stream_is_read_as_the_standard_says() {
        let stream = ": hello\n\nid: 7\nevent: event\ndata: {\"a\":1}\n\n:\r\n\r\nevent: lagged\r\ndata: x\r\ndata:y\r\n\r\nevent: nothing\n\ndata: cut off";
        let mut messages = Messages::new(stream.as_bytes());
        let first = messages.next().unwrap().unwrap();
        assert_eq!(first, Message { id: Some("7".into()), event: "event".into(), data: "{\"a\":1}".into() });
        let second = messages.next().unwrap().unwrap();
        assert_eq!(second, Message { id: None, event: "lagged".into(), data: "x\ny".into() });
        assert_eq!(messages.next().unwrap(), None);
    }
}
