//! One operation, from the command to its answer.

use std::sync::Arc;

use prost::Message as _;
use proto::c2g::{self, Kind};
use proto::codes::Status;
use proto::{g2c, wire};

use super::Outbox;
use crate::event::unless_empty;
use crate::{Answer, Entry, Failure, Message, Page, Ticket, limits};

/// What is asked of a queue.
pub(super) enum Request {
    Subscribe(c2g::Subscribe),
    Unsubscribe(c2g::Unsubscribe),
    SendMessage(c2g::SendMessage),
    SendState(c2g::SendState),
    GetState(c2g::GetState),
    GetHistory(c2g::GetHistory),
    ListMembers(c2g::ListMembers),
}

/// An operation that waits or is unanswered.
pub(super) struct Operation {
    /// None: the client's own, to subscribe again after it came back.
    pub(super) ticket: Option<Ticket>,
    pub(super) queue: Arc<str>,
    pub(super) request: Request,
    bytes: usize,
    deadline_ms: u64,
}

impl Operation {
    pub(super) fn new(
        deadline_ms: u64,
        ticket: Option<Ticket>,
        queue: Arc<str>,
        request: Request,
    ) -> Operation {
        let bytes = request.frame_len();
        Operation { ticket, queue, request, bytes, deadline_ms }
    }

    /// Being subscribed or not is a wish: it never expires.
    pub(super) fn expires_ms(&self) -> Option<u64> {
        match self.request {
            Request::Subscribe(_) | Request::Unsubscribe(_) => None,
            Request::SendMessage(_)
            | Request::SendState(_)
            | Request::GetState(_)
            | Request::GetHistory(_)
            | Request::ListMembers(_) => Some(self.deadline_ms),
        }
    }

    /// It leaves now, under this id.
    pub(super) fn sent(&mut self, deadline_ms: u64, op_id: u32) {
        *self.request.op_id_mut() = op_id;
        self.deadline_ms = deadline_ms;
    }

    /// With the planted bug `resent_anew`: it is another one for the queue.
    pub(super) fn renumber(&mut self, op_id: u32) {
        *self.request.op_id_mut() = op_id;
    }

    pub(super) fn op_id(&mut self) -> u32 {
        *self.request.op_id_mut()
    }

    pub(super) fn frame_len(&self) -> usize {
        self.request.frame_len()
    }

    /// Appends the frame.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        match &self.request {
            Request::Subscribe(message) => put(out, Kind::Subscribe, message),
            Request::Unsubscribe(message) => put(out, Kind::Unsubscribe, message),
            Request::SendMessage(message) => put(out, Kind::SendMessage, message),
            Request::SendState(message) => put(out, Kind::SendState, message),
            Request::GetState(message) => put(out, Kind::GetState, message),
            Request::GetHistory(message) => put(out, Kind::GetHistory, message),
            Request::ListMembers(message) => put(out, Kind::ListMembers, message),
        }
    }

    /// What a result says to this operation.
    pub(super) fn answer(&self, result: g2c::Result) -> Result<Answer, Failure> {
        let Some(Status::Ok) = Status::from_number(result.status) else {
            return Err(refusal(result));
        };
        let next = unless_empty(result.next);
        Ok(match &self.request {
            Request::Subscribe(_) => Answer::Subscribed,
            Request::Unsubscribe(_) => Answer::Done,
            Request::SendMessage(_) | Request::SendState(_) => Answer::Sent { seq: result.seq },
            Request::GetState(_) => {
                let items = result.entries.into_iter().map(Entry::from).collect();
                Answer::State(Page { items, next })
            }
            Request::GetHistory(_) => {
                let items = result.messages.into_iter().map(Message::from).collect();
                Answer::History(Page { items, next })
            }
            Request::ListMembers(_) => Answer::Members {
                page: Page { items: result.members, next },
                count: result.member_count,
            },
        })
    }
}

fn put(out: &mut Vec<u8>, kind: Kind, message: &impl prost::Message) {
    wire::put_frame(out, kind as u32, message.encoded_len());
    message.encode_raw(out);
}

fn refusal(result: g2c::Result) -> Failure {
    // A status of a later version says at least that it went wrong, and how in its sentence.
    let status = Status::from_number(result.status).unwrap_or(Status::Invalid);
    if status == Status::OutcomeUnknown {
        return Failure::OutcomeUnknown;
    }
    let sentence = result.error_message.unwrap_or_else(|| status.row().meaning.to_owned());
    Failure::Refused { status, sentence, may_retry: result.may_retry }
}

impl Request {
    fn frame_len(&self) -> usize {
        let length = match self {
            Request::Subscribe(message) => message.encoded_len(),
            Request::Unsubscribe(message) => message.encoded_len(),
            Request::SendMessage(message) => message.encoded_len(),
            Request::SendState(message) => message.encoded_len(),
            Request::GetState(message) => message.encoded_len(),
            Request::GetHistory(message) => message.encoded_len(),
            Request::ListMembers(message) => message.encoded_len(),
        };
        // Head of the envelope's field and a full-grown op id.
        length + 16
    }

    fn op_id_mut(&mut self) -> &mut u32 {
        match self {
            Request::Subscribe(message) => &mut message.op_id,
            Request::Unsubscribe(message) => &mut message.op_id,
            Request::SendMessage(message) => &mut message.op_id,
            Request::SendState(message) => &mut message.op_id,
            Request::GetState(message) => &mut message.op_id,
            Request::GetHistory(message) => &mut message.op_id,
            Request::ListMembers(message) => &mut message.op_id,
        }
    }
}

/// What the application's operations take up, and the way each of them ends.
#[derive(Default)]
pub(super) struct Held {
    pub(super) operations: usize,
    bytes: usize,
}

impl Held {
    /// Takes an operation of the application in, if there is space.
    pub(super) fn admit(&mut self, operation: &Operation) -> Result<(), Failure> {
        let (operations, bytes) = (self.operations + 1, self.bytes + operation.bytes);
        if operations > limits::OPERATIONS_MAX || bytes > limits::OPERATION_BYTES_MAX {
            return Err(Failure::Full);
        }
        *self = Held { operations, bytes };
        Ok(())
    }

    /// The operation is over; the application hears of its own.
    pub(super) fn settle(
        &mut self,
        operation: Operation,
        result: Result<Answer, Failure>,
        out: &mut Outbox,
    ) {
        if let Some(ticket) = operation.ticket {
            self.operations -= 1;
            self.bytes -= operation.bytes;
            out.answer(ticket, result);
        }
    }
}
