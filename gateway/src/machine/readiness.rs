//! Whether the lane can serve, told as soon as it changes.

use link::machine::LinkId;

use super::desk::Desk;
use super::upstream::NodeIndex;

/// A home that has owed an answer to a probe for this long doesn't serve.
const SILENT_MS: u64 = 2_000;

/// What was said of it last.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    /// Something has happened since that may have changed it.
    in_doubt: bool,
    said: Option<Option<&'static str>>,
}

impl Readiness {
    /// Something has happened that may have changed it.
    pub(super) fn doubt(&mut self) {
        self.in_doubt = true;
    }

    /// Why the lane can't serve, if that isn't what was said of it last.
    pub(super) fn news(&mut self, desk: &mut Desk) -> Option<Option<&'static str>> {
        self.in_doubt |= desk.upstream.take_news();
        if self.said.is_some() && !std::mem::take(&mut self.in_doubt) {
            return None;
        }
        let unready = unready(desk);
        (self.said.replace(unready) != Some(unready)).then_some(unready)
    }
}

/// Why the lane can't serve: it needs a table, and a primary that answers for every bucket.
pub(super) fn unready(desk: &Desk) -> Option<&'static str> {
    if desk.door.is_draining() {
        return Some("it is draining: its clients are sent to other gateways");
    }
    let upstream = &desk.upstream;
    if !upstream.has_table() {
        return Some("the boss hasn't sent a table yet");
    }
    let mut homes = upstream.buckets().map(|bucket| upstream.home(bucket));
    if homes.clone().any(|home| home.is_none()) {
        return Some("there is no link to the home of every bucket");
    }
    let is_silent = |home: Option<(NodeIndex, LinkId)>| {
        let since_ms = home.and_then(|(node, _)| upstream.silent_since_ms(node));
        since_ms.is_some_and(|since_ms| since_ms + SILENT_MS <= desk.now.ms)
    };
    homes.any(is_silent).then_some("the home of some bucket doesn't answer")
}
