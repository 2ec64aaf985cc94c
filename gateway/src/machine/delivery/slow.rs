//! Receivers that don't keep up: state is conflated, messages wait, then the oldest are dropped and
//! announced, who is there is told as a net change. The same list serves what comes live during
//! `hold`.

use std::collections::VecDeque;
use std::rc::Rc;

use indexmap::IndexMap;
use prost::Message as _;
use proto::g2c::{self, BodyKind, EventHead, EventKind};

use super::clients::{ConnId, SLOW};
use super::fanout::Frame;
use super::held::{Missed, miss};
use super::interest::{Sub, Subscriber};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::session::Rare;
use crate::machine::wheel::PER_TURN;
use members::{MembersBehind, Word};
use proto::ids::Handle;

mod members;

/// An event as it is kept: read once for all who are slow.
#[derive(Debug)]
pub(in crate::machine) enum Kept {
    Message { mount: Rc<str>, seq: u64, body: Rc<[u8]> },
    Mounts { kind: EventKind, seq: u64, body: Rc<[u8]> },
    State(g2c::State),
    Joined { seq: u64, users: Vec<String> },
    Left { seq: u64, users: Vec<String> },
}

impl Kept {
    /// Nothing if the event can't be read; then nobody could.
    pub(in crate::machine) fn of(kind: u32, body: &[u8]) -> Option<Kept> {
        let kind = EventKind::from_number(kind)?;
        Some(match kind {
            EventKind::Message => {
                let head = EventHead::of(body).ok()?;
                let mount = std::str::from_utf8(head.mount).ok()?.into();
                Kept::Message { mount, seq: head.seq, body: body.into() }
            }
            EventKind::MountCreated | EventKind::MountDeleted => {
                Kept::Mounts { kind, seq: EventHead::of(body).ok()?.seq, body: body.into() }
            }
            EventKind::State => Kept::State(g2c::State::decode(body).ok()?),
            EventKind::Joined => {
                let joined = g2c::Joined::decode(body).ok()?;
                Kept::Joined { seq: joined.seq, users: joined.users }
            }
            EventKind::Left => {
                let left = g2c::Left::decode(body).ok()?;
                Kept::Left { seq: left.seq, users: left.users }
            }
        })
    }
}

/// What waits for one receiver, over all its queues.
#[derive(Debug, Default)]
pub(in crate::machine) struct Behind {
    items: VecDeque<Item>,
    states: Vec<StateBehind>,
    members: Vec<MembersBehind>,
    bytes: usize,
}

/// What is kept in its order.
#[derive(Debug)]
enum Item {
    Message { sub: Sub, seq: u64, mount: Rc<str>, body: Rc<[u8]>, closes: bool },
    Mounts { sub: Sub, seq: u64, kind: EventKind, body: Rc<[u8]> },
    Gap { sub: Sub, mount: Rc<str>, after_seq: u64, before_seq: u64 },
}

impl Item {
    /// What it counts, with the room that the list itself takes.
    fn bytes(&self) -> usize {
        let body = match self {
            Item::Message { body, .. } | Item::Mounts { body, .. } => body.len(),
            Item::Gap { .. } => 0,
        };
        body + size_of::<Item>()
    }

    fn sub(&self) -> Sub {
        match self {
            Item::Message { sub, .. } | Item::Mounts { sub, .. } | Item::Gap { sub, .. } => *sub,
        }
    }

    fn seq(&self) -> u64 {
        match self {
            Item::Message { seq, .. } | Item::Mounts { seq, .. } => *seq,
            Item::Gap { before_seq, .. } => *before_seq - 1,
        }
    }
}

/// The newest value of each key of one state mount.
#[derive(Debug)]
struct StateBehind {
    sub: Sub,
    mount: String,
    seq: u64,
    from: String,
    changes: IndexMap<String, g2c::StateChange>,
    /// It is on its way out: later changes begin anew, so that the way doesn't get longer before
    /// it.
    frozen: bool,
}

/// A frame that leaves the list.
#[derive(Debug)]
struct Leaving {
    kind: u32,
    sub: Sub,
    body: Vec<u8>,
}

/// The receiver owes too much, and nothing may be dropped for it.
pub(in crate::machine) struct TooSlow;

