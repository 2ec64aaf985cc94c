//! Some nodes that have copies of each other's buckets, each with scripted lanes. Their clocks are
//! an hour apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::frame;
use proto::limits::DIGEST_EVERY_MS;
use proto::table::{BucketTable, Owner, Place, Row, Table};

use super::{Rig, config};
use crate::machine::{Faults, Input};

/// So long a copy may wait for the moment at which it can be compared, in rounds of digests: nodes
/// are cut off for seconds.
const COMPARED_ROUNDS: usize = 100;

/// The first is the primary of both buckets, the others are members.
pub(crate) struct Several {
    pub(crate) nodes: Vec<Rig>,
    /// Who has dialled whom, on which link of each.
    links: BTreeMap<(usize, usize), (LinkId, LinkId)>,
    dead: BTreeSet<usize>,
    /// Of the newest row.
    reign: u64,
    conf: u64,
    /// Of the newest configuration.
    config_version: u64,
    /// What each node has said to its lanes since.
    said: Vec<String>,
    /// Why links ended that nobody has cut.
    pub(crate) ended: Vec<&'static str>,
}

/// Who is in a set, by the places of the nodes, the primary first; and who is to be.
pub(crate) type Sets<'a> = (&'a [usize], &'a [usize]);

impl Several {
    /// So many nodes.
    pub(crate) fn new(count: usize, faults: Faults) -> Several {
        let rig = |at: usize| {
            let ahead_ms = at as u64 * 3_600_000;
            let mut rig = Rig::named(&format!("q{}", at + 1), ahead_ms, 0, faults);
            rig.shadows.are_off = true;
            rig
        };
        let mut several = Several {
            nodes: (0..count).map(rig).collect(),
            links: BTreeMap::new(),
            dead: BTreeSet::new(),
            reign: 1,
            conf: 1,
            config_version: 1,
            said: vec![String::new(); count],
            ended: Vec::new(),
        };
        let others: Vec<usize> = (1..count).collect();
        let all: Vec<usize> = (0..count).collect();
        several.row((&[0], &others));
        for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))) {
            if from != to {
                several.link(from, to);
            }
        }
        several.settle();
        several.row((&all, &[]));
        several.settle();
        // A record of each bucket says how far its clock is: nobody goes on from less.
        several.configure(0);
        several.settle();
        several
    }

    /// The primary records something in each bucket.
    fn configure(&mut self, primary: usize) {
        self.config_version += 1;
        self.nodes[primary].config_version = self.config_version;
        self.nodes[primary].configure(config());
    }

    /// All that live hear the next row of both buckets.
    pub(crate) fn row(&mut self, sets: Sets<'_>) {
        self.next_row(sets);
        for at in self.living() {
            self.hears(at, sets);
        }
    }

    /// Somebody takes over, and all that live hear of it.
    pub(crate) fn promote(&mut self, sets: Sets<'_>) {
        self.reign += 1;
        self.row(sets);
    }

    /// Somebody takes over, and as yet only some hear of it.
    pub(crate) fn promote_before(&mut self, hearers: &[usize], sets: Sets<'_>) {
        self.reign += 1;
        self.next_row(sets);
        hearers.iter().for_each(|at| self.hears(*at, sets));
    }

    fn next_row(&mut self, (members, _): Sets<'_>) {
        self.conf += 1;
        let heir = members[0];
        // Lanes learn what they have been told before of the one that is the primary now.
        let known: Vec<_> = self.nodes.iter().map(|rig| rig.generations.clone()).collect();
        for rig in &mut self.nodes {
            rig.generations.extend(known.iter().flatten().map(|(id, number)| (*id, *number)));
        }
        let longest = self.nodes.iter().map(|rig| &rig.epochs).max_by_key(|epochs| epochs.len());
        self.nodes[heir].epochs = longest.cloned().unwrap_or_default();
        self.nodes[heir].reign = self.reign;
    }

    /// A node hears the newest row.
    pub(crate) fn hears(&mut self, at: usize, (members, learners): Sets<'_>) {
        let owner = |at: &usize| Owner { id: format!("q{}", at + 1), incarnation: 1 };
        let (in_sync, learners) =
            (members.iter().map(owner).collect::<Vec<_>>(), learners.iter().map(owner).collect());
        let primary = in_sync.first().cloned();
        let (loss, reign, conf) = (0, self.reign, self.conf);
        let row = Row { loss, reign, conf, primary, in_sync, learners, ..Row::default() };
        let rows = [0, 1].map(|prefix| Row { prefix, ..row.clone() }).to_vec();
        let place = |at: &usize| {
            let Owner { id, incarnation } = owner(at);
            Place { id, incarnation, ..Place::default() }
        };
        let places = (0..self.nodes.len()).collect::<Vec<_>>().iter().map(place).collect();
        let wire = Table { term: 1, version: self.conf, bits: 1, rows, places };
        let table = BucketTable::try_from(wire).expect("a good table");
        self.nodes[at].handle(Input::Table(Arc::new(table)));
    }

    /// One dials another.
    pub(crate) fn link(&mut self, from: usize, to: usize) {
        let dialled = self.nodes[from].up(&format!("q{}", to + 1), true);
        let accepted = self.nodes[to].up(&format!("q{}~", from + 1), false);
        self.links.insert((from, to), (dialled, accepted));
    }

    /// The links between two are no more, and what is on its way is lost.
    pub(crate) fn cut(&mut self, one: usize, other: usize) {
        for (from, to) in [(one, other), (other, one)] {
            let Some((dialled, accepted)) = self.links.remove(&(from, to)) else { continue };
            for (at, link) in [(from, dialled), (to, accepted)] {
                self.nodes[at].handle(Input::LinkDown { link });
                self.nodes[at].out.links.down(link);
            }
        }
    }

    /// Both dial each other again.
    pub(crate) fn heal(&mut self, one: usize, other: usize) {
        self.link(one, other);
        self.link(other, one);
    }

    /// A process is no more.
    pub(crate) fn kill(&mut self, at: usize) {
        (0..self.nodes.len()).for_each(|other| self.cut(at, other));
        self.dead.insert(at);
    }

    fn living(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| !self.dead.contains(at)).collect()
    }

    /// A turn of all: what they say to each other arrives. Whether anything was said.
    pub(crate) fn turn(&mut self) -> bool {
        let mut arriving = Vec::new();
        for at in self.living() {
            self.nodes[at].handle(Input::TurnEnd);
            for (&(from, to), &(dialled, accepted)) in &self.links {
                let (other, own, theirs) = match at {
                    _ if at == from => (to, dialled, accepted),
                    _ if at == to => (from, accepted, dialled),
                    _ => continue,
                };
                let bytes = self.nodes[at].out.links.take(own);
                arriving.push((other, theirs, bytes));
            }
            let ended = self.nodes[at].out.links.ended();
            self.ended.extend(ended.into_iter().map(|(_, reason)| reason));
            let mut said = String::new();
            self.nodes[at].hear(&mut said);
            self.said[at].push_str(&said);
        }
        let mut says = false;
        for (at, link, bytes) in arriving {
            let mut rest = &bytes[..];
            while let Some((frame, end)) = frame::split(rest, usize::MAX).expect("a good frame") {
                self.nodes[at].handle(Input::Frame { link, frame });
                rest = &rest[end..];
                says = true;
            }
        }
        says
    }

    /// Turns until nobody says anything.
    pub(crate) fn settle(&mut self) {
        while self.turn() {}
    }

    /// Time goes on.
    pub(crate) fn wait(&mut self, ms: u64) {
        let end_ms = self.nodes[0].now.ms + ms;
        while self.nodes[0].now.ms < end_ms {
            for at in self.living() {
                let now = &mut self.nodes[at].now;
                now.ms = end_ms.min(now.ms + 20);
                self.nodes[at].handle(Input::Wake);
            }
            let now = self.nodes.iter().map(|rig| rig.now.ms).max().unwrap_or(0);
            self.nodes.iter_mut().for_each(|rig| rig.now.ms = now);
            self.settle();
        }
    }

    /// Lines of a script, without their moments, in one turn of a node; what its lanes hear by the
    /// time when nobody says anything more.
    pub(crate) fn says(&mut self, at: usize, lines: &str) -> String {
        self.begins(at, lines);
        self.settle();
        self.heard(at)
    }

    /// The same, and the turn goes on.
    pub(crate) fn begins(&mut self, at: usize, lines: &str) {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.for_each(|line| self.nodes[at].says(line));
    }

    /// What a node's lanes have heard since, without its moments and rows.
    pub(crate) fn heard(&mut self, at: usize) -> String {
        let said = std::mem::take(&mut self.said[at]);
        let lines = said.lines().filter_map(|line| line.split_once(": ").map(|(_, rest)| rest));
        lines.filter(|line| !line.contains(" moved ")).collect::<Vec<_>>().join("\n")
    }

    /// Goes on until these copies have been compared with what their primary is. Whether they are
    /// all the same.
    pub(crate) fn are_alike(&mut self, primary: usize, copies: &[usize]) -> bool {
        let wanted = self.nodes[primary].node.newest_records();
        // Who was a primary itself is compared when the clock has come to where its own was.
        (0..COMPARED_ROUNDS).any(|_| {
            // What was recorded before is committed then.
            self.configure(primary);
            self.wait(DIGEST_EVERY_MS);
            copies.iter().all(|at| self.is_alike(*at, &wanted))
        })
    }

    fn is_alike(&self, at: usize, wanted: &[(BucketId, u64)]) -> bool {
        let node = &self.nodes[at].node;
        let (compared, _) = node.compared();
        node.counters().copies_differing == 0
            && wanted.iter().all(|(bucket, n)| {
                let mut its = compared.iter().filter(|one| one.bucket == *bucket);
                its.any(|one| one.n >= *n && one.copy == one.primary)
            })
    }
}
