//! A line: the operations of one session to one queue, of which one at a time is on its way, since
//! each may be asked about. The rest waits in order; no other session and no other queue waits.

use std::collections::VecDeque;

use prost::Message as _;
use proto::c2g::{Head, Kind};
use proto::class::Class;
use proto::g2q::{self, OperationRef};
use proto::ids::{Handle, Sub};
use proto::limits;
use proto::name::QueueName;

use super::Application;
use crate::machine::desk::Desk;
use crate::machine::door::Refusal;
use crate::machine::lane::Outbox;
use crate::machine::sessions::Sessions;
use crate::machine::upstream::SWEEP_MS;

/// A session, and the hash of a queue's name.
pub(super) type Key = (Handle, u64);

/// Operations that go one by one. All of them count as unanswered.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// On its way to the queue's home, or asked about.
    current: Option<Operation>,
    /// The number of the ask about the current one.
    asked: Option<u64>,
    waiting: VecDeque<Waiting>,
    /// Of all operations.
    bytes: usize,
}

#[derive(Debug)]
enum Waiting {
    Operation(Operation),
    /// Of an operation that goes no further: only its place in the order is kept.
    Refused {
        op_id: u32,
        refusal: Refusal,
    },
}

/// An operation, to be sent once or several times.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) op_id: u32,
    pub(super) body: Box<[u8]>,
    /// Those that have come so far.
    pub(super) verdicts: Vec<g2q::Verdict>,
    /// Of a subscribe that has begun: the lane's number for the queue.
    sub: Option<Sub>,
    /// It was sent before.
    begun: bool,
    since_ms: u64,
}

impl Line {
    /// The operation that was sent under this id and isn't asked about yet.
    pub(super) fn sent(&self, op_id: u32) -> Option<&Operation> {
        let current = self.current.as_ref().filter(|current| current.op_id == op_id);
        current.filter(|_| self.asked.is_none())
    }

    /// The current operation is asked about.
    pub(super) fn set_asked(&mut self, number: u64) {
        self.asked = Some(number);
    }
}

impl Application {
    /// A line of the session, if this queue has one.
    pub(super) fn line(&mut self, key: Key) -> Option<&mut Line> {
        self.lines.get_mut(&key)
    }

    fn end_line(&mut self, key: Key) -> Option<Line> {
        let line = self.lines.remove(&key)?;
        self.bytes -= line.bytes;
        if self.lines.is_empty() {
            debug_assert_eq!(self.bytes, 0, "what is in no line isn't kept");
            self.look_whether_on();
        }
        Some(line)
    }

    /// Bytes of an operation are not kept any more.
    fn release(&mut self, key: Key, bytes: usize) {
        if let Some(line) = self.lines.get_mut(&key) {
            line.bytes -= bytes;
            self.bytes -= bytes;
        }
    }

    fn keys_of(&self, handle: Handle) -> Vec<Key> {
        self.lines.range((handle, 0)..=(handle, u64::MAX)).map(|(key, _)| *key).collect()
    }

    /// Whether a session may keep so many bytes more. One operation always goes.
    fn admit(&self, handle: Handle, bytes: usize) -> Result<(), Refusal> {
        let lines = self.lines.range((handle, 0)..=(handle, u64::MAX));
        let held: usize = lines.map(|(_, line)| line.bytes).sum();
        if held > 0 && held + bytes > limits::CLIENT_FRAME_BYTES_MAX {
            return Err(Refusal::Line);
        }
        if self.bytes + bytes > limits::ASKING_LINES_BYTES_MAX {
            return Err(Refusal::ListFull);
        }
        Ok(())
    }

    /// Whether anything is in a line.
    pub(in crate::machine) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }
}

impl Application {
    /// Whether an operation goes to its queue by a line: the application may be asked about it, or
    /// one before it is in a line.
    pub(in crate::machine) fn goes_by_line(
        &mut self,
        handle: Handle,
        kind: Kind,
        queue: QueueName<'_>,
        hash: u64,
        sessions: &mut Sessions,
    ) -> bool {
        if kind == Kind::Call || self.lines.contains_key(&(handle, hash)) {
            return true;
        }
        sessions[handle].asks_about(hash, || self.class_of(queue.as_str()).is_some_and(Class::asks))
    }

