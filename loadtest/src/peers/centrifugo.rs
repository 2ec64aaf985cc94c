//! Centrifugo: its client protocol in JSON, one object a line.

use super::json::{Fields, Unread, expect};
use super::websocket::{Carried, Messages};
use super::{Codec, Event, Member, Violation};

/// How every delivery begins.
const PUSH: &[u8] = b"{\"push\":";

/// The command that subscribes.
const SUBSCRIBE: u32 = 2;

/// One connection to Centrifugo.
#[derive(Debug)]
pub(crate) struct Centrifugo {
    room: String,
    /// A publish from behind its command's id up to the payload.
    route: Vec<u8>,
    /// The newest command.
    command: u32,
}

impl Centrifugo {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        let room = member.room;
        let route = format!(",\"publish\":{{\"channel\":\"{room}\",\"data\":");
        Self { room, route: route.into_bytes(), command: SUBSCRIBE }
    }
}

impl Carried for Centrifugo {
    const MESSAGES: Messages = Messages::Text;
    const SUBPROTOCOL: Option<&'static str> = None;

    fn path(&self) -> String {
        "/connection/websocket".to_owned()
    }
}

impl Codec for Centrifugo {
    fn hello(&mut self, out: &mut Vec<u8>) {
        let hello = format!(
            "{{\"id\":1,\"connect\":{{\"name\":\"loadtest\"}}}}\n\
             {{\"id\":{SUBSCRIBE},\"subscribe\":{{\"channel\":\"{}\"}}}}",
            self.room
        );
        out.extend_from_slice(hello.as_bytes());
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.command += 1;
        out.extend_from_slice(b"{\"id\":");
        out.extend_from_slice(self.command.to_string().as_bytes());
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
        if let [b'\n', ..] = bytes {
            return Ok(Some((Event::Other, 1)));
        }
        Unread::or_none(match bytes.strip_prefix(PUSH) {
            Some(push) => delivery(push),
            None => other(bytes, out),
        })
    }
}

/// A push, from behind its name: of a publication or of something else.
#[inline]
fn delivery(push: &[u8]) -> Result<(Event<'_>, usize), Unread> {
    let mut fields = Fields::of(push)?;
    let mut event = Event::Other;
    while let Some((name, value)) = fields.next()? {
        match name {
            b"pub" => {
                let mut fields = Fields::of(value)?;
                while let Some((name, value)) = fields.next()? {
                    if name == b"data" {
                        event = Event::Delivery(value);
                    }
                }
            }
            b"unsubscribe" => event = Event::Ended,
            b"disconnect" => {
                return Err(Unread::Wrong(Violation::at("centrifugo disconnects", value)));
            }
            _ => {}
        }
    }
    expect(push, fields.at, b'}')?;
    Ok((event, PUSH.len() + fields.at + 1))
}

/// The reply to a command, or a ping.
fn other<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Result<(Event<'a>, usize), Unread> {
    let mut reply = Fields::of(bytes)?;
    let mut event = None;
    while let Some((name, value)) = reply.next()? {
        match name {
            b"connect" => event = Some(Event::Welcomed),
            b"subscribe" => event = Some(Event::Ready),
            b"publish" => event = Some(Event::Acknowledged),
            b"error" => return Err(Unread::Wrong(Violation::at("centrifugo refused", value))),
            b"id" => event = event.or(Some(Event::Other)),
            _ => {}
        }
    }
    // An empty object is a ping, and its pong is the same.
    let event = event.unwrap_or_else(|| {
        out.extend_from_slice(b"{}");
        Event::Other
    });
    Ok((event, reply.at))
}
