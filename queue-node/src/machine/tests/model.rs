//! A queue against a plain model of it: whatever lanes and clients do, everybody sees the same.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::LinkId;
use proptest::prelude::*;
use prost::Message as _;
use proto::c2g::{self, change::Act};
use proto::codes::Status;
use proto::g2c::{self, state_change::Now};
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::q2g;

use super::rig::{Rig, frames};
use crate::machine::{Faults, Input};

const QUEUE: &str = "/room/1";
const USERS: [&str; 4] = ["ann", "bob", "cid", "dan"];

/// What happens.
#[derive(Debug, Clone)]
enum Happening {
    Subscribe(usize),
    Unsubscribe(usize),
    Send(usize, bool),
    Set(usize, u8, u8),
    Delete(usize, u8),
    /// The last operation comes once more.
    Resend(usize),
    /// The socket of a client is gone; it comes back with what it has seen.
    Return(usize),
    /// The link of a lane is lost and comes back.
    Relink(usize),
    TurnEnd,
}

fn happening() -> impl Strategy<Value = Happening> {
    let user = 0..USERS.len();
    prop_oneof![
        2 => user.clone().prop_map(Happening::Subscribe),
        1 => user.clone().prop_map(Happening::Unsubscribe),
        4 => (user.clone(), any::<bool>()).prop_map(|(user, alone)| Happening::Send(user, alone)),
        3 => (user.clone(), 0..4u8, any::<u8>()).prop_map(|(u, k, v)| Happening::Set(u, k, v)),
        1 => (user.clone(), 0..4u8).prop_map(|(user, key)| Happening::Delete(user, key)),
        2 => user.clone().prop_map(Happening::Resend),
        1 => user.prop_map(Happening::Return),
        1 => (0..2usize).prop_map(Happening::Relink),
        3 => Just(Happening::TurnEnd),
    ]
}

/// What a client has seen.
#[derive(Debug, Default)]
struct View {
    live: bool,
    epoch: u64,
    seq: u64,
    /// From here on it should have heard everything.
    start: u64,
    heard: Vec<u64>,
    state: BTreeMap<String, Vec<u8>>,
    roster: BTreeSet<String>,
    op_id: u32,
    last: Option<Op>,
    answers: BTreeMap<u32, Vec<u8>>,
}

/// What should be.
#[derive(Debug, Default)]
struct Model {
    members: BTreeSet<String>,
    state: BTreeMap<String, Vec<u8>>,
    /// The number of each message, and who shall not have it.
    messages: Vec<(u64, Option<usize>)>,
}

struct World {
    rig: Rig,
    lanes: [LinkId; 2],
    /// What the lane has seen of the queue.
    lane_seq: [u64; 2],
    views: Vec<View>,
    model: Model,
    epoch: u64,
}

fn lane_of(user: usize) -> usize {
    user % 2
}

impl World {
    fn new(faults: Faults) -> World {
        let mut rig = Rig::with(false, faults);
        let lanes = [rig.up("g1", false), rig.up("g2", false)];
        for (handle, user) in (0u32..).zip(USERS) {
            let link = lanes[lane_of(handle as usize)];
            rig.introduce(link, handle, user);
            rig.at(link, &format!("/user/{user}"));
            let login = g2q::Login { session: handle, ..g2q::Login::default() };
            rig.lane(link, Body::Login(login));
        }
        let views = USERS.iter().map(|_| View::default()).collect();
        let (lane_seq, model) = ([0; 2], Model::default());
        let mut world = World { rig, lanes, lane_seq, views, model, epoch: 0 };
        world.end_turn();
        world
    }

    fn operate(&mut self, user: usize, op: Op) {
        self.views[user].last = Some(op.clone());
        self.rig.operation(self.lanes[lane_of(user)], user as u32, QUEUE, 5, op);
        self.hear();
    }

    fn next_id(&mut self, user: usize) -> u32 {
        self.views[user].op_id += 1;
        self.views[user].op_id
    }

    fn subscribe(&mut self, user: usize, since: Option<c2g::Since>) {
        let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
        self.model.members.insert(USERS[user].to_owned());
        self.operate(
            user,
            Op::Subscribe(c2g::Subscribe { op_id, queue, since, ..c2g::Subscribe::default() }),
        );
    }

