//! What operators see of the boss.

use std::collections::{BTreeMap, BTreeSet};

use member::machine::Sample;
use proto::bucket::BucketId;
use proto::name::{NodeId, QueueName};
use proto::table;
use proto::time::Time;

use super::super::configurations::{self, Configurations};
use super::super::events::Event;
use super::super::roster::{Node, NodeRole, State};
use super::super::safety::Safety;
use super::super::trend::Moment;
use super::super::{configuration, view};
use super::recovery::{names, used_up};
use super::{Boss, publication};

/// The message of a queue node that came after the buckets were given out.
pub(super) const HOLDS_NOTHING: &str =
    "imq node is available and holds no buckets yet: moving buckets isn't implemented";
/// Of one that others' buckets have been copied to, in the place of a node that is gone.
pub(super) const HOLDS_COPIES: &str =
    "imq node is available and has copies of other nodes' buckets; it serves none yet";

/// What a queue node holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Only copies of what others serve.
    Copies,
    /// Buckets that it serves.
    Buckets,
}

impl Boss {
    /// `/api/v1/nodes`.
    pub fn nodes(&self, now: Time) -> view::Nodes {
        let holds = self.holds_by_node();
        let door = |node: &Node| self.reports.of(&node.id)?.door.as_ref();
        let nodes = self.kept.roster.iter().map(|node| view::Node {
            id: node.id.as_str().to_owned(),
            role: node.role,
            host: node.host.clone(),
            address: node.address.clone(),
            state: self.shown_state(node),
            message: self.message(node, now, holds.get(node.id.as_str()).copied()),
            incarnation: node.incarnation,
            connections: door(node).map(|door| door.connections),
            connections_max: door(node).map(|door| door.connections_max),
        });
        view::Nodes { version: self.kept.version, nodes: nodes.collect() }
    }

    /// `/api/v1/table`: nothing before there is one.
    pub fn table_view(&self) -> Option<view::Table> {
        let table = self.publication.table()?;
        let Safety { degraded, holding, .. } = self.safety();
        let is_among = |buckets: &BTreeSet<BucketId>, prefix| {
            BucketId::new(table.bits, prefix).is_some_and(|bucket| buckets.contains(&bucket))
        };
        let owner = |owner: &table::Owner| view::Owner {
            id: owner.id.clone(),
            incarnation: owner.incarnation,
        };
        let rows = table.rows.iter().map(|row| view::Row {
            prefix: row.prefix,
            loss: row.loss,
            reign: row.reign,
            conf: row.conf,
            primary: row.primary.as_ref().map(owner),
            in_sync: row.in_sync.iter().map(owner).collect(),
            learners: row.learners.iter().map(owner).collect(),
            degraded: is_among(degraded, row.prefix),
            holding: is_among(holding, row.prefix),
        });
        Some(view::Table {
            term: table.term,
            version: table.version,
            bits: table.bits,
            rows: rows.collect(),
            places: table.places.iter().map(place).collect(),
        })
    }

    /// `/api/v1/where`: nothing before there is a table.
    pub fn where_is(&self, now: Time, queue: QueueName<'_>) -> Option<view::Where> {
        let (bucket, row) = self.kept.rows.row(queue.hash())?;
        let home = row.primary().and_then(|owner| self.kept.roster.get(&owner.id));
        let in_sync = row.in_sync().iter().map(|owner| view::Owner {
            id: owner.id.as_str().to_owned(),
            incarnation: owner.incarnation,
        });
        Some(view::Where {
            queue: queue.as_str().to_owned(),
            hash: format!("{:016x}", queue.hash()),
            bucket: bucket.to_string(),
            loss: row.loss().0,
            reign: row.reign().0,
            conf: row.conf().0,
            in_sync: in_sync.collect(),
            node: home.map(|node| place(&publication::place(node))),
            asked_at_ms: now.unix_ms,
        })
    }

    /// `/api/v1/history`.
    pub fn past(&self) -> view::Past {
        view::Past { moments: self.trend.iter().cloned().collect() }
    }

    /// The figures behind this time, in milliseconds since 1970.
    pub fn moments_after(&self, unix_ms: u64) -> impl Iterator<Item = &Moment> {
        self.trend.iter().filter(move |moment| moment.at_ms > unix_ms)
    }

