//! Events on their way to clients: who gets what, in which bytes, and what becomes of it where a
//! client doesn't keep up.
//!
//! In the order of an event's way: [`interest`] knows who wants which queue; [`fanout`] turns one
//! event into the bytes of each [`format`]; [`clients`] holds what is unsent; [`slow`] keeps
//! the rest for those who lag, [`held`] for those who want to wait. [`Delivery`] owns all of it but
//! what is kept for one session, its [`Backlog`], which stands with the session.
//!
//! It closes nobody: who has too much unsent is the door's to dismiss.

use proto::filter::Filter;
use proto::g2c::EventKind;
use proto::ids::{Handle, Sub};
use proto::q2g::EventRef;
use proto::seeded::Seed;

use super::counters::Counters;
use super::sessions::Sessions;
use super::settings::Settings;

mod backlog;
mod clients;
mod fanout;
mod format;
mod held;
mod interest;
mod slow;

pub(super) use backlog::Backlog;
use clients::Appended;
pub use clients::{Clients, ConnId, Ending, Pace};
pub(super) use fanout::Frame;
use fanout::{Encoded, Encodings};
pub(super) use format::COMMENT;
pub use format::{Encoding, Format, Transport};
pub(super) use held::Missed;
use interest::Interest;
pub(super) use interest::{Listed, Policy, Subscriber};
use slow::Kept;
pub(super) use slow::TooSlow;

/// Sockets get this long to take a burst that is more than the lane may keep.
const CUT_OFF_MS: u64 = 10;

/// What brings events to the clients of a lane.
#[derive(Debug)]
pub(super) struct Delivery {
    interest: Interest,
    encodings: Encodings,
    /// Of an event that a filter has narrowed.
    narrowed: Encodings,
    diverted: Vec<Subscriber>,
    /// Who has too much unsent although all was dropped that may be.
    too_slow: Vec<ConnId>,
    /// What is kept for receivers, over all sessions.
    kept_bytes: usize,
    /// When those with the most unsent are cut off, unless their sockets have taken enough by then.
    cut_off_ms: Option<u64>,
    events: u64,
    deliveries: u64,
    conflated: u64,
    dropped: u64,
}

/// Those whom events go to, and how they are to be treated.
pub(super) struct Receivers<'a> {
    /// How slow a receiver may be.
    pub(super) settings: &'a Settings,
    /// Their sessions, with what is kept for each.
    pub(super) sessions: &'a mut Sessions,
    /// Their connections' outputs.
    pub(super) clients: &'a mut Clients,
}

impl Delivery {
    /// Nobody wants anything yet.
    pub(super) fn new(seed: Seed) -> Delivery {
        Delivery {
            interest: Interest::new(seed),
            encodings: Encodings::default(),
            narrowed: Encodings::default(),
            diverted: Vec::new(),
            too_slow: Vec::new(),
            kept_bytes: 0,
            cut_off_ms: None,
            events: 0,
            deliveries: 0,
            conflated: 0,
            dropped: 0,
        }
    }

    /// The queues that clients are in.
    pub(super) fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Likewise, to be changed.
    pub(super) fn interest_mut(&mut self) -> &mut Interest {
        &mut self.interest
    }

    /// Adds what was counted here.
    pub(super) fn count_into(&self, counters: &mut Counters) {
        counters.queues = self.interest.len() as u64;
        counters.events = self.events;
        counters.deliveries = self.deliveries;
        counters.deliveries_conflated = self.conflated;
        counters.deliveries_dropped = self.dropped;
    }

    /// How many events have come.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// How many events were written for clients.
    #[inline]
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// The queue of an event, if the event is to be told to anybody. A number may be another
    /// queue's by now: then its hash isn't of the bucket that the event is about.
    #[inline]
    pub(super) fn came(
        &mut self,
        event: &EventRef<'_>,
        is_of_bucket: impl FnOnce(u64) -> bool,
        (now_ms, settings): (u64, &Settings),
    ) -> Option<Sub> {
        self.events += 1;
        let sub = Sub::or_none(event.sub)?;
        let is_message = event.kind == EventKind::Message.number();
        let queue = self.interest.get_mut(sub)?;
        if !is_of_bucket(queue.hash()) || !queue.moves_on(event.seq, is_message, now_ms) {
            return None;
        }
        let is_of_members =
            [EventKind::Joined, EventKind::Left].map(EventKind::number).contains(&event.kind);
        let is_missed = settings.faults().members_missed && is_of_members;
        (!(is_missed && event.seq.is_multiple_of(8))).then_some(sub)
    }

