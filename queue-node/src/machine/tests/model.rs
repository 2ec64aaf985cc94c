//! A queue against a plain model of it: whatever lanes and clients do, everybody sees the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use link::machine::LinkId;
use proptest::prelude::*;
use prost::Message as _;
use proto::c2g::{self, change::Act};
use proto::codes::Status;
use proto::g2c;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::limits;
use proto::q2g::{self, field::q2g as said};

use super::rig::{Rig, frames};
use crate::machine::{Faults, Input};

mod view;

use view::View;

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
    /// The socket of a client goes, or it comes back with what it has seen.
    Socket(usize),
    /// The link of a lane is lost, or comes back.
    Link(usize),
    TurnEnd,
    /// Of the records that wait for the copies, so many hundredths are on them now.
    Commit(u64),
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
        2 => user.prop_map(Happening::Socket),
        2 => (0..2usize).prop_map(Happening::Link),
        3 => Just(Happening::TurnEnd),
        3 => (0..=100u64).prop_map(Happening::Commit),
    ]
}

/// What should be.
#[derive(Debug, Default)]
struct Model {
    members: BTreeSet<String>,
    state: BTreeMap<String, Vec<u8>>,
    /// The number of each message, and who shall not have it.
    messages: BTreeMap<u64, Option<usize>>,
}

struct World {
    rig: Rig,
    lanes: [LinkId; 2],
    down: [bool; 2],
    /// What the lane has seen of the queue.
    lane_seq: [u64; 2],
    views: Vec<View>,
    /// What each lane has sent and not been answered, oldest first.
    unanswered: [VecDeque<(usize, Op)>; 2],
    model: Model,
    epoch: u64,
}

fn lane_of(user: usize) -> usize {
    user % 2
}

impl World {
    fn new(played_copies: u32, faults: Faults) -> World {
        let mut rig = Rig::with(played_copies, faults);
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
        let unanswered = Default::default();
        let (down, epoch) = ([false; 2], 0);
        let mut world = World { rig, lanes, down, lane_seq, views, unanswered, model, epoch };
        world.settle();
        world
    }

    fn operate(&mut self, user: usize, op: Op) {
        self.views[user].last = Some(op.clone());
        self.send(user, op);
        self.hear();
    }

    fn send(&mut self, user: usize, op: Op) {
        self.unanswered[lane_of(user)].push_back((user, op.clone()));
        self.rig.operation(self.lanes[lane_of(user)], user as u32, QUEUE, 5, op);
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
        let user = match *happening {
            Happening::Subscribe(user)
            | Happening::Unsubscribe(user)
            | Happening::Send(user, _)
            | Happening::Set(user, ..)
            | Happening::Delete(user, _)
            | Happening::Resend(user) => Some(user),
            Happening::Socket(_)
            | Happening::Link(_)
            | Happening::TurnEnd
            | Happening::Commit(_) => None,
        };
        if user.is_some_and(|user| self.is_held_back(user)) {
            return;
        }
        match *happening {
            Happening::Subscribe(user) => self.subscribe(user, None),
            Happening::Unsubscribe(user) => {
                let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
                self.model.members.remove(USERS[user]);
                self.operate(user, Op::Unsubscribe(c2g::Unsubscribe { op_id, queue }));
            }
            Happening::Send(user, exclude_self) => {
                let (op_id, queue) = (self.next_id(user), QUEUE.to_owned());
                let (mount, payload) = ("chat".to_owned(), Some(vec![1]));
                let send = c2g::SendMessage { op_id, queue, mount, payload, exclude_self };
                self.operate(user, Op::SendMessage(send));
            }
            Happening::Set(user, key, value) => self.set(user, key, Act::Set(vec![value])),
            Happening::Delete(user, key) => self.set(user, key, Act::Delete(true)),
            Happening::Resend(user) => {
                if let Some(op) = self.views[user].last.clone() {
                    self.operate(user, op);
                }
            }
            Happening::Socket(user) => self.socket(user),
            Happening::Link(lane) => self.link(lane),
            Happening::TurnEnd => self.end_turn(),
            Happening::Commit(hundredths) => self.commit(hundredths),
        }
    }

    /// A lane sends nothing for it: there is no way, or too much is unanswered.
    fn is_held_back(&self, user: usize) -> bool {
        let lane = lane_of(user);
        let own = self.unanswered[lane].iter().filter(|(other, _)| *other == user);
        let max = limits::UNANSWERED_PER_QUEUE_MAX;
        self.views[user].away || self.down[lane] || own.count() + 1 >= max
    }

    fn commit(&mut self, hundredths: u64) {
        let waiting = self.rig.out.batches.len();
        self.rig.acknowledge(waiting * hundredths as usize / 100);
        self.hear();
    }

    /// All that was sent is answered; what commits make buckets say to each other included.
    fn settle(&mut self) {
        for _ in 0..4 {
            self.end_turn();
            self.commit(100);
        }
    }

    fn socket(&mut self, user: usize) {
        if self.down[lane_of(user)] {
            return;
        }
        self.settle();
        let link = self.lanes[lane_of(user)];
        if self.views[user].live {
            self.rig.at(link, QUEUE);
            let detach = g2q::Detach { session: user as u32, queue: QUEUE.to_owned(), sub: 5 };
            self.rig.lane(link, Body::Detach(detach));
            self.settle();
            assert!(!self.views[user].live, "a detached session hears no more");
            self.views[user].away = true;
        } else if std::mem::take(&mut self.views[user].away) {
            let (epoch, seq) = (self.views[user].epoch, self.views[user].seq);
            let names = ["chat", "scores", "members"];
            let marks = names.iter().map(|mount| ((*mount).to_owned(), seq)).collect();
            self.subscribe(user, Some(c2g::Since { epoch, marks }));
            // Its answer has come: a client that resent it would ask for what it has seen since.
            self.views[user].last = None;
            self.settle();
        }
    }

