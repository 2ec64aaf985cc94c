//! imq over TCP: a varint length before each frame, `imq.c2g` up and `imq.g2c` down.
//!
//! Just what a load needs, by hand: the schemas are `proto/schema/c2g.proto` and `g2c.proto`.

pub(crate) mod counting;
pub(crate) mod events;
pub(crate) mod json;
pub(crate) mod returning;
pub(crate) mod witness;

use super::protobuf::{Fields, Value};
use super::websocket::{Carried, Messages};
use super::wire::{put_field, put_varint, varint, varint_length};
use super::{Codec, Event, Member, Violation};

/// Protobuf tags of length-delimited and varint fields.
const fn bytes_tag(field: u8) -> u8 {
    field << 3 | 2
}
const fn number_tag(field: u8) -> u8 {
    field << 3
}

const CONNECT: u8 = bytes_tag(1);
const SUBSCRIBE: u8 = bytes_tag(3);
const UNSUBSCRIBE: u8 = bytes_tag(4);
const SEND_MESSAGE: u8 = bytes_tag(5);
const SAY_PING: u8 = bytes_tag(12);
const PONG: u8 = bytes_tag(13);
const BYE: u8 = bytes_tag(14);

/// The mount that loads send to; the built-in class `/room/*` has it.
const MOUNT: &[u8] = b"chat";

/// Queues that a client is subscribed to without having asked.
const USER_QUEUES: &[u8] = b"/user/";

/// Where WebSockets are.
const WEBSOCKET_PATH: &str = "/imq/v1/ws";

/// One connection to an imq gateway.
#[derive(Debug)]
pub(crate) struct Imq {
    user: String,
    /// What proves the user; nothing, by development authentication.
    token: Option<String>,
    /// The queue that hello subscribes to; empty: none.
    room: String,
    /// Fields 2 (queue) and 3 (mount) of a publish.
    route: Vec<u8>,
    /// The newest operation; ids rise within the session.
    operation: u32,
}

impl Imq {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        let mut route = Vec::new();
        put_field(bytes_tag(2), member.room.as_bytes(), &mut route);
        put_field(bytes_tag(3), MOUNT, &mut route);
        Self { user: member.user, token: None, room: member.room, route, operation: 0 }
    }

    /// A connection of this member with a token, if there is one.
    pub(crate) fn with_token(member: Member, token: Option<String>) -> Self {
        Self { token, ..Self::new(member) }
    }

    /// Connects as somebody else from the next time on.
    pub(crate) fn rename(&mut self, user: String) {
        self.user = user;
    }

    /// The newest operation's id.
    pub(crate) fn newest(&self) -> u32 {
        self.operation
    }

    /// Appends `connect`; `resume` is its field of that name, if there is one.
    fn connect(&self, resume: Option<&[u8]>, out: &mut Vec<u8>) {
        let mut connect = vec![number_tag(1), 1];
        match &self.token {
            Some(token) => put_field(bytes_tag(2), token.as_bytes(), &mut connect),
            None => put_field(bytes_tag(3), self.user.as_bytes(), &mut connect),
        }
        put_field(bytes_tag(4), b"loadtest", &mut connect);
        if let Some(resume) = resume {
            put_field(bytes_tag(6), resume, &mut connect);
        }
        put_frame(CONNECT, &connect, out);
    }

    /// Appends `ping`.
    pub(crate) fn ping(&mut self, nonce: u64, out: &mut Vec<u8>) {
        let mut ping = vec![number_tag(1)];
        put_varint(nonce, &mut ping);
        put_frame(SAY_PING, &ping, out);
    }

    /// Appends `bye`.
    pub(crate) fn bye(out: &mut Vec<u8>) {
        put_frame(BYE, &[], out);
    }

    /// Appends `subscribe` to a queue.
    pub(crate) fn subscribe(&mut self, queue: &str, out: &mut Vec<u8>) {
        self.put_operation(SUBSCRIBE, queue, &[], out);
    }

    /// Appends `unsubscribe` from a queue.
    pub(crate) fn unsubscribe(&mut self, queue: &str, out: &mut Vec<u8>) {
        self.put_operation(UNSUBSCRIBE, queue, &[], out);
    }

    /// Appends a message to any queue.
    pub(crate) fn send(&mut self, queue: &str, payload: &[u8], out: &mut Vec<u8>) {
        let mut more = Vec::new();
        put_field(bytes_tag(3), MOUNT, &mut more);
        put_field(bytes_tag(4), payload, &mut more);
        self.put_operation(SEND_MESSAGE, queue, &more, out);
    }

    /// Appends an operation with its id and queue, and `more` fields behind.
    fn put_operation(&mut self, tag: u8, queue: &str, more: &[u8], out: &mut Vec<u8>) {
        self.operation += 1;
        let mut operation = vec![number_tag(1)];
        put_varint(u64::from(self.operation), &mut operation);
        put_field(bytes_tag(2), queue.as_bytes(), &mut operation);
        operation.extend_from_slice(more);
        put_frame(tag, &operation, out);
    }
}

/// Over WebSocket the frames of TCP are inside binary messages.
impl Carried for Imq {
    const MESSAGES: Messages = Messages::Binary;
    const SUBPROTOCOL: Option<&'static str> = Some("imq.proto.v1");

