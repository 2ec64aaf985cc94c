//! Which queue node gets which bucket: pure functions over who owns what.
//!
//! There are at least [`BUCKETS_PER_NODE_MIN`] buckets per node, so that the fullest node has at
//! most 9 where the emptiest has 8, and 16 to 15 from 15 per node on. Only what must move moves,
//! and buckets are split, never merged.

use std::collections::{BTreeMap, BTreeSet};

use proto::limits::{BUCKET_BITS_MAX, BUCKETS_PER_NODE_MIN};

/// Who owns each bucket, in the order of their prefixes: 2^bits entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement<N> {
    bits: u8,
    owners: Vec<Option<N>>,
}

/// One bucket that gets another owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move<N> {
    /// Which bucket, of the placement's bits after its splits.
    pub prefix: u32,
    /// Its new owner.
    pub to: N,
}

impl<N: Ord + Clone> Placement<N> {
    /// One bucket that holds all names and is nobody's.
    pub fn empty() -> Placement<N> {
        Placement { bits: 0, owners: vec![None] }
    }

    /// The placement with these owners; nothing if they are not 2^bits for any allowed bits.
    pub fn of(owners: Vec<Option<N>>) -> Option<Placement<N>> {
        let bits = u8::try_from(owners.len().checked_ilog2()?).ok()?;
        (bits <= BUCKET_BITS_MAX && owners.len() == 1 << bits).then_some(Placement { bits, owners })
    }

    /// How many bits of a name's hash choose the bucket.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The owners, in the order of the buckets' prefixes.
    pub fn owners(&self) -> &[Option<N>] {
        &self.owners
    }

    /// How many buckets each of these nodes owns, those with none included.
    pub fn counts<'a>(&'a self, nodes: &'a BTreeSet<N>) -> BTreeMap<&'a N, usize> {
        let mut counts: BTreeMap<&N, usize> = nodes.iter().map(|node| (node, 0)).collect();
        for owner in self.owners.iter().flatten() {
            if let Some(count) = counts.get_mut(owner) {
                *count += 1;
            }
        }
        counts
    }

    /// Splits every bucket in two with the same owner. False if there are as many as there may be.
    pub fn split(&mut self) -> bool {
        if self.bits == BUCKET_BITS_MAX {
            return false;
        }
        self.bits += 1;
        self.owners = self.owners.iter().flat_map(|owner| [owner.clone(), owner.clone()]).collect();
        true
    }

    /// Gives `newcomer` its share, one of as many as there are `nodes`, itself included: first of
    /// what nobody owns, then of what those have that have the most. Splits every bucket first
    /// while there are too few. What is left unowned is spread evenly.
    pub fn add(&mut self, newcomer: &N, nodes: &BTreeSet<N>) -> Vec<Move<N>> {
        let mut nodes = nodes.clone();
        nodes.insert(newcomer.clone());
        while self.owners.len() < nodes.len() * BUCKETS_PER_NODE_MIN && self.split() {}
        let mut moves = self.spread(&nodes);
        let share = self.owners.len() / nodes.len();
        let mut counts = self.counts(&nodes);
        let missing = share.saturating_sub(counts[newcomer]);
        let mut steals: BTreeMap<N, usize> = BTreeMap::new();
        for _ in 0..missing {
            let richest = counts.iter_mut().filter(|(node, _)| **node != newcomer);
            let richest = richest.max_by(|(a, m), (b, n)| m.cmp(n).then_with(|| b.cmp(a)));
            let Some((node, count)) = richest.filter(|(_, count)| **count > 0) else { break };
            *count -= 1;
            *steals.entry((*node).clone()).or_default() += 1;
        }
        // The highest prefixes go, so that the same question always has the same answer.
        for at in (0..self.owners.len()).rev() {
            let Some(owner) = &self.owners[at] else { continue };
            if let Some(count) = steals.get_mut(owner).filter(|count| **count > 0) {
                *count -= 1;
                moves.push(self.give(at, newcomer));
            }
        }
        moves
    }

    /// Spreads what `leaver` owns evenly over `rest`; with nobody left it is nobody's.
    pub fn remove(&mut self, leaver: &N, rest: &BTreeSet<N>) -> Vec<Move<N>> {
        for owner in &mut self.owners {
            owner.take_if(|owner| owner == leaver);
        }
        let mut rest = rest.clone();
        rest.remove(leaver);
        self.spread(&rest)
    }

    /// Gives what nobody owns to these nodes, each bucket to whoever has the fewest.
    pub fn spread(&mut self, nodes: &BTreeSet<N>) -> Vec<Move<N>> {
        let counts = self.counts(nodes);
        let mut queue: BTreeSet<(usize, N)> =
            counts.into_iter().map(|(node, count)| (count, node.clone())).collect();
        let mut moves = Vec::new();
        for at in 0..self.owners.len() {
            if self.owners[at].is_some() {
                continue;
            }
            let Some((count, node)) = queue.pop_first() else { break };
            moves.push(self.give(at, &node));
            queue.insert((count + 1, node));
        }
        moves
    }

    fn give(&mut self, at: usize, to: &N) -> Move<N> {
        self.owners[at] = Some(to.clone());
        let prefix = u32::try_from(at).expect("a placement has at most 2^16 buckets");
        Move { prefix, to: to.clone() }
    }
}

#[cfg(test)]
mod tests;
