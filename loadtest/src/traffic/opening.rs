//! Letting a crowd in: a few at a time, so that no server's queue of new connections overflows.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::crowd::{Crowd, Heard};
use crate::clock::nanoseconds;
use crate::interrupt::Interrupt;
use crate::peers::{Codec, Event};

/// Connections that may be opening at a time.
const OPENING_MAX: usize = 64;

/// How long a server may go without letting anybody in.
const OPENING_PATIENCE: Duration = Duration::from_secs(20);

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Counts whose subscription stands.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    ready: usize,
}

impl Opening {
    /// Joins more until there are `wanted`, and waits until all their subscriptions stand.
    pub(crate) fn until<C: Codec>(
        &mut self,
        wanted: usize,
        crowd: &mut Crowd<C>,
        interrupt: &Interrupt,
        join: impl FnMut(&mut Crowd<C>, usize) -> Result<()>,
    ) -> Result<()> {
        self.until_heard(wanted, crowd, interrupt, join, |_| Ok(()))
    }

    /// The same, and what is said meanwhile is heard.
    pub(crate) fn until_heard<C: Codec>(
        &mut self,
        wanted: usize,
        crowd: &mut Crowd<C>,
        interrupt: &Interrupt,
        mut join: impl FnMut(&mut Crowd<C>, usize) -> Result<()>,
        mut hear: impl FnMut(Heard<'_, C>) -> Result<()>,
    ) -> Result<()> {
        let mut deadline = crowd.now() + nanoseconds(OPENING_PATIENCE);
        while self.ready < wanted {
            interrupt.check()?;
            while crowd.len() < wanted && crowd.len() - self.ready < OPENING_MAX {
                join(crowd, crowd.len())?;
            }
            crowd.flush()?;
            let before = self.ready;
            crowd.turn(WAIT_MAX, |heard| {
                self.ready += usize::from(heard.event == Event::Ready);
                hear(heard)
            })?;
            // Before anything began, nobody is to be lost.
            if let Some(loss) = crowd.take_losses().into_iter().next() {
                return Err(loss.why).with_context(|| format!("connection {}", loss.who));
            }
            if self.ready > before {
                deadline = crowd.now() + nanoseconds(OPENING_PATIENCE);
            } else if crowd.now() > deadline {
                bail!("only {} of {wanted} connections were let in", self.ready);
            }
        }
        Ok(())
    }
}
