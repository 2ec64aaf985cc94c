//! How many hosts may die now without losing anything, and what is wrong where that are fewer than
//! the configuration wants.
//!
//! It is said of stored rows alone, and of members only as far as the boss knows that they live and
//! can be promoted: what it doesn't know isn't counted on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use proto::bucket::BucketId;

/// Where a node runs, as far as it matters for who dies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host<'a> {
    /// Nodes that are dialled within one machine are on it, whatever their labels say.
    Loopback,
    /// What its operator calls it.
    Named(&'a str),
}

impl<'a> Host<'a> {
    /// The host of a node with this label and address.
    pub fn of(label: &'a str, address: &str) -> Host<'a> {
        let is_loopback = match address.parse::<SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => address.starts_with("pipe:") || address.starts_with("localhost:"),
        };
        if is_loopback { Host::Loopback } else { Host::Named(label) }
    }
}

/// How a member of a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'a> {
    /// It lives on this host, and may be promoted.
    Level(Host<'a>),
    /// It lives, and can't go on with what it has of the bucket.
    Stuck,
    /// The boss has no link with it.
    Away,
}

/// A bucket, as its stored row has it.
#[derive(Debug, Clone)]
pub struct Bucket<'a> {
    /// Which.
    pub id: BucketId,
    /// Its members, the primary first; none without a primary.
    pub members: Vec<(&'a str, Member<'a>)>,
}

/// What else counts, beside buckets.
#[derive(Debug, Clone, Default)]
pub struct Circumstances<'a> {
    /// How many copies of each bucket the configuration wants.
    pub copies: usize,
    /// Where the queue nodes are with which the boss has a link: one entry for each.
    pub living: Vec<Host<'a>>,
    /// All queue nodes of the roster are on loopback, those that are gone, too.
    pub is_one_machine: bool,
    /// A bucket changes nothing of which one copy is left.
    pub holds: bool,
    /// Why the boss changes no row, if it doesn't.
    pub halted: Option<&'a str>,
}

/// How safe the buckets are now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Safety {
    /// Whichever hosts these are: nothing is lost.
    pub hosts_may_die: usize,
    /// The same of queue nodes alone. It is more where several are on one host.
    pub nodes_may_die: usize,
    /// How many hosts could die if each bucket had the copies that the configuration wants; 0 where
    /// all queue nodes are on one machine.
    pub hosts_wanted: usize,
    /// Buckets with fewer members than the configuration wants that live and are level.
    pub degraded: BTreeSet<BucketId>,
    /// Buckets that change nothing, since their rows name one member alone.
    pub holding: BTreeSet<BucketId>,
    /// What is wrong, in sentences; nothing if each bucket has all that is wanted.
    pub reasons: Vec<String>,
}

impl Safety {
    /// Of these buckets.
    pub fn of<'a>(
        buckets: impl Iterator<Item = Bucket<'a>>,
        circumstances: &Circumstances<'_>,
    ) -> Safety {
        let mut found = Found::default();
        buckets.for_each(|bucket| found.add(&bucket, circumstances));
        let may_die = |least: Option<usize>| {
            let least = least.filter(|_| circumstances.halted.is_none());
            least.unwrap_or_default().saturating_sub(1)
        };
        let hosts_wanted = if circumstances.is_one_machine { 1 } else { circumstances.copies };
        Safety {
            hosts_may_die: may_die(found.hosts),
            nodes_may_die: may_die(found.nodes),
            hosts_wanted: hosts_wanted.saturating_sub(1),
            reasons: found.reasons(circumstances),
            degraded: found.degraded,
            holding: found.holding,
        }
    }
}

/// What a walk over all buckets has found.
#[derive(Debug, Default)]
struct Found<'a> {
    buckets: usize,
    /// Of the bucket with the fewest: hosts and nodes that have all of it.
    hosts: Option<usize>,
    nodes: Option<usize>,
    degraded: BTreeSet<BucketId>,
    holding: BTreeSet<BucketId>,
    /// Buckets that nobody serves.
    unowned: usize,
    /// Of how many buckets each of these is a member.
    away: BTreeMap<&'a str, usize>,
    stuck: BTreeMap<&'a str, usize>,
}

impl<'a> Found<'a> {
    fn add(&mut self, bucket: &Bucket<'a>, circumstances: &Circumstances<'_>) {
        let (mut hosts, mut nodes) = (BTreeSet::new(), 0);
        for (id, member) in &bucket.members {
            match member {
                Member::Level(host) => {
                    hosts.insert(*host);
                    nodes += 1;
                }
                Member::Stuck => *self.stuck.entry(id).or_default() += 1,
                Member::Away => *self.away.entry(id).or_default() += 1,
            }
        }
        let lower = |least: Option<usize>, of| Some(least.map_or(of, |least| least.min(of)));
        self.hosts = lower(self.hosts, hosts.len());
        self.nodes = lower(self.nodes, nodes);
        self.buckets += 1;
        self.unowned += usize::from(bucket.members.is_empty());
        if nodes < circumstances.copies {
            self.degraded.insert(bucket.id);
        }
        // As its primary goes by its row, whether the others can go on or not.
        if circumstances.holds && bucket.members.len() == 1 {
            self.holding.insert(bucket.id);
        }
    }

    fn reasons(&self, circumstances: &Circumstances<'_>) -> Vec<String> {
        let Circumstances { copies, living, halted, .. } = circumstances;
        let mut reasons = Vec::new();
        if let Some(halted) = halted {
            reasons.push(format!("{halted}: rows may be outdated, and nobody is promoted"));
        }
        if self.buckets == 0 {
            reasons.push("there is no table yet".to_owned());
            return reasons;
        }
        let (nodes, hosts) = (living.len(), living.iter().collect::<BTreeSet<_>>().len());
        if *copies == 1 {
            reasons.push(
                "one copy of each bucket is wanted: `copies` is 1, or there is one queue node"
                    .to_owned(),
            );
        } else if nodes < *copies {
            reasons.push(format!("{copies} copies are wanted, and queue nodes linked: {nodes}"));
        } else if hosts == 1 {
            reasons.push("all queue nodes that are linked are on one host".to_owned());
        } else if hosts < *copies {
            reasons.push(format!("{copies} copies are wanted, and there are {hosts} hosts"));
        } else if self.hosts < Some(*copies) && self.degraded.is_empty() {
            reasons.push("some buckets have two copies on one host".to_owned());
        }
        for (id, of) in &self.away {
            reasons.push(format!("{id} is away, a member of {}", buckets(*of)));
        }
        for (id, of) in &self.stuck {
            reasons.push(format!("{id} can't go on with its copy of {}", buckets(*of)));
        }
        let all = buckets(self.buckets);
        if self.unowned > 0 {
            reasons.push(format!("without a node: {} of {all}", self.unowned));
        }
        if !self.degraded.is_empty() {
            let many = self.degraded.len();
            reasons.push(format!("fewer than {copies} copies in sync: {many} of {all}"));
        }
        if !self.holding.is_empty() {
            let many = self.holding.len();
            reasons.push(format!(
                "writes and logins are refused, by `alone = \"hold\"`: {many} of {all}"
            ));
        }
        reasons
    }
}

fn buckets(many: usize) -> String {
    format!("{many} bucket{}", if many == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
