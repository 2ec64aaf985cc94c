//! Operations for queues: which of a client's frames go on to a queue's home, and how.

use proto::c2g::{Head, Kind};
use proto::codes::Close;
use proto::g2q::OperationRef;
use proto::ids::Handle;
use proto::limits;
use proto::name::{self, QueueName, UserId};
use proto::share;

use crate::machine::delivery::{ConnId, Sub};
use crate::machine::door::introduce;
use crate::machine::door::{Refusal, check_op_id};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::Part;
use crate::machine::upstream::{BucketIndex, Pending};

impl Lane {
    /// Brings an operation on its way to the queue's home, or answers why not.
    #[inline]
    pub(in crate::machine) fn operation(
        &mut self,
        conn: ConnId,
        handle: Handle,
        kind: Kind,
        body: &[u8],
        out: &mut Outbox,
    ) {
        let Ok(head) = Head::of(body) else {
            let reason = "the operation's bytes are not a message of this protocol";
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        self.desk.counters.operations += 1;
        if let Err(refusal) = self.send_operation(handle, kind, head, body, out) {
            self.refuse_in_turn(conn, handle, head, refusal, out);
        }
    }

    /// A call is an operation on the user's queue.
    pub(in crate::machine) fn call(
        &mut self,
        conn: ConnId,
        handle: Handle,
        body: &[u8],
        out: &mut Outbox,
    ) {
        let (Ok(head), Ok(user)) = (Head::of(body), UserId::try_from(&*self.sessions[handle].user))
        else {
            let reason = "the operation's bytes are not a message of this protocol";
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        self.desk.counters.operations += 1;
        // The queue that it names says by its class who is asked, no more.
        let named = match head.queue {
            [] => Ok(()),
            named => QueueName::try_from(named).map(|_| ()).map_err(Refusal::from),
        };
        let queue = name::user_queue(user);
        let head = Head { queue: queue.as_bytes(), ..head };
        let sent = named.and_then(|()| self.send_operation(handle, Kind::Call, head, body, out));
        if let Err(refusal) = sent {
            self.refuse_in_turn(conn, handle, head, refusal, out);
        }
    }

    #[inline]
    fn send_operation(
        &mut self,
        handle: Handle,
        kind: Kind,
        head: Head<'_>,
        body: &[u8],
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        check_op_id(head.op_id)?;
        let session = &mut self.sessions[handle];
        if session.unanswered >= limits::UNANSWERED_PER_SESSION_MAX {
            return Err(Refusal::Unanswered);
        }
        let queue = QueueName::try_from(head.queue)?;
        let hash = queue.hash();
        let bucket = self.desk.upstream.bucket_of(hash).ok_or(Refusal::NoTable)?;
        let most = limits::UNANSWERED_PER_QUEUE_MAX;
        let most = if self.desk.settings.faults.limit_too_low { most / 8 } else { most };
        if usize::from(session.entry(hash).unanswered) >= most {
            return Err(Refusal::UnansweredOfQueue);
        }
        let may_line_up = self.asking.is_on || kind == Kind::Call;
        if may_line_up && self.goes_by_line(handle, kind, queue, hash) {
            return self.line_up(handle, hash, (kind, head.op_id, body), out);
        }
        let sub = match kind {
            Kind::Subscribe | Kind::Unsubscribe => {
                let given = self.part_in(handle, kind, queue, hash);
                given.inspect_err(|_| self.sessions[handle].tidy())?
            }
            Kind::SendMessage
            | Kind::SendState
            | Kind::GetState
            | Kind::GetHistory
            | Kind::ListMembers
            | Kind::Connect
            | Kind::Open
            | Kind::Call
            | Kind::Refresh
            | Kind::Ping
            | Kind::Pong
            | Kind::Bye => None,
        };
        let (session, sub) = (handle, Sub::number_or_none(sub));
        let operation = OperationRef { session, sub, kind, body, askable: false, verdicts: &[] };
        self.send_on(bucket, (hash, head.op_id), operation, true, out)
    }

    /// Sends an operation whose part in the queue is clear, for the first time or once more.
    #[inline]
    pub(in crate::machine) fn send_on(
        &mut self,
        bucket: BucketIndex,
        (hash, op_id): (u64, u32),
        operation: OperationRef<'_>,
        is_first: bool,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let OperationRef { session: handle, kind, .. } = operation;
        let bytes = operation.body.len() as u32;
        let pending = Pending::Operation { session: handle, op_id, kind, hash, bytes };
        let room = self.room_on_list(bucket, handle);
        if room.is_ok() && self.push(bucket, pending, |bytes| operation.put(bytes), out) {
            let session = &mut self.sessions[handle];
            session.unanswered_bytes += bytes;
            let entry = session.entry(hash);
            entry.unanswered += 1;
            entry.joins += u8::from(is_first && kind == Kind::Subscribe);
            return Ok(());
        }
        self.unpart(handle, hash);
        Err(room.err().unwrap_or(Refusal::ListFull))
    }

    /// Whether one session may put more on a bucket's list, which others share.
    #[inline]
    fn room_on_list(&self, bucket: BucketIndex, handle: Handle) -> Result<(), Refusal> {
        let all = self.desk.upstream.bytes_on_list(bucket);
        let held = self.sessions[handle].unanswered_bytes as usize;
        if share::may_take(held, all, limits::UNANSWERED_BYTES_MAX) {
            return Ok(());
        }
        // Who has next to nothing there isn't the one who fills it.
        let is_little = held < share::least(limits::UNANSWERED_BYTES_MAX);
        Err(if is_little { Refusal::ListFull } else { Refusal::ListShare })
    }

    /// An operation is on no list any more.
    #[inline]
    pub(in crate::machine) fn off_list(&mut self, pending: Pending) {
        if let Pending::Operation { session, bytes, .. } = pending
            && let Some(session) = self.sessions.get_mut(session)
        {
            session.unanswered_bytes -= bytes;
        }
    }

    /// Puts an operation on its bucket's list; false if that is full.
    #[inline]
    pub(in crate::machine) fn push(
        &mut self,
        bucket: BucketIndex,
        pending: Pending,
        write: impl FnOnce(&mut Vec<u8>),
        out: &mut Outbox,
    ) -> bool {
        if !self.desk.upstream.push(self.desk.now.ms, bucket, pending, write) {
            return false;
        }
        if let Some(handle) = pending.session() {
            let session = &mut self.sessions[handle];
            session.unanswered += 1;
            if let Some((node, link)) = self.desk.upstream.home(bucket) {
                introduce(node, link, handle, session, out);
            }
        }
        true
    }

    /// The queue's number, for an operation that changes the session's part in it; none if there is
    /// no part to end.
    pub(in crate::machine) fn part_in(
        &mut self,
        handle: Handle,
        kind: Kind,
        queue: QueueName<'_>,
        hash: u64,
    ) -> Result<Option<Sub>, Refusal> {
        let session = &mut self.sessions[handle];
        let parts = session.parts();
        let entry = session.entry(hash);
        if entry.part != Part::None {
            let known = entry.sub.and_then(|sub| self.desk.delivery.interest().get(sub));
            let same = known.is_some_and(|one| one.name() == queue.as_str());
            return if same { Ok(entry.sub) } else { Err(Refusal::SameHash) };
        }
        if kind == Kind::Unsubscribe {
            return Ok(None);
        }
        if parts >= limits::SUBSCRIPTIONS_MAX {
            return Err(Refusal::Subscriptions);
        }
        let interest = self.desk.delivery.interest_mut();
        let sub = interest.intern(hash, queue.as_str());
        if let Some(queue) = interest.get_mut(sub) {
            queue.joined();
        }
        let entry = self.sessions[handle].entry(hash);
        (entry.sub, entry.part) = (Some(sub), Part::Joining);
        Ok(Some(sub))
    }

    /// Takes back what `part_in` began.
    pub(in crate::machine) fn unpart(&mut self, handle: Handle, hash: u64) {
        let entry = self.sessions[handle].entry(hash);
        if entry.part == Part::Joining && entry.joins == 0 {
            self.no_part(handle, hash);
        }
    }
}
