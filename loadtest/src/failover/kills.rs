//! Kills queue nodes one after the other and starts them again, on a thread of its own: the clients
//! are never held up by it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::FailoverOptions;
use super::boss::{Boss, Life, Picture, Place};
use super::bystanders::Bystanders;
use crate::clock::{Clock, Nanoseconds, nanoseconds};
use crate::interrupt::Interrupt;
use crate::servers::cluster::Cluster;

/// How often the boss is asked.
const STEP: Duration = Duration::from_millis(5);

/// How long each state that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a stopped process stands still.
const STOPPED: Duration = Duration::from_secs(5);

/// How long nothing more is done once all buckets serve.
const REST: Duration = Duration::from_secs(1);

/// What is done to a queue node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// SIGKILL, and a start some time later.
    Kill,
    /// SIGSTOP, and SIGCONT five seconds later.
    Stop,
    /// SIGKILL of half of the nodes at once.
    Half,
}

impl std::str::FromStr for How {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "kill" => Ok(Self::Kill),
            "stop" => Ok(Self::Stop),
            "half" => Ok(Self::Half),
            other => Err(format!("nothing is done by {other:?}: kill, stop or half")),
        }
    }
}

/// One kill, as it went.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    /// The nodes, by their ids.
    pub(super) nodes: Vec<String>,
    /// When it was done.
    pub(super) at: Nanoseconds,
    /// When the boss said that others serve all buckets; none: not before the nodes were back.
    pub(super) served: Option<Nanoseconds>,
    /// When the nodes were started again, or went on.
    pub(super) relieved: Nanoseconds,
    /// When they were back, and all copies in sync.
    pub(super) settled: Nanoseconds,
    /// Buckets that began anew.
    pub(super) lost_buckets: u64,
    /// By probe room: whether its home was killed, and whether its bucket began anew.
    pub(super) probes: Vec<Hit>,
    /// Of the bystanders' queues: how many were gone with these buckets, and were created again.
    pub(super) queues_gone: u64,
}

/// What a kill did to a probe room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// Its home went on.
    Other,
    /// Its home was killed, and another has taken over.
    Kept,
    /// Its bucket began anew.
    Lost,
}

/// Who kills.
pub(super) struct Killer<'a> {
    pub(super) options: &'a FailoverOptions,
    pub(super) cluster: &'a mut Cluster,
    pub(super) bystanders: &'a mut Bystanders,
    pub(super) probes: &'a [String],
    pub(super) clock: Clock,
    pub(super) interrupt: &'a Interrupt,
}

