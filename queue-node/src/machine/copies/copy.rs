//! A copy of a bucket: what a node has of it that isn't its primary.
//!
//! It takes the stream of one leader at a time. What comes is kept in its tail, and applied when it
//! is committed, so that nothing is ever undone. It decides nothing by time. The table of its
//! states is in docs/replication.md §3.

use link::machine::LinkId;
use proto::bucket::Reign;
use proto::limits::{COPY_WAITING_BYTES_MAX, OPENINGS_KEPT};
use proto::q2q;

use super::entry;
use super::learner::Learner;
use super::shown::Shown;
use super::tail::Tail;
use crate::machine::Faults;
use crate::machine::lane::Broken;
use crate::machine::state::codec::first_of;
use crate::machine::state::openings::Opening;

/// What the newest row says of the node that has the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is in the set: it may be promoted, and keeps all it has.
    Member,
    /// It is to become a member.
    Learner,
    /// Its primary wants nothing of it.
    Nobody,
}

/// Why a copy can't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// What came isn't the next, or names what isn't there.
    Unfit,
    /// Behind the same record it isn't what its primary is.
    Differs,
    /// It would have to cut what it has applied, or to go on behind its end.
    Lacks,
}

/// A copy, and who may write it.
#[derive(Debug)]
pub(crate) struct Copy {
    /// The link and the reign of the newest `Lead`.
    leader: Option<(LinkId, Reign)>,
    holds: Holds,
    /// Entries that aren't committed. They aren't applied either, but for those of a primary that
    /// was deposed: others may ask for them when it is promoted again.
    tail: Tail,
    /// Reigns that begin in what isn't applied, oldest first.
    openings: Vec<Opening>,
    /// Clocks of earlier primaries have shown this, and what was too old by then may be gone. The
    /// clock of their successor goes on from where the others have heard it, which is before that.
    passed_ms: u64,
    /// What the primary is behind a record that isn't applied.
    shown: Option<Shown>,
    /// What it and its primary were last behind the same record, and how often that was seen.
    compared: Option<(Shown, u128)>,
    comparisons: u64,
    faults: Faults,
}

#[derive(Debug)]
enum Holds {
    Nothing,
    /// Some slices of a snapshot. What is recorded meanwhile is in the tail.
    Slices(Box<Learner>),
    /// All of it.
    Whole(Box<Learner>),
    /// It can't go on, and keeps what it has. Nothing: its state has a part of an entry.
    Stuck(Option<Box<Learner>>, Why),
}

/// What a copy has, as its leader is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Has {
    /// The newest record that it has, and the newest that it has applied; 0: it has none.
    pub(crate) n: u64,
    pub(crate) state_n: u64,
    /// The newest reigns of its log.
    pub(crate) openings: Vec<Opening>,
    /// What it is stuck for.
    pub(crate) stuck: Option<Why>,
}

/// What a leader sends of a bucket with a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// The newest record that everybody has acknowledged who may be promoted.
    pub(crate) committed: u64,
    /// What is behind this record is to be cut.
    pub(crate) after: Option<u64>,
    /// An entry; there are other fields between its units.
    pub(crate) units: &'a [u8],
}

/// A part of a snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
    pub(crate) items: &'a [u8],
}

impl Copy {
    /// Nothing.
    pub(crate) fn absent(faults: Faults) -> Copy {
        Copy {
            leader: None,
            holds: Holds::Nothing,
            tail: Tail::default(),
            openings: Vec::new(),
            passed_ms: 0,
            shown: None,
            compared: None,
            comparisons: 0,
            faults,
        }
    }

    /// What a primary had that is deposed, whose clock showed this: all of it is applied.
    pub(crate) fn of_deposed(learner: Learner, tail: Tail, clock_ms: u64, faults: Faults) -> Copy {
        debug_assert_eq!(learner.n(), tail.end());
        let holds = Holds::Whole(Box::new(learner));
        Copy { holds, tail, passed_ms: clock_ms, ..Copy::absent(faults) }
    }

    /// Nothing, where there should be something.
    pub(crate) fn lost(faults: Faults) -> Copy {
        Copy { holds: Holds::Stuck(None, Why::Lacks), ..Copy::absent(faults) }
    }

