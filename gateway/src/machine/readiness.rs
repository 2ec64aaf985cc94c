//! Whether the lane can serve, told as soon as it changes.

use link::machine::LinkId;

use super::lane::Lane;
use super::upstream::NodeIndex;

/// A home that hasn't answered a probe for this long doesn't serve.
const SILENT_MS: u64 = 2_000;

/// What was said of it last.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    /// Something has happened since that may have changed it.
    pub(super) unsure: bool,
    said: Option<Option<&'static str>>,
}

impl Lane {
    /// Why the lane can't serve: it needs a table, and a primary that answers for every bucket.
    pub fn unready(&self) -> Option<&'static str> {
        if self.draining {
            return Some("it is draining: its clients are sent to other gateways");
        }
        let upstream = &self.desk.upstream;
        if !upstream.has_table() {
            return Some("the boss hasn't sent a table yet");
        }
        let mut homes = upstream.buckets().map(|bucket| upstream.home(bucket));
        if homes.clone().any(|home| home.is_none()) {
            return Some("there is no link to the home of every bucket");
        }
        let is_silent = |home: Option<(NodeIndex, LinkId)>| {
            home.is_some_and(|(node, _)| upstream.answered_ms(node) + SILENT_MS <= self.desk.now.ms)
        };
        homes.any(is_silent).then_some("the home of some bucket doesn't answer")
    }

    /// What [`Lane::unready`] says, if that isn't what it said at the last call. Most turns change
    /// nothing of it, and look at no bucket.
    pub fn readiness_news(&mut self) -> Option<Option<&'static str>> {
        if self.readiness.said.is_some() && !std::mem::take(&mut self.readiness.unsure) {
            return None;
        }
        let unready = self.unready();
        (self.readiness.said.replace(unready) != Some(unready)).then_some(unready)
    }

    /// Whether no client is connected.
    pub fn is_empty(&self) -> bool {
        self.desk.counters.connections == 0
    }

    /// Whether the gateway shuts down.
    pub fn is_draining(&self) -> bool {
        self.draining
    }
}
