//! Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.

use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

/// Exit code of a process that a signal ended (128 + SIGINT).
const EXIT_INTERRUPTED: i32 = 130;

/// Cancels `stop` at the first signal and says what that means, ends the process at the second.
///
/// Signals are listened for from this call on, before what it gives is first waited for: whoever reads that the process
/// is ready may stop it in the same moment.
pub(super) fn watch(stop: CancellationToken, meaning: &'static str) -> impl Future<Output = ()> + Send {
    let mut signals = Signals::new();
    async move {
        signals.next().await;
        stop.cancel();
        // Whoever sent the signal may have taken the terminal along.
        let _ = writeln!(io::stderr(), "{meaning}; the same signal again stops at once");
        signals.next().await;
        std::process::exit(EXIT_INTERRUPTED);
    }
}

/// [`watch`] for a command without a runtime of its own, in a thread that ends with the process.
pub(super) fn watch_in_thread(stop: &CancellationToken, meaning: &'static str) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = stop.clone();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(async { watch(stop, meaning).await }))?;
    Ok(())
}

#[cfg(unix)]
struct Signals(Option<[tokio::signal::unix::Signal; 2]>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt()).and_then(|int| Ok([int, signal(SignalKind::terminate())?]));
        Self(both.ok())
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some([interrupt, terminate]) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            // The system gives no way to hear them; then a signal ends the process as it always does.
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
