//! The copies that a node has of another's buckets.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::q2q;
use proto::q2q::field::{records, slice};
use proto::wire::{self, Value, WireError};
use rand::RngExt as _;

use super::Learner;
use super::followers::Shown;
use crate::machine::lane::{Broken, read};
use crate::machine::state::codec::each;
use crate::machine::turn::Turn;

/// Copies of all buckets of a node, by prefix.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    /// The link with that node.
    link: Option<LinkId>,
    copies: BTreeMap<u32, Copying>,
}

/// A copy, and what was last seen of it and its primary.
#[derive(Debug)]
struct Copying {
    bucket: BucketId,
    loss: u64,
    /// Nothing: it is to begin anew.
    learner: Option<Learner>,
    compared: Option<Compared>,
}

/// A copy and its primary behind the same record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Which bucket.
    pub bucket: BucketId,
    /// The record.
    pub n: u64,
    /// What the primary is.
    pub primary: u128,
    /// What the copy is; nothing: it has other records.
    pub copy: Option<u128>,
}

/// What a frame about a copy says before its bytes.
#[derive(Debug, Default)]
struct Head<'a> {
    bits: u32,
    prefix: u32,
    loss: u64,
    is_first: bool,
    is_last: bool,
    bytes: &'a [u8],
}

impl Copied {
    /// The link with the node to follow is up.
    pub(crate) fn link_up(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        *self = Copied { link: Some(link), copies: BTreeMap::new() };
        say(turn, link, q2q::q2q::Body::Follow(q2q::Follow {}));
    }

    /// It is down: what was copied is good for nothing without what comes next.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        if self.link == Some(link) {
            *self = Copied::default();
        }
    }

    /// A slice of a bucket's snapshot.
    pub(crate) fn slice(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        frame: &[u8],
    ) -> Result<(), Broken> {
        let head = head_of_slice(frame).map_err(|_| "a slice can't be read")?;
        let bucket = BucketId::new(head.bits, head.prefix).ok_or("a slice is of no bucket")?;
        let bytes = head.bytes.len() as u64;
        say(turn, link, q2q::q2q::Body::SliceAck(q2q::SliceAck { bytes }));
        if head.is_first {
            let (seed, settings) = (turn.shared.random.random(), &turn.shared.settings);
            let learner = Some(Learner::new(seed, settings.grace_ms, settings.faults()));
            let copying = Copying { bucket, loss: head.loss, learner, compared: None };
            self.copies.insert(head.prefix, copying);
        }
        self.learn(turn, link, &head, |learner| learner.slice(head.bytes, head.is_last));
        Ok(())
    }

    /// What was recorded in a bucket.
    pub(crate) fn records(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        frame: &[u8],
    ) -> Result<(), Broken> {
        let head = head_of_records(frame).map_err(|_| "records can't be read")?;
        turn.shared.counters.copy_units_applied += 1;
        self.learn(turn, link, &head, |learner| learner.apply(head.bytes));
        Ok(())
    }

    /// A copy takes what came for it; one that can't begins anew.
    fn learn(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        head: &Head<'_>,
        take: impl FnOnce(&mut Learner) -> Result<(), super::Broken>,
    ) {
        let Some(copying) = self.copies.get_mut(&head.prefix) else { return };
        let is_it = copying.bucket.bits() == head.bits as u8 && copying.loss == head.loss;
        let Some(learner) = copying.learner.as_mut().filter(|_| is_it) else { return };
        if take(learner).is_err() {
            turn.shared.counters.copies_broken += 1;
            copying.learner = None;
            let (bits, prefix, loss) = (head.bits, head.prefix, head.loss);
            let again = q2q::Again { bits, prefix, loss, ..q2q::Again::default() };
            say(turn, link, q2q::q2q::Body::Again(again));
        }
    }

    /// What a primary says that a bucket is: the copy is compared with it.
    pub(crate) fn compare(&mut self, turn: &mut Turn<'_>, frame: &[u8]) -> Result<(), Broken> {
        let message: q2q::Digest = read(frame)?;
        let shown = Shown::of(&message).ok_or("a digest is of no bucket")?;
        let Some(copying) = self.copies.get_mut(&shown.bucket.prefix()) else { return Ok(()) };
        let is_it = copying.bucket == shown.bucket && copying.loss == shown.loss;
        let Some(learner) = copying.learner.as_ref().filter(|one| is_it && one.is_level()) else {
            return Ok(());
        };
        let copy = (learner.n() == shown.n).then(|| learner.digest(shown.at_ms));
        let counters = &mut turn.shared.counters;
        counters.copies_compared += 1;
        counters.copies_differing += u64::from(copy != Some(shown.digest));
        let Shown { bucket, n, digest, .. } = shown;
        copying.compared = Some(Compared { bucket, n, primary: digest, copy });
        Ok(())
    }

    /// What was seen last of each copy and its primary, and how many copies aren't level yet.
    pub(crate) fn compared(&self) -> (Vec<Compared>, usize) {
        let is_level = |one: &&Copying| one.learner.as_ref().is_some_and(Learner::is_level);
        let level = self.copies.values().filter(is_level).count();
        let compared = self.copies.values().filter_map(|one| one.compared.clone()).collect();
        (compared, self.copies.len() - level)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.copies.len()
    }
}

fn say(turn: &mut Turn<'_>, link: LinkId, body: q2q::q2q::Body) {
    wire::put_message(turn.out.links.buffer(link), &q2q::Q2q { body: Some(body) });
}

fn head_of_slice(frame: &[u8]) -> Result<Head<'_>, WireError> {
    let mut head = Head::default();
    each(frame, |number, value: Value<'_>| {
        match number {
            slice::BITS => head.bits = value.uint32()?,
            slice::PREFIX => head.prefix = value.uint32()?,
            slice::LOSS => head.loss = value.uint()?,
            slice::FIRST => head.is_first = value.uint()? != 0,
            slice::LAST => head.is_last = value.uint()? != 0,
            slice::ITEMS => head.bytes = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(head)
}

fn head_of_records(frame: &[u8]) -> Result<Head<'_>, WireError> {
    let mut head = Head::default();
    each(frame, |number, value: Value<'_>| {
        match number {
            records::BITS => head.bits = value.uint32()?,
            records::PREFIX => head.prefix = value.uint32()?,
            records::LOSS => head.loss = value.uint()?,
            records::UNIT => head.bytes = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(head)
}
