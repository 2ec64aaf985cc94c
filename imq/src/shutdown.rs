//! Waits for the word to end.

use std::sync::mpsc::Receiver;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Returns when the process is told to end: by Ctrl-C or SIGTERM.
pub(crate) fn wait() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(told())
}

/// Likewise, or fails with what a role says that it can never serve for.
pub(crate) fn wait_unless(fatal: Receiver<String>) -> Result<()> {
    let (said, reason) = oneshot::channel();
    std::thread::Builder::new().name("fatal".to_owned()).spawn(move || {
        // Nothing comes any more if the role ends first; then nobody listens, either.
        if let Ok(reason) = fatal.recv() {
            said.send(reason).ok();
        }
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            ended = told() => ended,
            Ok(reason) = reason => bail!(reason),
        }
    })
}

async fn told() -> Result<()> {
    let mut term = signal(SignalKind::terminate()).context("waiting for SIGTERM")?;
    let mut int = signal(SignalKind::interrupt()).context("waiting for SIGINT")?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