    fn set(&mut self, user: usize, key: u8, act: Act) {
        let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
        let key = format!("k{key}");
        if self.model.members.contains(USERS[user]) {
            match &act {
                Act::Set(value) => drop(self.model.state.insert(key.clone(), value.clone())),
                Act::Delete(_) | Act::Add(_) => drop(self.model.state.remove(&key)),
            }
        }
        let change = c2g::Change { key, act: Some(act), ..c2g::Change::default() };
        let (mount, changes) = ("scores".to_owned(), vec![change]);
        self.operate(user, Op::SendState(c2g::SendState { op_id, queue, mount, changes }));
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Subscribe(user) => self.subscribe(user, None),
            Happening::Unsubscribe(user) => {
                let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
                self.model.members.remove(USERS[user]);
                self.operate(user, Op::Unsubscribe(c2g::Unsubscribe { op_id, queue }));
                self.views[user].live = false;
            }
            Happening::Send(user, exclude_self) => {
                let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
                let (mount, payload) = ("chat".to_owned(), vec![1]);
                let send = c2g::SendMessage { op_id, queue, mount, payload, exclude_self };
                self.operate(user, Op::SendMessage(send));
                let result = self.views[user].answers[&op_id].clone();
                let result = g2c::Result::decode(&*result).expect("a result");
                if result.status == 0 {
                    self.model.messages.push((result.seq, exclude_self.then_some(user)));
                }
            }
            Happening::Set(user, key, value) => self.set(user, key, Act::Set(vec![value])),
            Happening::Delete(user, key) => self.set(user, key, Act::Delete(true)),
            Happening::Resend(user) => {
                if let Some(op) = self.views[user].last.clone() {
                    self.operate(user, op);
                }
            }
            Happening::Return(user) => self.come_back(user),
            Happening::Relink(lane) => self.relink(lane),
            Happening::TurnEnd => self.end_turn(),
        }
    }

    fn come_back(&mut self, user: usize) {
        self.end_turn();
        if !self.views[user].live {
            return;
        }
        let link = self.lanes[lane_of(user)];
        self.rig.at(link, QUEUE);
        let detach = g2q::Detach { session: user as u32, queue: QUEUE.to_owned() };
        self.rig.lane(link, Body::Detach(detach));
        self.end_turn();
        assert!(!self.views[user].live, "a detached session hears no more");
        let seq = self.views[user].seq;
        let names = ["chat", "scores", "members"];
        let marks = names.iter().map(|mount| ((*mount).to_owned(), seq)).collect();
        self.subscribe(user, Some(c2g::Since { epoch: self.views[user].epoch, marks }));
        // Its answer has come: a client that resent it would ask for what it has seen since.
        self.views[user].last = None;
        self.end_turn();
    }

    fn relink(&mut self, lane: usize) {
        self.end_turn();
        let link = self.lanes[lane];
        self.rig.out.links.down(link);
        self.rig.handle(Input::LinkDown { link });
        let link = self.rig.up(["g1", "g2"][lane], false);
        self.lanes[lane] = link;
        let users = (0..USERS.len()).filter(|user| lane_of(*user) == lane);
        for user in users.clone() {
            self.rig.introduce(link, user as u32, USERS[user]);
        }
        let live = users.filter(|user| self.views[*user].live);
        let sessions: Vec<u32> = live.map(|user| user as u32).collect();
        if !sessions.is_empty() {
            self.rig.at(link, QUEUE);
            let (queue, after_seq) = (QUEUE.to_owned(), self.lane_seq[lane]);
            let attach = g2q::Attach { queue, sub: 5, epoch: self.epoch, after_seq, sessions };
            self.rig.lane(link, Body::Attach(attach));
        }
        self.end_turn();
    }

    fn end_turn(&mut self) {
        self.rig.handle(Input::TurnEnd);
        self.hear();
    }

    fn hear(&mut self) {
        for lane in 0..2 {
            for link in self.rig.out.links.dirty() {
                let bytes = self.rig.out.links.take(link);
                let lane = if link == self.lanes[0] { 0 } else { 1 };
                for (number, body) in frames(&bytes) {
                    self.frame(lane, number, &body);
                }
            }
            assert!(self.rig.out.links.ended().is_empty(), "lane {lane} did nothing wrong");
        }
    }

    fn frame(&mut self, lane: usize, number: u32, body: &[u8]) {
        match number {
            6 => {
                let event = q2g::Event::decode(body).expect("an event");
                assert!(event.seq > self.lane_seq[lane], "the lane's numbers rise");
                self.lane_seq[lane] = event.seq;
                for user in self.live_on(lane) {
                    if event.exclude != user as u32 + 1 {
                        self.views[user].take(USERS[user], event.seq, event.kind, &event.body);
                    }
                }
            }
            7 => {
                let answer = q2g::Answer::decode(body).expect("an answer");
                let result = g2c::Result::decode(&*answer.result).expect("a result");
                let view = &mut self.views[answer.session as usize];
                // That a queue isn't there leaves nothing behind: the next time it may be.
                if result.status == Status::NotFound.number() {
                    view.answers.insert(result.op_id, answer.result);
                    return;
                }
                let first = view.answers.entry(result.op_id).or_insert(answer.result.clone());
                let was_missing = g2c::Result::decode(&**first).expect("a result").status == 5;
                if !was_missing {
                    assert_eq!(*first, answer.result, "an operation has one result");
                }
            }
            8 => {
                let word = q2g::Subscribed::decode(body).expect("subscribed");
                self.lane_seq[lane] = self.lane_seq[lane].max(word.seq);
                self.epoch = word.epoch;
                self.views[word.session as usize].subscribed(word.epoch, word.seq, &word.body);
            }
            9 => {
                let replay = q2g::Replay::decode(body).expect("a replay");
                let users = match replay.session {
                    0 => self.live_on(lane),
                    handle => vec![handle as usize - 1],
                };
                self.lane_seq[lane] = self.lane_seq[lane].max(replay.seq);
                for user in users {
                    if replay.exclude != user as u32 + 1 && !replay.history {
                        self.views[user].take(USERS[user], replay.seq, replay.kind, &replay.body);
                    }
                }
            }
            10 => {
                let word = q2g::Attached::decode(body).expect("attached");
                assert!(word.recovered && word.gone.is_empty(), "nothing was lost: {word:?}");
                self.lane_seq[lane] = self.lane_seq[lane].max(word.seq);
            }
            11 => {
                let word = q2g::Unsubscribed::decode(body).expect("unsubscribed");
                for handle in word.sessions {
                    self.views[handle as usize].live = false;
                }
            }
            _ => {}
        }
    }

    fn live_on(&self, lane: usize) -> Vec<usize> {
        let users = 0..USERS.len();
        users.filter(|user| lane_of(*user) == lane && self.views[*user].live).collect()
    }

    /// What everybody has seen is what has been.
    fn check(&self) {
        for (user, view) in self.views.iter().enumerate().filter(|(_, view)| view.live) {
            assert!(self.model.members.contains(USERS[user]), "{} is no member", USERS[user]);
            assert_eq!(view.roster, self.model.members, "the roster of {}", USERS[user]);
            assert_eq!(view.state, self.model.state, "the state of {}", USERS[user]);
            let messages = self.model.messages.iter();
            let due = messages.filter(|(seq, but)| *seq > view.start && *but != Some(user));
            let due: Vec<u64> = due.map(|(seq, _)| *seq).collect();
            assert_eq!(view.heard, due, "the messages of {}", USERS[user]);
        }
    }
}

