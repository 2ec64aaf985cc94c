//! A subscription with what a client remembers of it.

use super::super::super::Violation;
use super::super::super::protobuf::{Fields, Value};
use super::super::super::wire::{put_field, put_varint};
use super::super::{USER_QUEUES, bytes_tag, number_tag};
use super::text;

/// The mark of who is there.
pub(super) const MEMBERS: &[u8] = b"members";

/// A queue that the client is subscribed to, or was on its last connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::peers::imq) struct Subscription {
    pub(super) name: String,
    /// The number that stands for it on this connection; none until it was given.
    pub(super) number: Option<u64>,
    pub(in crate::peers::imq) epoch: u64,
    /// By mount: the newest event that came.
    marks: Vec<(Vec<u8>, u64)>,
}

impl Subscription {
    /// Reads a `subscribed`; the second is whether it goes on from the client's marks.
    pub(in crate::peers::imq) fn read(body: &[u8]) -> Result<(Self, bool), Violation> {
        let mut read = Self { name: String::new(), number: Some(0), epoch: 0, marks: Vec::new() };
        let mut recovered = false;
        let mut fields = Fields { bytes: body };
        while let Some(field) = fields.next()? {
            match (field.tag >> 3, field.value) {
                (1, Value::Number(number)) => read.number = Some(number),
                (2, Value::Bytes(name)) => read.name = text(name),
                (3, Value::Number(epoch)) => read.epoch = epoch,
                (4, Value::Bytes(entry)) => read.marks.push(mark(entry)?),
                (8, Value::Number(number)) => recovered = number != 0,
                (_, Value::Number(_) | Value::Bytes(_)) => {}
            }
        }
        if read.name.is_empty() {
            return Err(Violation::at("subscribed without a queue", body));
        }
        Ok((read, recovered))
    }

    /// Whether it is the user's own queue, which nobody asks for.
    pub(in crate::peers::imq) fn own(&self) -> bool {
        self.name.as_bytes().starts_with(USER_QUEUES)
    }

    /// The mount's newest event came.
    pub(super) fn mark(&mut self, mount: &[u8], mark: u64) {
        match self.marks.iter_mut().find(|(name, _)| name == mount) {
            Some((_, kept)) => *kept = mark,
            None => self.marks.push((mount.to_vec(), mark)),
        }
    }

    /// What `resume` says of it.
    pub(super) fn seen(&self) -> Vec<u8> {
        let mut seen = Vec::new();
        put_field(bytes_tag(1), self.name.as_bytes(), &mut seen);
        self.put_marks(2, &mut seen);
        seen
    }

    /// What a new `subscribe` says of it.
    pub(super) fn since(&self) -> Vec<u8> {
        let mut since = Vec::new();
        self.put_marks(1, &mut since);
        since
    }

    /// Epoch and marks, as the fields with this number and the next.
    fn put_marks(&self, epoch: u8, out: &mut Vec<u8>) {
        out.push(number_tag(epoch));
        put_varint(self.epoch, out);
        for (mount, mark) in &self.marks {
            let mut entry = Vec::new();
            put_field(bytes_tag(1), mount, &mut entry);
            entry.push(number_tag(2));
            put_varint(*mark, &mut entry);
            put_field(bytes_tag(epoch + 1), &entry, out);
        }
    }
}

/// An entry of a map from text to number.
fn mark(entry: &[u8]) -> Result<(Vec<u8>, u64), Violation> {
    let (mut mount, mut mark) = (Vec::new(), 0);
    let mut fields = Fields { bytes: entry };
    while let Some(field) = fields.next()? {
        match (field.tag >> 3, field.value) {
            (1, Value::Bytes(name)) => mount = name.to_vec(),
            (2, Value::Number(number)) => mark = number,
            (_, Value::Number(_) | Value::Bytes(_)) => {}
        }
    }
    Ok((mount, mark))
}
