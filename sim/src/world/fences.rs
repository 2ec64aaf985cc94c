//! Watches what queues are told of connections that are over, and what they then accept.
//!
//! Two rules. What a queue has heard holds, be it by a word of the user queue or by an operation of
//! the winner that it has answered: an operation that comes to it for the first time under a
//! generation which is over by that is refused. And rooms do hear: a resume that its user's home
//! has let out is known soon after to every room that the home knows the session to be in, as long
//! as the two could reach each other.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::c2g::Head;
use proto::codes::Status;
use proto::g2c::ResultHead;
use proto::g2q::field::g2q::{AT, INTRODUCE, OPERATION};
use proto::ids::Handle;
use proto::q2g::field::q2g::{ANSWER, LOGGED_IN};
use proto::q2q::field::q2q::{ANSWER as WORD_ANSWER, WORD};
use proto::{g2q, name, q2g, q2q, wire};

use super::World;
use super::referee::each_frame;
use super::wires::{Port, Wire};
use crate::plan::GRACE_MS;

/// A word crosses a link of the simulation in 20 ms, and is heard in the next turn; this is well
/// below the dead time, after which lanes forward nothing of a loser anyway.
const HEARD_US: u64 = 100_000;
/// What was heard is kept for twice the grace.
const KEPT_US: u64 = 2 * GRACE_MS * 1000;

/// What is known of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Fences {
    ears: BTreeMap<usize, Ear>,
    /// The rooms that homes know sessions to be in.
    noted: BTreeMap<(usize, Noted), usize>,
    /// Resumes that rooms must have heard of.
    due: Vec<Due>,
    /// The highest operation of each session for each queue that has come to any node.
    highest: BTreeMap<(Vec<u8>, Vec<u8>), u32>,
}

/// A session and a room.
type Noted = (Vec<u8>, String);

/// What one node has heard, in its present life.
#[derive(Debug, Default)]
struct Ear {
    seats: BTreeMap<(LinkId, Handle), Seat>,
    /// By queue, of users by their names and of sessions by their ids: lower generations are over.
    floors: BTreeMap<(Vec<u8>, Vec<u8>), Floor>,
    /// The queues of operations that aren't answered yet.
    asked: BTreeMap<(LinkId, Handle, u32), Vec<u8>>,
    /// Words that wait for the node's answer: before that, nobody knows that it heard them.
    taken: BTreeMap<(LinkId, u64), q2q::word::Body>,
    /// Operations that must be refused, and why.
    over: BTreeMap<(LinkId, Handle, u32), String>,
}

/// A connection as it was introduced.
#[derive(Debug, Clone)]
struct Seat {
    user: String,
    session: Vec<u8>,
    generation: u64,
    floor: u64,
}

#[derive(Debug, Clone, Copy)]
struct Floor {
    generation: u64,
    at_us: u64,
}

/// A resume that was let out.
#[derive(Debug)]
struct Due {
    at_us: u64,
    home: usize,
    room_at: usize,
    noted: Noted,
    generation: u64,
}

impl Ear {
    fn hear(&mut self, queue: &[u8], whose: &[u8], generation: u64, at_us: u64) {
        let place = (queue.to_vec(), whose.to_vec());
        let floor = self.floors.entry(place).or_insert(Floor { generation, at_us });
        if floor.generation <= generation {
            *floor = Floor { generation, at_us };
        }
    }

    fn floor(&self, queue: &[u8], whose: &[u8], now_us: u64) -> u64 {
        let place = (queue.to_vec(), whose.to_vec());
        let floor = self.floors.get(&place).filter(|floor| now_us < floor.at_us + KEPT_US);
        floor.map_or(0, |floor| floor.generation)
    }
}

impl Fences {
    /// A node has died, with all that it had heard.
    pub(crate) fn node_dies(&mut self, node: usize) {
        self.ears.remove(&node);
        self.noted.retain(|(home, _), room_at| *home != node && *room_at != node);
        self.cannot_speak(node);
    }

    /// A node may not have heard what it was told, or not have told what it decided.
    pub(crate) fn cannot_speak(&mut self, node: usize) {
        self.due.retain(|due| due.home != node && due.room_at != node);
    }

    /// Whether nobody has seen an operation before: it has no remembered result.
    pub(crate) fn is_new(&self, node: usize, link: LinkId, session: Handle, head: &Head) -> bool {
        let seat = self.ears.get(&node).and_then(|ear| ear.seats.get(&(link, session)));
        seat.is_some_and(|seat| {
            let highest = self.highest.get(&(seat.session.clone(), head.queue.to_vec()));
            highest.is_none_or(|highest| *highest < head.op_id)
        })
    }