impl View {
    fn subscribed(&mut self, epoch: u64, seq: u64, body: &[u8]) {
        let word = g2c::Subscribed::decode(body).expect("subscribed");
        self.live = true;
        assert!(!word.gap);
        if word.recovered {
            return;
        }
        (self.epoch, self.seq, self.start) = (epoch, seq, seq);
        self.heard.clear();
        let mounts = word.mounts.into_iter().flat_map(|mount| mount.entries);
        self.state = mounts.map(|entry| (entry.key, entry.value)).collect();
        self.roster = word.members.into_iter().collect();
    }

    fn take(&mut self, user: &str, seq: u64, kind: u32, body: &[u8]) {
        assert!(seq > self.seq, "{user} hears #{seq} after #{}", self.seq);
        self.seq = seq;
        match kind {
            5 => self.heard.push(seq),
            6 => {
                for change in g2c::State::decode(body).expect("a state").changes {
                    match change.now {
                        Some(Now::Value(value)) => drop(self.state.insert(change.key, value)),
                        Some(Now::Deleted(_)) | None => drop(self.state.remove(&change.key)),
                    }
                }
            }
            7 => {
                for joined in g2c::Joined::decode(body).expect("joined").users {
                    assert!(joined != user, "{user} hears of itself");
                    assert!(self.roster.insert(joined), "announced twice");
                }
            }
            8 => {
                for left in g2c::Left::decode(body).expect("left").users {
                    assert!(self.roster.remove(&left), "left twice");
                }
            }
            other => panic!("an event of kind {other}"),
        }
    }
}

fn live_through(happenings: &[Happening], faults: Faults) {
    let mut world = World::new(faults);
    for happening in happenings {
        world.happen(happening);
    }
    world.end_turn();
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn everybody_sees_what_has_been(happenings in prop::collection::vec(happening(), 1..80)) {
        live_through(&happenings, Faults::default());
    }
}

/// Whether the model notices this planted bug within some hundred lives.
fn is_noticed(faults: Faults) -> bool {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let lives = prop::collection::vec(happening(), 60..80);
    (0..300).any(|_| {
        let life = lives.new_tree(&mut runner).expect("a life").current();
        std::panic::catch_unwind(|| live_through(&life, faults)).is_err()
    })
}

#[test]
fn planted_bugs_are_noticed() {
    let none = Faults::default();
    let planted = [
        Faults { resend_runs_again: true, ..none },
        Faults { result_forgotten: true, ..none },
        Faults { joined_twice: true, ..none },
        Faults { replay_drops_first: true, ..none },
        Faults { excluded_replayed: true, ..none },
    ];
    std::panic::set_hook(Box::new(|_| {}));
    let unnoticed: Vec<&Faults> = planted.iter().filter(|faults| !is_noticed(**faults)).collect();
    drop(std::panic::take_hook());
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
