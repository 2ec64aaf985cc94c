//! The table of offences: what the guilty do, how many of them, and what is to come of it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::culprits::{Bodies, Clients, Culprits, Manner};
use super::deaf::{Deaf, Speech};
use super::http::{self, Doors, Visitors};
use crate::clock::Clock;
use crate::neighbours::Beside;
use crate::peers::imq::counting::Outcomes;

/// Connections from here begin with the PROXY protocol, by which one address is that of many: the
/// loopback itself isn't counted.
pub(super) const PROXY: &str = "127.1.0.1";

/// Where the guilty do it.
pub(super) struct Scene<'a> {
    pub(super) clock: Clock,
    pub(super) client: SocketAddr,
    pub(super) client_http: SocketAddr,
    pub(super) rpc: SocketAddr,
    pub(super) rpc_key: &'a str,
    /// Where the boss and a queue node show themselves.
    pub(super) boss_http: SocketAddr,
    pub(super) queue_node_http: SocketAddr,
    pub(super) scale: f64,
}

impl Scene<'_> {
    /// So many, by the run's scale, and at least one.
    pub(super) fn count(&self, count: usize) -> usize {
        ((count as f64 * self.scale) as usize).max(1)
    }
}

/// Those who do it.
pub(super) trait Guilty: Beside {
    /// What they were told so far.
    fn outcomes(&self) -> Outcomes;

    /// What the kernel held for each of them at most, where that is the point.
    fn kernel_bytes_each(&self) -> Option<u64> {
        None
    }
}

/// What the kernel may hold for each of them.
pub(super) const KERNEL_BYTES_EACH_MAX: u64 = 128 * 1024;

/// An offence.
pub(super) struct Offence {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) expected: Expected,
    pub(super) start: fn(&Scene<'_>) -> Result<Box<dyn Guilty>>,
}

/// What is to come of an offence: each that is given.
pub(super) struct Expected {
    rejection: Option<Rejection>,
    counted: Option<&'static str>,
    /// By how much any process may grow.
    grown_bytes_max: Option<u64>,
}

/// How the guilty are rejected.
enum Rejection {
    /// `closing` with this code.
    Closing(u64),
    /// A refusal with this status, of an operation or of HTTP.
    Status(u64),
}

/// No rejection, and nothing that is counted.
const NOTHING: Expected = Expected { rejection: None, counted: None, grown_bytes_max: None };

/// Peers over HTTP cost next to nothing, whatever they do.
const SMALL: Expected = Expected { grown_bytes_max: Some(10_000_000), ..NOTHING };

const RATE: Expected = Expected {
    rejection: Some(Rejection::Closing(3009)),
    counted: Some("imq_gateway_closed_total rate"),
    ..NOTHING
};