    /// These buckets may have other homes than before.
    pub(crate) fn homes_change(&mut self, buckets: &[BucketId]) {
        if buckets.is_empty() {
            return;
        }
        self.noted.clear();
        self.due.clear();
        // What a bucket has heard goes with it.
        let stays = |queue: &[u8]| !buckets.iter().any(|bucket| bucket.holds(name::hash(queue)));
        self.ears.values_mut().for_each(|ear| ear.floors.retain(|(queue, _), _| stays(queue)));
    }

    /// A link of a node has begun or ended: its numbers mean nothing any more.
    pub(crate) fn link_changes(&mut self, node: usize, link: LinkId) {
        let ear = self.ears.entry(node).or_default();
        ear.seats.retain(|(of, _), _| *of != link);
        ear.taken.retain(|(of, _), _| *of != link);
        ear.over.retain(|(of, _, _), _| *of != link);
        ear.asked.retain(|(of, _, _), _| *of != link);
    }

    fn introduced(&mut self, node: usize, link: LinkId, introduce: g2q::Introduce) {
        let ear = self.ears.entry(node).or_default();
        let g2q::Introduce { user, session_id, generation, floor, .. } = introduce;
        let handle = Handle::named(introduce.session);
        ear.over.retain(|(of, other, _), _| (*of, *other) != (link, handle));
        ear.asked.retain(|(of, other, _), _| (*of, *other) != (link, handle));
        ear.seats.insert((link, handle), Seat { user, session: session_id, generation, floor });
    }

    /// An operation comes to a node.
    fn operation(&mut self, now_us: u64, node: usize, link: LinkId, body: &[u8]) {
        let Ok(operation) = g2q::OperationRef::of(body) else { return };
        let Ok(head) = Head::of(operation.body) else { return };
        let ear = self.ears.entry(node).or_default();
        let Some(seat) = ear.seats.get(&(link, operation.session)) else { return };
        let highest = self.highest.entry((seat.session.clone(), head.queue.to_vec())).or_default();
        // One that has come before has its remembered result.
        let is_first = *highest < head.op_id;
        *highest = head.op_id.max(*highest);
        ear.asked.insert((link, operation.session, head.op_id), head.queue.to_vec());
        let of_user = ear.floor(head.queue, seat.user.as_bytes(), now_us);
        let heard = of_user.max(ear.floor(head.queue, &seat.session, now_us));
        let due = self.due.iter().filter(|due| {
            due.room_at == node
                && due.noted.0 == seat.session
                && due.noted.1.as_bytes() == head.queue
                && now_us >= due.at_us + HEARD_US
        });
        let must_know = due.map(|due| due.generation).max().unwrap_or(0);
        let generation = seat.generation;
        if is_first && 0 < generation && generation < heard.max(must_know) {
            let why = format!(
                "{}'s operation {} on {} under {generation}; heard of {heard}, let out {must_know}",
                seat.user,
                head.op_id,
                String::from_utf8_lossy(head.queue)
            );
            ear.over.insert((link, operation.session, head.op_id), why);
        }
    }

    /// A node answers an operation; what it should have refused.
    fn answered(
        &mut self,
        (now_us, node, link): (u64, usize, LinkId),
        body: &[u8],
    ) -> Option<String> {
        let answer = q2g::AnswerRef::of(body).ok()?;
        let head = ResultHead::of(answer.result).ok()?;
        let operation = (link, answer.session, head.op_id);
        let ear = self.ears.get_mut(&node)?;
        let queue = ear.asked.remove(&operation);
        if let Some(queue) = queue
            && let Some(seat) = ear.seats.get(&(link, answer.session)).cloned()
        {
            ear.hear(&queue, seat.user.as_bytes(), seat.floor, now_us);
            ear.hear(&queue, &seat.session, seat.generation, now_us);
        }
        let why = ear.over.remove(&operation)?;
        (head.status == Status::Ok.number() && answer.ask.is_empty()).then_some(why)
    }

    /// A node answers a word, which it therefore has heard.
    fn word_answered(
        &mut self,
        (now_us, node, link): (u64, usize, LinkId),
        peer: usize,
        answer: &q2q::Answer,
    ) {
        use q2q::word::Body;
        let ear = self.ears.entry(node).or_default();
        match ear.taken.remove(&(link, answer.number)) {
            Some(Body::Fence(word)) => {
                let room = word.room.as_bytes();
                ear.hear(room, word.user.as_bytes(), word.floor, now_us);
                ear.hear(room, &word.session_id, word.generation, now_us);
            }
            Some(Body::Ended(word)) => {
                let room = word.room.as_bytes();
                ear.hear(room, word.user.as_bytes(), word.floor, now_us);
                if word.below == 0 {
                    ear.hear(room, &word.session_id, u64::MAX, now_us);
                }
            }
            Some(Body::Note(word)) if !answer.ended => {
                self.noted.insert((node, (word.session_id, word.room)), peer);
            }
            Some(Body::Unnote(word)) => {
                self.noted.remove(&(node, (word.session_id, word.room)));
            }
            Some(Body::Note(_) | Body::Question(_)) | None => {}
        }
    }
}

