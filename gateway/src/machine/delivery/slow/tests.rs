//! Tests of what waits for a slow receiver: it is bounded, and its bytes are counted right.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// The queue of this number.
fn numbered(number: u32) -> Sub {
    Sub::or_none(number).unwrap()
}

#[test]
fn bytes_are_zero_when_all_has_left() {
    let mut behind = Behind::default();
    let message = |seq: u64| {
        let body = g2c::Message { mount: "chat".to_owned(), seq, ..g2c::Message::default() };
        Kept::of(5, &body.encode_to_vec()).unwrap()
    };
    for seq in 1..10 {
        behind.keep(numbered(1), &message(3 * seq), false, false);
        let change = g2c::StateChange { key: format!("k{}", seq % 3), ..Default::default() };
        let state = g2c::State { seq: 3 * seq + 1, changes: vec![change], ..Default::default() };
        behind.keep(numbered(1), &Kept::State(state), false, false);
        let users = vec![format!("u{}", seq % 4)];
        behind.keep(numbered(1), &Kept::Joined { seq: 3 * seq + 2, users }, false, false);
        if seq == 5 {
            behind.freeze();
        }
    }
    assert!(behind.drop_oldest(true).is_ok() && behind.drop_oldest(true).is_ok());
    assert_eq!(behind.items.len(), 8);
    behind.freeze();
    let mut newest = 0;
    while let Some(leaving) = behind.next() {
        if leaving.kind == 5 {
            let seq = EventHead::of(&leaving.body).unwrap().seq;
            assert!(seq > newest);
            newest = seq;
        }
    }
    assert!(behind.is_empty());
    assert_eq!(behind.bytes(), 0);
}

#[test]
fn forgetting_a_queue_forgets_its_bytes() {
    let mut behind = Behind::default();
    behind.keep(numbered(1), &Kept::Left { seq: 1, users: vec!["ann".to_owned()] }, false, false);
    behind.keep(numbered(2), &Kept::Left { seq: 1, users: vec!["ann".to_owned()] }, false, false);
    let both = behind.bytes();
    behind.forget(numbered(1), &mut Missed::new());
    assert_eq!(behind.bytes(), both / 2);
}

