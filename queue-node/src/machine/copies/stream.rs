//! What a bucket's copies are sent.

use proto::bucket::BucketId;

use crate::machine::state::codec;
use crate::machine::state::record::Stamp;

/// The records of a bucket in one turn.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Whose.
    pub bucket: BucketId,
    /// A `record.Unit`.
    pub bytes: Vec<u8>,
}

/// The records that the copies of a bucket haven't been sent; nothing while nobody follows.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    is_followed: bool,
    /// The moment of the unit that is open, which begins with these bytes.
    open: Option<(u64, Vec<u8>)>,
}

impl Stream {
    /// From here on units are let out.
    pub(crate) fn follow(&mut self) {
        self.is_followed = true;
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
        let (_, unit) = self.open.get_or_insert_with(|| {
            let mut bytes = Vec::new();
            codec::put_unit(&mut bytes, stamp);
            (stamp.at_ms, bytes)
        });
        codec::put_in_unit(unit, header, body);
        complete.map(|(_, bytes)| bytes)
    }

    /// The turn has ended: its unit, if there is one.
    pub(crate) fn close(&mut self) -> Option<Vec<u8>> {
        self.open.take().map(|(_, bytes)| bytes)
    }
}
