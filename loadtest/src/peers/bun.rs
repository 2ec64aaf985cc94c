//! Bun's `server.publish`: `loadtest/bun/server.js`, whose messages are the payloads and no more.

use super::json::{Unread, string_end};
use super::websocket::{Carried, Messages};
use super::{Codec, Event, Member, Violation};

/// What the server says once the subscription stands.
const READY: &[u8] = b"\"ready\"";

/// One connection to it.
#[derive(Debug)]
pub(crate) struct Bun {
    room: String,
}

impl Bun {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        Self { room: member.room }
    }
}

impl Carried for Bun {
    const MESSAGES: Messages = Messages::Text;
    const SUBPROTOCOL: Option<&'static str> = None;

    /// The server subscribes whoever asks for a room's path to the room.
    fn path(&self) -> String {
        format!("/{}", self.room)
    }
}

impl Codec for Bun {
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(payload);
    }

    /// A payload is a JSON string, which says itself where it ends.
    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        _out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some(end) = Unread::or_none(string_end(bytes, 0))? else {
            return Ok(None);
        };
        let said = &bytes[..end];
        let event = if said == READY { Event::Ready } else { Event::Delivery(said) };
        Ok(Some((event, end)))
    }
}
