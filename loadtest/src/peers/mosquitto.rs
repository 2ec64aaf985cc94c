//! Mosquitto: MQTT 3.1.1 at quality of service 0.

use super::wire::{put_varint, varint};
use super::{Codec, Event, Member, Violation};

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
const PINGRESP: u8 = 0xd0;

/// One connection to an MQTT broker.
#[derive(Debug)]
pub(crate) struct Mosquitto {
    client: String,
    /// The room's name as MQTT text: two bytes of length, then the bytes.
    topic: Vec<u8>,
}

impl Mosquitto {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        Self { client: member.user, topic: text(&member.room) }
    }
}

impl Codec for Mosquitto {
    fn hello(&mut self, out: &mut Vec<u8>) {
        // Level 4 (3.1.1), clean session, no keep-alive.
        let mut connect = b"\x00\x04MQTT\x04\x02\x00\x00".to_vec();
        connect.extend_from_slice(&text(&self.client));
        put_packet(CONNECT, &[&connect], out);
        put_packet(SUBSCRIBE, &[&[0, 1], &self.topic, &[0]], out);
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        put_packet(PUBLISH, &[&self.topic, payload], out);
    }

    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        _out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some((&kind, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let Some((length, taken)) = varint(rest)? else {
            return Ok(None);
        };
        let Some(packet) = usize::try_from(length).ok().and_then(|l| rest[taken..].get(..l)) else {
            return Ok(None);
        };
        let used = 1 + taken + packet.len();
        let event = match kind {
            PUBLISH => match packet.strip_prefix(self.topic.as_slice()) {
                Some(payload) => Event::Delivery(payload),
                None => return Err(Violation::at("a message of another topic", packet)),
            },
            CONNACK if packet == [0, 0] => Event::Other,
            SUBACK if packet == [0, 1, 0] => Event::Ready,
            PINGRESP => Event::Other,
            _ => return Err(Violation::at("mosquitto said", &bytes[..used])),
        };
        Ok(Some((event, used)))
    }
}

/// MQTT's text: a length of two bytes, then the bytes. Names here are short.
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("names of a load are shorter than 64 KiB");
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn put_packet(kind: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    out.push(kind);
    put_varint(parts.iter().map(|part| part.len() as u64).sum(), out);
    for part in parts {
        out.extend_from_slice(part);
    }
}
