//! Links that break all the time, under load: nobody misses a message, gets one twice or in
//! another order.

use std::net::SocketAddr;

use serde_json::Value;

use crate::http::{request, until_ready};
use crate::process::{Imq, imq, port_base};
use crate::proxy::Proxy;

/// Some link meets a fault this often, in the mean.
const FAULT_PAUSE_MS: u64 = 100;
/// The load's measured window; it sends for a second before it, too.
const WINDOW: &str = "7";

/// Boss, two gateways and two queue nodes, whose links to each other go through a proxy.
struct Cluster {
    base: u16,
    proxy: Proxy,
    /// Ended in this order.
    _processes: Vec<Imq>,
    data: std::path::PathBuf,
}

impl Cluster {
    fn start(seed: u64) -> Cluster {
        let base = port_base();
        let data = std::env::temp_dir().join(format!("imq-links-{}-{base}", std::process::id()));
        let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
        let local = |offset: u16| SocketAddr::from(([127, 0, 0, 1], base + offset));
        let proxy = Proxy::start(vec![local(200), local(201)], FAULT_PAUSE_MS, seed);
        let start = |words: &str| Imq::start(&words.split(' ').collect::<Vec<_>>());
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
                 --advertise {found_at} --listen-http {http} --log warn"
            ))
        };
        let gateway = |number: u16| {
            let (client, http, rpc) = (at(number - 1), at(79 + number), at(89 + number));
            start(&format!(
                "gateway --id g{number} --boss {boss_link} --listen-client {client} \
                 --listen-http {http} --listen-rpc {rpc} --dev-auth --log warn"
            ))
        };
        let processes = vec![gateway(1), gateway(2), queue_node(1), queue_node(2), boss];
        for port in [base + 90, base + 91] {
            until_ready(port);
        }
        Cluster { base, proxy, _processes: processes, data }
    }

    /// A counter of both gateways together.
    fn counted(&self, name: &str) -> f64 {
        [90, 91].into_iter().map(|offset| self.counted_at(offset, name)).sum()
    }

    fn counted_at(&self, offset: u16, name: &str) -> f64 {
        let (_, metrics) = request("GET", self.base + offset, "/metrics", None, "");
        let values = metrics.lines().filter_map(|line| line.strip_prefix(name)?.parse().ok());
        values.sum::<f64>()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.data).ok();
    }
}

#[test]
fn links_that_break_under_load_lose_nothing() {
    let seed = rand::random();
    println!("seed {seed}");
    let cluster = Cluster::start(seed);
    let doors = format!("127.0.0.1:{},127.0.0.1:{}", cluster.base, cluster.base + 1);
    let words = ["loadtest", "rooms", "--connections", "200", "--room-size", "10", "--json"];
    let output = imq(&[&words[..], &["--address", &doors, "--seconds", WINDOW]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    println!("{report}");
    for fault in ["lost", "doubled", "out_of_order"] {
        assert_eq!(report[fault], 0, "{report}");
    }
    assert!(report["deliveries"].as_u64() > Some(20_000), "{report}");
    assert!(cluster.proxy.faults() > 40, "{} faults", cluster.proxy.faults());
    let attached = cluster.counted("imq_attaches_total ");
    assert!(attached > 100.0, "{attached} queues attached anew");
}
