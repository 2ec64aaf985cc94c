//! When an end of a link beats, and when its peer is dead.

use proto::limits::QUIET_BEAT_MS;
use proto::link::Beat;
use proto::time::Time;

use super::super::pace::Pace;
use super::proof::End;

/// The first version of the link protocol whose beats say whether they ask.
const ASKING_VERSION: u32 = 4;

/// Either end asks for a sign of life, and gives one at once when it is asked. Only a peer that
/// was asked is ever dead: how often the other end asks, and whether the two agree on that, is
/// nothing to this one.
#[derive(Debug)]
pub(super) struct Beats {
    pub(super) end: End,
    /// How often an active link asks, and how long a peer may owe a sign of life.
    beat_ms: u64,
    dead_ms: u64,
    /// Whether the peer's version says when it asks, and bears rare beats.
    is_asking: bool,
    heard_ms: u64,
    /// When this end asked last, or, if it is the acceptor, answered; at first, when the link was
    /// made.
    beaten_ms: u64,
    /// Since when the peer owes a sign of life.
    owes_since_ms: Option<u64>,
    /// The peer has asked and hasn't been answered.
    is_asked: bool,
}

impl Beats {
    pub(super) fn new(now: Time, end: End, beat_ms: u64, dead_ms: u64) -> Beats {
        Beats {
            end,
            beat_ms,
            dead_ms,
            is_asking: false,
            heard_ms: now.ms,
            beaten_ms: now.ms,
            // Its hello, or what answers it.
            owes_since_ms: Some(now.ms),
            is_asked: false,
        }
    }

    /// The peer is proven and speaks this version.
    pub(super) fn up(&mut self, version: u32) {
        (self.is_asking, self.owes_since_ms) = (version >= ASKING_VERSION, None);
    }

    /// Something has come. Until the peer is proven it owes the next.
    pub(super) fn heard(&mut self, now: Time, is_up: bool) {
        self.heard_ms = now.ms;
        self.owes_since_ms = (!is_up).then_some(now.ms);
    }

    /// A beat has come.
    pub(super) fn take(&mut self, beat: Beat) {
        // An older acceptor's beat is an answer, and an older dialler's always asks.
        self.is_asked |= beat.asks || !self.is_asking && self.end == End::Acceptor;
    }

    /// What the peer has asked is answered, all at once.
    pub(super) fn answer(&mut self, now: Time, pace: &Pace) -> Option<Beat> {
        if !std::mem::take(&mut self.is_asked) {
            return None;
        }
        if self.end == End::Acceptor {
            self.beaten_ms = now.ms;
        }
        Some(Beat { asks: false, hops: pace.hops() })
    }

    /// Asks. Where this is soon after the peer was heard, as it always is on an active link,
    /// silence counts from its beginning, but for so much that there is time for an answer.
    pub(super) fn ask(&mut self, now: Time, pace: &Pace) -> Beat {
        let is_soon = now.ms <= self.heard_ms + 2 * self.beat_ms;
        let silent_ms = if is_soon { self.silent_ms(now).min(self.late_ms()) } else { 0 };
        self.owes_since_ms.get_or_insert(now.ms - silent_ms);
        self.beaten_ms = now.ms;
        Beat { asks: true, hops: pace.hops() }
    }

    /// When to ask next. A dialler does it at multiples: all of a host's links beat together. Its
    /// acceptor asks when it comes late, so that there are no more beats than one end needs.
    pub(super) fn ask_at(&self, pace: &Pace) -> u64 {
        let is_fast = pace.is_active() || !self.is_asking;
        let every_ms = if is_fast { self.beat_ms } else { QUIET_BEAT_MS.max(self.beat_ms) };
        match self.end {
            End::Dialler => (self.beaten_ms / every_ms + 1) * every_ms,
            End::Acceptor => self.beaten_ms + every_ms - self.beat_ms + self.late_ms(),
        }
    }

    /// So long after a beat the next one of an active link is late.
    fn late_ms(&self) -> u64 {
        self.beat_ms + self.beat_ms / 2
    }

    /// When the peer is dead, unless it is heard before.
    pub(super) fn dead_at(&self) -> Option<u64> {
        self.owes_since_ms.map(|since_ms| since_ms + self.dead_ms)
    }

    /// For how long nothing has come.
    pub(super) fn silent_ms(&self, now: Time) -> u64 {
        now.ms - self.heard_ms
    }
}
