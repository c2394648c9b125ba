//! Whether there is room for a request, asked before its body is read; then the body, bounded.
//!
//! Two things are finite: *slots* (requests with events in work or queued) and *memory* (bytes of their bodies, as sent
//! and as decompressed). A request holds its [`Room`] from admission to the commit of its last event, so the queue is
//! bounded in number and in bytes, and a full server says so (429) without having read anything.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::config::Limits;
use crate::error::Problem;
use crate::metrics::Refusal;
use crate::pieces::Pieces;

/// The unit in which memory is reserved.
const KIB: usize = 1024;

/// Bytes of a refused body that are read and thrown away, so that its sender gets to read the answer.
const DRAIN_BYTES: u64 = 16 << 20;

/// Shorter pieces of a body are put together: a body in a million pieces takes no more memory than its bytes.
const SHORT: usize = KIB;

/// Time spent on that.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The gate in front of the writers' queues: one for all of them.
#[derive(Debug)]
pub(crate) struct Admission {
    slots: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// A request's place in the queue and its share of the memory; given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    _slot: OwnedSemaphorePermit,
    memory: OwnedSemaphorePermit,
    pool: Arc<Semaphore>,
}

impl Room {
    /// Reserves more memory; false where there is none.
    fn grow(&mut self, bytes: usize) -> bool {
        match self.pool.clone().try_acquire_many_owned(kib(bytes)) {
            Ok(more) => {
                self.memory.merge(more);
                true
            }
            Err(_) => false,
        }
    }

    fn holds(&self) -> usize {
        self.memory.num_permits() * KIB
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(KIB).max(1)).unwrap_or(u32::MAX)
}

impl Admission {
    /// A gate with as many slots and as much memory as the limits say.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self::with(limits.queue_slots, limits.queue_bytes)
    }

    /// A gate with so many slots and so many bytes.
    pub(crate) fn with(slots: usize, bytes: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots)), memory: Arc::new(Semaphore::new(bytes / KIB)) }
    }

    /// A slot and memory for `bytes`, if there are any right now.
    pub(crate) fn admit(&self, bytes: usize) -> Option<Room> {
        let slot = self.slots.clone().try_acquire_owned().ok()?;
        let memory = self.memory.clone().try_acquire_many_owned(kib(bytes)).ok()?;
        Some(Room { _slot: slot, memory, pool: self.memory.clone() })
    }

    /// The slots themselves, to watch them.
    #[cfg(test)]
    pub(crate) fn slots(&self) -> Arc<Semaphore> {
        self.slots.clone()
    }

    /// Whether a request would find room.
    pub(crate) fn has_room(&self) -> bool {
        self.slots.available_permits() > 0 && self.memory.available_permits() > 0
    }
}

/// Admits a request and reads its body, of at most `cap` bytes as sent.
pub(crate) async fn receive(app: &App, headers: &HeaderMap, body: Body, cap: usize) -> Result<(Room, Pieces), Problem> {
    receive_into(app, &app.admission, headers, body, cap).await
}

/// The same through another gate.
pub(crate) async fn receive_into(
    app: &App,
    gate: &Admission,
    headers: &HeaderMap,
    body: Body,
    cap: usize,
) -> Result<(Room, Pieces), Problem> {
    let declared = body.size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let refused = if app.stopping.is_cancelled() {
        Err((Refusal::Stopping, Problem::unavailable("The server is stopping.", "Send it again in a moment.", 2)))
    } else if declared.is_some_and(|size| size > cap) {
        Err((Refusal::TooLarge, Problem::too_large("The body", cap)))
    } else {
        gate.admit(declared.unwrap_or(cap)).ok_or_else(|| (Refusal::Full, Problem::full()))
    };
    let room = match refused {
        Ok(room) => room,
        Err((refusal, problem)) => {
            app.metrics.refuse(refusal);
            drain(headers, body).await;
            return Err(problem);
        }
    };
    match read_pieces(body, cap, app.config.limits.body_timeout).await {
        Ok(pieces) => Ok((room, pieces)),
        Err((refusal, problem)) => {
            app.metrics.refuse(refusal);
            Err(problem)
        }
    }
}

/// Throws a refused body away unless it is long or its sender waits for our leave to send it.
pub(crate) async fn drain(headers: &HeaderMap, body: Body) {
    if headers.contains_key(header::EXPECT) || body.size_hint().lower() > DRAIN_BYTES {
        return;
    }
    let mut left = DRAIN_BYTES;
    let mut chunks = body.into_data_stream();
    let all = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len() as u64);
            if left == 0 {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, all).await;
}

/// A body of a request that is not an event, bounded in size and time.
pub(crate) async fn read(body: Body, cap: usize, limit: Duration) -> Result<Bytes, (Refusal, Problem)> {
    read_pieces(body, cap, limit).await.map(Pieces::whole)
}