impl Behind {
    pub(in crate::machine) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.states.is_empty() && self.members.is_empty()
    }

    /// How many bytes are kept.
    pub(in crate::machine) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps one event. Returns whether it went into another that waits already.
    fn keep(&mut self, sub: Sub, event: &Kept, closes: bool, keep_oldest: bool) -> bool {
        match event {
            Kept::Message { mount, seq, body } => {
                let (mount, body) = (Rc::clone(mount), Rc::clone(body));
                self.push(Item::Message { sub, seq: *seq, mount, body, closes });
                false
            }
            Kept::Mounts { kind, seq, body } => {
                // It moves the mark of members, too: what came before it must leave before it.
                for members in self.members.iter_mut().filter(|members| members.sub == sub) {
                    members.sealed = true;
                }
                self.push(Item::Mounts { sub, seq: *seq, kind: *kind, body: Rc::clone(body) });
                false
            }
            Kept::State(state) => self.merge(sub, state, keep_oldest),
            Kept::Joined { seq, users } => self.net_change(sub, Word::Joined, *seq, users),
            Kept::Left { seq, users } => self.net_change(sub, Word::Left, *seq, users),
        }
    }

    fn push(&mut self, item: Item) {
        self.bytes += item.bytes();
        self.items.push_back(item);
    }

    fn merge(&mut self, sub: Sub, state: &g2c::State, keep_oldest: bool) -> bool {
        let open = |one: &StateBehind| one.sub == sub && one.mount == state.mount && !one.frozen;
        let known = self.states.iter().position(open);
        let at = known.unwrap_or_else(|| {
            self.states.push(StateBehind {
                sub,
                mount: state.mount.clone(),
                seq: 0,
                from: String::new(),
                changes: IndexMap::new(),
                frozen: false,
            });
            self.states.len() - 1
        });
        let behind = &mut self.states[at];
        behind.seq = state.seq;
        behind.from.clone_from(&state.from);
        for change in &state.changes {
            if keep_oldest && behind.changes.contains_key(&change.key) {
                continue;
            }
            self.bytes += change_bytes(change);
            if let Some(old) = behind.changes.insert(change.key.clone(), change.clone()) {
                self.bytes -= change_bytes(&old);
            }
        }
        known.is_some()
    }

    fn net_change(&mut self, sub: Sub, word: Word, seq: u64, users: &[String]) -> bool {
        let open = |members: &MembersBehind| members.sub == sub && !members.sealed;
        let at = self.members.iter().position(open).unwrap_or_else(|| {
            self.members.push(MembersBehind::new(sub));
            self.members.len() - 1
        });
        let members = &mut self.members[at];
        let before = members.bytes();
        members.add(word, seq, users);
        self.bytes = self.bytes + members.bytes() - before;
        if members.is_empty() {
            self.members.remove(at);
        }
        false
    }

    /// Drops the oldest message and leaves a gap in its place.
    fn drop_oldest(&mut self, announce: bool) -> Result<(), TooSlow> {
        let oldest = |item: &Item| matches!(item, Item::Message { .. });
        let at = self.items.iter().position(oldest).ok_or(TooSlow)?;
        let Some(Item::Message { sub, seq, mount, body, closes }) = self.items.remove(at) else {
            return Err(TooSlow);
        };
        if closes {
            return Err(TooSlow);
        }
        self.bytes -= body.len() + size_of::<Item>();
        // A gap gets no longer over an event that keeps its place.
        let newest = self.items.iter_mut().take(at).rev();
        let mut gaps =
            newest.take_while(|item| !matches!(item, Item::Mounts { sub: of, .. } if *of == sub));
        let before = gaps.find_map(|item| match item {
            Item::Gap { sub: of, mount: on, before_seq, .. } if *of == sub && *on == mount => {
                Some(before_seq)
            }
            Item::Gap { .. } | Item::Message { .. } | Item::Mounts { .. } => None,
        });
        if let Some(before_seq) = before {
            *before_seq = seq + 1;
        } else if announce {
            let gap = Item::Gap { sub, mount, after_seq: seq - 1, before_seq: seq + 1 };
            self.bytes += gap.bytes();
            self.items.insert(at, gap);
        }
        Ok(())
    }

    /// Forgets what waits of one queue: the receiver gets the whole present of it, or nothing more.
    pub(in crate::machine) fn forget(&mut self, sub: Sub, missed: &mut Missed) {
        self.items.retain(|item| {
            let is_gone = item.sub() == sub;
            match item {
                Item::Message { mount, seq, .. } if is_gone => miss(missed, mount, *seq),
                Item::Gap { mount, after_seq, .. } if is_gone => miss(missed, mount, after_seq + 1),
                Item::Message { .. } | Item::Gap { .. } | Item::Mounts { .. } => {}
            }
            !is_gone
        });
        self.states.retain(|state| state.sub != sub);
        self.members.retain(|members| members.sub != sub);
        let items = self.items.iter().map(Item::bytes).sum::<usize>();
        let changes = self.states.iter().flat_map(|state| state.changes.values());
        let changes = changes.map(change_bytes).sum::<usize>();
        self.bytes = items + changes + self.members_bytes();
    }

    /// What is to be sent has begun to leave: states get their place in the order.
    fn freeze(&mut self) {
        for at in 0..self.states.len() {
            let (before, rest) = self.states.split_at_mut(at);
            let state = &mut rest[0];
            let same = |one: &StateBehind| one.sub == state.sub && one.mount == state.mount;
            state.frozen |= !before.iter().any(|one| one.frozen && same(one));
        }
    }

    /// The next frame. Each queue's are in the order of their `seq`; a state may be later.
    fn next(&mut self) -> Option<Leaving> {
        let front = self.items.front().map(|item| (item.sub(), item.seq()));
        if let Some(leaving) = self.next_members(front).or_else(|| self.next_state(front)) {
            return Some(leaving);
        }
        let item = self.items.pop_front()?;
        self.bytes -= item.bytes();
        self.seal_members(&item);
        Some(match item {
            Item::Message { sub, body, .. } => {
                Leaving { kind: BodyKind::Message as u32, sub, body: body.to_vec() }
            }
            Item::Mounts { sub, kind, body, .. } => {
                Leaving { kind: kind.number(), sub, body: body.to_vec() }
            }
            Item::Gap { sub, mount, after_seq, before_seq } => {
                let mount = mount.to_string();
                let gap = g2c::Gap { sub: 0, mount, after_seq, before_seq };
                Leaving { kind: BodyKind::Gap as u32, sub, body: gap.encode_to_vec() }
            }
        })
    }

    /// An item leaves. A net change that begins before it and has its place behind it must keep
    /// that place: what comes now is a change of its own, for what it cancelled could bring the
    /// place back to before the item.
    fn seal_members(&mut self, item: &Item) {
        let (sub, seq) = (item.sub(), item.seq());
        for members in self.members.iter_mut().filter(|members| members.sub == sub) {
            members.sealed |= members.begins_before(seq);
        }
    }

    /// A part of the net change of a queue's members, if its place is before the item at the
    /// front.
    fn next_members(&mut self, front: Option<(Sub, u64)>) -> Option<Leaving> {
        let due = |members: &mut MembersBehind| match front {
            None => true,
            Some((sub, seq)) => members.sub == sub && members.place() < seq,
        };
        // To look for its place may change what is kept, too.
        let before = self.members_bytes();
        let leaving = self.members.iter_mut().position(due).map(|at| {
            let leaving = self.members[at].take();
            if self.members[at].is_empty() {
                self.members.remove(at);
            }
            leaving
        });
        self.bytes = self.bytes + self.members_bytes() - before;
        leaving
    }

    fn members_bytes(&self) -> usize {
        self.members.iter().map(MembersBehind::bytes).sum()
    }

    /// A conflated state, if its place is before the item at the front.
    fn next_state(&mut self, front: Option<(Sub, u64)>) -> Option<Leaving> {
        let due = |state: &StateBehind| match front {
            None => true,
            Some((sub, seq)) => state.frozen && state.sub == sub && state.seq < seq,
        };
        let at = self.states.iter().position(due)?;
        let state = self.states.remove(at);
        self.bytes -= state.changes.values().map(change_bytes).sum::<usize>();
        let body = g2c::State {
            sub: 0,
            mount: state.mount,
            seq: state.seq,
            from: state.from,
            changes: state.changes.into_values().collect(),
            conflated: true,
        };
        Some(Leaving { kind: BodyKind::State as u32, sub: state.sub, body: body.encode_to_vec() })
    }
}

