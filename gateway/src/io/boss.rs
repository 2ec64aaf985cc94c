//! The link to the boss: what the boss says is kept until the loop takes it.

use std::net::SocketAddr;
use std::sync::Arc;

use link::io::{Throttled, names};
use link::machine::{LinkId, Outbox as Links};
use member::io::Board;
use member::machine::{Health, Member, Word};
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b::Counter;
use proto::table::BucketTable;
use proto::text::Foreign;
use proto::time::Time;

use super::settings::Settings;

/// What the page says of a gateway that shuts down.
const DRAINING: &str = "draining: its clients are sent to other gateways";
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
    member: Member,
    told: Told,
    addresses: Vec<String>,
    /// What the log hears of the boss's link.
    without_boss: Throttled,
}

/// What the boss has said and the loop hasn't taken yet.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The gateway's incarnation and the cluster's id.
    pub(super) registered: Option<(u64, u64)>,
    pub(super) table: Option<Arc<BucketTable>>,
    pub(super) config: Option<Arc<ClusterConfig>>,
    /// Why the gateway can't be of this cluster.
    pub(super) fatal: Option<String>,
}

impl Boss {
    pub(super) fn new(settings: &Settings, client_address: SocketAddr) -> Boss {
        let address = client_address.to_string();
        let process = rand::random();
        let member = Member::new(&settings.id, Role::Gateway, &settings.host, &address, process);
        let without_boss = Throttled::new("lines about the boss");
        let addresses = settings.bosses.clone();
        Boss { member, told: Told::default(), addresses, without_boss }
    }

    /// Where the boss that is dialled under this name is.
    pub(super) fn address<'a>(&'a self, dialled: &'a str) -> &'a str {
        let at = dialled.strip_prefix(DIAL).and_then(|at| at.parse::<usize>().ok());
        at.and_then(|at| self.addresses.get(at)).map_or(dialled, String::as_str)
    }

    /// Whether this is the link to the boss.
    pub(super) fn has(&self, link: LinkId) -> bool {
        self.member.link() == Some(link)
    }

    /// A link to a boss is up: the gateway says who it is.
    pub(super) fn up(&mut self, link: LinkId, links: &mut Links) {
        self.member.up(link, &[], links);
    }

    /// A link is down; whether it was to the boss.
    pub(super) fn down(&mut self, link: LinkId, links: &mut Links) -> bool {
        let was_boss = self.has(link);
        if was_boss {
            self.member.down();
        } else {
            self.member.peer_down(link, links);
        }
        was_boss
    }

    /// There is a link to a node, under the name it was dialled with.
    pub(super) fn node_up(&mut self, link: LinkId, name: &str) {
        if let Some((id, incarnation)) = names::node_of(name) {
            self.member.peer_up(link, id, incarnation);
        }
    }

    /// A dial has failed: to a node, or to a boss.
    pub(super) fn unreachable(
        &mut self,
        now: Time,
        name: &str,
        refused: bool,
        hopeless: Option<&Foreign>,
        links: &mut Links,
    ) {
        if let Some((id, incarnation)) = names::node_of(name) {
            self.member.peer_unreachable(id, incarnation, refused, links);
        } else if let Some(reason) = hopeless {
            let reason = format!("the link to the boss failed: {reason}");
            // Once registered, a gateway goes on without the boss and waits for better days:
            // whoever answers there has proven nothing.
            if self.member.incarnation() == 0 {
                self.told.fatal = Some(reason);
            } else {
                self.without_boss.warn(now, format_args!("{reason}"));
            }
        }
    }

    /// Why the boss doesn't take this gateway, if it has said so.
    pub(super) fn unready(&self) -> Option<String> {
        let reason = self.member.waits()?;
        Some(format!("the boss doesn't take this gateway: {reason}"))
    }

    /// What the boss says.
    pub(super) fn frame(&mut self, now: Time, link: LinkId, frame: &[u8], links: &mut Links) {
        match self.member.hear(frame) {
            Some(Word::Registered { incarnation, cluster_id }) => {
                self.told.registered = Some((incarnation, cluster_id));
            }
            Some(Word::Table(table)) => self.told.table = Some(table),
            Some(Word::Config(config)) => self.told.config = Some(config),
            Some(Word::Wait(reason)) => {
                let line = format_args!("the boss makes this gateway wait: {reason}");
                self.without_boss.info(now, line);
            }
            Some(Word::Refused { reason, for_good: true }) => {
                self.told.fatal = Some(format!("the boss refuses this gateway: {reason}"));
            }
            Some(Word::Refused { reason, for_good: false }) => {
                let line = format_args!("the boss refuses this gateway for now: {reason}");
                self.without_boss.warn(now, line);
            }
            Some(Word::Broken) => links.end(link, "the boss sent something that can't be read"),
            // A gateway has no queues to look into.
            Some(Word::Inspect { .. }) | None => {}
        }
    }

    /// Tells the boss what its page shows.
    pub(super) fn report(&mut self, now: Time, board: &Board, draining: bool, links: &mut Links) {
        self.without_boss.wake(now);
        let unready = board.unready();
        let unready = (!unready.is_empty()).then(|| unready.join("; "));
        let health = match unready.as_deref() {
            _ if draining => Health::Draining(DRAINING),
            Some(reason) => Health::Unready(reason),
            None => Health::Ready,
        };
        let samples = board.samples().into_iter().filter(|sample| sample.labels.is_empty());
        let counters = samples.filter_map(|sample| {
            Some(Counter { name: sample.name.to_owned(), value: sample.number()? })
        });
        self.member.report(counters.collect(), health, links);
    }

    /// Hands over what the boss has said since the last time.
    pub(super) fn take(&mut self) -> Told {
        std::mem::take(&mut self.told)
    }
}
