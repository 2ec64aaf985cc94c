//! Who is given up, and what becomes of the buckets that the dead were named for.
//!
//! All verdicts of a step come before its changes: the dead inherit nothing.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;
use proto::n2b::bucket_report::Role;
use proto::time::Time;

use super::super::events::Kind;
use super::super::liveness::{GIVE_UP_MS, Liveness, Verdict};
use super::super::roster::{Node, NodeRole, Owner, State};
use super::super::table::Row;
use super::Boss;

/// Rows that wait for proof are looked at so often.
const REVIEW_MS: u64 = 100;

/// Rows that may name somebody who is dead.
#[derive(Debug, Default)]
pub(super) struct Bereaved {
    /// There may be some.
    stale: bool,
    /// Some of those that are known wait for proof or for a member's link, until then.
    review_at: Option<u64>,
}

impl Bereaved {
    /// Somebody named by rows may be dead, or can't serve.
    pub(super) fn review(&mut self) {
        self.stale = true;
    }
}

/// How somebody that a row names is, for this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It lives, and the boss has a link with it.
    Linked,
    /// The same, but it can't go on with what it has.
    Stuck,
    /// It lives, and only the boss has lost it.
    Unlinked,
    /// It is dead without proof.
    Silent,
    /// It is dead with proof.
    Dead,
}

impl Standing {
    fn lives(self) -> bool {
        match self {
            Standing::Linked | Standing::Stuck | Standing::Unlinked => true,
            Standing::Silent | Standing::Dead => false,
        }
    }
}

/// What becomes of a row that names these.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Succession {
    /// Nothing.
    Stays,
    /// Its primary goes on without these.
    Without(Vec<Owner>),
    /// One of these is promoted, and the others of the second list leave.
    Promote(Vec<Owner>, Vec<Owner>),
    /// Only this one is left, and can't go on: it begins anew.
    Anew(Owner),
    /// Nobody lives of whom the boss knows: it may be given up, if there is proof enough.
    Nobody,
    /// A member lives, and is waited for.
    Waits,
}

/// Decides about a row by how everybody is that it names. A primary that is `unfit` has heard the
/// row and doesn't serve it.
fn succession(
    row: &Row,
    unfit: bool,
    silence_is_proof: bool,
    standing: impl Fn(&Owner) -> Standing,
) -> Succession {
    let Some(primary) = row.primary() else { return Succession::Stays };
    let gone = |owner: &&Owner| !standing(owner).lives();
    if standing(primary).lives() && !unfit {
        // Silence is for the primary to tell: a pair that is cut off would become two sets of one.
        let proven =
            |owner: &&Owner| standing(owner) == Standing::Dead || (silence_is_proof && gone(owner));
        let members = row.in_sync().iter().filter(proven);
        let out: Vec<Owner> = members.chain(row.learners().iter().filter(gone)).cloned().collect();
        return if out.is_empty() { Succession::Stays } else { Succession::Without(out) };
    }
    let others = || row.in_sync().iter().filter(|member| *member != primary);
    let with = |wanted: Standing| -> Vec<Owner> {
        others().filter(|member| standing(member) == wanted).cloned().collect()
    };
    let heirs = with(Standing::Linked);
    if !heirs.is_empty() {
        let named = row.in_sync().iter().chain(row.learners());
        let out = named.filter(|owner| *owner == primary || !standing(owner).lives());
        return Succession::Promote(heirs, out.cloned().collect());
    }
    if !with(Standing::Unlinked).is_empty() {
        return Succession::Waits;
    }
    let stuck = with(Standing::Stuck).into_iter().next();
    let last = stuck.or_else(|| unfit.then(|| primary.clone()));
    match last {
        // Somebody of whom there is no proof may have all of it.
        Some(_) if others().any(|owner| standing(owner) == Standing::Silent) => Succession::Waits,
        Some(last) if standing(&last) != Standing::Unlinked => Succession::Anew(last),
        Some(_) => Succession::Waits,
        None => Succession::Nobody,
    }
}

