//! The server's query API, asked over HTTP: single answers, lists page by page, and the live stream.
//!
//! Answers pass through as the JSON text they came as, so that `--json` and the exports lose nothing that this
//! version has no word for.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use anyhow::Context as _;
use hookrail_device::config::Config;
use hookrail_device::http::{Answer, Client, HttpError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::sse::Messages;

/// Items asked for with one request.
const PAGE_ITEMS: u64 = 200;

/// How long the stream may be silent; the server sends a heartbeat more often than this.
const STREAM_SILENCE: Duration = Duration::from_secs(60);

/// Sessions looked at to find the one whose id begins as given.
const SESSION_CANDIDATES: u64 = 20;

/// Parameters of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Sets a parameter, where there is a value.
    pub(crate) fn set(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, value.to_owned()));
        }
    }

    /// The path with the parameters behind it.
    fn on(&self, path: &str) -> String {
        if self.0.is_empty() {
            return path.to_owned();
        }
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(&self.0);
        format!("{path}?{}", encoded.finish())
    }
}

/// A server and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    server: String,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

impl Api {
    /// The server that the command line, the environment or `config.toml` names.
    ///
    /// # Errors
    /// Where these cannot be read.
    pub(crate) fn new(connection: &Connection) -> anyhow::Result<Self> {
        Self::of(&connection.config()?)
    }

    /// The server of these settings.
    ///
    /// # Errors
    /// Where they name no usable one.
    pub(crate) fn of(config: &Config) -> anyhow::Result<Self> {
        let client = Client::new(config)?;
        let server = client.server().to_owned();
        Ok(Self { client, server })
    }

    /// One answer.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses; the error says what to do.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &Query) -> anyhow::Result<T> {
        self.answer(self.client.get(&query.on(path)))
    }

    /// The answer to something sent.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        self.answer(self.client.post(path, "application/json", None, body.to_string().as_bytes()))
    }

    /// The answer to setting something.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        self.answer(self.client.put(path, body.to_string().as_bytes()))
    }

    /// The answer to changing something in part.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        self.answer(self.client.patch(path, body.to_string().as_bytes()))
    }

    /// The answer to taking something away.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.answer(self.client.delete(path))
    }

    fn answer<T: DeserializeOwned>(&self, answer: Result<Answer, HttpError>) -> anyhow::Result<T> {
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        if !answer.is_success() {
            return Err(self.refused(&answer).into());
        }
        // A success may have nothing to say.
        let body = if answer.body.is_empty() { b"null" } else { answer.body.as_slice() };
        serde_json::from_slice(body).map_err(|error| self.not_ours(&error).into())
    }

    /// The items of a list, at most `limit`, asked for page by page as they are taken.
    pub(crate) fn items(&self, path: &str, query: Query, limit: Option<u64>) -> Items<'_> {
        Items {
            api: self,
            path: path.to_owned(),
            query,
            left: limit.unwrap_or(u64::MAX),
            ready: VecDeque::new(),
            more: true,
        }
    }

    /// The live stream of events after `last_event_id`, or from now on.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses.
    pub(crate) fn stream(
        &self,
        query: &Query,
        last_event_id: Option<&str>,
    ) -> anyhow::Result<Messages<impl BufRead + use<>>> {
        let mut query = query.clone();
        query.set("last_event_id", last_event_id);
        let body = self.client.stream(&query.on("/api/v1/stream"), &[], STREAM_SILENCE);
        match body.map_err(|error| self.unreachable(&error))? {
            Ok(body) => Ok(Messages::new(BufReader::new(body))),
            Err(answer) => Err(self.refused(&answer).into()),
        }
    }

    /// The id of the one session that begins as given; what was given where no session does.
    ///
    /// # Errors
    /// Where several sessions do, or the server cannot be asked.
    pub(crate) fn full_session_id(&self, given: &str) -> anyhow::Result<String> {
        #[derive(Deserialize)]
        struct Found {
            id: String,
        }
        let mut query = Query::default();
        query.set("q", Some(given));
        let mut found: Vec<String> = Vec::new();
        for item in self.items("/api/v1/sessions", query, Some(SESSION_CANDIDATES)) {
            let session: Found = parse(&item?)?;
            if session.id == given {
                return Ok(session.id);
            }
            if session.id.starts_with(given) && !found.contains(&session.id) {
                found.push(session.id);
            }
        }
        match found.as_slice() {
            [] => Ok(given.to_owned()),
            [one] => Ok(one.clone()),
            several => Err(Failure::new(
                format!("more than one session begins with `{given}`"),
                format!("give more of the id: {}", several.join(", ")),
            )
            .into()),
        }
    }

    fn unreachable(&self, error: &HttpError) -> Failure {
        Failure::new(
            error.to_string(),
            "start a server with `hookrail serve`, or name another with `--server` or HOOKRAIL_SERVER",
        )
        .passing()
    }

    fn refused(&self, answer: &Answer) -> Failure {
        if answer.status == 401 {
            return Failure::new(
                format!("{} asks for a key", self.server),
                "set HOOKRAIL_TOKEN, or `token` in config.toml, to the key of that server",
            );
        }
        let failure = match answer.api_error() {
            Some(said) => Failure::new(
                said.message,
                said.hint.unwrap_or_else(|| "see `hookrail doctor`, or the log of the server".to_owned()),
            ),
            None => Failure::new(
                format!("{} answered {}", self.server, answer.describe()),
                "check that the address is that of a hookrail server of this version",
            ),
        };
        if answer.status == 429 || answer.status >= 500 { failure.passing() } else { failure }
    }

    fn not_ours(&self, error: &serde_json::Error) -> Failure {
        Failure::new(
            format!("the answer of {} is not understood: {error}", self.server),
            "check that the address is that of a hookrail server of this version",
        )
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Reads one item of a list.
///
/// # Errors
/// Where it is not of the shape that this version knows.
pub(crate) fn parse<'a, T: Deserialize<'a>>(item: &'a RawValue) -> anyhow::Result<T> {
    serde_json::from_str(item.get()).context("an answer of the server is not of the shape this version knows")
}

/// The items of a list, as they come.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    api: &'a Api,
    path: String,
    query: Query,
    left: u64,
    ready: VecDeque<Box<RawValue>>,
    more: bool,
}

impl Items<'_> {
    fn fetch(&mut self) -> anyhow::Result<()> {
        self.query.set("limit", Some(&PAGE_ITEMS.min(self.left).to_string()));
        let page: Page = self.api.get(&self.path, &self.query)?;
        self.ready = page.items.into();
        self.more = page.next.is_some();
        self.query.set("cursor", page.next.as_deref());
        Ok(())
    }
}

impl Iterator for Items<'_> {
    type Item = anyhow::Result<Box<RawValue>>;

    fn next(&mut self) -> Option<Self::Item> {
        // A page may be empty although there are more: the server searches a bounded amount per request.
        while self.left > 0 && self.ready.is_empty() && self.more {
            if let Err(error) = self.fetch() {
                self.more = false;
                return Some(Err(error));
            }
        }
        let item = self.ready.pop_front().filter(|_| self.left > 0)?;
        self.left -= 1;
        Some(Ok(item))
    }
}
