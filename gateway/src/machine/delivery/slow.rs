//! Receivers that don't keep up: state is conflated, messages wait, then the oldest are dropped and
//! announced, who is there is told as a net change. The same list serves what comes live during
//! `hold`.

use std::collections::VecDeque;
use std::rc::Rc;

use indexmap::IndexMap;
use prost::Message as _;
use proto::g2c::{self, BodyKind, EventHead, EventKind};
use proto::ids::Sub;

use super::held::{Missed, miss};
use members::{Change, MembersBehind};

mod members;

/// An event as it is kept: read once for all who are slow.
#[derive(Debug)]
pub(super) enum Kept {
    Message { mount: Rc<str>, seq: u64, body: Rc<[u8]> },
    Mounts { kind: EventKind, seq: u64, body: Rc<[u8]> },
    State(g2c::State),
    Joined { seq: u64, users: Vec<String> },
    Left { seq: u64, users: Vec<String> },
}

impl Kept {
    /// Nothing if the event can't be read; then nobody could.
    pub(super) fn of(kind: u32, body: &[u8]) -> Option<Kept> {
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
pub(super) struct Behind {
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
    /// What it counts, with the space that the list itself takes.
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
pub(super) struct Leaving {
    pub(super) kind: u32,
    pub(super) sub: Sub,
    pub(super) body: Vec<u8>,
}

/// The receiver has too much unsent, and nothing may be dropped for it.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct TooSlow;

impl Behind {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.states.is_empty() && self.members.is_empty()
    }

    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps one event. Returns whether it went into another that waits already.
    pub(super) fn keep(&mut self, sub: Sub, event: &Kept, closes: bool, keep_oldest: bool) -> bool {
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
            Kept::Joined { seq, users } => self.net_change(sub, Change::Joined, *seq, users),
            Kept::Left { seq, users } => self.net_change(sub, Change::Left, *seq, users),
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

    fn net_change(&mut self, sub: Sub, change: Change, seq: u64, users: &[String]) -> bool {
        let open = |members: &MembersBehind| members.sub == sub && !members.sealed;
        let at = self.members.iter().position(open).unwrap_or_else(|| {
            self.members.push(MembersBehind::new(sub));
            self.members.len() - 1
        });
        let members = &mut self.members[at];
        let before = members.bytes();
        members.add(change, seq, users);
        self.bytes = self.bytes + members.bytes() - before;
        if members.is_empty() {
            self.members.remove(at);
        }
        false
    }

    /// Drops the oldest message and leaves a gap in its place.
    pub(super) fn drop_oldest(&mut self, announce: bool) -> Result<(), TooSlow> {
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
    pub(super) fn forget(&mut self, sub: Sub, missed: &mut Missed) {
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
    pub(super) fn freeze(&mut self) {
        for at in 0..self.states.len() {
            let (before, rest) = self.states.split_at_mut(at);
            let state = &mut rest[0];
            let same = |one: &StateBehind| one.sub == state.sub && one.mount == state.mount;
            state.frozen |= !before.iter().any(|one| one.frozen && same(one));
        }
    }

    /// The next frame. Each queue's are in the order of their `seq`; a state may be later.
    pub(super) fn next(&mut self) -> Option<Leaving> {
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

#[cfg(test)]
mod tests;
