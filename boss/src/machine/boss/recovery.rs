//! What a boss does whose store has lost steps: nothing changes until those who know have told, or
//! an operator goes on without them.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::LinkId;
use proto::bucket::{BucketId, Conf};
use proto::n2b::{BucketReport, Known};
use proto::name::NodeId;
use proto::table::Version;
use proto::time::Time;

use super::super::adopt::{self, Adopted, Evidence};
use super::super::events::Kind;
use super::super::frozen::Frozen;
use super::super::history;
use super::super::jumps;
use super::super::outbox::{Answer, Outbox};
use super::super::registration::Registration;
use super::super::roster::{NodeRole, Owner};
use super::super::table::{LOSS_MAX, Row, Rows};
use super::Boss;
use super::publication::Waiting;

/// What an operator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adopt {
    /// A frozen boss goes on without those who haven't answered.
    All {
        /// They never served: what a primary has reported is kept.
        trust_primaries: bool,
    },
    /// A bucket whose set nobody can prove dead begins anew.
    Bucket {
        /// Which.
        bucket: BucketId,
        /// At this node.
        node: NodeId,
    },
}

impl Boss {
    /// No row changes from now on.
    pub(super) fn freeze(&mut self, now: Time, reason: String) {
        if self.frozen.is_some() || self.faults().thaws_at_once {
            return;
        }
        let text = format!("no row changes: {reason}");
        self.tell(now, Kind::Frozen, None, text);
        self.frozen = Some(Frozen::new(reason, now.unix_ms));
        self.lookout.review();
        // What no step has is no change.
        self.kept.rows = self.publication.written().clone();
        self.proposals.clear();
        self.publication.push_soon();
    }

    /// A process has registered: whether it knows of steps that the store lacks.
    pub(super) fn examine(&mut self, now: Time, process: &Registration) {
        let id = process.id.as_str();
        self.examine_step(now, id, process.table);
        for (bucket, row) in process.buckets.iter().chain(&process.ahead) {
            self.examine_row(now, id, *bucket, row);
        }
        let present = self.kept.config.present().version;
        if process.config > present {
            let version = process.config;
            let reason = format!(
                "{id} knows version {version} of the cluster configuration, the store has {present}"
            );
            self.freeze(now, reason);
        }
    }

    /// The same of what a node reports later.
    pub(super) fn examine_reports(&mut self, now: Time, id: &NodeId, reports: &[BucketReport]) {
        for report in reports {
            let row = report.row.as_ref().and_then(Row::reported);
            let bucket = BucketId::new(report.bits, report.prefix);
            if let (Some(bucket), Some(row)) = (bucket, row) {
                self.examine_row(now, id.as_str(), bucket, &row);
            }
        }
    }

    /// Somebody speaks of a step: this boss is behind, or later than it.
    pub(super) fn examine_step(&mut self, now: Time, id: &str, step: Version) {
        if self.kept.history.has(step) {
            return;
        }
        let Version { term, version } = step;
        self.freeze(now, format!("{id} knows step {term}.{version}, which the store lacks"));
        self.outlive(step);
    }

    fn examine_row(&mut self, now: Time, id: &str, bucket: BucketId, row: &Row) {
        if !self.faults().lower_lost_row_is_told || self.is_ahead(bucket, row) {
            self.examine_step(now, id, row.step());
        }
        let is_lost = !self.kept.history.has(row.step()) || self.is_ahead(bucket, row);
        if self.is_ahead(bucket, row) && !self.faults().unknown_primary_ignored {
            let conf = row.conf().0;
            let reason =
                format!("{id} has a row of bucket {bucket} with conf {conf}, unknown here");
            self.freeze(now, reason);
        } else if self.faults().freezes_for_slept && self.is_lower(bucket, row) {
            self.freeze(now, format!("{id} has a lower row of bucket {bucket}"));
        }
        if let Some(frozen) = self.frozen.as_mut().filter(|_| is_lost) {
            frozen.heard_row(bucket, row);
        }
    }

    /// Whether the store can't have had this row.
    fn is_ahead(&self, bucket: BucketId, row: &Row) -> bool {
        let Some(ours) = self.kept.rows.of(bucket) else { return true };
        row.conf() > ours.conf() || (row.conf() == ours.conf() && row.names_others(ours))
    }

