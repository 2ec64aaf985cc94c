//! A client of imq that takes refusals and closings as they come, and counts them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::super::protobuf::{Fields, Value};
use super::super::{Codec, Event, Member, Violation};
use super::{CLOSING, Imq, PING, PONG, RESULT, STATUS, body, frame, number_tag, put_frame};

/// A client and what came of its operations, over all its connections.
#[derive(Debug)]
pub(crate) struct Counting {
    /// What it says.
    pub(crate) imq: Imq,
    pub(crate) outcomes: Outcomes,
    hello: Hello,
}

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum Hello {
    /// As it should be.
    Proper,
    /// These bytes, and then as it should be.
    Behind(Vec<u8>),
    /// These bytes.
    Instead(Vec<u8>),
}

/// What came of operations and of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// Operations that were carried out.
    pub(crate) done: u64,
    /// Operations that were refused, by status.
    pub(crate) refused: BTreeMap<u64, u64>,
    /// `closing`, by code.
    pub(crate) closed: BTreeMap<u64, u64>,
}

impl Outcomes {
    /// Adds those of another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.done += other.done;
        for (sum, more) in [(&mut self.refused, &other.refused), (&mut self.closed, &other.closed)]
        {
            for (number, count) in more {
                *sum.entry(*number).or_default() += count;
            }
        }
    }

    /// How many operations were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.done + self.refused.values().sum::<u64>()
    }
}

impl Counting {
    /// A client of this name.
    pub(crate) fn new(member: Member) -> Self {
        Self::saying(member, Hello::Proper)
    }

    /// A client of this name, with another beginning.
    pub(crate) fn saying(member: Member, hello: Hello) -> Self {
        Self { imq: Imq::new(member), outcomes: Outcomes::default(), hello }
    }
}

impl Codec for Counting {
    fn hello(&mut self, out: &mut Vec<u8>) {
        match &self.hello {
            Hello::Proper => {}
            Hello::Behind(bytes) => out.extend_from_slice(bytes),
            Hello::Instead(bytes) => return out.extend_from_slice(bytes),
        }
        self.imq.hello(out);
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.imq.publish(payload, out);
    }

    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some((frame, taken)) = frame(bytes)? else {
            return Ok(None);
        };
        let event = match body(frame)? {
            (RESULT, result) => match number(result, STATUS)? {
                0 => {
                    self.outcomes.done += 1;
                    Event::Acknowledged
                }
                status => {
                    *self.outcomes.refused.entry(status).or_default() += 1;
                    Event::Other
                }
            },
            (CLOSING, closing) => {
                *self.outcomes.closed.entry(number(closing, CODE)?).or_default() += 1;
                Event::Other
            }
            (PING, ping) => {
                put_frame(PONG, ping, out);
                Event::Other
            }
            (super::WELCOME, _) => Event::Welcomed,
            (super::SUBSCRIBED, subscribed) => super::standing(subscribed)?,
            _ => Event::Other,
        };
        Ok(Some((event, taken)))
    }
}

/// The field `code` of a `closing`.
const CODE: u64 = number_tag(1) as u64;

/// A field that is a number; 0 if it is absent.
fn number(message: &[u8], tag: u64) -> Result<u64, Violation> {
    let mut fields = Fields { bytes: message };
    let mut number = 0;
    while let Some(field) = fields.next()? {
        match field.value {
            Value::Number(value) if field.tag == tag => number = value,
            Value::Number(_) | Value::Bytes(_) => {}
        }
    }
    Ok(number)
}
