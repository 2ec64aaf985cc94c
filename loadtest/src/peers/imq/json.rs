//! imq in JSON (`imq.json.v1`): docs/protocol.md, section 7.

use super::USER_QUEUES;
use crate::peers::json::{Fields, Unread, expect};
use crate::peers::websocket::{Carried, Messages};
use crate::peers::{Codec, Event, Member, Violation};

/// How every delivery begins.
const MESSAGE: &[u8] = b"{\"message\":";

/// One connection to an imq gateway.
#[derive(Debug)]
pub(crate) struct ImqJson {
    member: Member,
    /// A publish from behind its operation's id up to the payload.
    route: Vec<u8>,
    /// The newest operation; ids rise within the session.
    operation: u32,
}

impl ImqJson {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        let route = format!(",\"queue\":\"{}\",\"mount\":\"chat\",\"payload\":", member.room);
        Self { route: route.into_bytes(), member, operation: 0 }
    }
}

impl Carried for ImqJson {
    const MESSAGES: Messages = Messages::Text;
    const SUBPROTOCOL: Option<&'static str> = Some("imq.json.v1");

    fn path(&self) -> String {
        super::WEBSOCKET_PATH.to_owned()
    }
}

impl Codec for ImqJson {
    fn hello(&mut self, out: &mut Vec<u8>) {
        self.operation += 1;
        let (Member { user, room }, operation) = (&self.member, self.operation);
        let hello = format!(
            "[{{\"connect\":{{\"protocol\":1,\"user\":\"{user}\",\"client_name\":\"loadtest\"}}}},\
             {{\"subscribe\":{{\"op_id\":{operation},\"queue\":\"{room}\"}}}}]"
        );
        out.extend_from_slice(hello.as_bytes());
    }

    /// The payload is a JSON value.
    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.operation += 1;
        out.extend_from_slice(b"{\"send_message\":{\"op_id\":");
        out.extend_from_slice(self.operation.to_string().as_bytes());
        out.extend_from_slice(&self.route);
        out.extend_from_slice(payload);
        out.extend_from_slice(b"}}");
    }

    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        // What holds several envelopes together.
        if let [b'[' | b',' | b']', ..] = bytes {
            return Ok(Some((Event::Other, 1)));
        }
        Unread::or_none(match bytes.strip_prefix(MESSAGE) {
            Some(message) => delivery(message),
            None => other(bytes, out),
        })
    }
}

/// A `message`, from behind its name.
#[inline]
fn delivery(message: &[u8]) -> Result<(Event<'_>, usize), Unread> {
    let mut fields = Fields::of(message)?;
    let mut payload: &[u8] = &[];
    while let Some((name, value)) = fields.next()? {
        if name == b"payload" {
            payload = value;
        }
    }
    expect(message, fields.at, b'}')?;
    Ok((Event::Delivery(payload), MESSAGE.len() + fields.at + 1))
}

/// Any other envelope.
fn other<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Result<(Event<'a>, usize), Unread> {
    let mut envelope = Fields::of(bytes)?;
    let Some((name, body)) = envelope.next()? else {
        return Err(Unread::Wrong(Violation::at("an empty envelope", bytes)));
    };
    expect(bytes, envelope.at, b'}')?;
    let event = match name {
        b"welcome" => Event::Welcomed,
        b"subscribed" => {
            let queue = field(body, b"queue")?.unwrap_or_default();
            let is_own = queue.get(1..).is_some_and(|queue| queue.starts_with(USER_QUEUES));
            if is_own { Event::Other } else { Event::Ready }
        }
        b"unsubscribed" => Event::Ended,
        b"result" if field(body, b"status")? == Some(b"0") => Event::Acknowledged,
        b"result" => return Err(Unread::Wrong(Violation::at("imq refused", body))),
        b"closing" => return Err(Unread::Wrong(Violation::at("the gateway closes", body))),
        b"ping" => {
            // Both have the nonce as their one field.
            out.extend_from_slice(b"{\"pong\":");
            out.extend_from_slice(body);
            out.push(b'}');
            Event::Other
        }
        _ => Event::Other,
    };
    Ok((event, envelope.at + 1))
}

/// The value of one field of an object.
pub(super) fn field<'a>(object: &'a [u8], wanted: &[u8]) -> Result<Option<&'a [u8]>, Unread> {
    let mut fields = Fields::of(object)?;
    while let Some((name, value)) = fields.next()? {
        if name == wanted {
            return Ok(Some(value));
        }
    }
    Ok(None)
}
