//! What a bucket's copies are sent.

use link::machine::LinkId;
use proto::bucket::BucketId;

use crate::machine::state::State;
use crate::machine::state::codec;
use crate::machine::state::record::{Record, Stamp};
use crate::machine::state::snapshot::Snapshot;

/// The records of a bucket in one turn.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Whose.
    pub bucket: BucketId,
    /// A `record.Unit`.
    pub bytes: Vec<u8>,
}

/// Who is sent the records of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A node, on this link.
    Node(LinkId),
    /// Whoever takes slices and units by hand.
    Caller,
}

/// A buffer keeps so much: what a bucket records in a busy turn.
const SPARE_BYTES: usize = 64 * 1024;

/// The records that the copies of a bucket haven't been sent; nothing while nobody follows.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    is_followed: bool,
    /// The moment of the unit that is open, which begins with these bytes.
    open: Option<(u64, Vec<u8>)>,
    /// A buffer for the next unit.
    spare: Vec<u8>,
    /// Snapshots that aren't given out yet, by whom they are for.
    snapshots: Vec<(Reader, Snapshot)>,
}

impl Stream {
    /// Somebody begins to read: they get a snapshot, and units from here on.
    pub(crate) fn begin(&mut self, reader: Reader, snapshot: Snapshot) {
        self.end_snapshot(reader);
        self.snapshots.push((reader, snapshot));
        self.is_followed = true;
    }

    /// Somebody reads units from here on.
    pub(crate) fn follow(&mut self) {
        self.is_followed = true;
    }

    /// The snapshot for a reader, if it isn't given out yet.
    pub(crate) fn snapshot(&mut self, reader: Reader) -> Option<&mut Snapshot> {
        let found = self.snapshots.iter_mut().find(|(other, _)| *other == reader);
        found.map(|(_, snapshot)| snapshot)
    }

    /// The snapshot for a reader is given out, or wanted no more.
    pub(crate) fn end_snapshot(&mut self, reader: Reader) {
        self.snapshots.retain(|(other, _)| *other != reader);
    }

    /// A record is about to change the state.
    pub(crate) fn before(&mut self, state: &State, record: &Record<'_>) {
        self.snapshots.iter_mut().for_each(|(_, snapshot)| snapshot.before(state, record));
    }

    /// Nobody follows any more.
    pub(crate) fn leave(&mut self) {
        *self = Stream::default();
    }

    /// Whether anybody follows.
    #[inline]
    pub(crate) fn is_followed(&self) -> bool {
        self.is_followed
    }

    /// Whether a unit is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Appends a record to the unit of this moment. One of an earlier moment is complete, and given
    /// back.
    pub(crate) fn push(&mut self, stamp: Stamp, header: &[u8], body: &[u8]) -> Option<Vec<u8>> {
        let is_other = |(at_ms, _): &mut (u64, Vec<u8>)| *at_ms != stamp.at_ms;
        let complete = self.open.take_if(is_other);
        let spare = &mut self.spare;
        let (_, unit) = self.open.get_or_insert_with(|| {
            let mut bytes = std::mem::take(spare);
            codec::put_unit(&mut bytes, stamp);
            (stamp.at_ms, bytes)
        });
        codec::put_in_unit(unit, header, body);
        complete.map(|(_, bytes)| bytes)
    }

    /// The bytes of a unit are needed no more: the next one is built there.
    pub(crate) fn give_back(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        bytes.shrink_to(SPARE_BYTES);
        self.spare = bytes;
    }

    /// The turn has ended: its unit, if there is one.
    pub(crate) fn close(&mut self) -> Option<Vec<u8>> {
        self.open.take().map(|(_, bytes)| bytes)
    }
}