    /// The planted bugs: there are none in a build without debug assertions.
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// Somebody says that it is the primary: from here on it alone writes.
    pub(crate) fn lead(&mut self, link: LinkId, reign: Reign) -> Has {
        let before = self.leader.replace((link, reign));
        // What was filled goes on only in the same stream.
        if matches!(self.holds, Holds::Slices(_)) && before != self.leader {
            self.drop_all();
        }
        self.has()
    }

    /// The clock of an earlier primary has shown this.
    pub(crate) fn passed(&mut self, at_ms: u64) {
        self.passed_ms = self.passed_ms.max(at_ms);
    }

    /// The link on which it is written.
    pub(crate) fn leader(&self) -> Option<LinkId> {
        self.leader.map(|(link, _)| link)
    }

    /// Whether this reign writes it on this link.
    pub(crate) fn is_led_by(&self, link: LinkId, reign: Reign) -> bool {
        self.leader == Some((link, reign))
    }

    /// A link has ended, and with it the stream on it.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        let is_its = self.leader.take_if(|(its, _)| *its == link).is_some();
        if is_its && matches!(self.holds, Holds::Slices(_)) {
            self.drop_all();
        }
    }

    /// What it has.
    pub(crate) fn has(&self) -> Has {
        let (learner, stuck) = match &self.holds {
            Holds::Nothing | Holds::Slices(_) => (None, None),
            Holds::Whole(learner) => (Some(learner), None),
            Holds::Stuck(learner, why) => (learner.as_ref(), Some(*why)),
        };
        let Some(learner) = learner else {
            return Has { n: 0, state_n: 0, openings: Vec::new(), stuck };
        };
        let all = learner.openings().chain(&self.openings).copied();
        let mut openings: Vec<Opening> = all.collect();
        openings.drain(..openings.len().saturating_sub(OPENINGS_KEPT));
        Has { n: self.tail.end(), state_n: learner.n(), openings, stuck }
    }

    /// Whether it has a state that goes on.
    pub(crate) fn is_level(&self) -> bool {
        matches!(self.holds, Holds::Whole(_))
    }

    /// Whether it has nothing.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.holds, Holds::Nothing)
    }

    /// Whether it has nothing, and nobody writes it.
    pub(crate) fn is_over(&self) -> bool {
        self.is_absent() && self.leader.is_none()
    }

    /// What it takes, by the node's count.
    pub(crate) fn bytes(&self) -> u64 {
        let state = match &self.holds {
            Holds::Nothing => 0,
            Holds::Slices(learner) | Holds::Whole(learner) => learner.bytes(),
            Holds::Stuck(learner, _) => learner.as_ref().map_or(0, |learner| learner.bytes()),
        };
        state + self.tail.bytes() as u64
    }

    /// What it hasn't applied takes so much.
    pub(crate) fn tail_bytes(&self) -> usize {
        self.tail.bytes()
    }

    /// The reign and the number of the newest record that it has applied, and what it is at this
    /// moment; nothing: it hasn't all.
    pub(crate) fn state_digest(&self, at_ms: u64) -> Option<(u64, u64, u128)> {
        match &self.holds {
            Holds::Whole(learner) => {
                let reign = learner.openings().last().map_or(0, |opening| opening.reign);
                Some((reign, learner.n(), learner.digest(at_ms)))
            }
            Holds::Nothing | Holds::Slices(_) | Holds::Stuck(..) => None,
        }
    }

    /// For earlier moments it can't be compared with its primary.
    pub(crate) fn passed_ms(&self) -> u64 {
        self.passed_ms
    }

    /// What it and its primary were last behind the same record, and how often that was seen.
    pub(crate) fn compared(&self) -> (Option<(Shown, u128)>, u64) {
        (self.compared, self.comparisons)
    }

    /// The newest row says this of its node. Whether a copy goes for it that can't go on.
    pub(crate) fn stands(&mut self, standing: Standing) -> bool {
        let (goes, is_stuck) = match (&self.holds, standing) {
            (Holds::Stuck(..), Standing::Learner | Standing::Nobody) => (true, true),
            (Holds::Slices(_), Standing::Nobody) => (true, false),
            (Holds::Nothing | Holds::Whole(_), _)
            | (Holds::Stuck(..), Standing::Member)
            | (Holds::Slices(_), Standing::Member | Standing::Learner) => (false, false),
        };
        if goes {
            self.drop_all();
        }
        is_stuck
    }

    /// What its leader sends with a batch. What it can't go on for: its leader is told.
    pub(crate) fn take(&mut self, part: Part<'_>) -> Option<Why> {
        let gone_on = match &self.holds {
            Holds::Nothing | Holds::Stuck(..) => return None,
            Holds::Slices(_) => self.keep_behind_slices(part),
            Holds::Whole(_) => {
                let kept = self.cut(part.after).and_then(|()| self.keep(part.units));
                kept.and_then(|()| self.apply(part.committed))
            }
        };
        self.go_on(gone_on)
    }

    /// A slice of a snapshot. What it can't go on for: its leader is told.
    ///
    /// # Errors
    /// If nobody may send it one: who is in the set keeps what it has, and slices come in a row.
    pub(crate) fn slice(
        &mut self,
        standing: Standing,
        slice: Slice<'_>,
        new: impl FnOnce() -> Learner,
    ) -> Result<Option<Why>, Broken> {
        match standing {
            Standing::Nobody => return Ok(None),
            Standing::Member if !self.faults().rebuilt_while_promotable => {
                return Err("a node in the set is sent a snapshot");
            }
            Standing::Member | Standing::Learner => {}
        }
        if slice.is_first {
            self.drop_all();
            self.holds = Holds::Slices(Box::new(new()));
        }
        match &self.holds {
            Holds::Slices(_) => {}
            Holds::Nothing => return Ok(None),
            Holds::Whole(_) | Holds::Stuck(..) => {
                return Err("a slice comes without the first of its snapshot");
            }
        }
        let filled = self.fill(slice);
        Ok(self.go_on(filled))
    }

    /// What its primary is behind a record. What it can't go on for: its leader is told.
    pub(crate) fn show(&mut self, shown: Shown) -> Option<Why> {
        if !self.is_level() || self.shown.is_some() {
            return None;
        }
        self.shown = Some(shown);
        let compared = self.compare();
        self.go_on(compared)
    }

    /// A primary goes on from it: all that it has, applied, and the entries that others may lack.
    ///
    /// # Errors
    /// If it isn't level, or can't apply its tail: it is stuck then.
    pub(crate) fn take_over(self) -> Result<(Learner, Tail), Box<Copy>> {
        let (faults, drops_tail) = (self.faults(), self.faults().tail_dropped);
        let (mut learner, mut tail) = match self.holds {
            Holds::Whole(learner) => (*learner, self.tail),
            Holds::Stuck(..) => return Err(Box::new(Copy { leader: None, ..self })),
            Holds::Nothing | Holds::Slices(_) => return Err(Box::new(Copy::lost(faults))),
        };
        if drops_tail {
            tail = Tail::behind(learner.n());
        }
        let entries = tail.after(tail.before()).into_iter().flatten();
        let applied = { entries }.try_for_each(|(_, entry)| apply_entry(&mut learner, entry));
        let stuck = |why| Copy { holds: Holds::Stuck(None, why), ..Copy::absent(faults) };
        applied.map(|()| (learner, tail)).map_err(|why| Box::new(stuck(why)))
    }

    /// Units that come while slices are missing wait for the last one.
    fn keep_behind_slices(&mut self, part: Part<'_>) -> Result<(), Why> {
        if part.after.is_some() {
            return Err(Why::Unfit);
        }
        self.keep(part.units)?;
        if self.tail.bytes() > COPY_WAITING_BYTES_MAX { Err(Why::Unfit) } else { Ok(()) }
    }

    /// Lets go of what is behind a record, if there is one to cut at.
    fn cut(&mut self, after: Option<u64>) -> Result<(), Why> {
        let Some(after) = after.filter(|_| !self.faults().tail_kept) else { return Ok(()) };
        if after < self.applied() && !self.faults().cut_below_state || after > self.tail.end() {
            return Err(Why::Lacks);
        }
        self.tail.cut(after).map_err(|_| Why::Unfit)?;
        self.openings.retain(|opening| opening.n <= after);
        self.shown.take_if(|shown| shown.n > after);
        Ok(())
    }

    /// Appends an entry to the tail, if there is one.
    fn keep(&mut self, units: &[u8]) -> Result<(), Why> {
        let (end, known) = (self.tail.end(), self.openings.len());
        let Ok(last) = entry::skim(units, end, |opening| self.openings.push(opening)) else {
            self.openings.truncate(known);
            return Err(Why::Unfit);
        };
        if last > end {
            let units = entry::units(units).flatten();
            self.tail.write(last, |out| units.for_each(|unit| entry::put_unit(out, unit)));
        }
        Ok(())
    }

    /// Applies whole entries up to this record.
    fn apply(&mut self, through: u64) -> Result<(), Why> {
        let through = if self.faults().applied_early { u64::MAX } else { through };
        loop {
            self.compare()?;
            let Holds::Whole(learner) = &mut self.holds else { return Ok(()) };
            let Some(entry) = self.tail.take(through) else { break };
            if let Err(why) = apply_entry(learner, entry) {
                self.drop_all();
                self.holds = Holds::Stuck(None, why);
                return Err(why);
            }
        }
        let applied = self.applied();
        self.openings.retain(|opening| opening.n > applied);
        Ok(())
    }

    /// The newest record that it has applied.
    fn applied(&self) -> u64 {
        match &self.holds {
            Holds::Whole(learner) => learner.n(),
            Holds::Nothing | Holds::Slices(_) | Holds::Stuck(..) => self.tail.before(),
        }
    }

    /// Compares it with what its primary is, if it has applied just as much.
    fn compare(&mut self) -> Result<(), Why> {
        let Holds::Whole(learner) = &self.holds else { return Ok(()) };
        let n = learner.n();
        let Some(shown) = self.shown.take_if(|shown| shown.n <= n) else { return Ok(()) };
        if shown.n < n || shown.at_ms < self.passed_ms {
            return Ok(());
        }
        let digest = learner.part_digest(shown.at_ms, shown.part);
        self.compared = Some((shown, digest));
        self.comparisons += 1;
        if digest == shown.digest { Ok(()) } else { Err(Why::Differs) }
    }

    /// Fills a slice in. Behind the last one, what waits is the tail.
    fn fill(&mut self, slice: Slice<'_>) -> Result<(), Why> {
        let Holds::Slices(learner) = &mut self.holds else { return Ok(()) };
        learner.slice(slice.items, slice.is_last).map_err(|_| Why::Unfit)?;
        if slice.is_first {
            self.tail = Tail::behind(learner.n());
        }
        if learner.n() != self.tail.before() {
            return Err(Why::Unfit);
        }
        if slice.is_last
            && let Holds::Slices(learner) = std::mem::replace(&mut self.holds, Holds::Nothing)
        {
            self.holds = Holds::Whole(learner);
        }
        Ok(())
    }

    /// It goes on, or it is stuck; slices that don't fit are dropped.
    fn go_on(&mut self, gone_on: Result<(), Why>) -> Option<Why> {
        let why = gone_on.err()?;
        match std::mem::replace(&mut self.holds, Holds::Nothing) {
            Holds::Nothing | Holds::Slices(_) => self.drop_all(),
            Holds::Whole(learner) => self.holds = Holds::Stuck(Some(learner), why),
            stuck @ Holds::Stuck(..) => self.holds = stuck,
        }
        Some(why)
    }

    /// It has nothing any more.
    pub(crate) fn drop_all(&mut self) {
        self.holds = Holds::Nothing;
        self.tail = Tail::default();
        self.openings.clear();
        self.shown = None;
    }
}

/// Applies an entry, unless it is applied: what a deposed primary keeps for others is.
fn apply_entry(learner: &mut Learner, entry: &[u8]) -> Result<(), Why> {
    entry::units(entry).try_for_each(|unit| {
        let unit = unit.map_err(|_| Why::Unfit)?;
        if first_of(unit) <= learner.n() {
            return Ok(());
        }
        learner.apply(unit).map_err(|_| Why::Unfit)
    })
}

impl Why {
    /// As its leader is told.
    pub(crate) fn number(self) -> i32 {
        let why = match self {
            Why::Unfit => q2q::Why::Unfit,
            Why::Differs => q2q::Why::Differs,
            Why::Lacks => q2q::Why::Lacks,
        };
        why.into()
    }
}

#[cfg(test)]
mod tests;
