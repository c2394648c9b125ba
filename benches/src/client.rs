//! The least HTTP client that measures: prepared bytes out, status and body in, over a connection that is kept.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer's head, at most.
const HEAD: usize = 16 * 1024;

/// Where to send, and with what token.
#[derive(Clone)]
pub(crate) struct Target {
    server: String,
    authorization: String,
}

impl Target {
    pub(crate) fn new(server: String, token: Option<String>) -> Self {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        Self { server, authorization }
    }

    /// The server's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server)
    }

    /// A whole request with a body.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let (host, key, length) = (&self.server, &self.authorization, body.len());
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{key}{headers}Content-Length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// A whole request with a body, of somebody who shows no token.
    pub(crate) fn post_unkeyed(&self, path: &str, body: &[u8]) -> Vec<u8> {
        Self { authorization: String::new(), ..self.clone() }.post(path, "", body)
    }

    /// A whole request without one.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{}\r\n", self.server, self.authorization).into_bytes()
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(&self.server)
            .await
            .with_context(|| format!("cannot reach {}; start a server with: hookrail serve", self.server))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(64 * 1024) })
    }
}

/// A kept connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer: its status and its body.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if self.buffer.len() > HEAD {
                bail!("the head of the answer does not end");
            }
            self.read().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let length = text.split("\r\ncontent-length:").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.context("the answer has no length")?.trim().parse()?;
        while self.buffer.len() < head + length {
            self.read().await?;
        }
        Ok(Answer { status, body: &self.buffer[head..head + length] })
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}
