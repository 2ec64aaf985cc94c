//! What one receiver saw of one stream.

/// One receiver's view of one stream.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// By counter, a bit.
    seen: Vec<u64>,
    /// The counter behind the highest that was seen.
    next: u32,
    doubled: u64,
    /// Counters that came after higher ones.
    late: Vec<u32>,
    /// Ranges that may be missing, each to before its second.
    excused: Vec<(u32, u32)>,
    /// An excuse whose end isn't known yet.
    excuse: Option<Excuse>,
}

#[derive(Clone, Copy, Debug)]
struct Excuse {
    from: u32,
    /// What had been sent when the subscription stood again; none: it doesn't yet.
    before: Option<u32>,
}

impl Follow {
    /// A message came.
    pub(super) fn seen(&mut self, counter: u32) {
        let (word, bit) = (counter as usize / 64, 1 << (counter % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit != 0 {
            self.doubled += 1;
            return;
        }
        self.seen[word] |= bit;
        if counter < self.next {
            self.late.push(counter);
            return;
        }
        if let Some(Excuse { from, before: Some(before) }) = self.excuse {
            self.excused.push((from, before.min(counter)));
            self.excuse = None;
        }
        self.next = counter + 1;
    }

    /// From the next message on some are missing.
    pub(super) fn announce(&mut self) {
        let from = self.excuse.map_or(self.next, |excuse| excuse.from);
        self.excuse = Some(Excuse { from, before: None });
    }

    /// So many have been sent: what follows them comes.
    pub(super) fn settle(&mut self, sent: u32) {
        if let Some(excuse) = &mut self.excuse {
            excuse.before.get_or_insert(sent);
        }
    }

    /// Whether a message came.
    pub(super) fn saw(&self, counter: u32) -> bool {
        let word = self.seen.get(counter as usize / 64);
        word.is_some_and(|word| word & (1 << (counter % 64)) != 0)
    }

    /// Whether it was said that the message may be missing.
    pub(super) fn excuses(&self, counter: u32) -> bool {
        let open = self.excuse.map(|Excuse { from, before }| (from, before.unwrap_or(u32::MAX)));
        // They rise, so the newest that begins at or before the message is the one.
        let after = self.excused.partition_point(|(from, _)| *from <= counter);
        let known = after.checked_sub(1).map(|at| self.excused[at]);
        open.into_iter().chain(known).any(|(from, before)| (from..before).contains(&counter))
    }

    /// How many messages came again.
    pub(super) fn doubled(&self) -> u64 {
        self.doubled
    }

    /// Messages that came after later ones.
    pub(super) fn late(&self) -> impl Iterator<Item = u32> + '_ {
        self.late.iter().copied()
    }
}