    /// One event for every subscriber of the queue that gets everything. The innermost loop: one
    /// step per delivery.
    #[inline]
    pub(super) fn fan_out(&mut self, sub: Sub, event: &EventRef<'_>, to: &mut Receivers<'_>) {
        let Some(queue) = self.interest.get(sub) else { return };
        let excluded = event.exclude.filter(|_| !to.settings.faults().exclude_self_ignored);
        let (kind, body) = (event.kind, event.body);
        let frame = Frame { kind, sub: Some(sub), body, history: false };
        let encodings = &mut self.encodings;
        let large = to.settings.large_bytes;
        encodings.begin();
        let mut deliveries = 0;
        for subscriber in queue.all() {
            if Some(subscriber.session) == excluded {
                continue;
            }
            let Some(conn) = subscriber.conn else { continue };
            match to.clients.deliver(conn, |format| encodings.share(format, &frame, large)) {
                Appended::Done => deliveries += 1,
                Appended::Diverted => self.diverted.push(*subscriber),
                Appended::Ended => {}
            }
        }
        self.deliveries += deliveries;
        if !self.diverted.is_empty() {
            self.divert(sub, frame, to);
        }
    }

    /// Keeps an event for those whose events are diverted.
    #[cold]
    fn divert(&mut self, sub: Sub, frame: Frame<'_>, to: &mut Receivers<'_>) {
        let mut diverted = std::mem::take(&mut self.diverted);
        if let Some(kept) = Kept::of(frame.kind, frame.body) {
            for subscriber in &diverted {
                self.keep(*subscriber, sub, &kept, to);
            }
        }
        diverted.clear();
        self.diverted = diverted;
    }

    /// Whether some of a queue's subscribers get some of its events alone.
    #[inline]
    pub(super) fn has_filtered(&self, sub: Sub) -> bool {
        self.interest.get(sub).is_some_and(|queue| !queue.filtered().is_empty())
    }

    /// One event for the queue's subscribers that have a filter.
    pub(super) fn fan_out_filtered(
        &mut self,
        sub: Sub,
        event: &EventRef<'_>,
        to: &mut Receivers<'_>,
    ) {
        let Some(kind) = EventKind::from_number(event.kind) else { return };
        let Some(queue) = self.interest.get(sub) else { return };
        let excluded = event.exclude.filter(|_| !to.settings.faults().exclude_self_ignored);
        let everything = to.settings.faults().filter_skipped;
        let pass = |filter: &Filter| {
            if everything { Some(event.body.into()) } else { filter.event(kind, event.body) }
        };
        let mut kept: Vec<(Subscriber, Kept)> = Vec::new();
        for filtered in queue.filtered() {
            let subscriber = filtered.subscriber;
            if Some(subscriber.session) == excluded {
                continue;
            }
            let Some(body) = pass(&filtered.filter) else { continue };
            let frame = Frame { kind: event.kind, sub: Some(sub), body: &body, history: false };
            let narrowed = &mut self.narrowed;
            narrowed.begin();
            let Some(conn) = subscriber.conn else { continue };
            // A frame that only one receiver gets isn't shared, however long it is.
            match to.clients.deliver(conn, |format| Encoded::Small(narrowed.get(format, &frame))) {
                Appended::Done => self.deliveries += 1,
                Appended::Diverted => {
                    kept.extend(Kept::of(event.kind, &body).map(|kept| (subscriber, kept)));
                }
                Appended::Ended => {}
            }
        }
        for (subscriber, event_kept) in kept {
            self.keep(subscriber, sub, &event_kept, to);
        }
    }

    /// Keeps an event for a receiver that is slow or held.
    fn keep(&mut self, subscriber: Subscriber, sub: Sub, event: &Kept, to: &mut Receivers<'_>) {
        let Some(conn) = subscriber.conn else { return };
        let unsent = to.clients.unsent(conn);
        let closes = match event {
            Kept::Message { mount, .. } => {
                self.interest.get(sub).is_some_and(|queue| queue.closes_slow(mount.as_bytes()))
            }
            Kept::Mounts { .. } | Kept::State(_) | Kept::Joined { .. } | Kept::Left { .. } => false,
        };
        let faults = to.settings.faults();
        let Some((backlog, waiting)) = to.sessions.backlog(subscriber.session) else { return };
        let before = backlog.bytes();
        let merged = backlog.keep(sub, event, closes, faults.conflation_keeps_oldest);
        let mut too_slow = false;
        while !too_slow && unsent + waiting + backlog.bytes() > to.settings.output_bytes_max {
            too_slow = backlog.drop_oldest(!faults.gap_unannounced).is_err();
            self.dropped += u64::from(!too_slow);
        }
        self.kept_bytes = self.kept_bytes + backlog.bytes() - before;
        self.conflated += u64::from(merged);
        if too_slow {
            self.too_slow.push(conn);
        }
    }

    /// Whether somebody has too much unsent for what it was to get.
    #[inline]
    pub(super) fn is_anyone_too_slow(&self) -> bool {
        !self.too_slow.is_empty()
    }

    /// Takes those who do.
    pub(super) fn take_too_slow(&mut self) -> Vec<ConnId> {
        std::mem::take(&mut self.too_slow)
    }

    /// Sends a frame to one client: everything but live events.
    #[inline]
    pub(super) fn send(
        &mut self,
        conn: ConnId,
        frame: &Frame<'_>,
        settings: &Settings,
        clients: &mut Clients,
    ) -> Result<(), TooSlow> {
        if clients.unsent(conn) > settings.output_bytes_max {
            return Err(TooSlow);
        }
        self.append(conn, frame, clients);
        Ok(())
    }

