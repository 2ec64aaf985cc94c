//! Which steps the store has seen, so that those that it has lost are known when somebody speaks of
//! them.
//!
//! A term is the number of a start of the boss and random low bits, so that a boss whose store fell
//! back doesn't begin one again that it has begun before. An incarnation is a term and a counter.

use std::collections::BTreeMap;

use proto::limits;
use proto::table::Version;
use serde::{Deserialize, Serialize};

/// Random bits of a term: of 65,536 starts behind a fall of the store one repeats a term.
pub const TERM_RANDOM_BITS: u32 = 16;
/// Bits of an incarnation that count within a term: a million registrations.
pub const INCARNATION_COUNTER_BITS: u32 = 20;
/// A term that somebody names is of so many starts later at most: an older state was put back here.
/// There are 131,072 starts, and whatever is believed is passed by.
pub const STARTS_AHEAD_MAX: u64 = 1_024;
/// Terms that are remembered. What is older was heard by everybody long ago.
const TERMS_MAX: usize = 4_096;

/// The last version of each term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(BTreeMap<u64, u64>);

impl History {
    /// Whether this step is one that the store has had, or nobody can tell any more.
    pub fn has(&self, step: Version) -> bool {
        let oldest = self.0.first_key_value();
        let is_forgotten = oldest.is_some_and(|(term, _)| step.term < *term);
        // Rows of earlier versions of imq don't say by which step they were made.
        step == Version::default()
            || self.0.get(&step.term).is_some_and(|last| *last >= step.version)
            || is_forgotten
    }

    /// The store has this step, and all of its term before it.
    pub fn add(&mut self, step: Version) {
        if step == Version::default() {
            return;
        }
        let last = self.0.entry(step.term).or_default();
        *last = step.version.max(*last);
        while self.0.len() > TERMS_MAX {
            self.0.pop_first();
        }
    }

    /// All steps of the other one, too.
    pub fn merge(&mut self, other: &History) {
        for (term, version) in &other.0 {
            self.add(Version { term: *term, version: *version });
        }
    }

    /// Whether this has each step of the other one.
    pub fn has_all(&self, other: &History) -> bool {
        let mut steps = other.0.iter();
        steps.all(|(term, version)| self.has(Version { term: *term, version: *version }))
    }

    /// The newest term that the store has had.
    pub fn newest_term(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(term, _)| *term)
    }

    /// The newest version that a lost step of this term and the steps of the store may both come
    /// behind. `since` is the term that the boss has begun itself.
    pub fn shared_with(&self, term: u64, since: u64) -> u64 {
        match self.0.get(&term) {
            Some(version) => *version,
            None => self.0.range(..term.min(since)).next_back().map_or(0, |(_, last)| *last),
        }
    }
}

/// The term of the next start behind the one that began this term.
pub fn next_term(term: u64, random: u64) -> u64 {
    let random = random & ((1 << TERM_RANDOM_BITS) - 1);
    ((start_of(term) + 1) << TERM_RANDOM_BITS) | random
}

/// Which start of a boss began this term.
pub fn start_of(term: u64) -> u64 {
    term >> TERM_RANDOM_BITS
}

/// Whether a term that somebody names can have begun, where ours have come to `known`. Its random
/// bits say nothing of that.
pub fn is_plausible(term: u64, known: u64) -> bool {
    let is_possible = term <= term_of(limits::NUMBER_MAX);
    is_possible && start_of(term) <= start_of(known) + STARTS_AHEAD_MAX
}

/// In which term this incarnation was given.
pub fn term_of(incarnation: u64) -> u64 {
    incarnation >> INCARNATION_COUNTER_BITS
}

#[cfg(test)]
mod tests;
