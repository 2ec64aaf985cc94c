//! What is kept of messages for those who follow a queue or a user: taken, decided, out. It is
//! kept while somebody asks and changes nothing: what says that something is out waits with it.

use member::machine::trace::{About, Hop, Subject, Told};
use proto::g2c::EventKind;
use proto::time::Time;

use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::held::Effect;
use super::node::Node;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::recent::Remembered;
use super::turn::Turn;

/// A hop that is noted once what it is about has been let out.
#[derive(Debug)]
pub(crate) struct Traced {
    queue: Option<u64>,
    hop: Hop,
}

impl Node {
    /// What came since the cursor. The first question begins the trace. Nothing: too many are
    /// followed already.
    pub fn trace(&mut self, now: Time, subject: Subject, after: u64) -> Option<Told> {
        self.shared.traces.ask(now, subject, after)
    }

    /// How many queues and users are followed here.
    pub fn traces(&mut self, now: Time) -> usize {
        self.shared.traces.count(now)
    }
}

impl Turn<'_> {
    /// Keeps a hop for those who follow what it is about.
    #[cold]
    pub(crate) fn note(&mut self, Traced { queue, hop }: Traced) {
        let (now, user) = (self.now(), hop.user.clone());
        let about = About { queue, user: user.as_deref() };
        self.shared.traces.note(now, about, hop);
    }
}

impl Bucket {
    /// An operation or a request has come.
    #[cold]
    pub(crate) fn trace_taken(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (kind, queue): (&'static str, &[u8]),
        (hash, bytes): (u64, usize),
    ) {
        turn.shared.traces.set_current(Some(hash));
        let queue = String::from_utf8_lossy(queue).into_owned();
        let hop = Hop {
            step: "taken",
            kind,
            queue: Some(queue),
            bytes: Some(bytes),
            ..self.hop_of(asker)
        };
        turn.note(Traced { queue: Some(hash), hop });
    }

    /// An operation has its answer, which leaves when it may.
    #[cold]
    pub(crate) fn trace_answer(&mut self, turn: &mut Turn<'_>, asker: &Asker, result: &Remembered) {
        let queue = turn.shared.traces.current();
        let seq = Some(result.head.seq).filter(|seq| *seq > 0);
        let hop = Hop { seq, status: Some(result.head.status), ..self.hop_of(asker) };
        turn.note(Traced { queue, hop: Hop { step: "decided", ..hop.clone() } });
        self.trace_out(turn, Traced { queue, hop: Hop { step: "answer_out", ..hop } });
    }

    /// The queue has an event, which leaves when it may.
    #[cold]
    pub(crate) fn trace_event(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: EventKind,
        sender: Option<SessionKey>,
    ) {
        let queue = self.state.queue(index);
        let lanes = self.locals[index].lanes.iter().filter(|lane| lane.live > 0).count();
        let hop = Hop {
            kind: name_of(kind),
            queue: Some(queue.name.to_string()),
            user: sender.map(|key| self.state.people().user_of(key).to_string()),
            seq: Some(queue.seq),
            bytes: Some(turn.shared.body.len()),
            lanes: Some(lanes),
            ..Hop::default()
        };
        let queue = Some(proto::name::hash(queue.name.as_bytes()));
        turn.note(Traced { queue, hop: Hop { step: "recorded", ..hop.clone() } });
        self.trace_out(turn, Traced { queue, hop: Hop { step: "event_out", ..hop } });
    }

    /// Notes it behind what was let out so far: at once, or when every copy has that.
    fn trace_out(&mut self, turn: &mut Turn<'_>, traced: Traced) {
        let effect = Effect::Traced(Box::new(traced));
        if let Some(Effect::Traced(traced)) = self.outputs.effect(&mut turn.shared.links, effect) {
            turn.note(*traced);
        }
    }

    fn hop_of(&self, asker: &Asker) -> Hop {
        match asker.who {
            Who::Session { key, op_id, .. } => Hop {
                user: Some(self.state.people().user_of(key).to_string()),
                session: Some(self.state.people()[key].id.to_string()),
                op_id: Some(op_id),
                ..Hop::default()
            },
            Who::BackEnd { .. } => Hop::default(),
        }
    }
}

fn name_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Message => "message",
        EventKind::State => "state",
        EventKind::Joined => "joined",
        EventKind::Left => "left",
        EventKind::MountCreated => "mount_created",
        EventKind::MountDeleted => "mount_deleted",
    }
}
