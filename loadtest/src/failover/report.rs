//! What was lost, what was said of it, and how long nothing came.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::how::How;
use super::judge::Verdict;
use super::newest::Differences;
use super::told::Notices;
use crate::statistics::median;

/// What `failover` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailoverReport {
    /// What was done to queue nodes.
    pub how: How,
    /// Whether each server process had a host of its own.
    pub hosts: bool,
    /// What chance began with, where it had a part.
    pub seed: Option<u64>,
    /// How many queue nodes there were.
    pub queue_nodes: usize,
    /// How many gateways.
    pub gateways: usize,
    /// How many copies of each bucket were configured.
    pub copies: usize,
    /// Queues that were created before.
    pub queues: usize,
    /// Sessions that were there, the senders among them.
    pub sessions: usize,
    /// Messages a second that were to be sent.
    pub messages_per_s: f64,
    /// What came of all publishes and deliveries.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Of the acknowledged publishes: those of back ends.
    pub back_end_acknowledged: u64,
    /// Messages that were due while their senders were away.
    pub unsent: u64,
    /// Publishes whose connections stand and that were never answered.
    pub never_answered: u64,
    /// Histories compared with what was seen.
    pub history: Differences,
    /// What those who send and receive were told.
    pub told: Notices,
    /// What those were told who were just there.
    pub bystanders: Notices,
    /// Queues that were gone at the end though no bucket had begun anew since they were created.
    pub queues_lost: u64,
    /// Gaps of rooms whose nodes were killed and that others took over.
    pub kept: Gaps,
    /// Gaps of rooms whose buckets began anew.
    pub lost_rooms: Gaps,
    /// Gaps of rooms on other nodes.
    pub others: Gaps,
    /// Gaps of all rooms while the nodes came back.
    pub returning: Gaps,
    /// Each kill.
    pub kills: Vec<KillReport>,
    /// How much of its core the generator used.
    pub generator_busy: f64,
    /// How late the generator was with its messages: of 999 in a thousand, at most.
    pub generator_late_p999_ms: f64,
    /// The latest message of all.
    pub generator_late_max_ms: f64,
}

/// The longest time without something newer, of each kill and each subscriber at a thousand
/// messages a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// How many there are.
    pub count: usize,
    /// The median.
    pub median_ms: f64,
    /// The worst.
    pub worst_ms: f64,
}

/// One kill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KillReport {
    /// The nodes.
    pub nodes: Vec<String>,
    /// Who else died, or was cut off.
    pub others: Vec<String>,
    /// How many buckets a learner was being given when it died.
    pub filling: usize,
    /// When, in seconds since the run began.
    pub at_s: f64,
    /// How long it took until the boss said that others served all buckets; none: it never said so
    /// before the nodes were back.
    pub served_ms: Option<f64>,
    /// How long it took from the nodes' return until all was as before.
    pub back_ms: f64,
    /// Buckets that began anew.
    pub lost_buckets: u64,
    /// Queues that were gone with them and were created again.
    pub queues_gone: u64,
    /// How many hosts might die without losing anything, as the boss's page says.
    pub hosts_may_die: MayDie,
    /// The worst gap of rooms that others took over.
    pub kept_ms: Option<f64>,
    /// The worst gap of rooms that began anew.
    pub lost_ms: Option<f64>,
    /// The worst gap of rooms on other nodes.
    pub others_ms: Option<f64>,
}

/// How many hosts might die, around a kill. Nodes that are dialled by loopback are all on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MayDie {
    /// Before it.
    pub before: u32,
    /// When the boss had just said that others served all buckets, if it did.
    pub served: Option<u32>,
    /// When all was as before.
    pub after: u32,
}

impl Gaps {
    /// Of these, in milliseconds.
    pub(super) fn of(gaps: Vec<f64>) -> Self {
        let worst_ms = gaps.iter().copied().fold(0.0, f64::max);
        Self { count: gaps.len(), worst_ms, median_ms: median(gaps) }
    }
}

