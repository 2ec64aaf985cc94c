//! What a part of a bucket is behind a record: a primary shows it, and its copies compare
//! themselves.

use proto::bucket::{BucketId, Reign};
use proto::q2q::field::{digest, q2q as said};
use proto::wire;

use crate::machine::bucket::Bucket;

/// What a part of a bucket is behind a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) bucket: BucketId,
    pub(crate) loss: u64,
    pub(crate) n: u64,
    pub(crate) at_ms: u64,
    /// Which part: see `State::part_digest`.
    pub(crate) part: u32,
    pub(crate) digest: u128,
}

impl Bucket {
    /// What a part of it is now.
    pub(crate) fn shown(&self, now_ms: u64, part: u32) -> Shown {
        Shown {
            bucket: self.outputs.bucket(),
            loss: self.outputs.epochs().loss.0,
            n: self.state.newest().n,
            at_ms: now_ms,
            part,
            digest: self.state.part_digest(now_ms, part),
        }
    }
}

impl Shown {
    /// Appends it as a frame.
    pub(crate) fn put(self, out: &mut Vec<u8>, reign: Reign) {
        let mut body = Vec::new();
        wire::put_uint(&mut body, digest::BITS, self.bucket.bits().into());
        wire::put_uint(&mut body, digest::PREFIX, self.bucket.prefix().into());
        wire::put_uint(&mut body, digest::LOSS, self.loss);
        wire::put_uint(&mut body, digest::N, self.n);
        wire::put_uint(&mut body, digest::AT_MS, self.at_ms);
        wire::put_fixed(&mut body, digest::HIGH, (self.digest >> 64) as u64);
        wire::put_fixed(&mut body, digest::LOW, self.digest as u64);
        wire::put_uint(&mut body, digest::REIGN, reign.0);
        wire::put_uint(&mut body, digest::PART, self.part.into());
        wire::put_frame(out, said::DIGEST, body.len());
        out.extend_from_slice(&body);
    }

    /// What came over a link; nothing if there is no such bucket.
    pub(crate) fn of(message: &proto::q2q::Digest) -> Option<Shown> {
        let bucket = BucketId::new(message.bits, message.prefix)?;
        let digest = u128::from(message.high) << 64 | u128::from(message.low);
        let (loss, n) = (message.loss, message.n);
        Some(Shown { bucket, loss, n, at_ms: message.at_ms, part: message.part, digest })
    }
}

/// A part of a copy and of its primary behind the same record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Which bucket.
    pub bucket: BucketId,
    /// The record.
    pub n: u64,
    /// What the primary is.
    pub primary: u128,
    /// What the copy is.
    pub copy: u128,
}
