//! A boss, three queue nodes and two gateways, with two copies of each bucket.

use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::http::{metric, request, rpc, try_request, until, until_ready};
use crate::process::{Imq, RPC_KEY, port_base};

/// Rooms with messages, and a state of which one key is written and read.
pub(super) const CONFIG: &str = "copies = 2\n\n[[class]]\npattern = \"/room/*\"\n\
                      create = \"auto\"\njoin = \"open\"\n\n\
                      [[class.mount]]\nname = \"chat\"\nkind = \"message\"\nsend = \"open\"\n\n\
                      [[class.mount]]\nname = \"scores\"\nkind = \"state\"\n";

/// Six processes.
pub(super) struct Copies {
    pub(super) boss: Imq,
    pub(super) queue_nodes: Vec<Imq>,
    gateways: Vec<Imq>,
    pub(super) base: u16,
    folder: PathBuf,
}

impl Copies {
    /// Starts all, and waits until each bucket has its copies.
    pub(super) fn start() -> Copies {
        Copies::configured(CONFIG)
    }

    /// The same with this cluster configuration.
    pub(super) fn configured(config: &str) -> Copies {
        let base = port_base();
        let folder = std::env::temp_dir().join(format!("imq-kills-{}-{base}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("cluster.toml"), config).expect("a file");
        let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
        let boss = boss(base, &folder);
        let queue_nodes = (1..=3).map(|number| queue_node(base, number)).collect();
        let gateway = |number: u16| {
            let (id, client) = (format!("g{number}"), at(number - 1));
            let (http, rpc) = (at(79 + number), at(89 + number));
            let words = ["gateway", "--id", &id, "--boss", &at(101), "--dev-auth"];
            let doors = ["--listen-client", &client, "--listen-http", &http, "--listen-rpc", &rpc];
            Imq::start(&[&words[..], &doors].concat())
        };
        let gateways = (1..=2).map(gateway).collect();
        let copies = Copies { boss, queue_nodes, gateways, base, folder };
        for port in [base + 90, base + 91] {
            until_ready(port);
        }
        copies.whole(3..=3);
        copies
    }

    /// Starts a queue node again that has ended, by its number.
    pub(super) fn restart_queue_node(&mut self, number: usize) {
        self.queue_nodes[number - 1] = queue_node(self.base, number);
    }

    /// Starts the boss again.
    pub(super) fn restart_boss(&mut self) {
        self.boss = boss(self.base, &self.folder);
    }

    /// What the boss keeps.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Waits until so many queue nodes are up and each bucket has two copies in sync on them.
    pub(super) fn whole(&self, nodes: RangeInclusive<usize>) {
        until("all sets are whole", || {
            let up = self.up();
            let lives = |owner: &Value| up.contains(owner);
            let is_whole = |row: &Value| {
                let in_sync = row["in_sync"].as_array().expect("a set");
                in_sync.iter().filter(|owner| lives(owner)).count() >= 2 && lives(&row["primary"])
            };
            let rows = self.rows();
            nodes.contains(&up.len()) && !rows.is_empty() && rows.iter().all(is_whole)
        });
    }

    /// The queue nodes that are up, in their lives.
    fn up(&self) -> Vec<Value> {
        let nodes = self.ask("/api/v1/nodes")["nodes"].take();
        let nodes: Vec<Value> = serde_json::from_value(nodes).unwrap_or_default();
        let is_up = |node: &&Value| node["role"] == "queue_node" && node["state"] == "up";
        let life = |node: &Value| json!({ "id": node["id"], "incarnation": node["incarnation"] });
        nodes.iter().filter(is_up).map(life).collect()
    }

    /// The boss's rows; none before it has any.
    pub(super) fn rows(&self) -> Vec<Value> {
        serde_json::from_value(self.ask("/api/v1/table")["rows"].take()).unwrap_or_default()
    }

    /// What the boss says, or null.
    pub(super) fn ask(&self, path: &str) -> Value {
        let answer = try_request("GET", self.base + 100, path, None, "");
        let (_, text) = answer.unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Whether no row may change.
    pub(super) fn is_frozen(&self) -> bool {
        metric(self.base + 100, "imq_boss_frozen ") > 0.0
    }

    /// Where a queue lives: the number of its queue node, its bucket's loss, and its home's life.
    pub(super) fn place(&self, queue: &str) -> (usize, u64, u64) {
        let place = self.ask(&format!("/api/v1/where?queue={queue}"));
        let id = place["node"]["id"].as_str().unwrap_or("q0");
        let number = id.trim_start_matches('q').parse().expect("a number");
        let loss = place["loss"].as_u64().unwrap_or_default();
        (number, loss, place["node"]["incarnation"].as_u64().unwrap_or_default())
    }

    /// Writes a number by one of the gateways; whether it was acknowledged.
    pub(super) fn write(&self, gateway: u16, queue: &str, number: u64) -> bool {
        let changes = json!([{ "key": "n", "set": number }]);
        let body = json!({ "queue": queue, "mount": "scores", "changes": changes }).to_string();
        rpc(self.base + 90 + gateway, RPC_KEY, "send_state", &body).0 == 200
    }

    /// Reads it; none: nobody can answer at the moment, or the queue isn't there.
    pub(super) fn read(&self, gateway: u16, queue: &str) -> Option<u64> {
        let body = json!({ "queue": queue, "mount": "scores" }).to_string();
        let port = self.base + 90 + gateway;
        let (status, answer) = rpc(port, RPC_KEY, "get_state", &body);
        let number = &answer["entries"][0]["value"];
        (status == 200).then(|| number.as_f64().unwrap_or_default() as u64)
    }

    /// The address of a gateway for clients.
    pub(super) fn door(&self, gateway: u16) -> String {
        format!("127.0.0.1:{}", self.base + gateway)
    }

    /// How many sessions a user has.
    pub(super) fn sessions(&self, user: &str) -> usize {
        let body = json!({ "user": user }).to_string();
        let (_, answer) = rpc(self.base + 91, RPC_KEY, "get_user", &body);
        answer["user"]["sessions"].as_array().map_or(0, Vec::len)
    }

    /// Creates a queue.
    pub(super) fn create(&self, queue: &str) {
        let body = json!({ "queue": queue }).to_string();
        let port = self.base + 90;
        let (status, said) = request("POST", port, "/rpc/v1/create_queue", Some(RPC_KEY), &body);
        assert_eq!(status, 200, "{said}");
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        for process in self.gateways.iter_mut().chain(&mut self.queue_nodes) {
            process.kill();
        }
        self.boss.kill();
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn boss(base: u16, folder: &std::path::Path) -> Imq {
    let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let (link, http) = (at(101), at(100));
    let data = folder.join("data").display().to_string();
    let cluster = folder.join("cluster.toml").display().to_string();
    let words = ["boss", "--data-dir", &data, "--cluster", &cluster, "--listen-link", &link];
    Imq::start(&[&words[..], &["--listen-http", &http, "--expected-queue-nodes", "3"]].concat())
}

/// The queue node of this number, from 1.
fn queue_node(base: u16, number: usize) -> Imq {
    let at = |offset: usize| format!("127.0.0.1:{}", usize::from(base) + offset);
    let (id, link, http) = (format!("q{number}"), at(199 + number), at(289 + number));
    let words = ["queue-node", "--id", &id, "--boss", &at(101), "--listen-link", &link];
    Imq::start(&[&words[..], &["--listen-http", &http]].concat())
}