    fn is_lower(&self, bucket: BucketId, row: &Row) -> bool {
        self.kept.rows.of(bucket).is_some_and(|ours| row.conf() < ours.conf())
    }

    /// The next steps are later than this one.
    fn outlive(&mut self, step: Version) {
        if let Some(frozen) = &mut self.frozen {
            frozen.heard(step);
        }
        if step.term > self.kept.term {
            self.begin_term(step.term);
        }
        if step.version > self.kept.version {
            self.kept.version = step.version;
            self.publication.change();
        }
    }

    /// Begins a term behind this one.
    pub(super) fn begin_term(&mut self, behind: u64) {
        self.kept.term = history::next_term(behind.max(self.kept.term), self.chance);
        self.publication.change();
    }

    /// A process has told all that it knows.
    pub(super) fn hear_all(&mut self, link: LinkId, node: &NodeId, known: Known, out: &mut Outbox) {
        let was_asked = self.links.get(&link).is_some_and(|line| line.sent.asked);
        if !was_asked {
            return out.links.end(link, "it answered a question that nobody asked");
        }
        let owner = self.kept.roster.get(node).map(|node| node.owner());
        // Somebody may have gone on without it.
        let (Some(frozen), Some(owner)) = (&mut self.frozen, owner) else { return };
        match frozen.take(owner, known, &self.kept.history) {
            Ok(steps) => steps.into_iter().for_each(|step| self.outlive(step)),
            Err(wrong) => out.links.end(link, wrong),
        }
    }

    /// Goes on as soon as everybody has answered, and has had the time to come: the lost steps may
    /// have taken somebody in of whom nobody knows.
    pub(super) fn thaw(&mut self, now: Time) {
        let is_late = now.ms >= self.returns.by_ms;
        if self.frozen.is_some() && is_late && self.waits_for().is_empty() {
            self.adopt(now, false);
        }
    }

    /// Whom a frozen boss waits for.
    pub(super) fn waits_for(&self) -> Vec<NodeId> {
        let Some(frozen) = &self.frozen else { return Vec::new() };
        frozen.waits_for(&self.kept.roster, &self.kept.rows).into_iter().collect()
    }

    /// An operator goes on, or gives up a bucket.
    pub(super) fn adopt_by_hand(
        &mut self,
        now: Time,
        question: u64,
        adopt: &Adopt,
        out: &mut Outbox,
    ) {
        let done = match adopt {
            Adopt::All { .. } if self.frozen.is_none() => {
                Err("the boss isn't frozen: there is nothing to adopt".to_owned())
            }
            Adopt::All { .. } if self.knows_no_table() => {
                let missing = names(&self.waits_for());
                Err(format!(
                    "the store has no table, and nobody has told one yet: try again when one of \
                     {missing} has answered, or has been started anew"
                ))
            }
            Adopt::All { trust_primaries } => {
                let missing = names(&self.waits_for());
                let trust = if *trust_primaries { ", and trusts primaries" } else { "" };
                let text = format!("an operator goes on without {missing}{trust}");
                self.tell(now, Kind::Adopted, None, text);
                Ok(self.adopt(now, *trust_primaries))
            }
            Adopt::Bucket { bucket, node } => self.begin_anew(now, *bucket, node),
        };
        match done {
            Ok(lost) => {
                let step = self.publication.step_of_changes(self.kept.version);
                let waiting = Waiting { question, step, answer: Answer::Adopted(lost) };
                self.publication.wait(waiting);
            }
            Err(reason) => Boss::answer(out, question, Answer::Unavailable(reason)),
        }
    }

    /// Whether there has been a table, and neither the store nor anybody who has answered has one:
    /// numbers of a first one would have been given out before.
    fn knows_no_table(&self) -> bool {
        let lacks = |frozen: &Frozen| frozen.lacks_table(&self.kept.history);
        let is_unknown = self.kept.rows.is_empty() && self.frozen.as_ref().is_some_and(lacks);
        is_unknown && !self.waits_for().is_empty()
    }

