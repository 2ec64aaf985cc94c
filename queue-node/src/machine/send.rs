//! What clients and back ends send to mounts.

use proto::c2g::{self, SendMessageRef};
use proto::class::{Access, MountKind};
use proto::codes::Status;
use proto::g2c::{EventKind, MessageRef};
use proto::ids::SessionId;
use proto::limits;

use super::application::{AskKind, Verdicts};
use super::asker::{Asker, Who};
use super::bucket::{Bucket, Decision};
use super::record::{Outcome, Refusal};
use super::state::class::QueueClass;
use super::state::people::People;
use super::state::queue::{Mount, Queue, QueueIndex};
use super::state::record::{Draft, Step};
use super::state::state_mount::{self, StateMount, Stroke};
use super::stranger::Parcel;
use super::turn::Turn;

impl Bucket {
    /// `send_message`.
    pub(crate) fn send_message(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        operation: &SendMessageRef<'_>,
        verdicts: Verdicts<'_>,
        hash: u64,
    ) {
        let parcel =
            Parcel { queue: operation.queue, mount: operation.mount, kind: MountKind::Message };
        let Some(index) = self.target(turn, asker, parcel, verdicts, hash) else { return };
        if self.state.queue(index).class.asks_senders {
            return self.send_asked_message(turn, index, asker, operation, verdicts);
        }
        let decision = self.decide_message(turn, index, asker, operation);
        self.conclude(turn, index, asker, decision);
    }

    /// `send_message` where the web application may have a word in it.
    #[cold]
    fn send_asked_message(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        operation: &SendMessageRef<'_>,
        verdicts: Verdicts<'_>,
    ) {
        let is_asked = self.is_asked(index, operation.mount, asker);
        let verdict = verdicts.on(AskKind::SendMessage).filter(|_| is_asked);
        let payload = verdict.and_then(|verdict| verdict.payload);
        let payload = payload.as_deref().or(operation.payload);
        let operation = SendMessageRef { payload, ..*operation };
        let decision = self.decide_message(turn, index, asker, &operation);
        let ruling = verdicts.rule_if(is_asked, AskKind::SendMessage);
        self.conclude_ruled(turn, index, asker, decision, ruling);
    }

    /// Whether the web application is asked about what is sent to this mount.
    fn is_asked(&self, index: QueueIndex, mount: &[u8], asker: &Asker) -> bool {
        let class = self.state.queue(index).class.mount(mount);
        let is_asked = class.is_some_and(|(_, class)| class.send == Access::Callout);
        is_asked && asker.session().is_some()
    }

    /// `send_state`.
    pub(crate) fn send_state(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        operation: &c2g::SendState,
        verdicts: Verdicts<'_>,
        hash: u64,
    ) {
        let (queue, mount) = (operation.queue.as_bytes(), operation.mount.as_bytes());
        let parcel = Parcel { queue, mount, kind: MountKind::State };
        if let Some(index) = self.target(turn, asker, parcel, verdicts, hash) {
            let is_asked = self.is_asked(index, operation.mount.as_bytes(), asker);
            let decision = self.decide_state(turn, index, asker, operation);
            let ruling = verdicts.rule_if(is_asked, AskKind::SendState);
            self.conclude_ruled(turn, index, asker, decision, ruling);
            if let Some(at_ms) = self.state.queue(index).next_expiry_ms() {
                self.arm(turn, index, at_ms);
            }
        }
    }

    /// The queue of a write, with nothing left to let out before it; nothing if all is answered.
    #[inline]
    fn target(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        parcel: Parcel<'_>,
        verdicts: Verdicts<'_>,
        hash: u64,
    ) -> Option<QueueIndex> {
        let name = parcel.queue;
        let mut found = self.state.queues().find(name);
        if let Some(index) = found
            && self.locals[index].run.is_some()
            && !self.settle(turn, index)
        {
            found = None;
        }
        if self.repeated(turn, asker, found, hash) {
            return None;
        }
        if self.is_strange(asker, found, name)
            && !self.may_send_strangely(turn, asker, parcel, verdicts, hash)
        {
            return None;
        }
        if found.is_none() && name.starts_with(b"/user/") {
            let sentence = "the user isn't online, and hasn't been recently";
            self.refuse(turn, asker, Refusal::new(Status::NotFound, sentence));
        } else if found.is_none() {
            self.refuse(turn, asker, no_queue());
        }
        found
    }

    #[inline]
    fn decide_message(
        &self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        operation: &SendMessageRef<'_>,
    ) -> Decision {
        let queue = self.state.queue(index);
        let place = place(&queue.class, operation.mount, MountKind::Message)?;
        let Some(payload) = operation.payload else { return Err(no_payload()) };
        if payload.len() > limits::PAYLOAD_BYTES_MAX {
            let max = limits::PAYLOAD_BYTES_MAX;
            let sentence = format!("a payload is at most {max} bytes long; send a link to it");
            return Err(Refusal::new(Status::Limit, sentence));
        }
        may_send(queue, place, asker)?;
        if queue.grows_by_message(place) {
            turn.shared.may_grow()?;
        }
        let (seq, sent_at_ms) = (queue.seq + 1, turn.unix_ms());
        let shared = &mut *turn.shared;
        let (mut from, session) = sender(self.state.people(), asker);
        if shared.settings.faults().sender_mistaken
            && session.is_some()
            && let Some(key) = queue.members.keys().next()
        {
            from = self.state.people().user_of(key);
        }
        let body =
            MessageRef { mount: operation.mount, seq, from: from.as_bytes(), payload, sent_at_ms };
        shared.body.clear();
        body.put_body(&mut shared.body);
        let excludes = operation.exclude_self || !queue.class.class.mounts[place].echo;
        let exclude = if excludes { session } else { None };
        let draft = Draft { kind: EventKind::Message, mount: place as u8, exclude };
        Ok((Outcome::Done { seq }, Step::Event(draft)))
    }

