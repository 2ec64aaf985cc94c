//! A server process that ends with its owner.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::scratch::Scratch;
use crate::clock::{Clock, nanoseconds};
use crate::interrupt::Interrupt;

/// How long a server may take to serve.
const START_PATIENCE: Duration = Duration::from_secs(15);

/// How often a starting server is asked whether it serves.
const START_STEP: Duration = Duration::from_millis(10);

/// How much of a log an error shows.
const TAIL_LINES: usize = 20;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a process whose whole output goes to a log in the scratch directory, behind that of
    /// one of the same name before it.
    pub(crate) fn start(name: &str, mut command: Command, scratch: &Scratch) -> Result<Self> {
        let log = scratch.path().join(format!("{name}.log"));
        let output = OpenOptions::new().create(true).append(true).open(&log);
        let output = output.with_context(|| format!("making {}", log.display()))?;
        let errors = output.try_clone().context("sharing a log")?;
        let child = command
            .current_dir(scratch.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.into(), child, log })
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process as a fault does, by SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let killed = self.child.kill().and_then(|()| self.child.wait().map(drop));
        killed.with_context(|| format!("killing {}", self.name))
    }

    /// Sends the process a signal: `STOP` and `CONT`.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let words = [format!("-{name}"), self.child.id().to_string()];
        let status = Command::new("kill").args(words).status().context("running kill")?;
        if !status.success() {
            bail!("{} can't be sent SIG{name}", self.name);
        }
        Ok(())
    }

    /// Whether the process has ended.
    pub(crate) fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("looking after a server")?.is_some())
    }

    /// Asks until the server serves; fails when it ends or takes too long.
    pub(crate) fn await_ready(
        &mut self,
        interrupt: &Interrupt,
        serves: impl Fn() -> bool,
    ) -> Result<()> {
        let clock = Clock::start();
        while !serves() {
            interrupt.check()?;
            if let Some(status) = self.child.try_wait().context("looking after a server")? {
                bail!("{} ended with {status}", self.name);
            }
            if clock.now() > nanoseconds(START_PATIENCE) {
                bail!("{} doesn't serve after {} s", self.name, START_PATIENCE.as_secs());
            }
            std::thread::sleep(START_STEP);
        }
        Ok(())
    }

    /// As it was started.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The end of what the server said, under its name.
    pub(crate) fn tail(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!("-- the end of the log of {}:\n{}", self.name, tail.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that has ended already can't be killed, and that is as well.
        let killed = self.child.kill();
        if let Err(error) = killed.and_then(|()| self.child.wait().map(drop)) {
            eprintln!("{} (process {}): {error}", self.name, self.child.id());
        }
    }
}