    fn link(&mut self, lane: usize) {
        self.end_turn();
        let link = self.lanes[lane];
        self.down[lane] = !self.down[lane];
        if self.down[lane] {
            self.rig.out.links.down(link);
            return self.rig.handle(Input::LinkDown { link });
        }
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
        for (user, op) in std::mem::take(&mut self.unanswered[lane]) {
            self.send(user, op);
        }
        for user in (0..USERS.len()).filter(|user| lane_of(*user) == lane) {
            if std::mem::take(&mut self.views[user].admitted) {
                self.subscribe(user, None);
            }
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
            said::EVENT => {
                let event = q2g::Event::decode(body).expect("an event");
                assert!(event.seq > self.lane_seq[lane], "the lane's numbers rise");
                self.lane_seq[lane] = event.seq;
                for user in self.live_on(lane) {
                    if event.exclude != user as u32 + 1 {
                        self.views[user].take(USERS[user], event.seq, event.kind, &event.body);
                    }
                }
            }
            said::ANSWER => {
                let answer = q2g::Answer::decode(body).expect("an answer");
                let result = g2c::Result::decode(&*answer.result).expect("a result");
                self.answered(lane, answer.session as usize, &result);
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
            said::SUBSCRIBED => {
                let word = q2g::Subscribed::decode(body).expect("subscribed");
                self.lane_seq[lane] = self.lane_seq[lane].max(word.seq);
                self.epoch = word.epoch;
                self.views[word.session as usize].subscribed(word.epoch, word.seq, &word.body);
            }
            said::REPLAY => {
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
            said::ATTACHED => {
                let word = q2g::Attached::decode(body).expect("attached");
                assert!(word.recovered, "nothing was lost: {word:?}");
                for user in word.gone.into_iter().chain(word.elsewhere) {
                    assert!(self.is_leaving(lane, user as usize), "{user} is still a member");
                    self.views[user as usize].live = false;
                }
                self.lane_seq[lane] = self.lane_seq[lane].max(word.seq);
            }
            said::LOGGED_IN => {
                let word = q2g::LoggedIn::decode(body).expect("logged in");
                self.rig.logged_in(&word);
            }
            said::UNSUBSCRIBED => {
                let word = q2g::Unsubscribed::decode(body).expect("unsubscribed");
                for handle in word.sessions {
                    self.views[handle as usize].live = false;
                }
            }
            _ => {}
        }
    }

    /// An answer belongs to the front of the lane's list.
    fn answered(&mut self, lane: usize, user: usize, result: &g2c::Result) {
        let (whose, op) = self.unanswered[lane].pop_front().expect("something was asked");
        assert_eq!(whose, user);
        let is_done = result.status == 0;
        let view = &mut self.views[user];
        let op_id = match op {
            Op::Subscribe(subscribe) => {
                view.admitted |= is_done;
                subscribe.op_id
            }
            Op::Unsubscribe(unsubscribe) => {
                view.live &= !is_done;
                view.admitted &= !is_done;
                unsubscribe.op_id
            }
            Op::SendMessage(send) => {
                if is_done {
                    let but = send.exclude_self.then_some(user);
                    self.model.messages.insert(result.seq, but);
                }
                send.op_id
            }
            Op::SendState(send) => send.op_id,
            Op::GetState(_) | Op::GetHistory(_) | Op::ListMembers(_) | Op::Call(_) => {
                panic!("nobody asks that")
            }
        };
        assert_eq!(op_id, result.op_id);
    }

    fn is_leaving(&self, lane: usize, user: usize) -> bool {
        let mut sent = self.unanswered[lane].iter();
        sent.any(|(other, op)| *other == user && matches!(op, Op::Unsubscribe(_)))
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
            let due = messages.filter(|(seq, but)| **seq > view.start && **but != Some(user));
            let due: Vec<u64> = due.map(|(seq, _)| *seq).collect();
            assert_eq!(view.heard, due, "the messages of {}", USERS[user]);
        }
    }
}

fn live_through(happenings: &[Happening], played_copies: u32, faults: Faults) {
    let mut world = World::new(played_copies, faults);
    for happening in happenings {
        world.happen(happening);
    }
    for lane in 0..2 {
        if world.down[lane] {
            world.link(lane);
        }
    }
    world.settle();
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn everybody_sees_what_has_been(happenings in prop::collection::vec(happening(), 1..80)) {
        live_through(&happenings, 0, Faults::default());
    }

    #[test]
    fn everybody_sees_it_late_as_well(happenings in prop::collection::vec(happening(), 1..80)) {
        live_through(&happenings, 2, Faults::default());
    }
}

/// Whether the model notices this planted bug within some hundred lives.
fn is_noticed(played_copies: u32, faults: Faults) -> bool {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let lives = prop::collection::vec(happening(), 60..80);
    (0..300).any(|_| {
        let life = lives.new_tree(&mut runner).expect("a life").current();
        std::panic::catch_unwind(|| live_through(&life, played_copies, faults)).is_err()
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
    let unnoticed = |played_copies| -> Vec<Faults> {
        planted.into_iter().filter(|faults| !is_noticed(played_copies, *faults)).collect()
    };
    let unnoticed = [unnoticed(0), unnoticed(2)].concat();
    drop(std::panic::take_hook());
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