    fn decide_state(
        &self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        operation: &c2g::SendState,
    ) -> Decision {
        let queue = self.state.queue(index);
        let place = place(&queue.class, operation.mount.as_bytes(), MountKind::State)?;
        may_send(queue, place, asker)?;
        if operation.changes.is_empty() || operation.changes.len() > limits::CHANGES_MAX {
            let sentence = format!("send 1 to {} changes at once", limits::CHANGES_MAX);
            return Err(Refusal::new(Status::Invalid, sentence));
        }
        let (seq, now_ms) = (queue.seq + 1, self.now_ms(turn));
        let shared = &mut *turn.shared;
        let (from, session) = sender(self.state.people(), asker);
        let is_member = asker.session().is_some_and(|key| queue.members.contains(key));
        let member = session.filter(|_| is_member);
        let stroke = Stroke { seq, now_ms, member };
        let empty = StateMount::default();
        let mount = match &queue.mounts[place] {
            Mount::State(Some(mount)) => mount,
            Mount::State(None) | Mount::Message(_) => &empty,
        };
        let faults = shared.settings.faults();
        let steps = if faults.spoils() {
            let changes = operation.changes.iter().map(|change| faults.spoil(change));
            mount.plan(&changes.collect::<Vec<_>>(), stroke)?
        } else {
            mount.plan(&operation.changes, stroke)?
        };
        if steps.iter().any(|step| step.now.is_some()) {
            shared.may_grow()?;
        }
        if steps.is_empty() {
            return Ok((Outcome::Done { seq: queue.seq }, Step::Nothing));
        }
        shared.body.clear();
        state_mount::put_body(&mut shared.body, &operation.mount, from, seq, &steps);
        let draft = Draft { kind: EventKind::State, mount: place as u8, exclude: None };
        Ok((Outcome::Done { seq }, Step::State(draft, steps)))
    }
}

impl Queue {
    /// When the first key of any mount expires.
    pub(crate) fn next_expiry_ms(&self) -> Option<u64> {
        let next = |mount: &Mount| match mount {
            Mount::State(Some(mount)) => mount.next_ms(),
            Mount::State(None) | Mount::Message(_) => None,
        };
        self.mounts.iter().filter_map(next).min()
    }
}

/// The refusal of an operation on a queue that isn't there.
pub(crate) fn no_queue() -> Refusal {
    let sentence = "there is no such queue: subscribe to it if its class creates it so, \
                    or have the back end create it";
    Refusal::new(Status::NotFound, sentence)
}

/// The number of a mount that must be of this kind.
#[inline]
pub(crate) fn place(class: &QueueClass, mount: &[u8], kind: MountKind) -> Result<usize, Refusal> {
    match class.mount(mount) {
        Some((place, class)) if class.kind == kind => Ok(place),
        Some(_) => {
            let sentence = match kind {
                MountKind::Message => "this is a state mount: use send_state and get_state",
                MountKind::State => "this is a message mount: use send_message and get_history",
            };
            Err(Refusal::new(Status::Invalid, sentence))
        }
        None => {
            let sentence = format!("no such mount; the queue has: {}", class.mount_names());
            Err(Refusal::new(Status::NotFound, sentence))
        }
    }
}

#[inline]
fn may_send(queue: &Queue, place: usize, asker: &Asker) -> Result<(), Refusal> {
    let Who::Session { key, .. } = asker.who else { return Ok(()) };
    let send = queue.class.class.mounts[place].send;
    if send == Access::Members && queue.members.contains(key) {
        return Ok(());
    }
    leave(send, queue.class.class.join)
}

/// Whether a user who is no member may send to a mount with this setting, in a queue that is joined
/// so.
#[inline]
pub(crate) fn leave(send: Access, join: Access) -> Result<(), Refusal> {
    match send {
        // Whom the web application lets, it says when all else is well.
        Access::Open | Access::Callout => Ok(()),
        Access::Members => Err(super::join::for_members("only members may send here", join)),
        Access::Server => Err(Refusal::new(Status::Forbidden, "only the back end may send here")),
    }
}

#[cold]
fn no_payload() -> Refusal {
    let sentence = "the field \"payload\" is missing: give one, which may be empty";
    Refusal::new(Status::Invalid, sentence)
}

#[inline]
fn sender<'a>(people: &'a People, asker: &Asker) -> (&'a str, Option<SessionId>) {
    match asker.session() {
        Some(key) => (people.user_of(key), Some(people[key].id)),
        None => ("", None),
    }
}