/// What a change counts, with its place in the map.
fn change_bytes(change: &g2c::StateChange) -> usize {
    let value = match &change.now {
        Some(g2c::state_change::Now::Value(value)) => value.len(),
        Some(g2c::state_change::Now::Deleted(_)) | None => 0,
    };
    2 * change.key.len() + value + size_of::<g2c::StateChange>() + 32
}

impl Lane {
    /// Keeps an event for a receiver that is slow or held.
    pub(in crate::machine) fn keep(
        &mut self,
        subscriber: Subscriber,
        sub: Sub,
        event: &Kept,
        out: &mut Outbox,
    ) {
        let Some(conn) = subscriber.conn else { return };
        let owed = out.clients.owed(conn);
        let closes = match event {
            Kept::Message { mount, .. } => {
                self.interest.get(sub).is_some_and(|queue| queue.closes_slow(mount.as_bytes()))
            }
            Kept::Mounts { .. } | Kept::State(_) | Kept::Joined { .. } | Kept::Left { .. } => false,
        };
        let faults = self.settings.faults;
        let max = self.settings.output_bytes_max;
        let kept = self.with_rare(subscriber.session, |rare| {
            let merged = rare.behind.keep(sub, event, closes, faults.conflation_keeps_oldest);
            let (mut dropped, mut too_slow) = (0, false);
            while !too_slow && owed + rare.kept_bytes() > max {
                too_slow = rare.behind.drop_oldest(!faults.gap_unannounced).is_err();
                dropped += u64::from(!too_slow);
            }
            (merged, dropped, too_slow)
        });
        let Some((merged, dropped, too_slow)) = kept else { return };
        self.counters.deliveries_conflated += u64::from(merged);
        self.counters.deliveries_dropped += dropped;
        if too_slow {
            self.close_slow(conn, out);
        }
    }