impl Boss {
    /// Gives up whoever is dead. Not while the store fails: what is decided isn't taken back, and
    /// nobody would hear of it, so who comes back before the store does keeps what it has.
    pub(super) fn judge(&mut self, now: Time) {
        if self.is_stalled() {
            return;
        }
        let dead = self.verdicts(now).filter_map(|(node, verdict)| match verdict {
            Verdict::Dead { reason, .. } => Some((node.clone(), reason)),
            Verdict::Alive | Verdict::Undecided(_) => None,
        });
        let dead: Vec<(Node, &'static str)> = dead.collect();
        for (node, reason) in &dead {
            self.counters.lost += 1;
            self.kept.roster.set_state(&node.id, State::Gone);
            let text = format!("{} is given up: {reason}", node.id);
            self.tell(now, Kind::Lost, Some(&node.id), text);
        }
        if !dead.is_empty() {
            self.bereaved.review();
            self.publication.change();
            self.learners.review();
        }
        self.bury(now);
        if !dead.is_empty() {
            self.forget();
        }
    }

    /// Finds others for what the dead were named for.
    fn bury(&mut self, now: Time) {
        let is_due = self.bereaved.review_at.is_some_and(|at| at <= now.ms);
        if !std::mem::take(&mut self.bereaved.stale) && !is_due {
            return;
        }
        self.bereaved.review_at = None;
        if self.faults().dead_keeps_all || self.frozen.is_some() {
            return;
        }
        if !self.returns.is_over(now.ms) {
            self.bereaved.review_at = Some(self.returns.by_ms);
        }
        if !self.may_judge(now) {
            return;
        }
        let rows = || self.kept.rows.iter();
        let named: BTreeSet<&Owner> =
            rows().flat_map(|row| row.in_sync().iter().chain(row.learners())).collect();
        let fates: BTreeMap<Owner, Standing> =
            named.into_iter().map(|owner| (owner.clone(), self.fate(now, owner))).collect();
        let found: Vec<(BucketId, Succession)> =
            self.bereft(now).map(|it| (it.0, self.succession(it, &fates))).collect();
        let heirs = self.heirs();
        let mut counts: BTreeMap<Owner, usize> =
            heirs.iter().map(|heir| (heir.clone(), self.kept.rows.count(heir))).collect();
        let mut lost = 0;
        for (bucket, succession) in found {
            match succession {
                Succession::Stays => continue,
                Succession::Without(out) => self.row_of(bucket).leave(|owner| out.contains(owner)),
                Succession::Promote(heirs, out) => {
                    let heir = fewest(&counts, &heirs).unwrap_or_else(|| heirs[0].clone());
                    counts.entry(heir.clone()).and_modify(|count| *count += 1);
                    self.row_of(bucket).promote(&heir, |owner| out.contains(owner));
                }
                Succession::Anew(heir) => {
                    self.row_of(bucket).lose(&heir);
                    lost += 1;
                }
                Succession::Nobody if self.is_proven(now, bucket, &fates) => {
                    self.give_up(bucket, &mut counts);
                    lost += 1;
                }
                Succession::Nobody | Succession::Waits => {
                    self.bereaved.review_at = Some(now.ms + REVIEW_MS);
                    continue;
                }
            }
            self.publication.change();
            self.learners.review();
        }
        let to = if heirs.is_empty() { "wait for a queue node" } else { "begin anew, empty" };
        self.moved(now, lost, format!("{lost} buckets lost their last copy and {to}"));
    }

    /// The rows that may be changed.
    fn bereft(&self, now: Time) -> impl Iterator<Item = (BucketId, &Row)> {
        self.kept.rows.buckets().filter(move |(_, row)| self.may_change(now, row))
    }

    fn row_of(&mut self, bucket: BucketId) -> &mut Row {
        self.kept.rows.row_mut(bucket).expect("a bucket of this table")
    }

    /// The bucket begins anew: at its primary's next life, if that is there, or wherever there is
    /// the least; without queue nodes it waits.
    fn give_up(&mut self, bucket: BucketId, counts: &mut BTreeMap<Owner, usize>) {
        let all: Vec<Owner> = counts.keys().cloned().collect();
        let row = self.row_of(bucket);
        let again = row.primary().and_then(|primary| all.iter().find(|heir| heir.id == primary.id));
        match again.cloned().or_else(|| fewest(counts, &all)) {
            Some(heir) => {
                counts.entry(heir.clone()).and_modify(|count| *count += 1);
                row.lose(&heir);
            }
            None => row.orphan(),
        }
    }

    fn succession(
        &self,
        (bucket, row): (BucketId, &Row),
        fates: &BTreeMap<Owner, Standing>,
    ) -> Succession {
        let holding = |owner: &Owner| self.holdings.of(&owner.id, bucket);
        let standing = |owner: &Owner| {
            let is_stuck = holding(owner).is_some_and(|holding| holding.role == Role::Stuck);
            let fate = fates[owner];
            if is_stuck && fate == Standing::Linked { Standing::Stuck } else { fate }
        };
        let unfit = row.primary().is_some_and(|primary| {
            let heard = holding(primary).filter(|holding| holding.conf >= row.conf());
            self.is_linked(primary) && heard.is_some_and(|holding| holding.role != Role::Primary)
        });
        let faults = self.faults();
        let unfit = unfit && !faults.stuck_primary_stays;
        succession(row, unfit, faults.drops_by_silence, standing)
    }

    /// How this life of a node is.
    fn fate(&self, now: Time, owner: &Owner) -> Standing {
        // Who was given up so long ago that the roster has forgotten it has proven nothing since.
        let Some(node) = self.kept.roster.get(&owner.id) else { return Standing::Silent };
        let Some(life) = self.lives.get(&owner.id) else { return Standing::Silent };
        if node.incarnation != owner.incarnation {
            return Standing::Dead;
        }
        if self.is_linked(owner) {
            return Standing::Linked;
        }
        match self.verdict(now, node, life) {
            Verdict::Dead { is_proven: true, .. } => Standing::Dead,
            Verdict::Dead { is_proven: false, .. } => Standing::Silent,
            Verdict::Alive | Verdict::Undecided(_) => Standing::Unlinked,
        }
    }

    /// Whether a bucket may be given up of which no member is alive (F8). Where one copy is all
    /// that is wanted, nothing is won by waiting.
    fn is_proven(&self, now: Time, bucket: BucketId, fates: &BTreeMap<Owner, Standing>) -> bool {
        let Some(row) = self.kept.rows.of(bucket) else { return false };
        if (self.copies == 1 || self.faults().last_copy_by_silence) && row.in_sync().len() == 1 {
            return true;
        }
        let is_last = row.in_sync().len() == 1;
        row.in_sync().iter().all(|member| {
            let node = self.kept.roster.get(&member.id);
            let is_anew = node.is_some_and(|node| node.incarnation != member.incarnation);
            let is_refused = fates[member] == Standing::Dead && self.all_miss(member);
            let life = self.lives.get(&member.id);
            let is_silent = life.is_some_and(|life| life.silent_ms(now.ms) >= GIVE_UP_MS);
            is_anew || is_refused || (is_last && is_silent && self.all_miss(member))
        })
    }

    /// Whether everybody who has a link with the boss, and somebody has, misses this node.
    fn all_miss(&self, owner: &Owner) -> bool {
        let Some(life) = self.lives.get(&owner.id) else { return false };
        let linked = self.links.values().filter_map(|line| line.node.as_ref());
        let mut others = linked.filter(|id| **id != owner.id).peekable();
        others.peek().is_some() && others.all(|id| life.misses(id))
    }

    fn is_stalled(&self) -> bool {
        self.publication.failure().is_some() && !self.faults().judges_stalled
    }

    /// When somebody may be dead next, or rows that wait are looked at again. While the store fails
    /// its next answer says.
    pub(super) fn judge_at(&self, now: Time) -> Option<u64> {
        if self.is_stalled() {
            return None;
        }
        let at = |(_, verdict)| match verdict {
            Verdict::Alive => None,
            Verdict::Undecided(at) => Some(at),
            Verdict::Dead { .. } => Some(now.ms),
        };
        self.verdicts(now).filter_map(at).chain(self.bereaved.review_at).min()
    }

    fn verdicts(&self, now: Time) -> impl Iterator<Item = (&Node, Verdict)> {
        self.lives.iter().filter_map(move |(id, life)| {
            let node = self.kept.roster.get(id).filter(|node| node.state != State::Gone)?;
            Some((node, self.verdict(now, node, life)))
        })
    }

    /// Whether this node is dead.
    pub(super) fn verdict(&self, now: Time, node: &Node, life: &Liveness) -> Verdict {
        if life.link().is_some() {
            return Verdict::Alive;
        }
        let verdict = match node.role {
            NodeRole::QueueNode if self.faults().dead_by_one_link => {
                life.verdict(now.ms, self.settings.dead_ms, false)
            }
            NodeRole::QueueNode => {
                life.verdict(now.ms, self.settings.dead_ms, self.has_witnesses(node))
            }
            // Nothing depends on when a gateway is given up.
            NodeRole::Gateway => life.verdict(now.ms, GIVE_UP_MS, false),
        };
        match verdict {
            Verdict::Dead { .. } if !self.may_judge(now) => Verdict::Undecided(self.returns.by_ms),
            Verdict::Dead { .. } | Verdict::Alive | Verdict::Undecided(_) => verdict,
        }
    }

    /// Whether anybody who has been told where to dial this node has a link to the boss.
    fn has_witnesses(&self, node: &Node) -> bool {
        let table = self.publication.table();
        let is_dialled = table.is_some_and(|table| {
            // In the roster's order.
            let at = table.places.binary_search_by(|place| place.id.as_str().cmp(node.id.as_str()));
            at.is_ok_and(|at| table.places[at].incarnation == node.incarnation)
        });
        let mut others = self.links.values().filter_map(|line| line.node.as_ref());
        is_dialled && others.any(|other| *other != node.id)
    }
}

/// Who of these has the fewest, then the lowest id.
fn fewest(counts: &BTreeMap<Owner, usize>, of: &[Owner]) -> Option<Owner> {
    let known = of.iter().filter_map(|owner| Some((counts.get(owner)?, owner)));
    known.min().map(|(_, owner)| owner.clone())
}

#[cfg(test)]
mod tests;
