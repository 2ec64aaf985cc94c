//! Lines by chance: whatever clients, a queue node and the application do in whatever order, each
//! operation has one result, and those of a queue come in the order of its operations.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Bench, dev};

const SEEDS: u64 = 300;
const STEPS: u64 = 300;
const QUEUES: [&str; 3] = ["/ask/1", "/ask/2", "/room/1"];

/// An operation that a node has.
struct AtNode {
    op_id: String,
    kind: String,
    queue: String,
    /// It may be asked about, and hasn't been.
    may_ask: bool,
}

struct World {
    bench: Bench,
    random: StdRng,
    now: u64,
    is_up: bool,
    /// How much of the log was read.
    read: usize,
    at_node: VecDeque<AtNode>,
    /// Requests that the application hasn't answered.
    at_application: BTreeSet<String>,
    /// Ids of operations by their queue, in order, and the results that came.
    sent: BTreeMap<&'static str, Vec<u32>>,
    results: Vec<u32>,
}

impl World {
    fn new(seed: u64) -> World {
        let mut world = World {
            bench: Bench::new(dev()),
            random: StdRng::seed_from_u64(seed),
            now: 0,
            is_up: true,
            read: 0,
            at_node: VecDeque::new(),
            at_application: BTreeSet::new(),
            sent: BTreeMap::new(),
            results: Vec::new(),
        };
        for step in ["ready", "config", "c0 open", "c0 connect ann", "n1 logged_in 0 0"] {
            world.step(step);
        }
        world
    }

    fn step(&mut self, step: &str) {
        self.bench.step(&format!("{} {step}", self.now));
        let news = self.bench.log[self.read..].to_owned();
        self.read = self.bench.log.len();
        for line in news.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["n1", "operation", "of", "0", "sub", _, kind, op_id, queue, more @ ..] =
                &words[1..]
            {
                let may_ask = *more == ["askable"] && *queue != "/room/1";
                let [op_id, kind, queue] = [op_id, kind, queue].map(|word| (*word).to_owned());
                let is_alone = self.at_node.iter().all(|one| one.queue != queue);
                assert!(is_alone || more.is_empty(), "{line}: not the only one there");
                self.at_node.push_back(AtNode { op_id, kind, queue, may_ask });
            } else if words[1] == "app" {
                self.at_application.insert(words[2].to_owned());
            } else if let Some((_, result)) = line.split_once(r#""op_id":"#) {
                let op_id = result.split(',').next().expect("a number");
                self.results.push(op_id.parse().expect("a number"));
            }
            let bad = ["ended", "closing", "requested an ask"];
            assert!(!bad.iter().any(|bad| line.contains(bad)), "{line}");
        }
    }

    fn client_sends(&mut self) {
        let total: usize = self.sent.values().map(Vec::len).sum();
        let waiting = total - self.results.len();
        let queue = QUEUES[self.random.random_range(0..QUEUES.len())];
        if waiting < 30 {
            let op_id = total as u32 + 1;
            self.sent.entry(queue).or_default().push(op_id);
            let subscribes = self.random.random_bool(0.2);
            let what = if subscribes { "subscribe" } else { "send" };
            self.step(&format!("c0 {what} {op_id} {queue} chat x"));
        }
    }

    fn node_answers(&mut self) {
        if self.is_up {
            self.step(&format!("heard {} n1", self.now));
        }
        let asks = self.random.random_bool(0.6);
        let Some(AtNode { op_id, kind, may_ask, .. }) = self.at_node.pop_front() else { return };
        if asks && may_ask {
            let kind = if kind == "send" { "send_message" } else { "subscribe" };
            self.step(&format!("n1 ask 0 {kind}"));
        } else {
            let status = if kind == "send" { 0 } else { 7 };
            self.step(&format!("n1 answer 0 {op_id} {status}"));
        }
    }

    fn application_answers(&mut self) {
        let Some(request) = self.at_application.pop_first() else { return };
        let allow = self.random.random_bool(0.7);
        self.step(&format!("called {request} 200 {{\"allow\":{allow}}}"));
    }

    fn link_breaks_or_mends(&mut self) {
        if self.is_up {
            self.at_node.clear();
            self.step("down");
        } else {
            self.step("up");
            self.step("n1 at 1");
        }
        self.is_up = !self.is_up;
    }

    fn happens(&mut self) {
        self.now += self.random.random_range(0..3);
        match self.random.random_range(0..20) {
            0..8 => self.client_sends(),
            8..14 => self.node_answers(),
            14..18 => self.application_answers(),
            18 => self.link_breaks_or_mends(),
            _ => {
                let asks = if self.random.random_bool(0.3) { "config none" } else { "config" };
                self.step(asks);
            }
        }
    }

    /// Everybody answers until there is nothing to answer.
    fn ends(&mut self) {
        if !self.is_up {
            self.link_breaks_or_mends();
        }
        while !(self.at_node.is_empty() && self.at_application.is_empty()) {
            self.node_answers();
            self.application_answers();
        }
        assert!(!self.bench.lane.parts.application.has_lines());
    }
}

#[test]
fn every_operation_has_one_result_in_its_queues_order() {
    for seed in 0..SEEDS {
        let ran = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            (0..STEPS).for_each(|_| world.happens());
            world.ends();
            let World { sent, results, bench, .. } = world;
            for (queue, sent) in sent {
                let came: Vec<u32> =
                    results.iter().filter(|op_id| sent.contains(op_id)).copied().collect();
                assert_eq!(came, sent, "{queue}");
            }
            assert!(
                bench.lane.parts.sessions.iter().all(|(_, session)| session.under_way().0 == 0)
            );
        });
        assert!(ran.is_ok(), "seed {seed}");
    }
}

#[test]
fn a_session_that_ends_leaves_nothing_in_lines() {
    for seed in 0..SEEDS {
        let ran = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            (0..STEPS / 2).for_each(|_| world.happens());
            world.step("c0 gone");
            if !world.is_up {
                world.link_breaks_or_mends();
            }
            world.ends();
            world.step("n1 lost_noted 0");
            assert!(world.bench.lane.parts.sessions.len() == 0);
        });
        assert!(ran.is_ok(), "seed {seed}");
    }
}
