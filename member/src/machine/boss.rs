//! A gateway's or queue node's side of the boss: registers once, and hears the table and
//! configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use link::machine::{LinkId, Outbox};
use prost::Message as _;
use proto::b2n::{self, b2n::Body};
use proto::bucket::{BucketId, Epochs};
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b::{BucketReport, Counter, Inspected, N2b, Register, Report, Unreachable, n2b};
use proto::table::{BucketTable, Version};
use proto::text::Foreign;
use proto::{limits, wire};

/// Planted bugs, all off. Each proves that the tests would see its like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Every second table isn't heard.
    pub tables_missed: bool,
    /// After a link to the boss was lost, another process is registered.
    pub registers_anew: bool,
}

/// What this process says of itself.
#[derive(Debug, Clone)]
pub struct Member {
    id: String,
    role: Role,
    host: String,
    address: String,
    faults: Faults,
    process: u64,
    incarnation: u64,
    cluster_id: u64,
    link: Option<LinkId>,
    /// Why the boss hasn't taken this process, though it answers.
    waits: Option<Foreign>,
    heard: Version,
    /// Nodes of the table that can't be reached from here, with whether their ports refuse.
    unreachable: BTreeMap<(String, u64), bool>,
    /// The nodes at the other ends of this process's own links.
    peers: BTreeMap<LinkId, (String, u64)>,
}

/// What the boss said.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// The process is in the roster; its links say so from now on.
    Registered {
        /// Its life.
        incarnation: u64,
        /// The cluster.
        cluster_id: u64,
    },
    /// A newer table.
    Table(Arc<BucketTable>),
    /// The cluster configuration.
    Config(Arc<ClusterConfig>),
    /// The page asks what is in a queue.
    Inspect {
        /// To be named in the answer.
        number: u64,
        /// Its name, not checked.
        queue: String,
    },
    /// The process can't be taken yet: another one may have its id.
    Wait(Foreign),
    /// The process can't be taken now, or for good: then its operator must do something.
    Refused {
        /// A sentence.
        reason: Foreign,
        /// Trying again can't help.
        for_good: bool,
    },
    /// The boss said what can't be read: its link must be ended.
    Broken,
}