    fn path(&self) -> String {
        WEBSOCKET_PATH.to_owned()
    }
}

impl Codec for Imq {
    fn hello(&mut self, out: &mut Vec<u8>) {
        self.connect(None, out);
        if !self.room.is_empty() {
            let room = std::mem::take(&mut self.room);
            self.subscribe(&room, out);
            self.room = room;
        }
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.operation += 1;
        let operation = u64::from(self.operation);
        let inner = 1
            + varint_length(operation)
            + self.route.len()
            + 1
            + varint_length(payload.len() as u64)
            + payload.len();
        put_varint((1 + varint_length(inner as u64) + inner) as u64, out);
        out.push(SEND_MESSAGE);
        put_varint(inner as u64, out);
        out.push(number_tag(1));
        put_varint(operation, out);
        out.extend_from_slice(&self.route);
        put_field(bytes_tag(4), payload, out);
    }

    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        match frame(bytes)? {
            Some((frame, taken)) => Ok(Some((event(frame, out)?, taken))),
            None => Ok(None),
        }
    }
}

/// Reads one frame's content and says how many bytes it took; `None` when it isn't whole.
#[inline]
fn frame(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, Violation> {
    let Some((length, taken)) = varint(bytes)? else {
        return Ok(None);
    };
    let frame = usize::try_from(length).ok().and_then(|length| bytes[taken..].get(..length));
    Ok(frame.map(|frame| (frame, taken + frame.len())))
}

/// The one body of an `imq.g2c.G2c`: its tag and its content.
#[inline]
fn body(frame: &[u8]) -> Result<(u64, &[u8]), Violation> {
    let mut fields = Fields { bytes: frame };
    let Some(field) = fields.next()? else {
        return Err(Violation::at("an empty frame", frame));
    };
    if !fields.bytes.is_empty() {
        return Err(Violation::at("more than one body in a frame", frame));
    }
    match field.value {
        Value::Bytes(body) => Ok((field.tag, body)),
        Value::Number(_) => Err(Violation::at("not a frame of a gateway", frame)),
    }
}

/// Reads one `imq.g2c.G2c`.
#[inline]
fn event<'a>(frame: &'a [u8], out: &mut Vec<u8>) -> Result<Event<'a>, Violation> {
    match body(frame)? {
        (MESSAGE, message) => delivery(message),
        (RESULT, result) => acknowledgement(result),
        (SUBSCRIBED, subscribed) => standing(subscribed),
        (UNSUBSCRIBED, _) => Ok(Event::Ended),
        (WELCOME, _) => Ok(Event::Welcomed),
        (CLOSING, closing) => Err(Violation::at("the gateway closes", closing)),
        (PING, ping) => {
            // Both have the nonce as their one field.
            put_frame(PONG, ping, out);
            Ok(Event::Other)
        }
        _ => Ok(Event::Other),
    }
}

const WELCOME: u64 = bytes_tag(1) as u64;
const RESULT: u64 = bytes_tag(2) as u64;
const SUBSCRIBED: u64 = bytes_tag(3) as u64;
const UNSUBSCRIBED: u64 = bytes_tag(4) as u64;
const MESSAGE: u64 = bytes_tag(5) as u64;
const GAP: u64 = bytes_tag(11) as u64;
const CLOSING: u64 = bytes_tag(12) as u64;
const PING: u64 = bytes_tag(13) as u64;

/// A `subscribed`: its queue, which is field 2, is one that was asked for or the user's own.
#[inline]
fn standing(subscribed: &[u8]) -> Result<Event<'_>, Violation> {
    let mut fields = Fields { bytes: subscribed };
    while let Some(field) = fields.next()? {
        if field.tag == u64::from(bytes_tag(2))
            && let Value::Bytes(queue) = field.value
        {
            return Ok(if queue.starts_with(USER_QUEUES) { Event::Other } else { Event::Ready });
        }
    }
    Err(Violation::at("subscribed without a queue", subscribed))
}

/// The payload of a `message`, which is field 5.
#[inline]
fn delivery(message: &[u8]) -> Result<Event<'_>, Violation> {
    let mut fields = Fields { bytes: message };
    let mut payload: &[u8] = &[];
    while let Some(field) = fields.next()? {
        if field.tag == u64::from(bytes_tag(5))
            && let Value::Bytes(bytes) = field.value
        {
            payload = bytes;
        }
    }
    Ok(Event::Delivery(payload))
}

/// A `result`: field 2 is the status, field 3 the sentence.
#[inline]
fn acknowledgement(result: &[u8]) -> Result<Event<'_>, Violation> {
    let mut fields = Fields { bytes: result };
    while let Some(field) = fields.next()? {
        match (field.tag, field.value) {
            (STATUS, Value::Number(status)) if status != 0 => {
                return Err(Violation::at("imq refused", result));
            }
            (_, Value::Number(_) | Value::Bytes(_)) => {}
        }
    }
    Ok(Event::Acknowledged)
}

const STATUS: u64 = number_tag(2) as u64;

/// Appends a frame: length, tag of the body, the body's length, the body.
fn put_frame(tag: u8, body: &[u8], out: &mut Vec<u8>) {
    put_varint((1 + varint_length(body.len() as u64) + body.len()) as u64, out);
    put_field(tag, body, out);
}