    /// Gives a bucket to a node, empty, whatever has become of those who had it.
    fn begin_anew(
        &mut self,
        now: Time,
        bucket: BucketId,
        node: &NodeId,
    ) -> Result<Vec<BucketId>, String> {
        if self.frozen.is_some() {
            return Err("the boss is frozen: adopt the whole first".to_owned());
        }
        let to = self.kept.roster.get(node).map(|node| node.owner());
        let to = to.filter(|owner| self.is_linked(owner));
        let to = to.ok_or_else(|| format!("{node} is no queue node with a link to the boss"))?;
        let row = self.kept.rows.of(bucket);
        let row = row.ok_or_else(|| format!("there is no bucket {bucket}"))?;
        if row.is_used_up() {
            return Err(used_up(&format!("bucket {bucket} has")));
        }
        if let Some(member) = row.in_sync().iter().find(|member| self.is_linked(member)) {
            let id = &member.id;
            return Err(format!("{id} is in sync of bucket {bucket} and linked: stop it first"));
        }
        if let Some(row) = self.kept.rows.row_mut(bucket) {
            row.lose(&to);
        }
        let text = format!("an operator gave up bucket {bucket}: it begins anew at {node}");
        self.tell(now, Kind::Adopted, Some(node), text);
        self.publication.change();
        self.learners.review();
        Ok(vec![bucket])
    }

    /// One step out of all that was told.
    fn adopt(&mut self, now: Time, trusts_primaries: bool) -> Vec<BucketId> {
        let is_whole = self.waits_for().is_empty();
        let Some(frozen) = self.frozen.take() else { return Vec::new() };
        let answered = frozen.answered();
        let told = frozen.into_parts();
        let evidence = Evidence {
            ours: self.kept.rows.clone(),
            history: self.kept.history.clone(),
            since: self.began,
            tables: told.tables,
            acted: told.acted,
            told: told.rows,
            proposed: self.proposed(),
            heirs: self.loads(&answered),
            answered,
            is_whole,
            trusts_primaries,
            faults: self.faults().adopt,
        };
        let Adopted { rows, lost } = adopt::adopt(evidence);
        self.kept.history.merge(&told.steps);
        let jump = if self.faults().config_repeats { 0 } else { jumps::ADOPTED };
        let newest = self.kept.config.present().version;
        let is_higher = told.config.as_ref().is_some_and(|(version, _)| *version > newest);
        if jump > 0 || is_higher {
            self.kept.config.adopt(told.config, jump, now.unix_ms);
            self.copies = self.kept.config.copies();
            self.holds = self.kept.config.holds();
        }
        self.kept.rows = rows;
        let step = Version { version: self.kept.version + 1, ..self.kept.step() };
        self.kept.history.add(step);
        self.kept.rows.made_by(step, &Rows::default(), |_, _| 0);
        self.publication.replace(&self.kept.rows);
        self.learners.review();
        self.bereaved.review();
        self.lookout.review();
        let text = match lost.len() {
            0 => "lost steps were made up for: no bucket has lost anything".to_owned(),
            many => format!("lost steps were made up for: {many} buckets begin anew, empty"),
        };
        self.tell(now, Kind::Adopted, None, text);
        self.counters.moved += lost.len() as u64;
        self.counters.buckets_lost += lost.len() as u64;
        lost
    }

    /// Whom primaries have proposed to add.
    fn proposed(&self) -> BTreeMap<(BucketId, Owner), (Conf, Owner)> {
        let all = self.holdings.proposed().filter_map(|(node, bucket, proposed)| {
            let owner = self.kept.roster.get(node)?.owner();
            Some(((bucket, owner), proposed.clone()))
        });
        all.collect()
    }

    /// How many buckets those queue nodes have that have answered.
    fn loads(&self, answered: &BTreeSet<Owner>) -> BTreeMap<Owner, usize> {
        let nodes = answered.iter().filter(|owner| {
            let node = self.kept.roster.get(&owner.id);
            node.is_some_and(|node| node.role == NodeRole::QueueNode) && self.is_linked(owner)
        });
        nodes.map(|owner| (owner.clone(), self.kept.rows.count(owner))).collect()
    }
}

/// That buckets can't begin anew once more, and what to do.
pub(super) fn used_up(which: &str) -> String {
    let most = LOSS_MAX - 1;
    format!(
        "{which} begun anew {most} times, the most there can be, and nobody can serve it any more: \
         move to a new cluster (docs/operations.md)"
    )
}

/// Names, for a sentence.
pub(super) fn names(ids: &[NodeId]) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<&str> = ids.iter().take(SHOWN).map(|id| id.as_str()).collect();
    if ids.len() > SHOWN {
        shown.push("others");
    }
    if shown.is_empty() { "nobody".to_owned() } else { shown.join(", ") }
}