    /// The nodes of this role with which there is a link, by id.
    pub fn linked_of(&self, role: NodeRole) -> Vec<NodeId> {
        let nodes = self.kept.roster.iter().filter(|node| node.role == role);
        let linked =
            nodes.filter(|node| self.lives.get(&node.id).is_some_and(|life| life.link().is_some()));
        linked.map(|node| node.id.clone()).collect()
    }

    /// `/api/v1/events`.
    pub fn events(&self) -> view::Events {
        view::Events { events: self.kept.events.iter().cloned().collect() }
    }

    /// How many events there had been when this process started.
    pub fn events_found(&self) -> u64 {
        self.events_found
    }

    /// How many events there have been.
    pub fn events_count(&self) -> u64 {
        self.kept.events.count()
    }

    /// The events behind the first so many.
    pub fn events_after(&self, count: u64) -> impl Iterator<Item = &Event> {
        self.kept.events.after(count)
    }

    /// All cluster configurations that are kept, with the secrets that stand in them.
    pub fn configurations(&self) -> &Configurations {
        &self.kept.config
    }

    /// `/api/v1/config`: that of this version, or the one that counts.
    pub fn config(&self, version: Option<u64>) -> Option<view::Config> {
        let kept = &self.kept.config;
        let one = version.map_or(Some(kept.present()), |version| kept.of(version))?;
        let (version, since_ms) = (one.version, since_ms(one));
        Some(view::Config { version, since_ms, toml: configuration::shown(&one.toml) })
    }

    /// `/api/v1/config/history`.
    pub fn config_history(&self) -> view::ConfigHistory {
        let versions = self.kept.config.iter().map(|one| view::ConfigVersion {
            version: one.version,
            since_ms: since_ms(one),
            bytes: one.toml.len(),
        });
        view::ConfigHistory { versions: versions.collect() }
    }

    /// `/api/v1/status`.
    pub fn status(&self) -> view::Status {
        let waits_for = self.waits_for();
        let over = self.kept.rows.iter().filter(|row| row.is_over()).count();
        let message = match (self.publication.failure(), self.publication.table()) {
            (Some(failure), _) => format!("the store fails: {failure}"),
            _ if self.frozen.is_some() => self.frozen_message(&waits_for),
            (None, Some(_)) if over > 0 => used_up(&format!("{over} buckets have")),
            (None, None) => "waiting for the first queue nodes".to_owned(),
            (None, Some(_)) => "imq boss is available.".to_owned(),
        };
        view::Status {
            term: self.kept.term,
            version: self.kept.version,
            ready: self.is_ready(),
            frozen: self.frozen.as_ref().map(|frozen| view::Frozen {
                reason: frozen.reason.clone(),
                since_ms: frozen.since_unix_ms,
                waits_for: waits_for.iter().map(|id| id.as_str().to_owned()).collect(),
            }),
            message,
            buckets: self.kept.rows.iter().count(),
            unowned: self.unowned(),
            safety: self.shown_safety(),
            buckets_of: self.shown_shares(),
            totals: self.reports.totals(),
        }
    }

    /// Whether there is a table, and changes can be stored.
    pub fn is_ready(&self) -> bool {
        self.publication.table().is_some() && self.publication.failure().is_none()
    }

    /// What the boss counts, for operators.
    pub fn samples(&self) -> Vec<Sample> {
        let links = self.links.values().filter(|line| line.node.is_some()).count();
        let nodes = self.kept.roster.iter().filter(|node| node.state == State::Up).count();
        let frozen = self.frozen.is_some().into();
        let learners = self.kept.rows.iter().map(|row| row.learners().len() as u64).sum();
        let sizes = [
            ("imq_boss_term", "The boss's term.", self.kept.term),
            ("imq_boss_version", "The newest step.", self.kept.version),
            ("imq_boss_links", "Nodes with a link to the boss.", links as u64),
            ("imq_boss_nodes", "Nodes that are up.", nodes as u64),
            ("imq_boss_buckets", "Buckets of the table.", self.kept.rows.iter().count() as u64),
            ("imq_boss_learners", "Copies that are being filled.", learners),
            ("imq_boss_unowned_buckets", "Buckets that no node serves.", self.unowned() as u64),
            ("imq_boss_frozen", "1: the store has lost steps, no row changes.", frozen),
            (
                "imq_boss_frozen_waits_for",
                "Nodes that a frozen boss waits for.",
                self.waits_for().len() as u64,
            ),
            ("imq_boss_ready", "1: there is a table and the store works.", self.is_ready().into()),
        ];
        let sizes = sizes.into_iter().chain(self.safety_sizes());
        let sizes = sizes.map(|(name, help, size)| Sample::gauge(name, help, size));
        self.counters.list().into_iter().chain(sizes).collect()
    }

