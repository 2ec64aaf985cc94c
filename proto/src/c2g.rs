//! What a client says to a gateway, and the borrowed forms of what comes often.
//! The schema is `proto/schema/c2g.proto`.

pub use crate::schema::c2g::*;

use crate::wire::{self, Fields, WireError};

/// Which body a frame has: the number of its field in `C2g`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
#[allow(missing_docs, reason = "named as in the schema")]
pub enum Kind {
    Connect = field::c2g::CONNECT,
    Open = field::c2g::OPEN,
    Subscribe = field::c2g::SUBSCRIBE,
    Unsubscribe = field::c2g::UNSUBSCRIBE,
    SendMessage = field::c2g::SEND_MESSAGE,
    SendState = field::c2g::SEND_STATE,
    GetState = field::c2g::GET_STATE,
    GetHistory = field::c2g::GET_HISTORY,
    ListMembers = field::c2g::LIST_MEMBERS,
    Call = field::c2g::CALL,
    Refresh = field::c2g::REFRESH,
    Ping = field::c2g::PING,
    Pong = field::c2g::PONG,
    Bye = field::c2g::BYE,
}

/// Each where its number says, from 1.
const KINDS: [Kind; 14] = [
    Kind::Connect,
    Kind::Open,
    Kind::Subscribe,
    Kind::Unsubscribe,
    Kind::SendMessage,
    Kind::SendState,
    Kind::GetState,
    Kind::GetHistory,
    Kind::ListMembers,
    Kind::Call,
    Kind::Refresh,
    Kind::Ping,
    Kind::Pong,
    Kind::Bye,
];

const _: () = {
    let mut at = 0;
    while at < KINDS.len() {
        assert!(KINDS[at] as usize == at + 1);
        at += 1;
    }
};

impl Kind {
    /// The kind of this field number, or nothing.
    #[inline]
    pub fn from_number(number: u32) -> Option<Kind> {
        KINDS.get((number as usize).wrapping_sub(1)).copied()
    }

    /// Whether a queue answers it: the numbers are the same in `g2q.Operation`.
    #[inline]
    pub fn is_queue_operation(self) -> bool {
        (Kind::Subscribe..=Kind::ListMembers).contains(&self)
    }

    /// Whether it changes something, so that its result is remembered.
    pub fn is_write(self) -> bool {
        (Kind::Subscribe..=Kind::SendState).contains(&self)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Subscribe => "subscribe",
            Kind::Unsubscribe => "unsubscribe",
            Kind::SendMessage => "send_message",
            Kind::SendState => "send_state",
            Kind::GetState => "get_state",
            Kind::GetHistory => "get_history",
            Kind::ListMembers => "list_members",
            Kind::Call => "call",
            Kind::Connect => "connect",
            Kind::Open => "open",
            Kind::Refresh => "refresh",
            Kind::Ping => "ping",
            Kind::Pong => "pong",
            Kind::Bye => "bye",
        }
    }
}

/// The first two fields of every operation: enough to route it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// Of the session.
    pub op_id: u32,
    /// Not checked yet.
    pub queue: &'a [u8],
}

impl<'a> Head<'a> {
    /// Reads the head of an operation, and that its fields are well cut.
    ///
    /// # Errors
    /// If the bytes are not a message at all.
    #[inline]
    pub fn of(operation: &'a [u8]) -> Result<Head<'a>, WireError> {
        let mut head = Head { op_id: 0, queue: &[] };
        let mut fields = Fields::of(operation);
        while let Some((number, value)) = fields.field()? {
            match number {
                field::unsubscribe::OP_ID => head.op_id = value.uint32()?,
                field::unsubscribe::QUEUE => head.queue = value.bytes()?,
                _ => {}
            }
        }
        Ok(head)
    }
}

/// `SendMessage`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named as in the schema")]
pub struct SendMessageRef<'a> {
    pub op_id: u32,
    pub queue: &'a [u8],
    pub mount: &'a [u8],
    /// Nothing if the field isn't there.
    pub payload: Option<&'a [u8]>,
    pub exclude_self: bool,
}

impl<'a> SendMessageRef<'a> {
    /// Reads a `SendMessage`.
    ///
    /// # Errors
    /// If the bytes are not one.
    #[inline]
    pub fn of(message: &'a [u8]) -> Result<SendMessageRef<'a>, WireError> {
        let mut read = SendMessageRef::default();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                field::send_message::OP_ID => read.op_id = value.uint32()?,
                field::send_message::QUEUE => read.queue = value.bytes()?,
                field::send_message::MOUNT => read.mount = value.bytes()?,
                field::send_message::PAYLOAD => read.payload = Some(value.bytes()?),
                field::send_message::EXCLUDE_SELF => read.exclude_self = value.uint()? != 0,
                _ => {}
            }
        }
        Ok(read)
    }

    /// How long the `SendMessage` is.
    #[inline]
    pub fn encoded_len(&self) -> usize {
        use field::send_message as number;
        let payload = self.payload.map(|bytes| wire::nested_len(number::PAYLOAD, bytes.len()));
        wire::uint_len(number::OP_ID, u64::from(self.op_id))
            + wire::bytes_len(number::QUEUE, self.queue.len())
            + wire::bytes_len(number::MOUNT, self.mount.len())
            + payload.unwrap_or_default()
            + wire::uint_len(number::EXCLUDE_SELF, u64::from(self.exclude_self))
    }

    /// Appends the `SendMessage`.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        use field::send_message as number;
        wire::put_uint(out, number::OP_ID, u64::from(self.op_id));
        wire::put_bytes(out, number::QUEUE, self.queue);
        wire::put_bytes(out, number::MOUNT, self.mount);
        if let Some(payload) = self.payload {
            wire::put_nested(out, number::PAYLOAD, payload.len());
            out.extend_from_slice(payload);
        }
        wire::put_uint(out, number::EXCLUDE_SELF, u64::from(self.exclude_self));
    }
}