    /// A slow receiver has taken everything: it gets what was kept, as far as it may owe.
    pub(in crate::machine) fn drained(&mut self, conn: ConnId, out: &mut Outbox) {
        out.clients.set(conn, SLOW, false);
        let Some(connection) = self.connections.get(conn) else { return };
        let Some(handle) = connection.session else { return };
        if !out.clients.is_held(conn) {
            self.release(conn, handle, out);
        }
    }

    /// A receiver that isn't held or slow any more gets what was kept, as far as it may owe.
    pub(in crate::machine) fn release(&mut self, conn: ConnId, handle: Handle, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(handle) else { return };
        let Some(rare) = session.rare.as_mut() else { return };
        rare.behind.freeze();
        let format = out.clients.format(conn);
        let before = rare.kept_bytes();
        let mut all = false;
        while !all && out.clients.owed(conn) <= self.settings.slow_bytes {
            let Some(Leaving { kind, sub, body }) = rare.behind.next() else {
                all = true;
                continue;
            };
            let frame = Frame { kind, sub: Some(sub), body: &body, history: false };
            out.clients.append(conn, self.encodings.one(format, &frame));
            self.counters.deliveries += 1;
        }
        self.kept_bytes = self.kept_bytes + rare.kept_bytes() - before;
        if all {
            session.tidy();
        } else {
            out.clients.set(conn, SLOW, true);
        }
    }

    /// What waits of a queue for this session is of no use any more. The messages among it, which
    /// its client never gets.
    pub(in crate::machine) fn forget_behind(&mut self, handle: Handle, sub: Sub) -> Missed {
        let mut missed = Missed::new();
        if self.sessions.get(handle).is_some_and(|session| session.rare.is_some()) {
            self.with_rare(handle, |rare| {
                rare.held.forget(sub, &mut missed);
                rare.behind.forget(sub, &mut missed);
            });
        }
        missed
    }

    /// Changes what a session rarely needs, and counts what it keeps.
    pub(in crate::machine) fn with_rare<T>(
        &mut self,
        handle: Handle,
        change: impl FnOnce(&mut Rare) -> T,
    ) -> Option<T> {
        let rare = self.sessions.get_mut(handle)?.rare();
        let before = rare.kept_bytes();
        let changed = change(rare);
        self.kept_bytes = self.kept_bytes + rare.kept_bytes() - before;
        Some(changed)
    }

    /// Whether all connections together owe more than the lane may keep for them.
    #[inline]
    pub(in crate::machine) fn owes_too_much(&self, out: &Outbox) -> bool {
        out.clients.owed_by_all() + self.kept_bytes > self.settings.lane_output_bytes_max
    }

    /// Keeps all connections together within the lane's bound: the largest debtor goes first, and
    /// with it what it was owed, so that there is room at once. If a turn's worth of them isn't
    /// enough, the next turn goes on.
    pub(in crate::machine) fn close_debtors(&mut self, out: &mut Outbox) {
        if !self.owes_too_much(out) {
            return;
        }
        let mut debts: Vec<(usize, ConnId)> = Vec::new();
        for conn in self.connections.open_ones() {
            let session = self.connections.get(conn).and_then(|one| one.session);
            let session = session.and_then(|handle| self.sessions.get(handle));
            let rare = session.and_then(|one| one.rare.as_ref());
            let kept = rare.map_or(0, |rare| rare.kept_bytes());
            debts.push((out.clients.owed(conn) + kept, conn));
        }
        debts.sort_unstable();
        let are_more = debts.len() > PER_TURN;
        for (_, conn) in debts.into_iter().rev().take(PER_TURN) {
            self.close_slow(conn, out);
            out.clients.cut(conn);
            if !self.owes_too_much(out) {
                return;
            }
        }
        self.debt_ms = are_more.then_some(self.now.ms);
    }
}

#[cfg(test)]
mod tests;
