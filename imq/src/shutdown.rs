//! Waits for the word to end.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Returns when the process is told to end: by Ctrl-C or SIGTERM.
pub(crate) fn wait() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).context("waiting for SIGTERM")?;
        let mut int = signal(SignalKind::interrupt()).context("waiting for SIGINT")?;
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        Ok(())
    })
}
