//! What a boss makes of rows when its store has lost steps: what it takes, and what it keeps
//! without a loss.
//!
//! Rows come from the highest whole table, and single ones of a higher conf only from who acted
//! upon them. A row is kept without a loss only if nobody who may have served the bucket since is
//! missing.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::{BucketId, Conf, Loss, Reign};

use super::history::History;
use super::jumps;
use super::roster::Owner;
use super::table::{LOSS_MAX, Row, Rows};

/// Planted bugs of it, all off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Single rows are taken from anybody, and without the table under them.
    pub rows_one_by_one: bool,
    /// A primary that has reported is enough.
    pub primary_confirms_alone: bool,
    /// No number jumps.
    pub numbers_repeat: bool,
    /// Rows that both lines have changed are kept.
    pub fork_kept: bool,
}

/// What is known when a boss adopts.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What the store has.
    pub ours: Rows,
    /// Its steps.
    pub history: History,
    /// The term that this boss began.
    pub since: u64,
    /// Whole tables of steps that the history lacks, by their terms: the newest of each.
    pub tables: BTreeMap<u64, (u64, Rows)>,
    /// Rows that those who report them have acted upon, beyond their tables.
    pub acted: Vec<(BucketId, Row)>,
    /// All rows of steps that the history lacks, whoever has told them.
    pub told: Vec<(BucketId, Row)>,
    /// Who has answered, and acts upon nothing else until it hears what comes of it.
    pub answered: BTreeSet<Owner>,
    /// Whom primaries have proposed to add, over rows of which conf.
    pub proposed: BTreeMap<(BucketId, Owner), (Conf, Owner)>,
    /// Everybody has answered.
    pub is_whole: bool,
    /// The operator knows that who hasn't answered never served.
    pub trusts_primaries: bool,
    /// How many buckets those who can be given one have; more are added.
    pub heirs: BTreeMap<Owner, usize>,
    /// Planted bugs.
    pub faults: Faults,
}

impl Evidence {
    /// The planted bugs: there are none in a build without debug assertions.
    #[inline]
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }
}

/// What comes of it.
#[derive(Debug, Default)]
pub struct Adopted {
    /// The rows.
    pub rows: Rows,
    /// Those of them whose loss was raised.
    pub lost: Vec<BucketId>,
}

/// All rows of one step.
pub fn adopt(mut evidence: Evidence) -> Adopted {
    let newest = evidence.tables.iter().max_by_key(|(term, (version, _))| (**term, *version));
    let base = newest.map(|(_, (_, rows))| rows.clone());
    let base = base.filter(|_| !evidence.faults().rows_one_by_one);
    let base = base.unwrap_or_else(|| evidence.ours.clone());
    let mut adopted = Adopted::default();
    let mut rows = Vec::new();
    for (bucket, row) in base.buckets() {
        let (row, keeps) = adopt_row(&mut evidence, bucket, row);
        if !keeps {
            adopted.lost.push(bucket);
        }
        rows.push(row);
    }
    adopted.rows = Rows::try_from(rows).unwrap_or_default();
    adopted
}

/// The row of a bucket, and whether it is kept without a loss.
fn adopt_row(evidence: &mut Evidence, bucket: BucketId, base: &Row) -> (Row, bool) {
    let known = known(evidence, bucket);
    let acted = evidence.acted.iter().filter(|(of, _)| *of == bucket).map(|(_, row)| row);
    let ours = evidence.ours.of(bucket);
    let best = acted.chain([base]).chain(ours).max_by_key(|row| row.conf()).unwrap_or(base).clone();
    let keeps = is_kept(evidence, bucket, &best) && !is_forked(evidence, bucket, &known);
    let step = if evidence.faults().numbers_repeat { 1 } else { jumps::ADOPTED };
    let highest = |number: fn(&Row) -> u64| known.iter().map(number).max().unwrap_or_default();
    let conf = Conf(highest(|row| row.conf().0) + step);
    let reign = Reign(highest(|row| row.reign().0));
    if keeps {
        let is_newest = evidence.is_whole && best.reign() == reign;
        let reign = if is_newest { reign } else { Reign(reign.0 + step) };
        return (best.kept(reign, conf), true);
    }
    let loss = if evidence.faults().numbers_repeat { 1 } else { jumps::LOSS };
    let loss = highest(|row| row.loss().0) + loss;
    // A number that lost steps may have given out is none to begin with.
    let heir = if loss < LOSS_MAX { heir(evidence, &best) } else { None };
    let loss = Loss(loss.min(LOSS_MAX - 1));
    (Row::begun(heir.as_ref(), loss, Reign(reign.0 + step), conf), false)
}

/// All rows of a bucket that anybody knows.
fn known(evidence: &Evidence, bucket: BucketId) -> Vec<Row> {
    let tables = evidence.tables.values().map(|(_, rows)| rows);
    let rows = tables.chain([&evidence.ours]).filter_map(|rows| rows.of(bucket));
    let single = evidence.acted.iter().chain(&evidence.told);
    rows.chain(single.filter(|(of, _)| *of == bucket).map(|(_, row)| row)).cloned().collect()
}

/// Whether everybody has answered who may have served the bucket, by this row or a later one.
fn is_kept(evidence: &Evidence, bucket: BucketId, row: &Row) -> bool {
    let Some(primary) = row.primary() else { return evidence.is_whole };
    let has_answered = |owner: &Owner| evidence.answered.contains(owner);
    if !has_answered(primary) {
        return false;
    }
    if evidence.trusts_primaries || evidence.faults().primary_confirms_alone {
        return true;
    }
    let proposed = evidence.proposed.get(&(bucket, primary.clone()));
    let proposed = proposed.filter(|(conf, _)| *conf >= row.conf()).map(|(_, owner)| owner);
    row.in_sync().iter().chain(proposed).all(has_answered)
}

/// Whether two lines of steps have changed the row, of which none follows from the other.
fn is_forked(evidence: &Evidence, bucket: BucketId, known: &[Row]) -> bool {
    if evidence.faults().fork_kept {
        return false;
    }
    let lost = known.iter().map(Row::step).filter(|step| !evidence.history.has(*step));
    let terms: BTreeSet<u64> = lost.map(|step| step.term).collect();
    let ours = evidence.ours.of(bucket).map_or(0, |row| row.step().version);
    let shared = |term: &u64| evidence.history.shared_with(*term, evidence.since);
    let are_two = terms.len() > 1 || terms.iter().any(|term| ours > shared(term));
    let confs: BTreeMap<Conf, &Row> = known.iter().map(|row| (row.conf(), row)).collect();
    are_two || known.iter().any(|row| confs[&row.conf()] != row)
}

/// Who gets a bucket that begins anew: its primary, else a member, else who has the fewest.
fn heir(evidence: &mut Evidence, row: &Row) -> Option<Owner> {
    let mut members = row.in_sync().iter().filter(|member| evidence.heirs.contains_key(member));
    let least = || evidence.heirs.iter().map(|(owner, count)| (count, owner)).min();
    let heir = members.next().cloned().or_else(|| Some(least()?.1.clone()))?;
    evidence.heirs.entry(heir.clone()).and_modify(|count| *count += 1);
    Some(heir)
}

#[cfg(test)]
mod tests;