    /// Puts an operation at the end of its line.
    pub(in crate::machine) fn line_up(
        &mut self,
        handle: Handle,
        hash: u64,
        (kind, op_id, body): (Kind, u32, &[u8]),
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        self.admit(handle, body.len())?;
        let operation = Operation {
            kind,
            op_id,
            body: body.into(),
            verdicts: Vec::new(),
            sub: None,
            begun: false,
            since_ms: desk.now.ms,
        };
        self.bytes += body.len();
        self.is_on = true;
        let line = self.lines.entry((handle, hash)).or_default();
        line.bytes += body.len();
        line.waiting.push_back(Waiting::Operation(operation));
        sessions.count_waiting(handle, hash);
        desk.upstream.sweep_by(desk.now.ms + SWEEP_MS);
        self.advance(handle, hash, sessions, desk, out);
        Ok(())
    }

    /// Puts a refusal at the end of a line, if there is one.
    pub(in crate::machine) fn refuse_in_line(
        &mut self,
        key: Key,
        op_id: u32,
        refusal: Refusal,
        sessions: &mut Sessions,
    ) -> bool {
        let Some(line) = self.line(key) else { return false };
        line.waiting.push_back(Waiting::Refused { op_id, refusal });
        sessions.count_waiting(key.0, key.1);
        true
    }

    /// Lets the next operation of a line go, if nothing before it is on its way.
    pub(in crate::machine) fn advance(
        &mut self,
        handle: Handle,
        hash: u64,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let key = (handle, hash);
        while self.is_at_rest(key, sessions) {
            let is_heard = sessions.is_heard(handle, desk);
            let Some(line) = self.lines.get_mut(&key) else { return };
            let is_mute = !is_heard && matches!(line.waiting.front(), Some(Waiting::Operation(_)));
            if let Some(over) = line.current.take() {
                self.release(key, over.body.len());
            } else if is_mute {
                self.is_mute = true;
                return;
            } else if let Some(next) = line.waiting.pop_front() {
                match next {
                    Waiting::Operation(operation) => {
                        self.go_on(key, operation, sessions, desk, out)
                    }
                    Waiting::Refused { op_id, refusal } => {
                        sessions.count_answer(handle, hash);
                        self.refuse_client(handle, op_id, refusal, sessions, desk, out);
                    }
                }
            } else {
                self.end_line(key);
                return sessions.tidy(handle);
            }
        }
    }

    /// Whether a line is there and nothing of it is on its way or asked about.
    fn is_at_rest(&mut self, key: Key, sessions: &mut Sessions) -> bool {
        let Some(line) = self.lines.get(&key) else { return false };
        let Some(session) = sessions.get_mut(key.0) else { return false };
        line.asked.is_none() && session.unanswered_of(key.1) <= line.waiting.len()
    }

    /// Sends an operation on its way, or refuses it.
    fn go_on(
        &mut self,
        key: Key,
        mut operation: Operation,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let (handle, op_id) = (key.0, operation.op_id);
        match self.put_on_list(key, &mut operation, sessions, desk, out) {
            Ok(()) => {
                sessions.count_answer(handle, key.1);
                if let Some(line) = self.line(key) {
                    line.current = Some(operation);
                }
            }
            Err(refusal) => {
                self.release(key, operation.body.len());
                self.refuse_client(handle, op_id, refusal, sessions, desk, out);
                if operation.begun {
                    self.abandon(key, &operation, sessions, desk, out);
                } else {
                    sessions.count_answer(handle, key.1);
                }
            }
        }
    }

    fn put_on_list(
        &mut self,
        (handle, hash): Key,
        operation: &mut Operation,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let bucket = desk.upstream.bucket_of(hash).ok_or(Refusal::NoTable)?;
        let &mut Operation { kind, op_id, begun, since_ms, .. } = operation;
        if since_ms.saturating_add(desk.settings.give_up_ms) < desk.now.ms {
            return Err(Refusal::GivenUp);
        }
        if !begun && matches!(kind, Kind::Subscribe | Kind::Unsubscribe) {
            let head = Head::of(&operation.body).unwrap_or(Head { op_id, queue: &[] });
            operation.sub =
                sessions.part_in(handle, kind, QueueName::try_from(head.queue)?, hash, desk)?;
        }
        let verdicts = g2q::Verdicts { verdicts: operation.verdicts.clone() }.encode_to_vec();
        let frame = OperationRef {
            session: handle,
            sub: Sub::number_or_none(operation.sub),
            kind,
            body: &operation.body,
            askable: true,
            verdicts: &verdicts,
        };
        sessions.send_on(bucket, (hash, op_id), frame, !begun, desk, out)?;
        operation.begun = true;
        Ok(())
    }

