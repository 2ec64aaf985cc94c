//! What is kept of messages for those who follow a queue or a user: decided, recorded, released.
//! It is kept while somebody asks and changes nothing: what says that something was released waits
//! with it.

use std::collections::VecDeque;

use link::machine::LinkId;
use member::machine::trace::{About, Hop, Subject, Told, Traces};
use proto::g2c::EventKind;
use proto::limits;
use proto::name;
use proto::time::Time;

use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::held::Effect;
use super::node::Node;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::turn::Turn;

/// What is followed, and operations about it that have no answer yet.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    traces: Traces,
    taken: VecDeque<Taken>,
}

/// An operation, as it came.
#[derive(Debug)]
struct Taken {
    asker: Asker,
    traced: Traced,
}

/// A hop, and the hash of its queue's name.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    queue: Option<u64>,
    hop: Hop,
}

impl Node {
    /// What came since the cursor. The first question begins the trace. Nothing: too many are
    /// followed already.
    pub fn trace(&mut self, now: Time, subject: Subject, after: u64) -> Option<Told> {
        let followed = &mut self.shared.followed;
        if !followed.is_on() {
            followed.taken.clear();
        }
        followed.traces.ask(now, subject, after, limits::TRACE_ANSWER_HOPS_MAX)
    }

    /// Whether anything is followed: then each turn says when it begins.
    #[inline]
    pub fn is_traced(&self) -> bool {
        self.shared.followed.is_on()
    }

    /// A turn begins at this microsecond since 1970.
    pub fn begin_traced_turn(&mut self, unix_us: u64) {
        self.shared.followed.traces.begin_turn(unix_us);
    }

    /// How many queues and users are followed here.
    pub fn traces(&mut self, now: Time) -> usize {
        self.shared.followed.traces.count(now)
    }
}

impl Followed {
    /// Whether anything is: else nothing is to be done.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.traces.is_on()
    }

    /// The operation of this asker, whose answer is there.
    fn take(&mut self, asker: &Asker) -> Option<Traced> {
        let at = self.taken.iter().position(|taken| taken.asker == *asker)?;
        self.taken.remove(at).map(|taken| taken.traced)
    }
}

impl Turn<'_> {
    /// Keeps a hop for those who follow what it is about.
    #[cold]
    pub(crate) fn note(&mut self, Traced { queue, hop }: Traced) {
        let (now, user) = (self.now(), hop.user.clone());
        let about = About { queue, user: user.as_deref() };
        self.shared.followed.traces.hop(now, about, hop);
    }
}

impl Bucket {
    /// An operation or a request has come. What it is is kept until it is answered.
    #[cold]
    pub(crate) fn trace_taken(
        &self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (what, queue): (&'static str, &[u8]),
        (hash, bytes): (u64, usize),
    ) {
        let user = asker.session().map(|key| &**self.state.people().user_of(key));
        if !turn.shared.followed.traces.wants(About { queue: Some(hash), user }) {
            return;
        }
        let (session, op_id) = match asker.who {
            Who::Session { key, op_id, .. } => {
                (Some(self.state.people()[key].id.to_string()), u64::from(op_id))
            }
            Who::BackEnd { number } => (rpc_of(turn, asker.link), number),
        };
        let hop = Hop {
            what,
            queue: Some(String::from_utf8_lossy(queue).into_owned()).filter(|it| !it.is_empty()),
            user: user.map(str::to_owned),
            session,
            op_id: Some(op_id),
            bytes: Some(bytes),
            ..Hop::default()
        };
        let taken = &mut turn.shared.followed.taken;
        if taken.len() >= limits::TRACE_HOPS_MAX {
            taken.pop_front();
        }
        taken.push_back(Taken { asker: *asker, traced: Traced { queue: Some(hash), hop } });
    }

    /// An operation has its answer, with this status and number. It has been written behind what it
    /// waits for.
    #[cold]
    pub(crate) fn trace_answer(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (status, seq): (u32, u64),
    ) {
        let Some(Traced { queue, hop }) = turn.shared.followed.take(asker) else { return };
        // Other operations are answered with the number of the newest event, whoever made it.
        let made_event = status == 0 && matches!(hop.what, "send_message" | "send_state");
        let (status, seq) = (Some(status), Some(seq).filter(|_| made_event));
        let traced = Traced { queue, hop: Hop { kind: "decided", status, seq, ..hop } };
        self.trace(turn, traced);
    }

    /// The lane is to ask the web application about an operation, and to send it again.
    #[cold]
    pub(crate) fn trace_asked(&mut self, turn: &mut Turn<'_>, asker: &Asker) {
        let Some(Traced { queue, hop }) = turn.shared.followed.take(asker) else { return };
        turn.note(Traced { queue, hop: Hop { kind: "asked", ..hop } });
    }

    /// The queue has an event, whose frames have been written.
    #[cold]
    pub(crate) fn trace_event(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: EventKind,
        sender: Option<SessionKey>,
    ) {
        let queue = self.state.queue(index);
        let hash = Some(name::hash(queue.name.as_bytes()));
        let user = sender.map(|key| &**self.state.people().user_of(key));
        if !turn.shared.followed.traces.wants(About { queue: hash, user }) {
            return;
        }
        let lanes = self.locals[index].lanes.iter().filter(|lane| lane.live > 0).count() as u64;
        let hop = Hop {
            kind: "recorded",
            what: kind.name(),
            queue: Some(queue.name.to_string()),
            user: user.map(str::to_owned),
            seq: Some(queue.seq),
            bytes: Some(turn.shared.body.len()),
            count: Some(lanes),
            ..Hop::default()
        };
        let traced = Traced { queue: hash, hop };
        match lanes {
            // Nothing was written that could wait.
            0 => turn.note(traced),
            1.. => self.trace(turn, traced),
        }
    }

    /// Notes it, and if what was written for it waits for copies, that it was released, then.
    fn trace(&mut self, turn: &mut Turn<'_>, traced: Traced) {
        turn.note(traced.clone());
        let hop = Hop { kind: "released", ..traced.hop };
        let released = Effect::Traced(Box::new(Traced { hop, ..traced }));
        // What comes back at once waits for nobody: it leaves with this turn.
        drop(self.outputs.effect(&mut turn.shared.links, released));
    }
}

/// What the requests of a gateway's back ends have in common.
fn rpc_of(turn: &Turn<'_>, link: LinkId) -> Option<String> {
    turn.shared.links.get(link).map(|link| format!("rpc {}", link.peer.id))
}
