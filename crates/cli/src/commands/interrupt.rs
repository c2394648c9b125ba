//! Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.

use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

/// Exit code of a process that a signal ended (128 + SIGINT).
const EXIT_INTERRUPTED: i32 = 130;

/// Cancels `stop` at the first signal and says what that means, ends the process at the second.
pub(super) async fn watch(stop: CancellationToken, meaning: &str) {
    signal().await;
    stop.cancel();
    // Whoever sent the signal may have taken the terminal along.
    let _ = writeln!(io::stderr(), "{meaning}; the same signal again stops at once");
    signal().await;
    std::process::exit(EXIT_INTERRUPTED);
}

/// [`watch`] for a command without a runtime of its own, in a thread that ends with the process.
pub(super) fn watch_in_thread(stop: &CancellationToken, meaning: &'static str) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = stop.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(watch(stop, meaning)))?;
    Ok(())
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}
