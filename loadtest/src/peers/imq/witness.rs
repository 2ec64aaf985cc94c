//! A client of imq of which is kept what became of each operation and what each frame said.
//!
//! It comes back as `Returning` does. A refusal ends nothing.

#[cfg(test)]
mod tests;

use anyhow::Result;

use super::super::protobuf::{Fields, Value};
use super::super::wire::put_varint;
use super::super::{Codec, Event, Member, Violation};
use super::returning::Returning;
use super::returning::subscription::Subscription;
use super::{
    GAP, MESSAGE, RESULT, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED, USER_QUEUES, body, frame, number_tag,
};
use crate::credentials::Credentials;

/// A client and what it was told last.
#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) returning: Returning,
    /// Its room, and how many old messages it asks for; none: as `Returning` asks.
    history: Option<(String, u32)>,
    /// What the frame said that was heard last.
    pub(crate) told: Told,
}

/// What a frame said, of the client's room: what is said of its own queue is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Told {
    #[default]
    Nothing,
    /// The result of an operation.
    Result { operation: u32, status: u32 },
    /// A message, which was there before the subscription if it is of the history.
    Message { seq: u64, history: bool },
    /// The subscription stands, in this incarnation of the room.
    Subscribed { epoch: u64 },
    /// The subscription ended, for this reason.
    Unsubscribed { reason: String },
    /// Messages were left out.
    Gap,
}

impl Witness {
    /// A client that wasn't there before.
    pub(crate) fn new(member: Member) -> Self {
        Self { returning: Returning::new(member, None), history: None, told: Told::Nothing }
    }

    /// The same, and it asks for so many old messages with its room.
    pub(crate) fn with_history(member: Member, messages: u32) -> Self {
        let history = Some((member.room.clone(), messages));
        let nobody = Member { room: String::new(), ..member };
        Self { history, ..Self::new(nobody) }
    }

    /// Proves itself by these from the next time on: it is client `number` of the run.
    pub(crate) fn prove(&mut self, credentials: &Credentials, number: usize) -> Result<()> {
        let imq = &mut self.returning.imq;
        imq.token = credentials.token(&imq.user, number)?;
        Ok(())
    }

    /// Sends a message to its own room, or to another queue; the operation's id.
    pub(crate) fn send(&mut self, to: Option<&str>, payload: &[u8], out: &mut Vec<u8>) -> u32 {
        let imq = &mut self.returning.imq;
        match to {
            Some(queue) => imq.send(queue, payload, out),
            None => imq.publish(payload, out),
        }
        imq.newest()
    }

    /// Asks once more for what doesn't stand.
    pub(crate) fn subscribe_missing(&mut self, out: &mut Vec<u8>) {
        self.returning.subscribe_missing(out);
    }

    fn told(&self, tag: u64, content: &[u8]) -> Result<Told, Violation> {
        let told = match tag {
            RESULT => {
                let [operation, status] = numbers(content, [1, 2])?;
                Told::Result { operation: operation as u32, status: status as u32 }
            }
            MESSAGE => {
                let [number, seq, history] = numbers(content, [1, 3, 7])?;
                if self.returning.is_own(number) {
                    return Ok(Told::Nothing);
                }
                Told::Message { seq, history: history != 0 }
            }
            SUBSCRIBED => {
                let (subscription, _) = Subscription::read(content)?;
                if subscription.own() {
                    return Ok(Told::Nothing);
                }
                Told::Subscribed { epoch: subscription.epoch }
            }
            UNSUBSCRIBED => {
                let [queue, reason] = texts(content, [2, 3])?;
                if queue.starts_with(USER_QUEUES) {
                    return Ok(Told::Nothing);
                }
                Told::Unsubscribed { reason: String::from_utf8_lossy(reason).into_owned() }
            }
            GAP if !self.returning.is_own(numbers(content, [1])?[0]) => Told::Gap,
            _ => Told::Nothing,
        };
        Ok(told)
    }
}

impl Codec for Witness {
    fn hello(&mut self, out: &mut Vec<u8>) {
        self.returning.hello(out);
        if let Some((room, messages)) = &self.history {
            let mut more = vec![number_tag(4)];
            put_varint(u64::from(*messages), &mut more);
            self.returning.imq.put_operation(SUBSCRIBE, room, &more, out);
        }
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.send(None, payload, out);
    }

    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some((frame, taken)) = frame(bytes)? else {
            return Ok(None);
        };
        let (tag, content) = body(frame)?;
        self.told = self.told(tag, content)?;
        let event = match tag {
            // A refusal is no violation here.
            RESULT => Event::Other,
            _ => self.returning.event(frame, out)?,
        };
        Ok(Some((event, taken)))
    }
}

/// These fields of a message that are numbers; 0 if they are absent.
fn numbers<const N: usize>(message: &[u8], wanted: [u64; N]) -> Result<[u64; N], Violation> {
    let mut numbers = [0; N];
    let mut fields = Fields { bytes: message };
    while let Some(field) = fields.next()? {
        let place = wanted.iter().position(|id| *id == field.tag >> 3);
        if let (Some(place), Value::Number(number)) = (place, field.value) {
            numbers[place] = number;
        }
    }
    Ok(numbers)
}

/// These fields of a message that are texts; empty if they are absent.
fn texts<const N: usize>(message: &[u8], wanted: [u64; N]) -> Result<[&[u8]; N], Violation> {
    let mut texts: [&[u8]; N] = [&[]; N];
    let mut fields = Fields { bytes: message };
    while let Some(field) = fields.next()? {
        let place = wanted.iter().position(|id| *id == field.tag >> 3);
        if let (Some(place), Value::Bytes(text)) = (place, field.value) {
            texts[place] = text;
        }
    }
    Ok(texts)
}
