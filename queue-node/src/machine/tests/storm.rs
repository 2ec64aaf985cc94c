//! Users that log in, resume, lose sockets and links at random, on lanes that follow the road: one
//! winner, rising generations, answers in order, and nothing left behind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::BucketId;
use proto::codes::Close;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::q2g::field::q2g as said;
use proto::{c2g, g2c, name, q2g};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::rig::{GRACE_MS, Rig, frames, session_id};
use crate::machine::{Faults, Input};

mod end;

const USERS: [&str; 3] = ["one", "old", "two"];
const ROOMS: [&str; 3] = ["/room/1", "/room/2", "/short/1"];

/// A client's socket at a lane.
#[derive(Debug, Clone)]
struct Connection {
    user: usize,
    drawn: u64,
    resume: Option<(Vec<u8>, Vec<u8>)>,
    /// The session that goes on, and its generation, once the lane has heard.
    session: Option<(Vec<u8>, u64)>,
    /// Sessions of its user under a lower generation are over: so its login was answered.
    floor: u64,
    /// The socket is there.
    open: bool,
}

/// What a lane has sent and not been answered.
#[derive(Debug, Clone)]
struct Sent {
    handle: u32,
    queue: String,
    body: Body,
    /// The user's newest generation that the queue's bucket had answered by then.
    newest: u64,
}

struct Lane {
    link: LinkId,
    up: bool,
    /// When its link went down, and when it came back.
    down_ms: u64,
    up_ms: u64,
    connections: BTreeMap<u32, Connection>,
    /// By bucket.
    unanswered: [VecDeque<Sent>; 2],
    /// The bucket that the node speaks of.
    at: usize,
}

struct World {
    rig: Rig,
    random: StdRng,
    waits: bool,
    lanes: [Lane; 2],
    next: u32,
    /// Of each user, the newest generation that each bucket has answered, and when.
    newest: [[(u64, u64); 2]; 3],
    /// What each client would resume with.
    kept: [Option<(Vec<u8>, Vec<u8>)>; 3],
    /// Of each session, the newest generation that a lane has heard.
    generations: BTreeMap<Vec<u8>, u64>,
    /// Where each session wanted in.
    joined: BTreeSet<(Vec<u8>, String)>,
    logins: u64,
    resumes: u64,
    kicks: u64,
    refused_over: u64,
}

fn bucket_of(queue: &str) -> usize {
    BucketId::of(name::hash(queue.as_bytes()), 1).prefix() as usize
}

fn secret(drawn: u64) -> Vec<u8> {
    [drawn.to_be_bytes(), drawn.to_le_bytes()].concat()
}

impl World {
    fn new(seed: u64, faults: Faults) -> World {
        let mut rig = Rig::with((seed % 3) as u32, faults);
        let mut lane = |name| Lane {
            link: rig.up(name, false),
            up: true,
            down_ms: 0,
            up_ms: 0,
            connections: BTreeMap::new(),
            unanswered: Default::default(),
            at: 0,
        };
        let lanes = [lane("g1"), lane("g2")];
        let (random, next, newest) = (StdRng::seed_from_u64(seed), 1, [[(0, 0); 2]; 3]);
        let (kept, generations, joined) = Default::default();
        let (logins, resumes, kicks, refused_over) = Default::default();
        World {
            rig,
            random,
            waits: !seed.is_multiple_of(3),
            lanes,
            next,
            newest,
            kept,
            generations,
            joined,
            logins,
            resumes,
            kicks,
            refused_over,
        }
    }

    fn happen(&mut self) {
        let lane = self.random.random_range(0..2);
        match self.random.random_range(0..20) {
            0..4 => self.connect(lane),
            4..11 => self.operate(lane),
            11..13 => self.confirm(lane),
            13..15 => self.close(lane),
            15 => self.link(lane),
            16..18 => self.commit(),
            18 => self.pass(50),
            _ => self.pass(700),
        }
        self.rig.handle(Input::TurnEnd);
        self.hear();
    }

    fn pass(&mut self, ms: u64) {
        self.rig.now.ms += ms;
        self.rig.now.unix_ms += ms;
        self.rig.handle(Input::Wake);
    }

    fn commit(&mut self) {
        self.rig.acknowledge(usize::MAX);
    }