impl World {
    /// A node takes a frame of a lane or of another node.
    pub(crate) fn fences_hear(&mut self, node: usize, link: LinkId, frame: &[u8]) {
        let now_us = self.agenda.now_us();
        let Ok((number, body)) = wire::envelope(frame) else { return };
        if self.nodes[node].is_lane(link) {
            match number {
                INTRODUCE => {
                    if let Ok(introduce) = <g2q::Introduce as prost::Message>::decode(body) {
                        let handle = Handle::named(introduce.session);
                        self.answers.handle_changes(node, link, handle);
                        if let (Some(lane), false) = (self.lane_with(node, link), introduce.leaving)
                        {
                            self.ways.introduced(now_us, lane, node, introduce.user.clone());
                        }
                        self.fences.introduced(node, link, introduce);
                    }
                }
                AT => self.answers.about(node, link, body),
                OPERATION => {
                    self.operation_comes(node, link, body);
                    self.fences.operation(now_us, node, link, body);
                }
                _ => {}
            }
        } else if number == WORD
            && let Ok(q2q::Word { number, body: Some(word), .. }) = prost::Message::decode(body)
        {
            self.fences.ears.entry(node).or_default().taken.insert((link, number), word);
        }
    }

    /// A node lets frames out.
    pub(crate) fn fences_watch(&mut self, node: usize, link: LinkId, peer: Port, bytes: &[u8]) {
        let now_us = self.agenda.now_us();
        let (mut accepted, mut resumed) = (Vec::new(), Vec::new());
        each_frame(bytes, |number, body| match (peer, number) {
            (Port::Lane(..), ANSWER) => {
                self.operation_is_answered(node, link, body);
                accepted.extend(self.fences.answered((now_us, node, link), body));
            }
            (Port::Lane(..), LOGGED_IN) => {
                let login: Option<q2g::LoggedIn> = prost::Message::decode(body).ok();
                resumed.extend(login.filter(|login| login.resumed));
            }
            (Port::Node(peer), WORD_ANSWER) => {
                if let Ok(answer) = prost::Message::decode(body) {
                    self.fences.word_answered((now_us, node, link), peer, &answer);
                }
            }
            (Port::Node(_), WORD) => {
                let word = prost::Message::decode(body).ok().and_then(|word: q2q::Word| word.body);
                if let Some(q2q::word::Body::Ended(word)) = word {
                    self.fences.noted.remove(&(node, (word.session_id, word.room)));
                }
            }
            (Port::Boss | Port::Lane(..) | Port::Node(_), _) => {}
        });
        for login in resumed {
            self.rooms_shall_hear(node, &login);
        }
        for what in accepted {
            let what = format!("q{}: {what}", node + 1);
            self.violated("a room refuses who is over, as soon as it can know", what);
        }
    }

    /// Rooms shall hear of a resume, if their node can be reached.
    fn rooms_shall_hear(&mut self, home: usize, login: &q2g::LoggedIn) {
        let at_us = self.agenda.now_us();
        let rooms = self.fences.noted.iter().filter(|((of, noted), room_at)| {
            *of == home && **room_at != home && noted.0 == login.session_id
        });
        let rooms: Vec<(Noted, usize)> =
            rooms.map(|((_, noted), at)| (noted.clone(), *at)).collect();
        for (noted, room_at) in rooms {
            if self.nodes_reach(home, room_at) {
                let generation = login.generation;
                self.fences.due.push(Due { at_us, home, room_at, noted, generation });
            }
        }
    }

    /// Whether what a node says now comes to another.
    fn nodes_reach(&self, one: usize, other: usize) -> bool {
        let ports = [Port::Node(one), Port::Node(other)];
        let mut wires = self.wires.iter().filter(|wire| {
            let ends = [wire.ends[0].port, wire.ends[1].port];
            ports.iter().all(|port| ends.contains(port)) && !wire.is_closed()
        });
        let is_whole = |wire: &Wire| !wire.cut && !wire.is_ailing;
        let first_is_whole = wires.next().is_some_and(is_whole);
        let is_slow = ports.iter().any(|port| self.is_slow(port.process()));
        self.is_awake(ports[1].process()) && !is_slow && first_is_whole && wires.all(is_whole)
    }
}
