//! Ctrl-C and SIGTERM as a flag that every loop looks at, so that servers are always taken down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

/// Says whether the operator wants the run to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    raised: Arc<AtomicBool>,
}

impl Interrupt {
    /// Watches for the signals on a thread of its own, which sleeps until one comes.
    pub(crate) fn watch() -> Result<Self> {
        let interrupt = Self::default();
        let raised = Arc::clone(&interrupt.raised);
        std::thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || {
                // Without the watch the run goes on; the signal then simply ends the process.
                if wait().is_ok() {
                    raised.store(true, Ordering::Relaxed);
                }
            })
            .context("starting the thread that waits for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Fails once a signal came.
    pub(crate) fn check(&self) -> Result<()> {
        if self.raised.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}

fn wait() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    })
}
