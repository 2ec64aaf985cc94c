//! What the web application is to be told, kept until it has been.

use std::collections::BTreeMap;
use std::rc::Rc;

use proto::class::TellKind;
use proto::ids::{Epoch, Generation, SessionId};
use proto::q2g;

/// Something that the web application is to be told.
#[derive(Debug)]
pub(crate) struct Tell {
    pub(crate) kind: TellKind,
    /// The call-out that is told.
    pub(crate) target: Rc<str>,
    pub(crate) queue: Rc<str>,
    pub(crate) epoch: Epoch,
    /// With the queue, its epoch and the kind, what the application knows it by.
    pub(crate) seq: u64,
    pub(crate) user: Box<str>,
    pub(crate) session: Option<SessionId>,
    pub(crate) generation: Option<Generation>,
    pub(crate) at_unix_ms: u64,
    pub(crate) reason: Box<str>,
}

/// What hasn't been told yet, by the numbers of the records that it came with.
#[derive(Debug, Default)]
pub(crate) struct Tells(BTreeMap<u64, Box<Tell>>);

impl Tells {
    /// Keeps one until it is taken.
    pub(super) fn keep(&mut self, n: u64, tell: Box<Tell>) {
        self.0.insert(n, tell);
    }

    /// The web application has these, or they were given up.
    pub(super) fn taken(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|n| {
            self.0.remove(n);
        });
    }

    /// All, by the numbers of their records.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Tell)> {
        self.0.iter().map(|(n, tell)| (*n, &**tell))
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What came with this record, unless it is taken.
    pub(crate) fn get(&self, n: u64) -> Option<&Tell> {
        self.0.get(&n).map(|tell| &**tell)
    }
}

impl Tell {
    /// As it travels, under this number.
    pub(crate) fn message(&self, number: u64) -> q2g::Tell {
        q2g::Tell {
            number,
            target: self.target.to_string(),
            kind: self.kind.name().to_owned(),
            queue: self.queue.to_string(),
            epoch: self.epoch.get(),
            seq: self.seq,
            user: self.user.to_string(),
            session_id: self.session.map_or(Vec::new(), |id| id.0.to_vec()),
            generation: Generation::number_or_none(self.generation),
            at_ms: self.at_unix_ms,
            reason: self.reason.to_string(),
        }
    }
}