/// What a slow receiver is to have in the end, beside what waits for it.
#[derive(Default)]
struct Model {
    random: Random,
    behind: Behind,
    seq: u64,
    /// What waits in its order: the queue's number, the event's, and its mount if it is a message.
    waiting: Vec<(Sub, u64, Option<&'static str>)>,
    /// Messages that were dropped.
    dropped: Vec<(Sub, u64, &'static str)>,
    /// Of each key the newest value, and what the receiver has.
    newest: BTreeMap<(Sub, String, String), u64>,
    had: BTreeMap<(Sub, String, String), u64>,
    /// Who is there, and who the receiver believes is.
    there: BTreeSet<(Sub, String)>,
    known: BTreeSet<(Sub, String)>,
    /// The newest number of what the receiver got in its place, by queue.
    last: BTreeMap<Sub, u64>,
    gaps: Vec<(Sub, g2c::Gap)>,
}

struct Random(StdRng);

impl Default for Random {
    fn default() -> Random {
        Random(StdRng::seed_from_u64(0))
    }
}

const MOUNTS: [&str; 2] = ["chat", "log"];

impl Model {
    fn of(seed: u64) -> Model {
        Model { random: Random(StdRng::seed_from_u64(seed)), ..Model::default() }
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.0.random_range(0..end)
    }

    fn happens(&mut self) {
        let sub = Sub::at(self.below(2));
        self.seq += 1;
        let seq = self.seq;
        let event = match self.below(9) {
            0..3 => {
                let mount = MOUNTS[self.below(2)];
                self.waiting.push((sub, seq, Some(mount)));
                let payload = vec![b'x'; self.below(50)];
                let mount = mount.to_owned();
                let message = g2c::Message { mount, seq, payload, ..Default::default() };
                Kept::of(EventKind::Message.number(), &message.encode_to_vec()).unwrap()
            }
            3 => {
                self.waiting.push((sub, seq, None));
                let created = g2c::MountCreated { seq, ..Default::default() };
                Kept::of(EventKind::MountCreated.number(), &created.encode_to_vec()).unwrap()
            }
            4..6 => {
                let mount = ["scores", "flags"][self.below(2)].to_owned();
                let keys: BTreeSet<usize> = (0..2).map(|_| self.below(3)).collect();
                let change = |key: usize| {
                    let value = seq.to_string().into_bytes();
                    let now = Some(g2c::state_change::Now::Value(value));
                    g2c::StateChange { key: format!("k{key}"), version: seq, now }
                };
                let changes: Vec<_> = keys.into_iter().map(change).collect();
                for change in &changes {
                    self.newest.insert((sub, mount.clone(), change.key.clone()), seq);
                }
                Kept::State(g2c::State { mount, seq, changes, ..Default::default() })
            }
            _ => {
                let user = format!("u{}", self.below(3));
                let users = vec![user.clone()];
                match self.there.insert((sub, user.clone())) {
                    true => Kept::Joined { seq, users },
                    false => {
                        self.there.remove(&(sub, user));
                        Kept::Left { seq, users }
                    }
                }
            }
        };
        self.behind.keep(sub, &event, false, false);
    }

    /// The oldest message goes.
    fn drops(&mut self) {
        let oldest = self.waiting.iter().position(|(_, _, mount)| mount.is_some());
        assert_eq!(self.behind.drop_oldest(true).is_ok(), oldest.is_some());
        if let Some(at) = oldest {
            let (sub, seq, mount) = self.waiting.remove(at);
            self.dropped.push((sub, seq, mount.unwrap()));
        }
    }

    /// The receiver gets the next frame, if there is one.
    fn takes(&mut self) -> bool {
        let Some(Leaving { kind, sub, body }) = self.behind.next() else { return false };
        assert!([1, 2].map(numbered).contains(&sub));
        let last = self.last.get(&sub).copied().unwrap_or(0);
        let first_waiting =
            self.waiting.iter().find(|(of, _, _)| *of == sub).map_or(u64::MAX, |(_, seq, _)| *seq);
        match EventKind::from_number(kind) {
            Some(EventKind::Message | EventKind::MountCreated) => {
                let at = self.waiting.iter().position(|(of, _, _)| *of == sub).unwrap();
                let (_, seq, mount) = self.waiting.remove(at);
                assert_eq!(EventHead::of(&body).unwrap().seq, seq);
                assert_eq!(mount.is_some(), kind == EventKind::Message.number());
                assert!(seq > last);
                self.last.insert(sub, seq);
            }
            Some(EventKind::State) => {
                let state = g2c::State::decode(&*body).unwrap();
                assert!(state.seq < first_waiting, "{} before {first_waiting}", state.seq);
                for change in state.changes {
                    let key = (sub, state.mount.clone(), change.key);
                    let had = self.had.insert(key, change.version);
                    assert!(had.is_none_or(|had| had < change.version));
                }
            }
            Some(EventKind::Joined) => {
                let joined = g2c::Joined::decode(&*body).unwrap();
                assert!((last..first_waiting).contains(&joined.seq));
                self.last.insert(sub, joined.seq);
                self.known.extend(joined.users.into_iter().map(|user| (sub, user)));
            }
            Some(EventKind::Left) => {
                let left = g2c::Left::decode(&*body).unwrap();
                assert!((last..first_waiting).contains(&left.seq));
                self.last.insert(sub, left.seq);
                self.known.retain(|(of, user)| *of != sub || !left.users.contains(user));
            }
            Some(EventKind::MountDeleted) => panic!("none was"),
            None => {
                let gap = g2c::Gap::decode(&*body).unwrap();
                assert!(gap.after_seq + 1 < gap.before_seq && gap.before_seq <= first_waiting);
                self.gaps.push((sub, gap));
            }
        }
        true
    }

    /// Counting anew gives what was counted all the time.
    fn counts(&mut self) {
        let counted = self.behind.bytes();
        self.behind.forget(numbered(3), &mut Missed::new());
        assert_eq!(counted, self.behind.bytes());
    }
}

#[test]
fn what_waits_leaves_in_its_order_or_is_announced() {
    for seed in 0..300 {
        let mut model = Model::of(seed);
        for _ in 0..120 {
            match model.below(12) {
                0 => model.drops(),
                1 => model.behind.freeze(),
                2..5 => {
                    // As when a receiver has taken everything: what was kept begins to leave.
                    model.behind.freeze();
                    model.takes();
                }
                _ => model.happens(),
            }
            model.counts();
        }
        model.behind.freeze();
        while !model.behind.is_empty() {
            assert!(model.takes());
        }
        assert!(!model.takes());
        assert_eq!(model.behind.bytes(), 0);
        assert_eq!(model.waiting, []);
        assert_eq!(model.had, model.newest);
        assert_eq!(model.known, model.there);
        for (sub, seq, mount) in model.dropped {
            let covers = |(of, gap): &(Sub, g2c::Gap)| {
                *of == sub
                    && gap.mount == mount
                    && (gap.after_seq + 1..gap.before_seq).contains(&seq)
            };
            assert!(model.gaps.iter().any(covers), "{mount} {seq} of seed {seed}");
        }
    }
}

#[test]
fn what_is_forgotten_of_one_queue_is_missed_there_alone() {
    let mut behind = Behind::default();
    let message = |mount: &str, seq: u64| {
        let body = g2c::Message { mount: mount.to_owned(), seq, ..Default::default() };
        Kept::of(EventKind::Message.number(), &body.encode_to_vec()).unwrap()
    };
    for (sub, mount, seq) in [(1, "chat", 3), (2, "chat", 4), (2, "log", 5), (1, "log", 6)] {
        behind.keep(numbered(sub), &message(mount, seq), false, false);
    }
    assert!(behind.drop_oldest(true).is_ok());
    let mut missed = Missed::new();
    behind.forget(numbered(1), &mut missed);
    let missed: Vec<_> = missed.iter().map(|(mount, seq)| (&**mount, *seq)).collect();
    assert_eq!(missed, [("chat", 3), ("log", 6)]);
    behind.freeze();
    assert!(behind.next().is_some_and(|leaving| leaving.sub == numbered(2)));
    assert!(behind.next().is_some_and(|leaving| leaving.sub == numbered(2)));
    assert!(behind.next().is_none());
}

#[test]
fn a_long_value_counts_as_long_as_it_is() {
    let change = |key: &str, value: usize| {
        let now = Some(g2c::state_change::Now::Value(vec![b'x'; value]));
        change_bytes(&g2c::StateChange { key: key.to_owned(), version: 1, now })
    };
    assert_eq!(change("k", 1_000), change("k", 0) + 1_000);
    assert!(change("key", 0) > change("k", 0));
    assert!(change("", 0) > size_of::<g2c::StateChange>());
}

/// What leaves, as `sub:seq kind`; a gap's number is that of its last message.
fn leaves(behind: &mut Behind) -> String {
    let mut left = Vec::new();
    while let Some(Leaving { kind, sub, body }) = behind.next() {
        let seq = match EventKind::from_number(kind) {
            None => g2c::Gap::decode(&*body).unwrap().before_seq - 1,
            Some(EventKind::State) => g2c::State::decode(&*body).unwrap().seq,
            Some(EventKind::Joined | EventKind::Left) => g2c::Left::decode(&*body).unwrap().seq,
            Some(_) => EventHead::of(&body).unwrap().seq,
        };
        let kind =
            EventKind::from_number(kind).map_or("gap".to_owned(), |kind| format!("{kind:?}"));
        left.push(format!("{sub:?}:{seq} {kind}"));
    }
    left.join(", ")
}

fn event(kind: EventKind, seq: u64) -> Kept {
    let users = vec!["ann".to_owned()];
    let body = match kind {
        EventKind::Message => {
            g2c::Message { mount: "chat".to_owned(), seq, ..Default::default() }.encode_to_vec()
        }
        EventKind::State => {
            let changes = vec![g2c::StateChange { key: "k".to_owned(), ..Default::default() }];
            g2c::State { seq, changes, ..Default::default() }.encode_to_vec()
        }
        EventKind::Joined => g2c::Joined { seq, users, ..Default::default() }.encode_to_vec(),
        EventKind::Left => g2c::Left { seq, users, ..Default::default() }.encode_to_vec(),
        EventKind::MountCreated | EventKind::MountDeleted => {
            g2c::MountCreated { seq, ..Default::default() }.encode_to_vec()
        }
    };
    Kept::of(kind.number(), &body).unwrap()
}

#[test]
fn a_gap_has_the_place_of_its_last_message() {
    for kind in [EventKind::Joined, EventKind::State] {
        let mut behind = Behind::default();
        for (kind, seq) in [(EventKind::Message, 4), (kind, 5), (EventKind::Message, 6)] {
            behind.keep(numbered(1), &event(kind, seq), false, false);
        }
        assert!(behind.drop_oldest(true).is_ok());
        behind.freeze();
        assert_eq!(leaves(&mut behind), format!("1:4 gap, 1:5 {kind:?}, 1:6 Message"));
    }
}

#[test]
fn a_queues_mounts_part_what_happened_to_its_members_and_to_no_others() {
    let mut behind = Behind::default();
    for (sub, kind, seq) in [
        (1, EventKind::Joined, 1),
        (2, EventKind::Joined, 1),
        (1, EventKind::MountCreated, 2),
        (1, EventKind::Left, 3),
        (2, EventKind::Left, 2),
    ] {
        behind.keep(numbered(sub), &event(kind, seq), false, false);
    }
    assert_eq!(leaves(&mut behind), "1:1 Joined, 1:2 MountCreated, 1:3 Left");
}

#[test]
fn what_begins_before_an_item_that_leaves_keeps_its_place_behind_it() {
    let mut behind = Behind::default();
    // Without a user, a message.
    for (sub, user, seq) in [(1, "u1", 1), (1, "", 2), (1, "u3", 3), (2, "u1", 1)] {
        let users = vec![user.to_owned()];
        let is_message = user.is_empty();
        let joined = Kept::Joined { seq, users };
        let kept = if is_message { event(EventKind::Message, seq) } else { joined };
        behind.keep(numbered(sub), &kept, false, false);
    }
    assert!(behind.next().is_some_and(|leaving| leaving.kind == EventKind::Message.number()));
    for (sub, user) in [(1, "u3"), (2, "u1")] {
        behind.keep(
            numbered(sub),
            &Kept::Left { seq: 4, users: vec![user.to_owned()] },
            false,
            false,
        );
    }
    assert_eq!(leaves(&mut behind), "1:3 Joined, 1:4 Left");
}

#[test]
fn a_state_on_its_way_out_grows_no_more_and_one_of_each_queue_is_on_its_way() {
    let mut behind = Behind::default();
    let state = |seq| event(EventKind::State, seq);
    let mut merges = |sub, seq| behind.keep(numbered(sub), &state(seq), false, false);
    assert_eq!([merges(1, 1), merges(2, 1), merges(1, 2)], [false, false, true]);
    behind.freeze();
    let mut merges = |sub, seq| behind.keep(numbered(sub), &state(seq), false, false);
    assert_eq!([merges(1, 3), merges(2, 3)], [false, false]);
    // The next are not on their way before the first have left.
    behind.freeze();
    let mut merges = |sub, seq| behind.keep(numbered(sub), &state(seq), false, false);
    assert_eq!([merges(1, 4), merges(2, 4)], [true, true]);
    assert_eq!(leaves(&mut behind), "1:2 State, 2:1 State, 1:4 State, 2:4 State");
}