impl FailoverReport {
    /// Whether nothing that was acknowledged was lost in silence, nothing doubled or turned around,
    /// nothing said to be lost that wasn't, and nothing lost at all that was to be kept; and
    /// whether what was to be done was done.
    pub fn sound(&self) -> bool {
        let cuts = self.how.ends_connections();
        self.verdict.sound()
            && !(self.is_kept() && self.lost_buckets() > 0)
            && self.history.none()
            && (self.never_answered, self.queues_lost) == (0, 0)
            && self.told.sound(cuts)
            && self.bystanders.sound(cuts)
            && (self.how != How::Learner || self.kills.iter().any(|kill| kill.filling > 0))
            && (self.lost_buckets() > 0 || self.told.losses() + self.bystanders.losses() == 0)
    }

    /// Whether each bucket has a copy on a node that isn't killed.
    fn is_kept(&self) -> bool {
        self.copies > self.how.costs(self.queue_nodes)
    }

    /// Buckets that began anew, over all kills.
    fn lost_buckets(&self) -> u64 {
        self.kills.iter().map(|kill| kill.lost_buckets).sum()
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Gaps {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, median_ms, worst_ms } = self;
        match count {
            0 => write!(formatter, "none"),
            _ => write!(formatter, "median {median_ms:.1}  worst {worst_ms:.1} ms, of {count}"),
        }
    }
}

impl fmt::Display for FailoverReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queues, sessions, messages_per_s, queue_nodes, gateways, copies, .. } = self;
        writeln!(
            formatter,
            "cluster       {queue_nodes} queue nodes, {gateways} gateways, copies {copies}, \
             {queues} queues, {sessions} sessions"
        )?;
        let (times, buckets) = (self.kills.len(), self.lost_buckets());
        let how = self.how.done();
        writeln!(formatter, "nodes         {how} {times} times, {buckets} buckets began anew")?;
        self.messages(formatter)?;
        writeln!(formatter, "told          {}", self.told)?;
        writeln!(formatter, "bystanders    {}", self.bystanders)?;
        let gone: u64 = self.kills.iter().map(|kill| kill.queues_gone).sum();
        let lost = self.queues_lost;
        writeln!(formatter, "queues        lost {lost}, gone with lost buckets {gone}")?;
        writeln!(formatter, "gap, kept     {}", self.kept)?;
        writeln!(formatter, "gap, lost     {}", self.lost_rooms)?;
        writeln!(formatter, "gap, others   {}", self.others)?;
        writeln!(formatter, "gap, return   {}", self.returning)?;
        let served = self.kills.iter().filter_map(|kill| kill.served_ms).collect();
        writeln!(formatter, "served        {}", Gaps::of(served))?;
        writeln!(
            formatter,
            "generator     {:.0} % of a core, late {:.1} ms (p99.9), {:.1} ms at most \
             ({messages_per_s:.0} messages/s wanted)",
            self.generator_busy * 100.0,
            self.generator_late_p999_ms,
            self.generator_late_max_ms,
        )
    }
}

impl FailoverReport {
    fn messages(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { publishes, acknowledged, outcome_unknown, unanswered, .. } = self.verdict;
        let Self { unsent, never_answered: never, back_end_acknowledged: written, .. } = self;
        write!(
            formatter,
            "publishes     {publishes}: {acknowledged} acknowledged ({written} of back ends), \
             {outcome_unknown} unknown, {unanswered} unanswered ({never} on open connections), \
             {unsent} unsent"
        )?;
        for (status, times) in &self.verdict.refused {
            write!(formatter, ", {times} refused with {status}")?;
        }
        writeln!(formatter)?;
        let Verdict { delivered, lost_announced, acknowledged_gone, .. } = self.verdict;
        writeln!(
            formatter,
            "deliveries    {delivered}, {lost_announced} announced as lost; {acknowledged_gone} \
             acknowledged messages seen by nobody"
        )?;
        let Verdict { lost, doubled, out_of_order, torn, refused_delivered, .. } = self.verdict;
        writeln!(
            formatter,
            "faults        lost {lost}, doubled {doubled}, out_of_order {out_of_order}, \
             torn {torn}, refused and delivered {refused_delivered}"
        )?;
        let Differences { rooms, messages, missing, surplus, misplaced } = self.history;
        writeln!(
            formatter,
            "histories     {messages} messages of {rooms} rooms: missing {missing}, surplus \
             {surplus}, misplaced {misplaced}"
        )
    }
}