/// How a process is, as it reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health<'a> {
    /// It serves.
    Ready,
    /// It doesn't, for this reason.
    Unready(&'a str),
    /// It is about to end, says this sentence.
    Draining(&'a str),
}

impl Member {
    /// A process that isn't registered yet. `address` is where others find it.
    /// `process` is drawn when the process starts: by it the boss knows it again, also when it
    /// hasn't heard that it was registered.
    pub fn new(id: &str, role: Role, host: &str, address: &str, process: u64) -> Member {
        Member {
            id: id.to_owned(),
            role,
            host: host.to_owned(),
            address: address.to_owned(),
            faults: Faults::default(),
            // As all numbers that bosses keep.
            process: process % limits::NUMBER_MAX,
            incarnation: 0,
            cluster_id: 0,
            link: None,
            waits: None,
            heard: Version::default(),
            unreachable: BTreeMap::new(),
            peers: BTreeMap::new(),
        }
    }

    /// Plants bugs.
    pub fn plant(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The life the boss has given, 0 before.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Why the boss doesn't take this process, if it has said so and nothing else since.
    pub fn waits(&self) -> Option<&Foreign> {
        self.waits.as_ref()
    }

    /// The boss's link, while there is one.
    pub fn link(&self) -> Option<LinkId> {
        self.link
    }

    /// A link to the boss is up: registers, or says who this already is and which buckets it holds.
    pub fn up(&mut self, link: LinkId, holds: &[(BucketId, Epochs)], out: &mut Outbox) {
        self.link = Some(link);
        let register = n2b::Body::Register(self.register(holds));
        self.say(register, out);
        // A boss that has just come to know its nodes counts only what they say from now on.
        for ((id, incarnation), refused) in &self.unreachable {
            self.unreachable(id, *incarnation, *refused, out);
        }
    }

    /// The boss's link is down. The table stands still until there is another.
    pub fn down(&mut self) {
        self.link = None;
    }

    /// Reports what the page shows.
    pub fn report(&self, counters: Vec<Counter>, health: Health<'_>, out: &mut Outbox) {
        let message = match health {
            Health::Ready => "",
            Health::Unready(reason) | Health::Draining(reason) => reason,
        };
        let report = Report {
            table_term: self.heard.term,
            table_version: self.heard.version,
            counters,
            message: message.to_owned(),
            ready: health == Health::Ready,
            draining: matches!(health, Health::Draining(_)),
        };
        self.say(n2b::Body::Report(report), out);
    }

    /// Says that this node's link has ended or can't be had, this once.
    pub fn unreachable(&self, id: &str, incarnation: u64, refused: bool, out: &mut Outbox) {
        let id = id.to_owned();
        let unreachable = Unreachable { id, incarnation, refused };
        self.say(n2b::Body::Unreachable(unreachable), out);
    }

    /// A dial of this node has failed: says so, and once more on each new link to the boss, until
    /// [`Member::peer_up`].
    pub fn peer_unreachable(
        &mut self,
        id: &str,
        incarnation: u64,
        refused: bool,
        out: &mut Outbox,
    ) {
        if self.unreachable.len() < NODES_MAX {
            self.unreachable.insert((id.to_owned(), incarnation), refused);
        }
        self.unreachable(id, incarnation, refused, out);
    }

    /// This process has a link to this node.
    pub fn peer_up(&mut self, link: LinkId, id: &str, incarnation: u64) {
        let peer = (id.to_owned(), incarnation);
        self.unreachable.remove(&peer);
        self.peers.insert(link, peer);
    }

    /// A link to a node has ended, if it was one.
    pub fn peer_down(&mut self, link: LinkId, out: &mut Outbox) {
        if let Some((id, incarnation)) = self.peers.remove(&link) {
            self.peer_unreachable(&id, incarnation, false, out);
        }
    }

    /// Answers [`Word::Inspect`].
    pub fn inspected(&self, inspected: Inspected, out: &mut Outbox) {
        self.say(n2b::Body::Inspected(inspected), out);
    }

    /// Reads a frame of the boss. Nothing: it changes nothing here.
    pub fn hear(&mut self, frame: &[u8]) -> Option<Word> {
        let Ok(b2n::B2n { body }) = b2n::B2n::decode(frame) else { return Some(Word::Broken) };
        match body? {
            Body::Registered(registered) => Some(self.registered(&registered)),
            Body::Table(table) => {
                let Ok(table) = BucketTable::try_from(table) else { return Some(Word::Broken) };
                if table.version() <= self.heard {
                    return None;
                }
                if !self.is_plausible(table.version()) {
                    return Some(Word::Broken);
                }
                self.heard = table.version();
                if self.faults.tables_missed && self.heard.version.is_multiple_of(2) {
                    return None;
                }
                self.unreachable.retain(|(id, incarnation), _| {
                    let mut places = table.places().iter();
                    places.any(|place| place.id == *id && place.incarnation == *incarnation)
                });
                Some(Word::Table(Arc::new(table)))
            }
            Body::Config(config) => {
                let config = toml::from_str(&config.toml).map(Arc::new);
                Some(config.map_or(Word::Broken, Word::Config))
            }
            Body::Inspect(b2n::Inspect { number, queue }) => Some(Word::Inspect { number, queue }),
            Body::Wait(wait) => {
                let reason = Foreign::new(&wait.reason);
                self.waits = Some(reason.clone());
                Some(Word::Wait(reason))
            }
            Body::Refused(refused) => {
                let (reason, for_good) = (Foreign::new(&refused.reason), refused.for_good);
                self.waits = Some(reason.clone());
                Some(Word::Refused { reason, for_good })
            }
            Body::Hello(_) | Body::Proof(_) | Body::Refuse(_) | Body::Beat(_) => None,
        }
    }

    /// A process has one life, and a cluster one id: a boss that says otherwise is another's.
    fn registered(&mut self, word: &b2n::Registered) -> Word {
        let b2n::Registered { incarnation, cluster_id } = *word;
        let fits = |known: u64, named: u64| {
            (1..limits::NUMBER_MAX).contains(&named) && (known == 0 || named == known)
        };
        if !fits(self.incarnation, incarnation) || !fits(self.cluster_id, cluster_id) {
            return Word::Broken;
        }
        (self.incarnation, self.cluster_id, self.waits) = (incarnation, cluster_id, None);
        Word::Registered { incarnation, cluster_id }
    }

    /// Whether a table can be the next: from one that is far ahead there would be no way on.
    fn is_plausible(&self, named: Version) -> bool {
        let known = self.heard;
        known == Version::default()
            || (limits::is_plausible(named.term, known.term)
                && limits::is_plausible(named.version, known.version))
    }

    fn register(&self, holds: &[(BucketId, Epochs)]) -> Register {
        let bucket = |(bucket, epochs): &(BucketId, Epochs)| BucketReport {
            bits: bucket.bits().into(),
            prefix: bucket.prefix(),
            loss: epochs.loss,
            conf: epochs.conf,
        };
        Register {
            id: self.id.clone(),
            role: self.role.into(),
            host: self.host.clone(),
            address: self.address.clone(),
            incarnation: if self.faults.registers_anew { 0 } else { self.incarnation },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            buckets: holds.iter().map(bucket).collect(),
            table_term: self.heard.term,
            table_version: self.heard.version,
            process: self.process,
        }
    }

    fn say(&self, body: n2b::Body, out: &mut Outbox) {
        if let Some(link) = self.link {
            wire::put_message(out.buffer(link), &N2b { body: Some(body) });
        }
    }
}

/// Nodes that are remembered as unreachable: more than any table has.
const NODES_MAX: usize = 65_536;

#[cfg(test)]
mod tests;
