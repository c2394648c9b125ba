//! Connections: accepted up to a number, served with time limits, ended gracefully.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::auth::Peer;

/// Bytes of a request's head: request line and headers.
const HEAD_BYTES: usize = 64 * 1024;

/// Requests at once of one HTTP/2 connection.
const STREAMS: u32 = 128;

/// Time to breathe after the system refused a connection (usually: too many open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `app.stopping`, then lets open requests end within the grace.
pub(crate) async fn serve(listener: TcpListener, router: Router, app: Arc<App>) {
    let places = Arc::new(Semaphore::new(app.config.limits.connections));
    let connections = TaskTracker::new();
    while let Some((stream, address, place)) = accept(&listener, &places, &app.stopping).await {
        connections.spawn(connection(stream, address, router.clone(), app.clone(), place));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(app.config.limits.stop_grace, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "Some connections did not end within the grace; they are cut.");
    }
}

/// The next connection and its place; `None` when the server stops.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stopping: &CancellationToken,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let next = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, address)) => return Some((stream, address.ip(), place)),
                Err(error) => {
                    tracing::warn!("A connection could not be accepted: {error}.");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stopping.cancelled() => None,
        next = next => next,
    }
}

async fn connection(stream: TcpStream, address: IpAddr, router: Router, app: Arc<App>, _place: OwnedSemaphorePermit) {
    let _open = app.metrics.connections.hold();
    // Answers are small and complete when written; waiting to fill a packet only costs latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(address));
        TowerToHyperService::new(router.clone()).call(request)
    });
    // HTTP/1, or HTTP/2 by prior knowledge, which gRPC needs.
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(app.config.limits.header_timeout)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(app.config.limits.heartbeat)
        .keep_alive_timeout(app.config.limits.header_timeout)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = app.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(app.config.limits.stop_grace, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!("A connection broke off: {error}.");
    }
}