    fn safety_sizes(&self) -> [(&'static str, &'static str, u64); 5] {
        let safety = self.safety();
        [
            (
                "imq_boss_hosts_may_die",
                "Hosts that may die now without losing anything, whichever they are.",
                safety.hosts_may_die as u64,
            ),
            (
                "imq_boss_hosts_may_die_wanted",
                "Hosts that could die with all copies that are wanted; 0: all nodes on loopback.",
                safety.hosts_wanted as u64,
            ),
            (
                "imq_boss_nodes_may_die",
                "Queue nodes that may die now without losing anything, whichever they are.",
                safety.nodes_may_die as u64,
            ),
            (
                "imq_boss_degraded_buckets",
                "Buckets with fewer copies in sync than are wanted.",
                safety.degraded.len() as u64,
            ),
            (
                "imq_boss_holding_buckets",
                "Buckets with one copy that refuse writes and logins, by `alone = \"hold\"`.",
                safety.holding.len() as u64,
            ),
        ]
    }

    /// What an operator is to know of a frozen boss.
    fn frozen_message(&self, waits_for: &[NodeId]) -> String {
        let reason = self.frozen.as_ref().map_or("", |frozen| frozen.reason.as_str());
        let names = names(waits_for);
        format!(
            "frozen, no bucket gets another node: {reason}; waiting for {names}. If they can't \
             come back: imq ctl adopt."
        )
    }

    fn unowned(&self) -> usize {
        self.kept.rows.iter().filter(|row| row.primary().is_none()).count()
    }

    /// What each node holds that holds anything.
    fn holds_by_node(&self) -> BTreeMap<&str, Holds> {
        let mut holds = BTreeMap::new();
        for row in self.kept.rows.iter() {
            for owner in row.in_sync().iter().chain(row.learners()) {
                holds.entry(owner.id.as_str()).or_insert(Holds::Copies);
            }
            if let Some(owner) = row.primary() {
                holds.insert(owner.id.as_str(), Holds::Buckets);
            }
        }
        holds
    }

    /// How far a node is: it knows before the boss that it is about to end.
    fn shown_state(&self, node: &Node) -> State {
        let draining = self.reports.of(&node.id).is_some_and(|report| report.draining);
        if draining && node.state == State::Up { State::Draining } else { node.state }
    }

    /// How a node is, in a sentence.
    fn message(&self, node: &Node, now: Time, holds: Option<Holds>) -> String {
        match node.state {
            State::Gone => return "gone: it was shut down, or doesn't answer".to_owned(),
            State::Joining => return "waiting for the first table".to_owned(),
            State::Draining => return "giving away what it holds".to_owned(),
            State::Up => {}
        }
        let life = self.lives.get(&node.id);
        if let Some(life) = life.filter(|life| life.link().is_none()) {
            let seconds = life.silent_ms(now.ms).div_ceil(1000);
            return format!(
                "the boss hasn't heard from it for {seconds} s; it may still be serving"
            );
        }
        let report = self.reports.of(&node.id);
        match (node.role, holds, report) {
            (_, _, Some(report)) if !report.ready && !report.message.is_empty() => {
                report.message.clone()
            }
            (_, _, Some(report)) if !report.ready => "imq node is starting.".to_owned(),
            (NodeRole::QueueNode, None, _) => HOLDS_NOTHING.to_owned(),
            (NodeRole::QueueNode, Some(Holds::Copies), _) => HOLDS_COPIES.to_owned(),
            (_, _, Some(report)) if !report.message.is_empty() => report.message.clone(),
            (NodeRole::Gateway | NodeRole::QueueNode, _, _) => {
                "imq node is available and accepting connections.".to_owned()
            }
        }
    }
}

fn since_ms(one: &configurations::Version) -> Option<u64> {
    Some(one.since_unix_ms).filter(|since| *since > 0)
}

fn place(place: &table::Place) -> view::Place {
    view::Place {
        id: place.id.clone(),
        incarnation: place.incarnation,
        host: place.host.clone(),
        address: place.address.clone(),
    }
}