    /// An operation that was asked about goes once more, with the verdict.
    pub(super) fn verdict_on_operation(
        &mut self,
        key: Key,
        verdict: g2q::Verdict,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(line) = self.line(key) else { return };
        line.asked = None;
        if let Some(mut operation) = line.current.take() {
            operation.verdicts.push(verdict);
            line.waiting.push_front(Waiting::Operation(operation));
        }
        self.advance(key.0, key.1, sessions, desk, out);
    }

    /// Homes may have been heard again: what waited for that goes on.
    pub(in crate::machine) fn advance_mute(
        &mut self,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if !std::mem::take(&mut self.is_mute) {
            return;
        }
        let keys: Vec<Key> = self.lines.keys().copied().collect();
        for (handle, hash) in keys {
            self.advance(handle, hash, sessions, desk, out);
        }
    }

    /// Answers what has waited too long in lines. What is on its way is its bucket's matter.
    pub(in crate::machine) fn give_up_lines(
        &mut self,
        before_ms: u64,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let keys: Vec<Key> = self.lines.keys().copied().collect();
        for key in keys {
            while let Some((operation, was_asked)) = self.take_old(key, before_ms, sessions) {
                let is_called = was_asked && operation.kind == Kind::Call;
                let refusal = if is_called { Refusal::CallGivenUp } else { Refusal::GivenUp };
                self.refuse_client(key.0, operation.op_id, refusal, sessions, desk, out);
                self.abandon(key, &operation, sessions, desk, out);
            }
            self.advance(key.0, key.1, sessions, desk, out);
        }
    }

    /// Takes the oldest operation of a line, if it isn't on its way and has waited since before
    /// that moment; and whether the application was asked about it.
    fn take_old(
        &mut self,
        key: Key,
        before_ms: u64,
        sessions: &mut Sessions,
    ) -> Option<(Operation, bool)> {
        let is_at_rest = self.is_at_rest(key, sessions);
        let line = self.lines.get_mut(&key)?;
        let was_asked = line.asked.is_some();
        let operation = if let Some(number) = line.asked {
            let operation = line.current.take_if(|current| current.since_ms < before_ms)?;
            line.asked = None;
            self.asked.remove(&number);
            operation
        } else if let (true, Some(Waiting::Operation(oldest))) = (is_at_rest, line.waiting.front())
            && oldest.since_ms < before_ms
            && let Some(Waiting::Operation(operation)) = line.waiting.pop_front()
        {
            operation
        } else {
            return None;
        };
        self.release(key, operation.body.len());
        Some((operation, was_asked))
    }

    /// Nothing comes of an operation that is on no list.
    fn abandon(
        &mut self,
        key: Key,
        operation: &Operation,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let (handle, hash) = key;
        if operation.begun {
            self.settle(key, operation.kind, false, sessions, desk, out);
        } else if sessions.count_answer(handle, hash) {
            self.settled(handle, hash, sessions, desk, out);
        }
    }

    /// The session's client is gone: what waits for a verdict or its turn goes nowhere.
    pub(in crate::machine) fn drop_lines(
        &mut self,
        handle: Handle,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if !self.is_on {
            return;
        }
        for key in self.keys_of(handle) {
            let Some(line) = self.end_line(key) else { continue };
            if let (Some(number), Some(operation)) = (line.asked, line.current) {
                self.asked.remove(&number);
                self.abandon(key, &operation, sessions, desk, out);
            }
            for waiting in line.waiting {
                match waiting {
                    Waiting::Operation(operation) => {
                        self.abandon(key, &operation, sessions, desk, out)
                    }
                    Waiting::Refused { .. } => {
                        sessions.count_answer(handle, key.1);
                    }
                }
            }
        }
    }

    fn refuse_client(
        &mut self,
        handle: Handle,
        op_id: u32,
        refusal: Refusal,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if let Some(conn) = sessions.conn_of(handle) {
            desk.refuse_as(conn, op_id, refusal, out);
        }
    }

    /// What an answered operation does to the session's part in the queue, and what follows.
    pub(in crate::machine) fn settle(
        &mut self,
        (handle, hash): Key,
        kind: Kind,
        ok: bool,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if sessions.settle(handle, kind, hash, ok, desk, out) {
            self.settled(handle, hash, sessions, desk, out);
        }
    }

    /// An answer is counted: what waited for it goes on.
    pub(in crate::machine) fn settled(
        &mut self,
        handle: Handle,
        hash: u64,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if self.is_on {
            self.advance(handle, hash, sessions, desk, out);
        }
        sessions.settled(handle, hash, desk, out);
    }
}
