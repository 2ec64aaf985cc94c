//! Signals: which end the process, and which only have it look at its files.

use std::io::IsTerminal as _;
use std::sync::mpsc::Receiver;

use anyhow::{Context, Result, bail};
use link::io::threads;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Waits for the word to end.
#[derive(Debug)]
pub(crate) struct Signals {
    term: Signal,
    int: Signal,
    hangup: Signal,
    runtime: tokio::runtime::Runtime,
}

impl Signals {
    /// From now on no signal but SIGKILL ends the process by itself.
    pub(crate) fn listen() -> Result<Signals> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let within = runtime.enter();
        let listen = |kind, name| signal(kind).with_context(|| format!("waiting for {name}"));
        let term = listen(SignalKind::terminate(), "SIGTERM")?;
        let int = listen(SignalKind::interrupt(), "SIGINT")?;
        let hangup = listen(SignalKind::hangup(), "SIGHUP")?;
        drop(within);
        Ok(Signals { term, int, hangup, runtime })
    }

    /// The signal that says to end. On SIGHUP it has `reload` look at its files and goes on.
    pub(crate) fn wait(mut self, mut reload: impl FnMut()) -> Result<&'static str> {
        let Signals { term, int, hangup, runtime } = &mut self;
        Ok(runtime.block_on(told(term, int, hangup, &mut reload)))
    }

    /// Likewise, or fails with what a role says that it can never serve for, or since all of its
    /// threads have died of a bug.
    pub(crate) fn wait_unless(
        mut self,
        fatal: Receiver<String>,
        mut reload: impl FnMut(),
    ) -> Result<&'static str> {
        let (said, reason) = oneshot::channel();
        threads::spawn("fatal", move || {
            // Where a signal has ended the role, nobody listens any more.
            let died = |_| "its threads have ended because of a bug".to_owned();
            said.send(fatal.recv().unwrap_or_else(died)).ok();
        })?;
        let Signals { term, int, hangup, runtime } = &mut self;
        runtime.block_on(async {
            tokio::select! {
                signal = told(term, int, hangup, &mut reload) => Ok(signal),
                Ok(reason) = reason => bail!(reason),
            }
        })
    }

    /// The signal that says to end, or that the terminal it was started from is closed: what
    /// somebody tries out isn't left behind.
    pub(crate) fn wait_at_terminal(mut self) -> Result<&'static str> {
        let was_terminal = std::io::stdout().is_terminal();
        let Signals { term, int, hangup, runtime } = &mut self;
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = term.recv() => return Ok("SIGTERM"),
                    _ = int.recv() => return Ok("SIGINT"),
                    _ = hangup.recv() => {}
                }
                if was_terminal && !std::io::stdout().is_terminal() {
                    return Ok("SIGHUP");
                }
                tracing::info!("SIGHUP: there is nothing to read again");
            }
        })
    }
}

async fn told(
    term: &mut Signal,
    int: &mut Signal,
    hangup: &mut Signal,
    reload: &mut impl FnMut(),
) -> &'static str {
    loop {
        tokio::select! {
            _ = term.recv() => return "SIGTERM",
            _ = int.recv() => return "SIGINT",
            _ = hangup.recv() => reload(),
        }
    }
}