    fn connect(&mut self, lane: usize) {
        let user = self.random.random_range(0..USERS.len());
        let resumes = self.random.random_bool(0.7);
        let resume = self.kept[user].clone().filter(|_| resumes);
        let (handle, drawn) = (self.next, u64::from(self.next));
        self.next += 1;
        let connection = Connection { user, drawn, resume, session: None, floor: 0, open: true };
        self.lanes[lane].connections.insert(handle, connection);
        if self.lanes[lane].up {
            self.introduce(lane, handle);
        }
        self.send(lane, handle, format!("/user/{}", USERS[user]), self.login(lane, handle));
    }

    fn login(&self, lane: usize, handle: u32) -> Body {
        let connection = &self.lanes[lane].connections[&handle];
        let (resume_session_id, resume_secret) = connection.resume.clone().unwrap_or_default();
        let secret = secret(connection.drawn);
        let (session, empty) = (handle, g2q::Login::default());
        Body::Login(g2q::Login { session, secret, resume_session_id, resume_secret, ..empty })
    }

    fn introduce(&mut self, lane: usize, handle: u32) {
        let connection = &self.lanes[lane].connections[&handle];
        let user = USERS[connection.user];
        let drawn = session_id(user, connection.drawn).0.to_vec();
        let (session_id, generation) = connection.session.clone().unwrap_or((drawn, 0));
        let (floor, confirmed, leaving) = (connection.floor, false, !connection.open);
        let (session, user) = (handle, user.to_owned());
        self.rig.lane(
            self.lanes[lane].link,
            Body::Introduce(g2q::Introduce {
                session,
                session_id,
                user,
                generation,
                floor,
                confirmed,
                leaving,
                expires_unix_ms: 0,
            }),
        );
    }

    fn send(&mut self, lane: usize, handle: u32, queue: String, body: Body) {
        let user = self.lanes[lane].connections[&handle].user;
        let (newest, heard_ms) = self.newest[user][bucket_of(&queue)];
        // It is kept for so long after the last word of it.
        let newest = if self.rig.now.ms < heard_ms + 2 * GRACE_MS { newest } else { 0 };
        let sent = Sent { handle, queue, body, newest };
        if self.lanes[lane].up {
            self.rig.at(self.lanes[lane].link, &sent.queue);
            self.rig.lane(self.lanes[lane].link, sent.body.clone());
        }
        self.lanes[lane].unanswered[bucket_of(&sent.queue)].push_back(sent);
    }

    fn live(&mut self, lane: usize) -> Option<u32> {
        let connections = self.lanes[lane].connections.iter();
        let live = connections.filter(|(_, c)| c.open && c.session.is_some());
        let live: Vec<u32> = live.map(|(handle, _)| *handle).collect();
        (!live.is_empty()).then(|| live[self.random.random_range(0..live.len())])
    }

    fn operate(&mut self, lane: usize) {
        let Some(session) = self.live(lane) else { return };
        let room = self.random.random_range(0..ROOMS.len());
        let (queue, sub, op_id) = (ROOMS[room].to_owned(), room as u32 + 1, self.next);
        self.next += 1;
        let mut body = None;
        match self.random.random_range(0..4) {
            0 | 1 => {
                let id = self.lanes[lane].connections[&session].session.clone();
                self.joined.insert((id.expect("it is live").0, queue.clone()));
                let (queue, empty) = (queue.clone(), c2g::Subscribe::default());
                body = Some(Op::Subscribe(c2g::Subscribe { op_id, queue, ..empty }));
            }
            2 => {
                let queue = queue.clone();
                body = Some(Op::Unsubscribe(c2g::Unsubscribe { op_id, queue }));
            }
            _ => {}
        }
        let word = match body {
            Some(_) => {
                let empty = g2q::Operation::default();
                Body::Operation(g2q::Operation { session, sub, body, ..empty })
            }
            None => {
                let (queue, empty) = (queue.clone(), g2q::Resume::default());
                Body::Resume(g2q::Resume { session, sub, queue, ..empty })
            }
        };
        self.send(lane, session, queue, word);
    }

    fn confirm(&mut self, lane: usize) {
        let Some(session) = self.live(lane) else { return };
        let connection = &self.lanes[lane].connections[&session];
        let user = connection.user;
        let (id, _) = connection.session.clone().expect("it is live");
        // The client has its `welcome`.
        self.kept[user] = Some((id, secret(connection.drawn)));
        if self.lanes[lane].up {
            self.rig.at(self.lanes[lane].link, &format!("/user/{}", USERS[user]));
            let word = Body::Confirmed(g2q::Confirmed { session });
            self.rig.lane(self.lanes[lane].link, word);
        }
    }

