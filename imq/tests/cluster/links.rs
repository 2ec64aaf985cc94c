//! Links that break all the time, under load: nobody misses a message, gets one twice or in
//! another order.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;

use crate::http::{json, request, until, until_ready};
use crate::process::{Imq, port_base, seed};
use crate::proxy::Proxy;

/// Messages per second, in 20 rooms: what a room gets while a link is out, up to two seconds, stays
/// within its replay log. A closed loop goes on in the other lanes, far beyond it, and then what is
/// missing is announced by a `gap`.
const RATE: &str = "4000";
/// Some link meets a fault this often, in the mean.
const FAULT_PAUSE_MS: u64 = 100;

/// Boss, two gateways and two queue nodes, whose links to each other go through a proxy.
pub(crate) struct Cluster {
    base: u16,
    /// To the links of the queue nodes, one after the other.
    pub(crate) proxy: Proxy,
    /// The boss, the gateways, the queue nodes.
    pub(crate) processes: Vec<Imq>,
    data: PathBuf,
}

impl Cluster {
    /// Starts all five; their lines are those of their logs.
    pub(crate) fn start_logged() -> Cluster {
        Cluster::start_as("--log info", Imq::logged)
    }

    /// Starts all five, with these words for each.
    fn start(more: &str) -> Cluster {
        Cluster::start_as(&format!("--log warn {more}"), Imq::start)
    }

    fn start_as(more: &str, start: fn(&[&str]) -> Imq) -> Cluster {
        let base = port_base();
        let data = std::env::temp_dir().join(format!("imq-links-{}-{base}", std::process::id()));
        let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
        let local = |offset: u16| SocketAddr::from(([127, 0, 0, 1], base + offset));
        let proxy = Proxy::start(vec![local(200), local(201)]);
        let start = |words: &str| {
            start(&words.split(' ').chain(more.split_whitespace()).collect::<Vec<_>>())
        };
        let boss_link = at(101);
        let boss = start(&format!(
            "boss --data-dir {} --expected-queue-nodes 2 --listen-link {boss_link} \
             --listen-http {}",
            data.display(),
            at(100)
        ));
        let queue_node = |number: u16| {
            let (link, http) = (at(199 + number), at(289 + number));
            let found_at = proxy.addresses[usize::from(number) - 1];
            start(&format!(
                "queue-node --id q{number} --boss {boss_link} --listen-link {link} \
                 --advertise {found_at} --listen-http {http}"
            ))
        };
        let gateway = |number: u16| {
            let (client, http, rpc) = (at(number - 1), at(79 + number), at(89 + number));
            start(&format!(
                "gateway --id g{number} --boss {boss_link} --listen-client {client} \
                 --listen-http {http} --listen-rpc {rpc} --dev-auth"
            ))
        };
        let processes = vec![boss, gateway(1), gateway(2), queue_node(1), queue_node(2)];
        for port in [base + 90, base + 91] {
            until_ready(port);
        }
        Cluster { base, proxy, processes, data }
    }

    /// The first gateway's address for clients.
    pub(crate) fn door(&self) -> String {
        format!("127.0.0.1:{}", self.base)
    }

    /// A queue of this queue node whose name begins so.
    pub(crate) fn queue_at(&self, node: &str, beginning: &str) -> String {
        let mut queues = (0..1000).map(|at| format!("{beginning}{at}"));
        let is_there = |queue: &String| {
            let place = json(self.base + 100, &format!("/api/v1/where?queue={queue}"));
            place["node"]["id"] == node
        };
        queues.find(is_there).expect("some queue is there")
    }

    /// A counter of both gateways together.
    pub(crate) fn counted(&self, name: &str) -> f64 {
        [90, 91].into_iter().map(|offset| self.counted_at(offset, name)).sum()
    }

    fn counted_at(&self, offset: u16, name: &str) -> f64 {
        let (_, metrics) = request("GET", self.base + offset, "/metrics", None, "");
        let values = metrics.lines().filter_map(|line| line.strip_prefix(name));
        values.filter_map(|value| value.parse::<f64>().ok()).sum()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(Imq::kill);
        std::fs::remove_dir_all(&self.data).ok();
    }
}

/// Puts load on links that break, for a second and then this window.
fn check(more: &str, seconds: u64) {
    let seed = seed();
    let mut cluster = Cluster::start(more);
    let doors = format!("127.0.0.1:{},127.0.0.1:{}", cluster.base, cluster.base + 1);
    let load = ["loadtest", "rooms", "--connections", "200", "--room-size", "10", "--rate", RATE];
    let window =
        ["--seconds", &seconds.to_string(), "--address", &doors, "--json", "--debug-build"];
    let mut load = Imq::start(&[&load[..], &window].concat());
    // Each has its inbox, too.
    until("all are in their rooms", || cluster.counted("imq_gateway_subscriptions ") == 400.0);
    cluster.proxy.hurt(FAULT_PAUSE_MS, seed);
    let report: Value = serde_json::from_str(&load.line("{")).expect("a report");
    println!("{report}");
    for fault in ["lost", "doubled", "out_of_order"] {
        assert_eq!(report[fault], 0, "{report}");
    }
    assert!(report["deliveries"].as_u64() > Some(20_000 * seconds), "{report}");
    let faults = cluster.proxy.faults();
    assert!(faults > 5 * seconds, "{faults} faults");
    let attached = cluster.counted("imq_gateway_attaches_total ");
    assert!(attached > 10.0 * seconds as f64, "{attached} queues attached anew");
}

#[test]
fn links_that_break_under_load_lose_nothing() {
    check("", 7);
}

#[test]
fn links_with_tls_that_break_under_load_lose_nothing() {
    let at = |name| format!("{}/../link/testdata/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let (certificate, key, authority) = (at("node.pem"), at("node.key"), at("authority.pem"));
    let files = format!(
        "--tls-certificate-file {certificate} --tls-key-file {key} --tls-authority-file {authority}"
    );
    check(&files, 3);
}