/// The offences, in the order in which they are committed.
pub(super) const OFFENCES: [Offence; 16] = [
    Offence {
        name: "pings",
        what: "10 clients, each 20,000 pings a second",
        expected: RATE,
        start: |scene| Culprits::start(scene, 10, 200_000.0, Clients::new(Manner::Pings)),
    },
    Offence {
        name: "operations",
        what: "10 clients, each 20,000 messages a second",
        expected: RATE,
        start: |scene| Culprits::start(scene, 10, 200_000.0, Clients::new(Manner::Sends)),
    },
    Offence {
        name: "queue-names",
        what: "10 clients, each 1,000 subscribes a second to new queues",
        expected: Expected { rejection: Some(Rejection::Status(8)), counted: None, ..NOTHING },
        start: |scene| Culprits::start(scene, 10, 10_000.0, Clients::new(Manner::Subscribes)),
    },
    Offence {
        name: "never-read",
        what: "1,000 subscribers that never read, of messages that may be dropped",
        expected: Expected {
            rejection: None,
            counted: Some("imq_gateway_deliveries_dropped_total"),
            ..NOTHING
        },
        start: |scene| Deaf::start(scene, "/deaf", Speech::MANY),
    },
    Offence {
        name: "never-read-strict",
        what: "1,000 subscribers that never read, of messages that may not",
        expected: Expected {
            rejection: None,
            counted: Some("imq_gateway_closed_total slow"),
            ..NOTHING
        },
        start: |scene| Deaf::start(scene, "/strict", Speech::MANY),
    },
    Offence {
        name: "never-read-large",
        what: "1,000 subscribers that never read, and one who sends them messages of 30 KB",
        expected: Expected {
            rejection: None,
            counted: Some("imq_gateway_deliveries_dropped_total"),
            ..NOTHING
        },
        start: |scene| Deaf::start(scene, "/crowd", Speech::LARGE),
    },
    Offence {
        name: "slow-loris",
        what: "2,000 connections that send a byte of `connect` now and then",
        expected: Expected {
            rejection: Some(Rejection::Closing(3504)),
            counted: Some("imq_gateway_closed_total connect_timeout"),
            ..NOTHING
        },
        start: |scene| Culprits::start(scene, 2_000, 4_000.0, Clients::new(Manner::Trickles)),
    },
    Offence {
        name: "slow-loris-http",
        what: "2,000 requests for a WebSocket, a byte now and then",
        expected: Expected {
            rejection: None,
            counted: Some("imq_gateway_connections_refused_total silent"),
            ..NOTHING
        },
        start: |scene| Culprits::start(scene, 2_000, 4_000.0, Clients::new(Manner::TricklesHttp)),
    },
    Offence {
        name: "comings",
        what: "one address, 2,000 connects and resets a second",
        expected: Expected {
            rejection: Some(Rejection::Closing(3009)),
            counted: Some("imq_gateway_connections_refused_total address"),
            ..NOTHING
        },
        start: |scene| Culprits::start(scene, 200, 2_000.0, Clients::new(Manner::Comes)),
    },
    Offence {
        name: "rpc-bodies",
        what: "16 back ends, 100 bodies of 1 MiB a second",
        expected: Expected { rejection: Some(Rejection::Status(413)), counted: None, ..NOTHING },
        start: |scene| Culprits::start(scene, 16, 100.0, Bodies::new(scene, 1024 * 1024, false)),
    },
    Offence {
        name: "rpc-large",
        what: "16 back ends, 500 messages of 60 KiB a second",
        expected: Expected { rejection: None, counted: None, ..NOTHING },
        start: |scene| Culprits::start(scene, 16, 500.0, Bodies::new(scene, 60 * 1024, true)),
    },
    Offence {
        name: "http-pipelined",
        what: "a peer of the RPC port that asks 5,000 times for its document and reads nothing",
        expected: SMALL,
        start: |scene| Ok(Visitors::start(scene, 1, http::Manner::Pipelines, Doors::Rpc)),
    },
    Offence {
        name: "http-never-read",
        what: "30 such peers, who go on asking",
        expected: SMALL,
        start: |scene| Ok(Visitors::start(scene, 30, http::Manner::Pipelines, Doors::Rpc)),
    },
    Offence {
        name: "http-silent",
        what: "300 silent connections to each role's port for HTTP",
        expected: SMALL,
        start: |scene| Ok(Visitors::start(scene, 300, http::Manner::Silent, Doors::All)),
    },
    Offence {
        name: "http-idle",
        what: "1,000 connections to each role's port for HTTP that have asked once",
        expected: SMALL,
        start: |scene| Ok(Visitors::start(scene, 1_000, http::Manner::Idles, Doors::All)),
    },
    Offence {
        name: "http-trickle",
        what: "300 connections to each role's port for HTTP, a byte of a head five times a second",
        expected: SMALL,
        start: |scene| Ok(Visitors::start(scene, 300, http::Manner::Trickles, Doors::All)),
    },
];

/// The names of all offences.
pub const NAMES: [&str; OFFENCES.len()] = {
    let mut names = [""; OFFENCES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = OFFENCES[at].name;
        at += 1;
    }
    names
};

impl Offence {
    /// The offence of this name.
    pub(super) fn named(name: &str) -> Result<&'static Self> {
        let found = OFFENCES.iter().find(|offence| offence.name == name);
        found.with_context(|| format!("no offence {name:?}: there are {}", NAMES.join(", ")))
    }
}

impl Expected {
    /// Whether it came.
    pub(super) fn is_met(
        &self,
        outcomes: &Outcomes,
        counted: &BTreeMap<String, u64>,
        grown: &BTreeMap<String, u64>,
    ) -> bool {
        let rejected = match &self.rejection {
            Some(Rejection::Closing(code)) => outcomes.closed.contains_key(code),
            Some(Rejection::Status(status)) => outcomes.refused.contains_key(status),
            None => true,
        };
        let small = |max| grown.values().all(|bytes| *bytes < max);
        rejected
            && self.counted.is_none_or(|name| counted.contains_key(name))
            && self.grown_bytes_max.is_none_or(small)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejected = match &self.rejection {
            Some(Rejection::Closing(code)) => Some(format!("closing {code}")),
            Some(Rejection::Status(status)) => Some(format!("status {status}")),
            None => None,
        };
        let grown = self.grown_bytes_max.map(|max| format!("no process grows by {max} bytes"));
        let words = rejected.into_iter().chain(self.counted.map(str::to_owned)).chain(grown);
        let words: Vec<_> = words.collect();
        formatter.write_str(&words.join(", "))
    }
}
