//! Kills processes one after the other and starts them again, or hurts them otherwise, on a thread
//! of its own: the clients are never held up by it.

mod chance;
mod harm;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::FailoverOptions;
use super::boss::{Boss, Life, Picture, Place};
use super::bystanders::Bystanders;
use super::how::How;
use super::report::MayDie;
use crate::clock::{Clock, Nanoseconds, nanoseconds};
use crate::interrupt::Interrupt;
use crate::servers::cluster::Cluster;
use harm::OneWay;

pub(super) use chance::Chance;

/// How often the boss is asked.
const STEP: Duration = Duration::from_millis(5);

/// How long each state that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing more is done once all buckets serve.
const REST: Duration = Duration::from_secs(1);

/// One kill, as it went.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    /// The nodes, by their ids.
    pub(super) nodes: Vec<String>,
    /// Who else died, or was cut off, by their ids.
    pub(super) others: Vec<String>,
    /// Of a learner: how many buckets it was being given.
    pub(super) filling: usize,
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
    /// How many hosts might die.
    pub(super) hosts_may_die: MayDie,
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
    pub(super) chance: Chance,
    pub(super) clock: Clock,
    pub(super) interrupt: &'a Interrupt,
}

impl Killer<'_> {
    /// All kills, each after a pause, and a pause behind the last.
    pub(super) fn run(&mut self) -> Result<Vec<Kill>> {
        let mut kills: Vec<Kill> = Vec::new();
        for _ in 0..self.options.kills {
            let is_random = self.options.how == How::Random;
            let pause = self.options.pause;
            let pause = if is_random { self.chance.about(pause) } else { pause };
            self.pause(pause)?;
            let kill = self.kill(&kills).with_context(|| format!("kill {}", kills.len() + 1))?;
            eprintln!(
                "{}: {} at {:.1} s, {} buckets lost, {} queues gone",
                self.options.how.done(),
                [&kill.nodes[..], &kill.others].concat().join(", "),
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
        let may_die_before = boss.hosts_may_die()?;
        let draw = self.draw();
        let nodes = match &draw {
            Some(draw) => draw.nodes(self.cluster),
            None => self.choose(&before, &boss.places(self.probes)?, earlier),
        };
        let mut dead: BTreeSet<Life> = nodes.iter().filter_map(|node| before.life(node)).collect();
        if self.options.how == How::Learner {
            self.begin_filling(&nodes, &dead)?;
        }
        let places = boss.places(self.probes)?;
        let mut filling = 0;
        if self.options.how == How::Learner {
            filling = self.await_filling(&nodes[0], &mut dead)?;
        }
        if draw.as_ref().is_some_and(|draw| !draw.kills_node()) {
            dead.clear();
        }
        let at = self.clock.now();
        let others = match &draw {
            Some(draw) => self.harm_by_chance(draw)?,
            None => self.harm(&nodes, earlier.len())?,
        };
        let served = self.served(at, &nodes, &dead, before.up.len())?;
        // A boss that hasn't said so may not answer at all.
        let may_die_served = served.map(|_| boss.hosts_may_die()).transpose()?;
        self.until_relief(at, &dead)?;
        let relieved = self.clock.now();
        self.relieve(&nodes, &others)?;
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
        let hosts_may_die =
            MayDie { before: may_die_before, served: may_die_served, after: boss.hosts_may_die()? };
        let after = boss.places(self.probes)?;
        let probes = places.iter().zip(&after).map(|(before, after)| hit(before, after, &nodes));
        let probes = probes.collect();
        let queues_gone = if lost_buckets > 0 { self.bystanders.fill()? } else { 0 };
        Ok(Kill {
            nodes,
            others,
            filling,
            at,
            served,
            relieved,
            settled,
            lost_buckets,
            probes,
            queues_gone,
            hosts_may_die,
        })
    }

    /// The nodes with the most probe rooms, then the most buckets, then those whose last turn was
    /// the longest ago. Of a pair the second is the one that has the most buckets with the first.
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
        let how = self.options.how;
        if how == How::Backup {
            let copies = picture.copies();
            let only = |(_, _, id): &&(_, _, &str)| copies.get(id).copied().unwrap_or_default();
            return nodes
                .iter()
                .max_by_key(only)
                .map(|node| node.2.to_owned())
                .into_iter()
                .collect();
        }
        let ids = nodes.iter().rev().map(|(_, _, id)| (*id).to_owned());
        if !matches!(how, How::Cut | How::Apart | How::CutOneWay) {
            return ids.take(how.nodes(nodes.len())).collect();
        }
        let first: Vec<String> = ids.take(1).collect();
        let fellows = first.first().map(|id| picture.fellows(id)).unwrap_or_default();
        let is_pair = how != How::CutOneWay || OneWay::of(earlier.len()).is_of_fellows();
        let second = fellows.into_iter().max_by_key(|(_, buckets)| *buckets).filter(|_| is_pair);
        first.into_iter().chain(second.map(|(id, _)| id.to_owned())).collect()
    }

    /// Kills a node and starts it again once there are copies of all that it had.
    fn begin_filling(&mut self, nodes: &[String], dead: &BTreeSet<Life>) -> Result<()> {
        let copies = self.options.copies;
        for node in nodes {
            let at = self.number(node)?;
            self.cluster.queue_node_server(at).kill()?;
            self.wait("others serve", PATIENCE, |picture| picture.served(dead))??;
            self.wait("copies are in sync", PATIENCE, |picture| picture.in_sync(copies, dead))??;
            self.cluster.start_queue_node(at)?;
        }
        Ok(())
    }

    /// Waits until a node is being filled, or has been; how many buckets it lacks then.
    fn await_filling(&self, node: &str, dead: &mut BTreeSet<Life>) -> Result<usize> {
        let (boss, end) = (self.boss(), self.clock.now() + nanoseconds(PATIENCE));
        loop {
            self.interrupt.check()?;
            let picture = boss.picture()?;
            let life = picture.life(node).filter(|life| !dead.contains(life));
            let filling = life.as_ref().map_or(0, |life| picture.filling(life));
            let was_filled = life.as_ref().is_some_and(|life| picture.holds(life));
            if let Some(life) = life.filter(|_| filling > 0 || was_filled) {
                dead.insert(life);
                return Ok(filling);
            }
            if self.clock.now() > end {
                bail!("{node} isn't filled");
            }
        }
    }

    /// When others serve all buckets; of two who are cut from each other: when no bucket needs
    /// both. A stopped node without copies keeps its own, and so do those whom only the boss or
    /// gateways lack, and who are late.
    fn served(
        &mut self,
        at: Nanoseconds,
        nodes: &[String],
        dead: &BTreeSet<Life>,
        up: usize,
    ) -> Result<Option<Nanoseconds>> {
        let how = self.options.how;
        let is_alone = how == How::CutOneWay && nodes.len() == 1;
        if how == How::Apart || how == How::Delay || is_alone || nodes.len() == up && how.kills() {
            return Ok(None);
        }
        let left = self.options.hold.saturating_sub(Duration::from_nanos(self.clock.now() - at));
        let patience = if how.kills() { PATIENCE } else { left };
        let served = match (how, nodes) {
            (How::Cut | How::CutOneWay, [one, other]) => {
                self.wait("no bucket needs both", patience, |picture| {
                    !picture.fellows(one).contains_key(other.as_str())
                })?
            }
            _ => self.wait("others serve", patience, |picture| picture.served(dead))?,
        };
        match served {
            Ok(()) => Ok(Some(self.clock.now())),
            Err(error) if how.kills() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Waits until there are copies again among those who live, then for a rest, or until a stopped
    /// node has stood still or links have been cut for their time.
    fn until_relief(&mut self, at: Nanoseconds, dead: &BTreeSet<Life>) -> Result<()> {
        if self.options.how.kills() {
            let copies = self.options.copies;
            self.wait("copies are in sync", PATIENCE, |picture| picture.in_sync(copies, dead))??;
            return if self.options.how == How::Random { Ok(()) } else { self.pause(REST) };
        }
        let stood = Duration::from_nanos(self.clock.now() - at);
        self.pause(self.options.hold.saturating_sub(stood))
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
        loop {
            let picture = boss.picture();
            if picture.as_ref().is_ok_and(&is) {
                return Ok(Ok(()));
            }
            if self.clock.now() > end {
                let why = format!("waited {} s in vain until {what}", patience.as_secs());
                // A boss that is starting has nothing to say.
                return Ok(Err(picture
                    .err()
                    .unwrap_or_else(|| anyhow!("it isn't so"))
                    .context(why)));
            }
            self.pause(STEP)?;
        }
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
    let how = options.how;
    if options.queue_nodes < 2 {
        bail!("somebody has to take over: a fail-over needs at least two queue nodes");
    }
    if how.is_of_links() && (options.copies < 2 || options.queue_nodes < 3) {
        bail!("{} needs two copies at least, and three queue nodes", how.name());
    }
    if how == How::Delay && options.hosts {
        bail!("nothing can be slow between hosts: leave --hosts out, and links go through a proxy");
    }
    if how == How::Learner && (options.copies < 2 || options.queue_nodes > options.copies) {
        bail!(
            "who comes back is filled where copies are missing: learner needs two at least, and no \
             more queue nodes than copies"
        );
    }
    if how.ends_connections() && options.gateways < 2 {
        bail!("clients of a gateway that dies need another one");
    }
    Ok(())
}
