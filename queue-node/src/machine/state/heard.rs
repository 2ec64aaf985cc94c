//! Which reign of each other bucket this one has heard a word of.
//!
//! A home that was deposed may say again what its successor has taken back. So words of a lower
//! reign than the newest that was heard are of the past. It is part of the state, since the home of
//! the bucket that hears may be another in between.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::record::field::heard;
use proto::wire::{self, WireError};

use super::codec::each;
use super::items::bounded;

/// A bucket that says words, in one of its reigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Teller {
    pub(crate) bucket: BucketId,
    pub(crate) loss: u64,
    pub(crate) reign: u64,
}

/// What a word is by the reign of its teller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Of a reign that is over.
    Stale,
    /// Of the newest reign that was heard.
    Known,
    /// Of a higher one.
    News,
}

/// The newest reign that was heard of each bucket, with its loss: one entry for each that ever said
/// a word.
#[derive(Debug, Default)]
pub(crate) struct Heard(BTreeMap<BucketId, (u64, u64)>);

impl Heard {
    /// What a word of this teller is.
    pub(crate) fn hearing(&self, teller: Teller) -> Hearing {
        let named = (teller.loss, teller.reign);
        match self.0.get(&teller.bucket) {
            Some(newest) if named < *newest => Hearing::Stale,
            Some(newest) if named == *newest => Hearing::Known,
            Some(_) | None => Hearing::News,
        }
    }

    /// A word of this teller was heard.
    pub(super) fn hear(&mut self, teller: Teller) {
        self.0.insert(teller.bucket, (teller.loss, teller.reign));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Teller> {
        self.0.iter().map(|(bucket, (loss, reign))| Teller {
            bucket: *bucket,
            loss: *loss,
            reign: *reign,
        })
    }
}

impl Teller {
    /// Appends its fields.
    pub(super) fn put(self, out: &mut Vec<u8>) {
        wire::put_uint(out, heard::BITS, self.bucket.bits().into());
        wire::put_uint(out, heard::PREFIX, self.bucket.prefix().into());
        wire::put_uint(out, heard::LOSS, self.loss);
        wire::put_uint(out, heard::REIGN, self.reign);
    }

    /// Reads them.
    pub(super) fn read(bytes: &[u8]) -> Result<Teller, WireError> {
        let (mut bits, mut prefix, mut loss, mut reign) = (0, 0, 0, 0);
        each(bytes, |number, value| {
            match number {
                heard::BITS => bits = value.uint32()?,
                heard::PREFIX => prefix = value.uint32()?,
                heard::LOSS => loss = bounded(value)?,
                heard::REIGN => reign = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        let bucket = BucketId::new(bits, prefix).ok_or(WireError)?;
        Ok(Teller { bucket, loss, reign })
    }
}

#[cfg(test)]
mod tests {
    use proto::bucket::BucketId;

    use super::{Heard, Hearing, Teller};

    #[test]
    fn only_words_of_the_newest_reign_are_heard() {
        let of = |prefix, loss, reign| {
            let bucket = BucketId::new(2, prefix).expect("a bucket");
            Teller { bucket, loss, reign }
        };
        let mut heard = Heard::default();
        assert_eq!(heard.hearing(of(1, 0, 5)), Hearing::News);
        heard.hear(of(1, 0, 5));
        assert_eq!(heard.hearing(of(1, 0, 4)), Hearing::Stale);
        assert_eq!(heard.hearing(of(1, 0, 5)), Hearing::Known);
        assert_eq!(heard.hearing(of(1, 0, 6)), Hearing::News);
        assert_eq!(heard.hearing(of(2, 0, 4)), Hearing::News, "another bucket");
        heard.hear(of(1, 1, 6));
        assert_eq!(heard.hearing(of(1, 0, 9)), Hearing::Stale, "of an earlier life");
    }
}
