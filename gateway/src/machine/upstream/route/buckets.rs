//! The list of buckets, and places in it.

use std::ops::{Index, IndexMut};

use proto::bucket::BucketId;

use super::Bucket;

/// A bucket of the lane's table: its place in the list, which is the prefix of its names' hashes.
/// The table's bits are the lane's, so it holds until a table with other bits comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::machine) struct BucketIndex(u32);

impl BucketIndex {
    /// The place of a bucket in a table of its bits.
    #[inline]
    pub(in crate::machine) fn of(bucket: BucketId) -> BucketIndex {
        BucketIndex(bucket.prefix())
    }

    /// How frames name it.
    #[inline]
    pub(in crate::machine) fn prefix(self) -> u32 {
        self.0
    }

    /// Its place.
    #[inline]
    pub(in crate::machine) fn place(self) -> usize {
        self.0 as usize
    }
}

/// All buckets, in the order of their prefixes; none before the first table.
#[derive(Debug, Default)]
pub(in crate::machine::upstream) struct Buckets(Vec<Bucket>);

impl Buckets {
    pub(in crate::machine::upstream) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::machine::upstream) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bucket of this prefix, if there is one.
    pub(in crate::machine::upstream) fn find(&self, prefix: u32) -> Option<BucketIndex> {
        let bucket = BucketIndex(prefix);
        self.0.get(bucket.place()).map(|_| bucket)
    }

    /// The one behind a bucket.
    pub(in crate::machine::upstream) fn behind(&self, bucket: BucketIndex) -> Option<BucketIndex> {
        self.find(bucket.0 + 1)
    }

    #[inline]
    pub(in crate::machine::upstream) fn get_mut(
        &mut self,
        bucket: BucketIndex,
    ) -> Option<&mut Bucket> {
        self.0.get_mut(bucket.place())
    }

    /// The places of all, in order.
    pub(in crate::machine::upstream) fn indices(
        &self,
    ) -> impl Iterator<Item = BucketIndex> + Clone + use<> {
        (0..self.0.len() as u32).map(BucketIndex)
    }

    pub(in crate::machine::upstream) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.0.iter_mut()
    }

    pub(in crate::machine::upstream) fn iter(
        &self,
    ) -> impl Iterator<Item = (BucketIndex, &Bucket)> {
        self.indices().zip(&self.0)
    }
}

impl Index<BucketIndex> for Buckets {
    type Output = Bucket;

    #[inline]
    fn index(&self, bucket: BucketIndex) -> &Bucket {
        &self.0[bucket.place()]
    }
}

impl IndexMut<BucketIndex> for Buckets {
    #[inline]
    fn index_mut(&mut self, bucket: BucketIndex) -> &mut Bucket {
        &mut self.0[bucket.place()]
    }
}

impl FromIterator<Bucket> for Buckets {
    fn from_iter<I: IntoIterator<Item = Bucket>>(buckets: I) -> Buckets {
        Buckets(buckets.into_iter().collect())
    }
}

impl IntoIterator for Buckets {
    type Item = Bucket;
    type IntoIter = std::vec::IntoIter<Bucket>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
