//! What a room's history must hold: the newest of what its subscribers saw.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// As many messages as the rooms keep.
pub(super) const HISTORY: usize = 100;

/// A message by its stream and counter.
pub(super) type Key = (usize, u32);

/// The newest messages that one subscriber saw, of one incarnation of its room.
#[derive(Debug, Default)]
pub(super) struct Newest {
    epoch: u64,
    messages: VecDeque<(u64, Key)>,
}

impl Newest {
    /// The subscription stands in this incarnation; whether it is another than before.
    pub(super) fn begin(&mut self, epoch: u64) -> bool {
        let other = self.epoch != epoch;
        if other {
            self.messages.clear();
            self.epoch = epoch;
        }
        other
    }

    /// A message came at this place of the room's order.
    pub(super) fn saw(&mut self, seq: u64, key: Key) {
        if self.messages.len() == HISTORY {
            self.messages.pop_front();
        }
        self.messages.push_back((seq, key));
    }
}

/// A room's history, as somebody new is given it.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) epoch: u64,
    /// In the order in which it came.
    pub(super) messages: Vec<(u64, Key)>,
}

/// How histories differ from what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Rooms whose history was read.
    pub rooms: u64,
    /// Messages that histories hold.
    pub messages: u64,
    /// Messages that were seen and aren't there, though older ones or fewer are.
    pub missing: u64,
    /// Messages that are there, and that nobody saw who had to.
    pub surplus: u64,
    /// Messages that are at another place than they were seen at, or twice.
    pub misplaced: u64,
}

impl Differences {
    /// Whether there is none.
    pub fn none(self) -> bool {
        [self.missing, self.surplus, self.misplaced] == [0; 3]
    }

    /// Compares one room's history with what its subscribers saw. A message that all of them may
    /// have missed can be there.
    pub(super) fn compare<'a>(
        &mut self,
        history: &History,
        seen: impl Iterator<Item = &'a Newest>,
        excused: impl Fn(Key) -> bool,
    ) {
        self.rooms += 1;
        self.messages += history.messages.len() as u64;
        let mut places = BTreeMap::new();
        let mut before = 0;
        for &(seq, key) in &history.messages {
            let again = places.insert(key, seq).is_some();
            self.misplaced += u64::from(again || seq <= before);
            before = before.max(seq);
        }
        // A history that is full has pushed older ones out.
        let full = history.messages.len() >= HISTORY;
        let oldest = if full { history.messages[0].0 } else { 0 };
        let mut known = BTreeMap::new();
        for newest in seen {
            let of_another = newest.epoch != history.epoch;
            for &(seq, key) in
                newest.messages.iter().filter(|(seq, _)| of_another || *seq >= oldest)
            {
                known.insert(key, if of_another { None } else { Some(seq) });
            }
        }
        for (key, seq) in &known {
            match places.get(key) {
                None => self.missing += 1,
                Some(place) => self.misplaced += u64::from(Some(*place) != *seq),
            }
        }
        let unseen = places.keys().filter(|key| !known.contains_key(key) && !excused(**key));
        self.surplus += unseen.count() as u64;
    }
}