    fn close(&mut self, lane: usize) {
        let open = self.lanes[lane].connections.iter().filter(|(_, c)| c.open);
        let open: Vec<u32> = open.map(|(handle, _)| *handle).collect();
        if !open.is_empty() {
            let bye = self.random.random_bool(0.2);
            let at = self.random.random_range(0..open.len());
            self.close_one(lane, open[at], bye);
        }
    }

    fn close_one(&mut self, lane: usize, session: u32, bye: bool) {
        let connection = self.lanes[lane].connections.get_mut(&session).expect("it is there");
        connection.open = false;
        let user = connection.user;
        self.send(
            lane,
            session,
            format!("/user/{}", USERS[user]),
            Body::Lost(g2q::Lost { session, bye, code: 0 }),
        );
    }

    fn link(&mut self, lane: usize) {
        let up = !self.lanes[lane].up;
        self.lanes[lane].up = up;
        if !up {
            let link = self.lanes[lane].link;
            self.rig.out.links.down(link);
            self.lanes[lane].down_ms = self.rig.now.ms;
            return self.rig.handle(Input::LinkDown { link });
        }
        self.lanes[lane].up_ms = self.rig.now.ms;
        self.lanes[lane].link = self.rig.up(["g1", "g2"][lane], false);
        let handles: Vec<u32> = self.lanes[lane].connections.keys().copied().collect();
        for handle in handles {
            self.introduce(lane, handle);
        }
        // What waited for longer than a grace isn't sent any more.
        let is_old = self.rig.now.ms - self.lanes[lane].down_ms > GRACE_MS;
        for bucket in 0..2 {
            self.lanes[lane].unanswered[bucket]
                .retain(|sent| !is_old || matches!(sent.body, Body::Login(_) | Body::Lost(_)));
            for sent in self.lanes[lane].unanswered[bucket].clone() {
                self.rig.at(self.lanes[lane].link, &sent.queue);
                self.rig.lane(self.lanes[lane].link, sent.body);
            }
        }
    }

    fn hear(&mut self) {
        assert_eq!(self.rig.out.links.ended(), Vec::new(), "no lane did anything wrong");
        for link in self.rig.out.links.dirty() {
            let bytes = self.rig.out.links.take(link);
            let Some(lane) = (0..2).find(|lane| self.lanes[*lane].link == link) else { continue };
            for (number, body) in frames(&bytes) {
                let bucket = self.lanes[lane].at;
                match number {
                    said::AT => {
                        let at = proto::link::At::decode(&*body).expect("an at");
                        self.lanes[lane].at = at.prefix as usize;
                    }
                    said::ANSWER => self.answered(lane, bucket, &body),
                    said::UNSUBSCRIBED => self.unsubscribed(lane, &body),
                    said::LOGGED_IN => self.logged_in(lane, bucket, &body),
                    said::LOST_NOTED => {
                        let word = q2g::LostNoted::decode(&*body).expect("a word");
                        let sent = self.lanes[lane].unanswered[bucket].pop_front();
                        let sent = sent.expect("it was said");
                        assert!(matches!(sent.body, Body::Lost(_)), "{sent:?}");
                        assert_eq!(sent.handle, word.session);
                    }
                    said::KICK => self.kicked(lane, &body),
                    _ => {}
                }
            }
        }
    }

    fn answered(&mut self, lane: usize, bucket: usize, body: &[u8]) {
        let answer = q2g::Answer::decode(body).expect("an answer");
        let result = g2c::Result::decode(&*answer.result).expect("a result");
        let sent = self.lanes[lane].unanswered[bucket].pop_front().expect("it was asked");
        assert!(matches!(sent.body, Body::Operation(_) | Body::Resume(_)), "{sent:?}");
        assert_eq!(sent.handle, answer.session);
        let connection = &self.lanes[lane].connections[&sent.handle];
        let (id, generation) = connection.session.as_ref().expect("it was live");
        let place = (id.clone(), sent.queue.clone());
        if result.status == 0 && matches!(sent.body, Body::Resume(_)) {
            assert!(self.joined.contains(&place), "a resume makes no member: {sent:?}");
        }
        self.refused_over += u64::from(result.status == 16);
        // Of these users only `two` may have more sessions than one.
        if connection.user != 2 && *generation < sent.newest {
            // Below the newest id of the session it is one of the past before it is one of nobody.
            let was_refused = [16, 14, 2].contains(&result.status);
            assert!(was_refused, "{sent:?} after {}: {}", sent.newest, result.status);
        }
        let newest = &mut self.newest[connection.user][bucket];
        *newest = (*newest).max((*generation, self.rig.now.ms));
    }

