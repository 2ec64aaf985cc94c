//! One bucket's row: who has it, and the three numbers that say how often that has changed.
//!
//! A row changes only by the methods here, which raise what has to rise. [`Row::follows`] is what
//! holds of every row that is stored, whoever made it.

use std::collections::BTreeSet;

use proto::bucket::{Conf, Epochs, Loss, Reign};
use proto::table::{self, Version};
use serde::{Deserialize, Serialize};

use super::super::jumps::Number;
use super::super::roster::Owner;

/// A bucket's `loss` is below this: the generations of its users' sessions are loss × 2^40 and a
/// count, and below 2^53.
pub const LOSS_MAX: u64 = 1 << 13;

/// Who has a bucket, and how often that has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Row {
    loss: Loss,
    reign: Reign,
    conf: Conf,
    primary: Option<Owner>,
    in_sync: Vec<Owner>,
    learners: Vec<Owner>,
    /// The step that made it; 0.0: one of a version of imq that didn't say so.
    term: u64,
    version: u64,
}

/// A row as stores have it: those of earlier versions know of neither reigns nor sets.
#[derive(Deserialize)]
struct Stored {
    loss: Loss,
    reign: Option<Reign>,
    conf: Conf,
    primary: Option<Owner>,
    in_sync: Option<Vec<Owner>>,
    #[serde(default)]
    learners: Vec<Owner>,
    #[serde(default)]
    term: u64,
    #[serde(default)]
    version: u64,
}

impl From<Stored> for Row {
    fn from(stored: Stored) -> Row {
        let Stored { loss, reign, conf, primary, in_sync, learners, term, version } = stored;
        // Each change was one of the primary then.
        let reign = reign.unwrap_or(Reign(conf.0));
        let in_sync = in_sync.unwrap_or_else(|| primary.iter().cloned().collect());
        Row { loss, reign, conf, primary, in_sync, learners, term, version }
    }
}

impl Row {
    /// The first of a bucket. The numbers begin with 1: 0 is what nobody has heard of.
    pub(in crate::machine) fn first(primary: Option<&Owner>) -> Row {
        Row { loss: Loss(1), reign: Reign(1), conf: Conf(1), ..Row::unheard(primary) }
    }

    /// A row below all others.
    pub(in crate::machine) fn unheard(primary: Option<&Owner>) -> Row {
        let (loss, reign, conf) = (Loss(0), Reign(0), Conf(0));
        let in_sync = primary.cloned().into_iter().collect();
        let (primary, learners) = (primary.cloned(), Vec::new());
        Row { loss, reign, conf, primary, in_sync, learners, term: 0, version: 0 }
    }

    /// A row of a whole table, which may be nobody's; nothing if no boss gives such a row.
    pub(in crate::machine) fn of_table(row: &table::Row) -> Option<Row> {
        if row.primary.is_some() {
            return Row::reported(row);
        }
        let Epochs { loss, reign } = row.epochs();
        let (term, version) = (row.term, row.version);
        let nobodys = Row { loss, reign, conf: row.conf(), term, version, ..Row::unheard(None) };
        let is_sound = row.in_sync.is_empty() && row.learners.is_empty() && row.loss < LOSS_MAX;
        is_sound.then_some(nobodys)
    }

    /// The row that a node reports; nothing if no boss gives such a row.
    pub(in crate::machine) fn reported(row: &table::Row) -> Option<Row> {
        let owners = |owners: &[table::Owner]| {
            owners.iter().map(Owner::reported).collect::<Option<Vec<_>>>()
        };
        let Epochs { loss, reign } = row.epochs();
        let row = Row {
            loss,
            reign,
            conf: row.conf(),
            primary: Some(Owner::reported(row.primary.as_ref()?)?),
            in_sync: owners(&row.in_sync)?,
            learners: owners(&row.learners)?,
            term: row.term,
            version: row.version,
        };
        row.is_sound().then_some(row)
    }

    /// The row as it travels.
    pub fn wire(&self, prefix: u32) -> table::Row {
        let owner = |owner: &Owner| {
            let (id, incarnation) = (owner.id.as_str().to_owned(), owner.incarnation);
            table::Owner { id, incarnation }
        };
        table::Row {
            prefix,
            loss: self.loss.0,
            reign: self.reign.0,
            conf: self.conf.0,
            primary: self.primary.as_ref().map(owner),
            in_sync: self.in_sync.iter().map(owner).collect(),
            learners: self.learners.iter().map(owner).collect(),
            term: self.term,
            version: self.version,
        }
    }

    /// Rises when data may be lost.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Rises with each new primary and each loss.
    pub fn reign(&self) -> Reign {
        self.reign
    }

    /// Rises with every change.
    pub fn conf(&self) -> Conf {
        self.conf
    }

    /// Who serves it; nobody while no queue node is there.
    pub fn primary(&self) -> Option<&Owner> {
        self.primary.as_ref()
    }

    /// Who may be promoted, the primary first.
    pub fn in_sync(&self) -> &[Owner] {
        &self.in_sync
    }

    /// Who is to become a member.
    pub fn learners(&self) -> &[Owner] {
        &self.learners
    }

    /// Whether this node is a member or to become one.
    pub fn names(&self, owner: &Owner) -> bool {
        self.in_sync.contains(owner) || self.learners.contains(owner)
    }

    /// Whether this is another row than that one under the same conf.
    pub(in crate::machine) fn names_others(&self, other: &Row) -> bool {
        let what = |row: &Row| (row.loss, row.reign, row.term, row.version);
        what(self) != what(other)
            || (&self.in_sync, &self.learners) != (&other.in_sync, &other.learners)
    }