async fn read_pieces(body: Body, cap: usize, limit: Duration) -> Result<Pieces, (Refusal, Problem)> {
    let gathered = gather(http_body_util::Limited::new(body, cap));
    match tokio::time::timeout(limit, gathered).await {
        Ok(Ok(pieces)) => Ok(pieces),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err((Refusal::TooLarge, Problem::too_large("The body", cap)))
        }
        Ok(Err(_)) => {
            Err((Refusal::Broken, Problem::bad_request("The body broke off before its end.", "Send it again, whole.")))
        }
        Err(_) => {
            let message = format!("The body did not arrive within {} s.", limit.as_secs());
            let hint = "Send it faster, or in smaller pieces.";
            Err((Refusal::Slow, Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", message, hint)))
        }
    }
}

async fn gather<B: HttpBody<Data = Bytes> + Unpin>(mut body: B) -> Result<Pieces, B::Error> {
    let mut pieces = Pieces::default();
    let mut short = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if piece.len() < SHORT {
            short.extend_from_slice(&piece);
        } else {
            pieces.add(short.split().freeze());
            pieces.add(piece);
        }
    }
    pieces.add(short.freeze());
    Ok(pieces)
}

/// How a body is encoded, by its `Content-Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// Reads the header; anything but the three is told so (415).
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Self::Identity) };
        match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_encoding",
                "The body's Content-Encoding is not one this server reads.",
                "Use gzip, zstd or identity.",
            )),
        }
    }
}

/// The largest window a zstd frame may ask for, as a power of two: 8 MiB, what level 19 and below use.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes decompressed at a time.
const PIECE: usize = 256 * KIB;

/// Undoes the encoding, up to `cap` bytes, reserving memory as it grows.
pub(crate) fn decompress(
    encoding: Encoding,
    body: Pieces,
    cap: usize,
    room: &mut Room,
) -> Result<Pieces, (Refusal, Problem)> {
    match encoding {
        Encoding::Identity if body.len() > cap => Err((Refusal::TooLarge, Problem::too_large("The body", cap))),
        Encoding::Identity => Ok(body),
        Encoding::Gzip => inflate(flate2::bufread::MultiGzDecoder::new(body.reader()), cap, room),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body.reader()).map_err(|_| broken())?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| broken())?;
            inflate(decoder, cap, room)
        }
    }
}

fn broken() -> (Refusal, Problem) {
    let hint = "Check that Content-Encoding says what the body is.";
    (Refusal::Broken, Problem::bad_request("The body cannot be decompressed.", hint))
}

/// Reads to the end in pieces, so that memory is reserved before it is used and a bomb ends at the cap.
fn inflate(mut from: impl Read, cap: usize, room: &mut Room) -> Result<Pieces, (Refusal, Problem)> {
    let mut out = Vec::new();
    let mut reserved = room.holds();
    loop {
        if out.len() + PIECE > reserved {
            if !room.grow(PIECE.max(out.len())) {
                return Err((Refusal::Full, Problem::full()));
            }
            reserved = room.holds();
        }
        let read = from.by_ref().take(PIECE as u64).read_to_end(&mut out).map_err(|_| broken())?;
        if out.len() > cap {
            return Err((Refusal::TooLarge, Problem::too_large("The decompressed body", cap)));
        }
        if read == 0 {
            return Ok(Bytes::from(out).into());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    fn room(limits: &Limits) -> Room {
        Admission::new(limits).admit(1).unwrap()
    }

    fn gzip(bytes: &[u8]) -> Pieces {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        Bytes::from(encoder.finish().unwrap()).into()
    }

    fn zstd(bytes: &[u8]) -> Pieces {
        Bytes::from(zstd::stream::encode_all(bytes, 1).unwrap()).into()
    }

    #[test]
    fn every_encoding_is_undone() {
        let text: Vec<u8> = (0..1_000_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for (encoding, body) in [
            (Encoding::Identity, Bytes::from(text.clone()).into()),
            (Encoding::Gzip, gzip(&text)),
            (Encoding::Zstd, zstd(&text)),
        ] {
            let out = decompress(encoding, body, 64 << 20, &mut room(&Limits::default())).unwrap();
            assert!(out.whole() == text, "{encoding:?}");
        }
    }

    #[test]
    fn a_bomb_ends_at_the_cap() {
        let zeros = vec![0; 8 << 20];
        for (encoding, body) in [(Encoding::Gzip, gzip(&zeros)), (Encoding::Zstd, zstd(&zeros))] {
            assert!(body.len() < 64 * KIB, "it is a bomb");
            let (refusal, problem) = decompress(encoding, body, 1 << 20, &mut room(&Limits::default())).unwrap_err();
            assert_eq!((refusal, problem.status), (Refusal::TooLarge, StatusCode::PAYLOAD_TOO_LARGE), "{encoding:?}");
        }
    }

    #[test]
    fn memory_is_asked_for_before_it_is_used() {
        let zeros = vec![0; 8 << 20];
        let limits = Limits { queue_bytes: 2 << 20, ..Limits::default() };
        let (refusal, problem) = decompress(Encoding::Zstd, zstd(&zeros), 64 << 20, &mut room(&limits)).unwrap_err();
        assert_eq!((refusal, problem.status), (Refusal::Full, StatusCode::TOO_MANY_REQUESTS));
    }

    #[test]
    fn garbage_is_told_so() {
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let body = Bytes::from_static(b"this is not compressed").into();
            let (refusal, _) = decompress(encoding, body, 1 << 20, &mut room(&Limits::default())).unwrap_err();
            assert_eq!(refusal, Refusal::Broken, "{encoding:?}");
        }
    }
}