    /// Likewise, however much is unsent.
    pub(super) fn append(&mut self, conn: ConnId, frame: &Frame<'_>, clients: &mut Clients) {
        let format = clients.format(conn);
        clients.append(conn, self.encodings.one(format, frame));
    }

    /// An old event, or a gap, for one session. One that is held gets it at its `open`.
    pub(super) fn replay(
        &mut self,
        (conn, session): (Option<ConnId>, Handle),
        frame: &Frame<'_>,
        to: &mut Receivers<'_>,
    ) -> Result<(), TooSlow> {
        self.deliveries += 1;
        let Some(conn) = conn else { return Ok(()) };
        if to.clients.is_held(conn) {
            return self.hold_back(conn, session, frame, to);
        }
        self.send(conn, frame, to.settings, to.clients)
    }

    /// Keeps an old event until `open`: what comes live meanwhile goes behind it.
    fn hold_back(
        &mut self,
        conn: ConnId,
        session: Handle,
        frame: &Frame<'_>,
        to: &mut Receivers<'_>,
    ) -> Result<(), TooSlow> {
        let bytes = self.encodings.one(to.clients.format(conn), frame);
        let unsent = to.clients.unsent(conn) + bytes.len();
        let Some((backlog, waiting)) = to.sessions.backlog(session) else { return Ok(()) };
        let before = backlog.bytes();
        if unsent + waiting + before > to.settings.output_bytes_max {
            return Err(TooSlow);
        }
        backlog.hold(frame, bytes);
        self.kept_bytes += backlog.bytes() - before;
        Ok(())
    }

    /// "Open the floodgates": what was held goes out.
    pub(super) fn open(&mut self, conn: ConnId, session: Handle, to: &mut Receivers<'_>) {
        if !to.clients.is_held(conn) {
            return;
        }
        to.clients.set_held(conn, false);
        if let Some((backlog, _)) = to.sessions.backlog(session) {
            let before = backlog.bytes();
            let held = backlog.open();
            self.kept_bytes = self.kept_bytes + backlog.bytes() - before;
            if !to.settings.faults().held_lost {
                held.iter().for_each(|bytes| to.clients.append(conn, bytes));
            }
        }
        if !to.clients.is_diverted(conn) {
            self.release(conn, session, to);
        }
    }

    /// A slow receiver has taken everything: it gets of what was kept as much as may be unsent.
    pub(super) fn drained(
        &mut self,
        conn: ConnId,
        session: Option<Handle>,
        to: &mut Receivers<'_>,
    ) {
        to.clients.set_slow(conn, false);
        if let Some(session) = session
            && !to.clients.is_held(conn)
        {
            self.release(conn, session, to);
        }
    }

    /// A receiver that isn't held or slow any more gets of what was kept as much as may be unsent.
    fn release(&mut self, conn: ConnId, session: Handle, to: &mut Receivers<'_>) {
        let Some(backlog) = to.sessions.backlog_if_any(session) else { return };
        let format = to.clients.format(conn);
        let before = backlog.bytes();
        backlog.leaves();
        let mut all = false;
        while !all && to.clients.unsent(conn) <= to.settings.slow_bytes {
            let Some((kind, sub, body)) = backlog.next() else {
                all = true;
                continue;
            };
            let frame = Frame { kind, sub: Some(sub), body: &body, history: false };
            to.clients.append(conn, self.encodings.one(format, &frame));
            self.deliveries += 1;
        }
        self.kept_bytes = self.kept_bytes + backlog.bytes() - before;
        if all {
            to.sessions.tidy(session);
        } else {
            to.clients.set_slow(conn, true);
        }
    }

    /// What waits of a queue for this session is of no use any more. The messages among it, which
    /// its client never gets.
    pub(super) fn forget(&mut self, session: Handle, sub: Sub, sessions: &mut Sessions) -> Missed {
        let mut missed = Missed::new();
        if let Some(backlog) = sessions.backlog_if_any(session) {
            let before = backlog.bytes();
            backlog.forget(sub, &mut missed);
            self.kept_bytes = self.kept_bytes + backlog.bytes() - before;
        }
        missed
    }

    /// A session goes, and this with it.
    pub(super) fn let_go(&mut self, backlog: &Backlog) {
        self.kept_bytes -= backlog.bytes();
    }

    /// What is kept for receivers, over all sessions.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// All connections together have too much unsent: their sockets get a moment.
    pub(super) fn cut_off_soon(&mut self, now_ms: u64) {
        self.cut_off_ms.get_or_insert(now_ms + CUT_OFF_MS);
    }

    /// A turn's worth of them was cut off, and that wasn't enough.
    pub(super) fn cut_off_more(&mut self, now_ms: u64) {
        self.cut_off_ms = Some(now_ms);
    }

    /// Whether somebody is to be cut off now.
    pub(super) fn cut_off_is_due(&mut self, now_ms: u64) -> bool {
        self.cut_off_ms.take_if(|at| *at <= now_ms).is_some()
    }

    /// When somebody is to be cut off.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.cut_off_ms
    }
}
