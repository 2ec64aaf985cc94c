//! The messages of a run: each sent with its stamp, each delivery checked and timed.

use anyhow::Result;

use super::checker::{Checker, Foreign};
use super::crowd::Heard;
use super::latency::Latencies;
use super::load::Load;
use super::stamp::Stamp;
use crate::clock::Nanoseconds;
use crate::peers::{Codec, Event, Violation};

/// The messages of a run.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) checker: Checker,
    pub(crate) latencies: Latencies,
    /// Per sender, how many it has sent.
    pub(crate) sent: Vec<u32>,
    pub(crate) publishes: u64,
    /// The payload to be stamped and sent next.
    payload: Vec<u8>,
    /// Whether an own message that came back is answered with the next.
    pub(crate) closed: bool,
    pub(crate) measuring: bool,
}

impl Messages {
    /// None yet.
    pub(crate) fn new(load: &Load) -> Self {
        Self {
            checker: Checker::new(load.connections, load.room_size),
            latencies: Latencies::new(),
            sent: vec![0; load.connections],
            publishes: 0,
            payload: vec![b'.'; load.payload_bytes],
            closed: false,
            measuring: false,
        }
    }

    /// Takes what a connection heard; a closed loop sends the next when its own came back.
    #[inline]
    pub(crate) fn hear<C: Codec>(&mut self, heard: Heard<'_, C>) -> Result<()> {
        let Heard { who, now, event, codec, out } = heard;
        let payload = match event {
            Event::Delivery(payload) => payload,
            Event::Welcomed | Event::Ready | Event::Acknowledged | Event::Other => return Ok(()),
            Event::Ended => return Err(Violation("the subscription ended".into()).into()),
        };
        let stamp = Stamp::read(payload).filter(|_| payload.len() == self.payload.len());
        let Some(stamp) = stamp else {
            return Err(Violation("a payload that this run didn't send".into()).into());
        };
        if let Err(Foreign) = self.checker.take(who, stamp) {
            return Err(Violation("a message of another room".into()).into());
        }
        if self.measuring {
            self.latencies.record(now.saturating_sub(stamp.intended));
        }
        if self.closed && stamp.sender as usize == who {
            self.publish(who, now, codec, out);
        }
        Ok(())
    }

    /// Sends one message of `who`.
    #[inline]
    pub(crate) fn publish<C: Codec>(
        &mut self,
        who: usize,
        intended: Nanoseconds,
        codec: &mut C,
        out: &mut Vec<u8>,
    ) {
        let counter = self.sent[who];
        self.sent[who] += 1;
        self.publishes += 1;
        Stamp { sender: who as u32, counter, intended }.write(&mut self.payload);
        codec.publish(&self.payload, out);
    }
}
