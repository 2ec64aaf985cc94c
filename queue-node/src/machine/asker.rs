//! Who asks for an operation, and how it is answered.

use link::machine::LinkId;
use prost::Message as _;
use proto::g2c::{self, ResultHead};
use proto::ids::Handle;
use proto::q2g::{self, AnswerRef};
use proto::wire;

use super::record::Outcome;
use super::state::people::SessionKey;
use super::state::recent::Remembered;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) link: LinkId,
    pub(crate) who: Who,
}

/// A client or the web application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// A session, by its number on the link.
    Session { key: SessionKey, handle: Handle, op_id: u32 },
    /// The back end, by the number of its request.
    BackEnd { number: u64 },
}

impl Asker {
    /// The session, if it is one.
    #[inline]
    pub(crate) fn session(&self) -> Option<SessionKey> {
        match self.who {
            Who::Session { key, .. } => Some(key),
            Who::BackEnd { .. } => None,
        }
    }

    /// The operation's id; the back end has none.
    pub(crate) fn op_id(&self) -> u32 {
        match self.who {
            Who::Session { op_id, .. } => op_id,
            Who::BackEnd { .. } => 0,
        }
    }

    /// The result of a write as it is remembered.
    #[inline]
    pub(crate) fn result(&self, outcome: &Outcome) -> Remembered {
        let op_id = self.op_id();
        match outcome {
            Outcome::Done { seq } => {
                Remembered { head: ResultHead { op_id, status: 0, seq: *seq }, whole: None }
            }
            Outcome::Called { payload } => {
                let payload = Some(payload.to_vec());
                let result = g2c::Result { op_id, payload, ..g2c::Result::default() };
                let head = ResultHead { op_id, status: 0, seq: 0 };
                Remembered { head, whole: Some(result.encode_to_vec().into()) }
            }
            Outcome::Refused(refusal) => {
                let result = g2c::Result {
                    may_retry: refusal.may_retry,
                    ..g2c::Result::refusal(op_id, refusal.status, &*refusal.sentence)
                };
                let head = ResultHead { op_id, status: result.status, seq: 0 };
                Remembered { head, whole: Some(result.encode_to_vec().into()) }
            }
        }
    }

    /// Appends the answer.
    #[inline]
    pub(crate) fn put(&self, out: &mut Vec<u8>, result: &Remembered) {
        match (self.who, &result.whole) {
            (Who::Session { handle, .. }, None) => AnswerRef::put_head(out, handle, result.head),
            (Who::Session { .. } | Who::BackEnd { .. }, Some(whole)) => self.put_bytes(out, whole),
            (Who::BackEnd { .. }, None) => {
                let mut head = Vec::with_capacity(result.head.len());
                result.head.put(&mut head);
                self.put_bytes(out, &head);
            }
        }
    }

    /// Appends an answer whose `g2c.Result` is there already.
    pub(crate) fn put_bytes(&self, out: &mut Vec<u8>, result: &[u8]) {
        match self.who {
            Who::Session { handle, .. } => AnswerRef { session: handle, result, ask: &[] }.put(out),
            Who::BackEnd { number } => {
                let result = result.to_vec();
                let reply = q2g::Reply { number, result, ..q2g::Reply::default() };
                put_reply(out, reply);
            }
        }
    }
}

/// Appends the frame of a reply.
pub(crate) fn put_reply(out: &mut Vec<u8>, reply: q2g::Reply) {
    wire::put_message(out, &q2g::Q2g { body: Some(q2g::q2g::Body::Reply(reply)) });
}
