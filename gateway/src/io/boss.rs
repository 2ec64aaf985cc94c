//! The link to the boss: registers, reports, and keeps what the boss says until the loop takes it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use link::io::http::Board;
use link::machine::{LinkId, Outbox as Links};
use prost::Message as _;
use proto::b2n::{self, b2n::Body};
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b::{self, N2b};
use proto::table::{BucketTable, Version};
use proto::time::Time;
use proto::wire;

use super::settings::Settings;

/// Names of dials to bosses begin so; ids of nodes can't.
const DIAL: &str = "boss/";

/// Under which name a boss is dialled.
pub(super) fn dial_name(at: usize) -> String {
    format!("{DIAL}{at}")
}

/// Whether a dial is to a boss.
pub(super) fn is_dial_name(name: &str) -> bool {
    name.starts_with(DIAL)
}

/// What a gateway and the boss have to say to each other.
#[derive(Debug)]
pub(super) struct Boss {
    register: n2b::Register,
    links: Vec<LinkId>,
    /// Nodes by the link to them, as they were dialled.
    nodes: BTreeMap<LinkId, String>,
    known: Version,
    registered: Option<(u64, u64)>,
    table: Option<Arc<BucketTable>>,
    config: Option<Arc<ClusterConfig>>,
}

impl Boss {
    pub(super) fn new(settings: &Settings, client_address: SocketAddr) -> Boss {
        Boss {
            register: n2b::Register {
                id: settings.id.clone(),
                role: Role::Gateway.into(),
                host: settings.host.clone(),
                address: client_address.to_string(),
                incarnation: 0,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                buckets: Vec::new(),
                table_term: 0,
                table_version: 0,
            },
            links: Vec::new(),
            nodes: BTreeMap::new(),
            known: Version::default(),
            registered: None,
            table: None,
            config: None,
        }
    }

    /// Whether this is a link to a boss.
    pub(super) fn has(&self, link: LinkId) -> bool {
        self.links.contains(&link)
    }

    /// A link to a boss is up: the gateway says who it is.
    pub(super) fn up(&mut self, link: LinkId, links: &mut Links) {
        self.links.push(link);
        self.register.table_term = self.known.term;
        self.register.table_version = self.known.version;
        say(link, n2b::n2b::Body::Register(self.register.clone()), links);
    }

    /// A link is down; whether it was to a boss.
    pub(super) fn down(&mut self, link: LinkId) -> bool {
        let before = self.links.len();
        self.links.retain(|one| *one != link);
        self.links.len() < before
    }

    pub(super) fn node_up(&mut self, link: LinkId, dialled: Option<&str>) {
        if let Some(name) = dialled {
            self.nodes.insert(link, name.to_owned());
        }
    }

    pub(super) fn node_down(&mut self, link: LinkId, links: &mut Links) {
        if let Some(name) = self.nodes.remove(&link) {
            self.unreachable(&name, false, links);
        }
    }

    /// A node's link has ended, or it can't be dialled.
    pub(super) fn unreachable(&mut self, name: &str, refused: bool, links: &mut Links) {
        let Some((id, incarnation)) = name.split_once('#') else { return };
        let Ok(incarnation) = incarnation.parse() else { return };
        let word = n2b::Unreachable { id: id.to_owned(), incarnation, refused };
        self.say_all(n2b::n2b::Body::Unreachable(word), links);
    }

    /// What the boss says.
    pub(super) fn frame(&mut self, link: LinkId, frame: &[u8], links: &mut Links) {
        let Ok(b2n::B2n { body: Some(body) }) = b2n::B2n::decode(frame) else {
            return links.end(link, "the boss sent a frame that can't be read");
        };
        match body {
            Body::Registered(registered) => {
                self.register.incarnation = registered.incarnation;
                self.registered = Some((registered.incarnation, registered.cluster_id));
            }
            Body::Table(table) => match BucketTable::try_from(table) {
                Ok(table) if table.version() > self.known => {
                    self.known = table.version();
                    self.table = Some(Arc::new(table));
                }
                Ok(_) => {}
                Err(error) => tracing::error!("the boss's table can't be used: {error}"),
            },
            Body::Config(config) => match toml::from_str::<ClusterConfig>(&config.toml) {
                Ok(config) => self.config = Some(Arc::new(config)),
                Err(error) => tracing::error!("the cluster configuration can't be read: {error}"),
            },
            Body::Refused(refused) => {
                tracing::error!("the boss refuses this gateway: {}", refused.reason);
            }
            Body::Hello(_)
            | Body::Proof(_)
            | Body::Refuse(_)
            | Body::Beat(_)
            | Body::Inspect(_) => {}
        }
    }

    /// Tells the boss what its page shows.
    pub(super) fn report(&mut self, _now: Time, board: &Board, links: &mut Links) {
        let unready = board.unready();
        let counters = board.samples().into_iter().filter(|sample| sample.labels.is_empty());
        let report = n2b::Report {
            table_term: self.known.term,
            table_version: self.known.version,
            counters: counters
                .map(|sample| n2b::Counter { name: sample.name.to_owned(), value: sample.value })
                .collect(),
            message: if unready.is_empty() {
                "imq gateway is available and accepting connections.".to_owned()
            } else {
                unready.join("; ")
            },
            ready: unready.is_empty(),
        };
        self.say_all(n2b::n2b::Body::Report(report), links);
    }

    pub(super) fn take_registered(&mut self) -> Option<(u64, u64)> {
        self.registered.take()
    }

    pub(super) fn take_table(&mut self) -> Option<Arc<BucketTable>> {
        self.table.take()
    }

    pub(super) fn take_config(&mut self) -> Option<Arc<ClusterConfig>> {
        self.config.take()
    }

    fn say_all(&self, body: n2b::n2b::Body, links: &mut Links) {
        for link in &self.links {
            say(*link, body.clone(), links);
        }
    }
}

fn say(link: LinkId, body: n2b::n2b::Body, links: &mut Links) {
    wire::put_message(links.buffer(link), &N2b { body: Some(body) });
}