    fn unsubscribed(&mut self, lane: usize, body: &[u8]) {
        let word = q2g::Unsubscribed::decode(body).expect("a word");
        for handle in word.sessions.iter().filter(|_| word.reason == "not resumed") {
            let connection = &self.lanes[lane].connections[handle];
            let (id, generation) = connection.session.as_ref().expect("it was live");
            let id = id.as_slice().try_into().expect("an id");
            let newest = self.rig.node.generation_of(id);
            assert!(
                newest.is_none_or(|newest| *generation < newest.number()),
                "{handle} came back: {word:?}"
            );
        }
    }

    fn logged_in(&mut self, lane: usize, bucket: usize, body: &[u8]) {
        let word = q2g::LoggedIn::decode(body).expect("a word");
        let sent = self.lanes[lane].unanswered[bucket].pop_front().expect("it was asked");
        assert!(matches!(sent.body, Body::Login(_)), "{sent:?}");
        assert_eq!(sent.handle, word.session);
        let connections = &mut self.lanes[lane].connections;
        let connection = connections.get_mut(&word.session).expect("it is there");
        if word.status != 0 {
            assert!(word.code >= 3000, "{word:?}");
            connection.open = false;
            return;
        }
        let user = connection.user;
        self.logins += 1;
        self.resumes += u64::from(word.resumed);
        let newest = &mut self.newest[user][bucket];
        *newest = (*newest).max((word.generation, self.rig.now.ms));
        assert!(word.floor <= word.generation, "{word:?}");
        assert_eq!(connection.session, None, "a login is answered once");
        let newest = self.generations.entry(word.session_id.clone()).or_default();
        *newest = word.generation.max(*newest);
        connection.session = Some((word.session_id, word.generation));
        connection.floor = word.floor;
        if self.lanes[lane].up {
            self.introduce(lane, word.session);
        }
    }

    fn kicked(&mut self, lane: usize, body: &[u8]) {
        let kick = q2g::Kick::decode(body).expect("a word");
        let connection = self.lanes[lane].connections.get(&kick.session);
        let is_it = connection.is_some_and(|connection| {
            let session = connection.session.as_ref();
            connection.open && session.is_some_and(|(_, own)| *own == kick.generation)
        });
        if is_it {
            self.kicks += 1;
            let lasts_ms = self.rig.now.ms - self.lanes[lane].up_ms;
            // What waits for a commit may be said long after.
            let is_lost = !self.waits && kick.code == u32::from(Close::HomeLost.number());
            assert!(!is_lost || lasts_ms <= GRACE_MS, "nobody was away for long: {kick:?}");
            self.close_one(lane, kick.session, false);
        }
    }
}

/// What there was of: logins, resumes, kicks, operations of connections that were over.
fn live_through(seed: u64, faults: Faults) -> [u64; 4] {
    let mut world = World::new(seed, faults);
    for _ in 0..200 {
        world.happen();
    }
    world.end();
    [world.logins, world.resumes, world.kicks, world.refused_over]
}

#[test]
fn whatever_users_do_there_is_one_winner_and_nothing_is_left() {
    let mut counts = [0; 4];
    for seed in 0..2000 {
        let lived = std::panic::catch_unwind(|| live_through(seed, Faults::default()));
        let lived = lived.unwrap_or_else(|_| panic!("seed {seed}"));
        counts.iter_mut().zip(lived).for_each(|(count, one)| *count += one);
    }
    assert!(counts.iter().all(|count| *count > 2000), "{counts:?}");
}

#[test]
fn planted_bugs_are_noticed() {
    let none = Faults::default();
    let planted = [
        Faults { resume_makes_member: true, ..none },
        Faults { grace_decided_twice: true, ..none },
        Faults { floor_ignored: true, ..none },
        Faults { kick_lost: true, ..none },
        Faults { sweep_removes_resumed: true, ..none },
    ];
    let is_noticed = |faults: &Faults| {
        let faults = *faults;
        (0..500).any(|seed| std::panic::catch_unwind(|| live_through(seed, faults)).is_err())
    };
    let unnoticed: Vec<Faults> = planted.into_iter().filter(|f| !is_noticed(f)).collect();
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
