//! A log: what a bucket's records were, and how far two logs are the same.

/// The most records of a log in this model.
const RECORDS_MAX: usize = 7;

/// An opening as an operation: what else there is are writes, from 1.
pub(crate) const OPENED: u8 = 0;

/// One record: the reign it was made in, and what it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Record(u8);

impl Record {
    pub(crate) fn new(reign: u8, operation: u8) -> Record {
        debug_assert!(reign < 64 && operation < 4, "a record is packed into a byte");
        Record(reign << 2 | operation)
    }

    pub(crate) fn byte(self) -> u8 {
        self.0
    }

    pub(crate) fn reign(self) -> u8 {
        self.0 >> 2
    }

    pub(crate) fn operation(self) -> u8 {
        self.0 & 3
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.operation() {
            OPENED => write!(f, "open/{}", self.reign()),
            write => write!(f, "{}/{}", ["x", "y", "z"][usize::from(write) - 1], self.reign()),
        }
    }
}

/// Records from the first of a loss on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Log {
    n: u8,
    records: [Record; RECORDS_MAX],
}

impl Log {
    pub(crate) fn n(&self) -> u8 {
        self.n
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records[..usize::from(self.n)]
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.records[usize::from(self.n)] = record;
        self.n += 1;
    }

    pub(crate) fn extend(&mut self, more: &Log) {
        for &record in more.records() {
            self.push(record);
        }
    }

    /// Its first `n` records.
    pub(crate) fn up_to(&self, n: u8) -> Log {
        let mut cut = *self;
        cut.records[usize::from(n.min(self.n))..].fill(Record::default());
        cut.n = n.min(self.n);
        cut
    }

    /// What is behind record `n`.
    pub(crate) fn behind(&self, n: u8) -> Log {
        let mut rest = Log::default();
        for &record in self.records().iter().skip(usize::from(n)) {
            rest.push(record);
        }
        rest
    }

    pub(crate) fn begins_with(&self, other: &Log) -> bool {
        self.records().starts_with(other.records())
    }

    pub(crate) fn has_write(&self, write: u8) -> bool {
        self.records().iter().any(|record| record.operation() == write)
    }

    /// The end of `reign` here, and its opening: None if it has none. The first reign of a loss
    /// that nobody opened by a record begins at 0; 0: there is no such reign.
    fn reign(&self, reign: u8, first: u8) -> Option<(u8, u8)> {
        let opening = |at: &u8| {
            let record = self.records[usize::from(*at)];
            record.operation() == OPENED && record.reign() == reign
        };
        let begin = match (0..self.n).find(opening) {
            Some(at) => at + 1,
            None if first > 0 && reign == first => 0,
            None => return None,
        };
        let next = (begin..self.n).find(|&at| {
            let record = self.records[usize::from(at)];
            record.operation() == OPENED
        });
        Some((begin, next.unwrap_or(self.n)))
    }

    /// How far both are the same, by their openings alone (P4). `first` is the reign that a log
    /// without an opening is of, or 0.
    pub(crate) fn common(&self, other: &Log, first: u8) -> Option<u8> {
        let reigns = self.records().iter().map(|record| record.reign());
        let mut reigns: Vec<u8> = reigns.chain([first]).collect();
        reigns.sort_unstable();
        reigns.dedup();
        reigns.into_iter().rev().find_map(|reign| {
            let (mine, end) = self.reign(reign, first)?;
            let (its, its_end) = other.reign(reign, first)?;
            (mine == its).then(|| end.min(its_end))
        })
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.records()).finish()
    }
}