    /// How many copies there are or are to be.
    pub fn copies(&self) -> usize {
        self.in_sync.len() + self.learners.len()
    }

    /// This node is to become a member.
    pub(in crate::machine) fn learn(&mut self, learner: &Owner) {
        debug_assert!(!self.names(learner) && self.primary.is_some());
        self.conf.0 += 1;
        self.learners.push(learner.clone());
    }

    /// A learner has all that its primary has.
    pub(in crate::machine) fn join(&mut self, learner: &Owner) {
        debug_assert!(self.learners.contains(learner));
        self.conf.0 += 1;
        self.learners.retain(|other| other != learner);
        self.in_sync.push(learner.clone());
    }

    /// These learners and members, who aren't the primary, are out.
    pub(in crate::machine) fn leave(&mut self, is_out: impl Fn(&Owner) -> bool) {
        debug_assert!(!self.primary.as_ref().is_some_and(&is_out));
        self.conf.0 += 1;
        self.in_sync.retain(|member| !is_out(member));
        self.learners.retain(|learner| !is_out(learner));
    }

    /// Nothing changes: what was proposed over the row as it was can't be accepted any more.
    pub(in crate::machine) fn refuse(&mut self) {
        self.conf.0 += 1;
    }

    /// A member takes over; those who are out leave in the same row.
    pub(in crate::machine) fn promote(&mut self, to: &Owner, is_out: impl Fn(&Owner) -> bool) {
        debug_assert!(self.in_sync.contains(to) && !is_out(to));
        self.reign.0 += 1;
        self.conf.0 += 1;
        self.primary = Some(to.clone());
        let others = std::mem::take(&mut self.in_sync).into_iter();
        let others = others.filter(|other| other != to && !is_out(other));
        self.in_sync = std::iter::once(to.clone()).chain(others).collect();
        self.learners.retain(|learner| !is_out(learner));
    }

    /// Gives the bucket to a node that has nothing of what was in it; to nobody if it has begun
    /// anew as often as it can.
    pub(in crate::machine) fn lose(&mut self, to: &Owner) {
        if !self.is_used_up() {
            self.loss.0 += 1;
            self.reign_of(Some(to));
        } else if self.primary.is_some() {
            self.orphan();
        }
    }

    /// It can't begin anew once more.
    pub fn is_used_up(&self) -> bool {
        self.loss.0 + 1 >= LOSS_MAX
    }

    /// Nobody serves it, and nobody ever will.
    pub fn is_over(&self) -> bool {
        self.primary.is_none() && self.is_used_up()
    }

    /// The primary is gone, and nobody takes its place yet: what it had isn't given up.
    pub(in crate::machine) fn orphan(&mut self) {
        self.reign_of(None);
    }

    fn reign_of(&mut self, primary: Option<&Owner>) {
        self.reign.0 += 1;
        self.conf.0 += 1;
        self.primary = primary.cloned();
        self.in_sync = primary.cloned().into_iter().collect();
        self.learners.clear();
    }

    /// The step that made it.
    pub fn step(&self) -> Version {
        Version { term: self.term, version: self.version }
    }

    /// The same under higher numbers, behind lost steps.
    pub(in crate::machine) fn kept(self, reign: Reign, conf: Conf) -> Row {
        Row { reign, conf, ..self }
    }

    /// One that begins anew with this primary, behind lost steps.
    pub(in crate::machine) fn begun(
        primary: Option<&Owner>,
        loss: Loss,
        reign: Reign,
        conf: Conf,
    ) -> Row {
        Row { loss, reign, conf, ..Row::unheard(primary) }
    }

    /// Raises the numbers by so much more, where they have risen over those before.
    pub(super) fn jump(&mut self, before: &Row, mut by: impl FnMut(Number) -> u64) {
        if self.conf > before.conf {
            self.conf.0 += by(Number::Conf);
        }
        if self.reign > before.reign {
            self.reign.0 += by(Number::Reign);
        }
    }

    /// This step makes the row, if it is another than before it.
    pub(super) fn made_by(&mut self, step: Version, before: &Row) {
        if before.conf != self.conf {
            (self.term, self.version) = (step.term, step.version);
        }
    }

    /// Whether the sets fit: the primary is the first in sync, and nobody is named twice; and
    /// whether a bucket can have begun anew so often.
    fn is_sound(&self) -> bool {
        let all: BTreeSet<&Owner> = self.in_sync.iter().chain(&self.learners).collect();
        let is_each_once = all.len() == self.in_sync.len() + self.learners.len();
        self.in_sync.first() == self.primary.as_ref() && is_each_once && self.loss.0 < LOSS_MAX
    }

    /// What is wrong with this row behind the one that was stored before, if anything is.
    pub(super) fn follows(&self, before: &Row) -> Result<(), &'static str> {
        let new = self.in_sync.iter().filter(|member| !before.in_sync.contains(member)).count();
        let has_lost = self.loss > before.loss;
        let rules = [
            (
                self.is_sound(),
                "the primary isn't the first in sync, somebody is named twice, or loss is used up",
            ),
            (self == before || self.conf > before.conf, "conf doesn't rise with a change"),
            (self.loss >= before.loss && self.reign >= before.reign, "loss or reign falls"),
            (
                self.reign > before.reign || (!has_lost && self.primary == before.primary),
                "reign doesn't rise with a new primary, or a loss",
            ),
            (has_lost || new <= 1, "more than one joins the set at once"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, wrong)| Err(*wrong))
    }
}

#[cfg(test)]
mod tests;
