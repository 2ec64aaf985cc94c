//! What a lane of a gateway says to a queue node. The schema is `proto/schema/g2q.proto`.

pub use crate::schema::g2q::*;

use self::field::g2q::OPERATION;
use crate::c2g;
use crate::ids::Handle;
use crate::wire::{self, Fields, WireError};

/// `Operation`, borrowed: the client's bytes within it are the ones that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationRef<'a> {
    /// The session's handle on this link.
    pub session: Handle,
    /// Of `subscribe`: the lane's number for the queue.
    pub sub: u32,
    /// Which operation.
    pub kind: c2g::Kind,
    /// Its message.
    pub body: &'a [u8],
    /// Nothing of the session behind it is on its way to this queue: it may be asked about.
    pub askable: bool,
    /// [`Verdicts`], encoded; mostly none.
    pub verdicts: &'a [u8],
}

impl<'a> OperationRef<'a> {
    /// Reads an `Operation`.
    ///
    /// # Errors
    /// If the bytes are not one.
    #[inline]
    pub fn of(message: &'a [u8]) -> Result<OperationRef<'a>, WireError> {
        let (mut session, mut sub, mut body) = (Handle::named(0), 0, None);
        let (mut askable, mut verdicts) = (false, &[][..]);
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                field::operation::SESSION => session = Handle::named(value.uint32()?),
                field::operation::SUB => sub = value.uint32()?,
                field::operation::ASKABLE => askable = value.uint()? != 0,
                field::operation::VERDICTS => verdicts = value.bytes()?,
                _ => {
                    if let Some(kind) = kind(number) {
                        body = Some((kind, value.bytes()?));
                    }
                }
            }
        }
        let (kind, body) = body.ok_or(WireError)?;
        Ok(OperationRef { session, sub, kind, body, askable, verdicts })
    }

    /// Appends the frame.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        let kind = self.kind as u32;
        let (session, sub) = (u64::from(self.session.number()), u64::from(self.sub));
        let length = wire::uint_len(field::operation::SESSION, session)
            + wire::uint_len(field::operation::SUB, sub)
            + wire::nested_len(kind, self.body.len())
            + wire::uint_len(field::operation::ASKABLE, u64::from(self.askable))
            + wire::bytes_len(field::operation::VERDICTS, self.verdicts.len());
        wire::put_frame(out, OPERATION, length);
        wire::put_uint(out, field::operation::SESSION, session);
        wire::put_uint(out, field::operation::SUB, sub);
        wire::put_nested(out, kind, self.body.len());
        out.extend_from_slice(self.body);
        wire::put_uint(out, field::operation::ASKABLE, u64::from(self.askable));
        wire::put_bytes(out, field::operation::VERDICTS, self.verdicts);
    }
}

/// The operation whose body has this field number; other numbers are fields of later versions.
#[inline]
fn kind(number: u32) -> Option<c2g::Kind> {
    let operations = c2g::Kind::Subscribe..=c2g::Kind::Call;
    c2g::Kind::from_number(number).filter(|kind| operations.contains(kind))
}

impl request::Body {
    /// Whether it changes something, so that sending it twice needs a key.
    pub fn is_write(&self) -> bool {
        use request::Body;
        match self {
            Body::SendMessage(_)
            | Body::SendState(_)
            | Body::CreateQueue(_)
            | Body::DeleteQueue(_)
            | Body::CreateMount(_)
            | Body::DeleteMount(_)
            | Body::JoinUser(_)
            | Body::RemoveUser(_)
            | Body::DisconnectUser(_) => true,
            Body::GetState(_)
            | Body::GetHistory(_)
            | Body::ListMembers(_)
            | Body::GetQueue(_)
            | Body::ListQueues(_)
            | Body::GetUser(_) => false,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        use request::Body;
        match self {
            Body::SendMessage(_) => "send_message",
            Body::SendState(_) => "send_state",
            Body::GetState(_) => "get_state",
            Body::GetHistory(_) => "get_history",
            Body::ListMembers(_) => "list_members",
            Body::CreateQueue(_) => "create_queue",
            Body::DeleteQueue(_) => "delete_queue",
            Body::GetQueue(_) => "get_queue",
            Body::ListQueues(_) => "list_queues",
            Body::GetUser(_) => "get_user",
            Body::DisconnectUser(_) => "disconnect_user",
            Body::RemoveUser(_) => "remove_user",
            Body::CreateMount(_) => "create_mount",
            Body::DeleteMount(_) => "delete_mount",
            Body::JoinUser(_) => "join_user",
        }
    }
}