impl Killer<'_> {
    /// All kills, each after a pause, and a pause behind the last.
    pub(super) fn run(&mut self) -> Result<Vec<Kill>> {
        let mut kills: Vec<Kill> = Vec::new();
        for _ in 0..self.options.kills {
            self.pause(self.options.pause)?;
            let kill = self.kill(&kills).with_context(|| format!("kill {}", kills.len() + 1))?;
            eprintln!(
                "killed {} at {:.1} s, {} buckets lost, {} queues gone",
                kill.nodes.join(" and "),
                crate::clock::seconds(kill.at),
                kill.lost_buckets,
                kill.queues_gone
            );
            kills.push(kill);
        }
        self.pause(self.options.pause)?;
        Ok(kills)
    }

    fn kill(&mut self, earlier: &[Kill]) -> Result<Kill> {
        let boss = self.boss();
        let before = boss.picture()?;
        let places = boss.places(self.probes)?;
        let nodes = self.choose(&before, &places, earlier);
        let dead: BTreeSet<Life> = nodes.iter().filter_map(|node| before.life(node)).collect();
        let at = self.clock.now();
        for node in &nodes {
            self.harm(node)?;
        }
        let alone = nodes.len() == before.up.len();
        let served = if alone { None } else { self.served(at, &dead)? };
        self.until_relief(at, &dead)?;
        let relieved = self.clock.now();
        for node in &nodes {
            self.relieve(node)?;
        }
        let copies = self.options.copies;
        let back = |picture: &Picture| {
            nodes.iter().all(|node| picture.life(node).is_some())
                && picture.served(&BTreeSet::new())
                && picture.in_sync(copies, &BTreeSet::new())
        };
        self.wait("the nodes are back and all copies in sync", PATIENCE, back)?
            .with_context(|| format!("after {} were back", nodes.join(" and ")))?;
        let settled = self.clock.now();
        let lost_buckets = boss.picture()?.lost_since(&before);
        let after = boss.places(self.probes)?;
        let probes = places.iter().zip(&after).map(|(before, after)| hit(before, after, &nodes));
        let probes = probes.collect();
        let queues_gone = if lost_buckets > 0 { self.bystanders.fill()? } else { 0 };
        Ok(Kill { nodes, at, served, relieved, settled, lost_buckets, probes, queues_gone })
    }

    /// The nodes with the most probe rooms, then the most buckets, then those whose last turn was
    /// the longest ago.
    fn choose(&self, picture: &Picture, places: &[Place], earlier: &[Kill]) -> Vec<String> {
        let mut probes: BTreeMap<&str, usize> = BTreeMap::new();
        for home in places.iter().filter_map(Place::home) {
            *probes.entry(home).or_default() += 1;
        }
        let last = |id: &str| earlier.iter().rposition(|kill| kill.nodes.iter().any(|n| n == id));
        let mut nodes: Vec<_> = picture
            .buckets()
            .into_iter()
            .map(|(id, buckets)| {
                let probes = probes.get(id).copied().unwrap_or_default();
                ((probes, buckets), std::cmp::Reverse(last(id)), id)
            })
            .collect();
        nodes.sort();
        let count = match self.options.how {
            How::Kill | How::Stop => 1,
            How::Half => (nodes.len() / 2).max(1),
        };
        nodes.into_iter().rev().take(count).map(|(_, _, id)| id.to_owned()).collect()
    }

    fn harm(&mut self, node: &str) -> Result<()> {
        let at = self.number(node)?;
        let server = self.cluster.queue_node_server(at);
        match self.options.how {
            How::Kill | How::Half => server.kill(),
            How::Stop => server.signal("STOP"),
        }
    }

    /// When others serve all buckets. A stopped node without copies keeps its own.
    fn served(&mut self, at: Nanoseconds, dead: &BTreeSet<Life>) -> Result<Option<Nanoseconds>> {
        let patience = match self.options.how {
            How::Kill | How::Half => PATIENCE,
            How::Stop => STOPPED.saturating_sub(Duration::from_nanos(self.clock.now() - at)),
        };
        let served = self.wait("others serve", patience, |picture| picture.served(dead))?;
        match (served, self.options.how) {
            (Ok(()), _) => Ok(Some(self.clock.now())),
            (Err(_), How::Stop) => Ok(None),
            (Err(error), How::Kill | How::Half) => Err(error),
        }
    }

    /// Waits until there are copies again among those who live, then for a rest, or until a stopped
    /// node has stood still for its time.
    fn until_relief(&mut self, at: Nanoseconds, dead: &BTreeSet<Life>) -> Result<()> {
        match self.options.how {
            How::Kill | How::Half => {
                let copies = self.options.copies;
                self.wait("copies are in sync", PATIENCE, |picture| {
                    picture.in_sync(copies, dead)
                })??;
                self.pause(REST)
            }
            How::Stop => {
                let stood = Duration::from_nanos(self.clock.now() - at);
                self.pause(STOPPED.saturating_sub(stood))
            }
        }
    }

    /// Starts a node again, or lets it go on; one that ends when it finds that it is out is started
    /// again, too.
    fn relieve(&mut self, node: &str) -> Result<()> {
        let at = self.number(node)?;
        if self.options.how == How::Stop {
            let server = self.cluster.queue_node_server(at);
            server.signal("CONT")?;
            self.pause(REST)?;
            if !self.cluster.queue_node_server(at).ended()? {
                return Ok(());
            }
        }
        self.cluster.restart_queue_node(at, self.interrupt)
    }

    fn number(&self, node: &str) -> Result<usize> {
        let place = self.cluster.queue_node_ids().position(|id| id == node);
        place.with_context(|| format!("the boss names {node}, which isn't of this cluster"))
    }

    fn boss(&self) -> Boss {
        Boss { address: self.cluster.boss_http }
    }

    /// Asks the boss until the cluster is so. The inner error is that it never was.
    fn wait(
        &self,
        what: &str,
        patience: Duration,
        is: impl Fn(&Picture) -> bool,
    ) -> Result<Result<()>> {
        let end = self.clock.now() + nanoseconds(patience);
        let boss = self.boss();
        while !is(&boss.picture()?) {
            if self.clock.now() > end {
                let error = anyhow::anyhow!("waited {} s in vain until {what}", patience.as_secs());
                return Ok(Err(error));
            }
            self.pause(STEP)?;
        }
        Ok(Ok(()))
    }

    fn pause(&self, span: Duration) -> Result<()> {
        let end = self.clock.now() + nanoseconds(span);
        loop {
            self.interrupt.check()?;
            let left = Duration::from_nanos(end.saturating_sub(self.clock.now()));
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}

fn hit(before: &Place, after: &Place, nodes: &[String]) -> Hit {
    let was_hit = before.home().is_some_and(|home| nodes.iter().any(|node| node == home));
    match (after.loss > before.loss, was_hit) {
        (true, _) => Hit::Lost,
        (false, true) => Hit::Kept,
        (false, false) => Hit::Other,
    }
}

/// Refuses what can't be done with so many nodes.
pub(super) fn check(options: &FailoverOptions) -> Result<()> {
    if options.queue_nodes < 2 {
        bail!("somebody has to take over: a fail-over needs at least two queue nodes");
    }
    Ok(())
}
