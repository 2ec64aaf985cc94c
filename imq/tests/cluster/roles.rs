//! Boss, gateways and queue nodes as five processes, started by the README's own lines.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::http::{json, request, rpc, try_request, until, until_ready};
use crate::process::{ADMIN_KEY, Imq, RPC_KEY, imq, imq_ok, port_base};

/// What is said to the five besides the README's words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arguments<'a> {
    /// To each of them.
    pub(crate) all: &'a [&'a str],
    /// To the boss.
    pub(crate) boss: &'a [&'a str],
    /// To the gateways.
    pub(crate) gateways: &'a [&'a str],
    /// To the queue nodes, whose lines are those of their logs then.
    pub(crate) queue_nodes: &'a [&'a str],
    /// Leaves out `--dev-auth`, so that only tokens are believed.
    pub(crate) no_dev_auth: bool,
}

/// Five processes.
pub(crate) struct Five {
    pub(crate) boss: Imq,
    pub(crate) queue_nodes: Vec<Imq>,
    pub(crate) gateways: Vec<Imq>,
    pub(crate) base: u16,
    data: PathBuf,
}

impl Five {
    pub(crate) fn start() -> Five {
        Five::start_with(&[])
    }

    /// Starts them with more words for the gateways.
    pub(crate) fn start_with(more: &[&str]) -> Five {
        Five::start_as(&Arguments { gateways: more, ..Arguments::default() })
    }

    /// Starts them with one copy of each queue: what a queue node has is lost with it.
    pub(crate) fn of_one_copy() -> Five {
        let path = one_copy();
        Five::start_as(&Arguments { boss: &["--cluster", &path], ..Arguments::default() })
    }

    /// Starts them with other words, and waits for all.
    pub(crate) fn start_as(arguments: &Arguments<'_>) -> Five {
        let five = Five::begin(arguments);
        for port in [five.base + 90, five.base + 91] {
            until_ready(port);
        }
        five
    }

    /// Starts them with other words, and waits for the boss alone.
    pub(crate) fn begin(arguments: &Arguments<'_>) -> Five {
        let base = port_base();
        let data = std::env::temp_dir().join(format!("imq-test-{}-{base}", std::process::id()));
        let mut lines = readme_lines(base, &data.display().to_string()).into_iter();
        let mut words_with = |more: &[&str]| {
            let line = lines.next().expect("five lines in the README");
            let is_wanted = |word: &&str| !(arguments.no_dev_auth && *word == "--dev-auth");
            let line = line.iter().map(String::as_str).filter(is_wanted);
            let arguments = line.chain(arguments.all.iter().copied()).chain(more.iter().copied());
            arguments.map(str::to_owned).collect::<Vec<_>>()
        };
        let mut start = |more: &[&str], is_logged: bool| {
            let arguments = words_with(more);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            if is_logged { Imq::logged(&arguments) } else { Imq::start(&arguments) }
        };
        let boss = start(arguments.boss, false);
        let mut queue_node = || start(arguments.queue_nodes, !arguments.queue_nodes.is_empty());
        let queue_nodes = vec![queue_node(), queue_node()];
        let gateways = vec![start(arguments.gateways, false), start(arguments.gateways, false)];
        let five = Five { boss, queue_nodes, gateways, base, data };
        until("the boss listens, too", || {
            try_request("GET", base + 100, "/healthz", None, "").is_ok()
        });
        five
    }

    pub(crate) fn gateway(&self, at: u16) -> String {
        format!("127.0.0.1:{}", self.base + at)
    }

    /// Which queue node holds this queue: 0 or 1.
    pub(crate) fn home(&self, queue: &str) -> usize {
        let place = json(self.base + 100, &format!("/api/v1/where?queue={queue}"));
        usize::from(place["node"]["id"] == "q2")
    }

    /// A queue of this home.
    pub(crate) fn queue_at(&self, home: usize) -> String {
        self.queue_like("/room/", home)
    }

    /// A queue of this home whose name begins so.
    pub(crate) fn queue_like(&self, beginning: &str, home: usize) -> String {
        let names = (0..1000).map(|at| format!("{beginning}{at}"));
        names.into_iter().find(|name| self.home(name) == home).expect("some queue is there")
    }

    /// A user of this home, whose id begins so.
    pub(crate) fn user_at(&self, home: usize, word: &str) -> String {
        let queue = self.queue_like(&format!("/user/{word}-"), home);
        queue.trim_start_matches("/user/").to_owned()
    }

    /// Calls a gateway's RPC, which has to succeed.
    pub(crate) fn call(&self, gateway: u16, method: &str, body: &Value) -> Value {
        let (status, answer) = rpc(self.base + 90 + gateway, RPC_KEY, method, &body.to_string());
        assert_eq!(status, 200, "{method} {body}: {answer}");
        answer
    }

    /// A user's sessions, as the second gateway is told; none of whom nothing is known.
    pub(crate) fn sessions(&self, user: &str) -> Vec<Value> {
        let body = json!({ "user": user }).to_string();
        let (status, mut answer) = rpc(self.base + 91, RPC_KEY, "get_user", &body);
        assert!(status == 200 || status == 404, "{answer}");
        serde_json::from_value(answer["user"]["sessions"].take()).unwrap_or_default()
    }

    /// Who is in a queue, as the second gateway is told.
    pub(crate) fn members(&self, queue: &str) -> Value {
        self.call(1, "list_members", &json!({ "queue": queue }))["members"].take()
    }

    /// Gives the boss a cluster configuration.
    pub(crate) fn configure(&self, toml: &str) {
        let (status, said) =
            request("POST", self.base + 100, "/api/v1/config", Some(ADMIN_KEY), toml);
        assert_eq!(status, 200, "{said}");
    }

    /// Starts a queue node again, as its line has it.
    pub(crate) fn restart_queue_node(&mut self, at: usize) {
        let lines = readme_lines(self.base, &self.data.display().to_string());
        let arguments: Vec<&str> = lines[1 + at].iter().map(String::as_str).collect();
        self.queue_nodes[at] = Imq::start(&arguments);
    }

    /// Starts a gateway again, as its line has it and with more words.
    pub(crate) fn restart_gateway(&mut self, at: usize, more: &[&str]) {
        let lines = readme_lines(self.base, &self.data.display().to_string());
        let line = lines[3 + at].iter().map(String::as_str);
        let arguments: Vec<&str> = line.chain(more.iter().copied()).collect();
        self.gateways[at] = Imq::start(&arguments);
    }
}

impl Drop for Five {
    fn drop(&mut self) {
        for process in self.gateways.iter_mut().chain(&mut self.queue_nodes) {
            process.kill();
        }
        self.boss.kill();
        std::fs::remove_dir_all(&self.data).ok();
    }
}

/// Where a configuration is that has one copy of each queue, and is the default else.
pub(crate) fn one_copy() -> String {
    let path = std::env::temp_dir().join(format!("imq-test-{}-one.toml", std::process::id()));
    let text = include_str!("../../../boss/src/default-cluster.toml");
    let one = text.replacen("copies = 2", "copies = 1", 1);
    assert_ne!(text, one, "two copies are the default");
    std::fs::write(&path, one).expect("the scratch directory can be written to");
    path.display().to_string()
}

/// The lines of the README that start the five, with other ports and another directory.
fn readme_lines(base: u16, data: &str) -> Vec<Vec<String>> {
    let readme = include_str!("../../../README.md");
    let lines = readme.lines().filter_map(|line| line.strip_prefix("target/release/imq "));
    let lines: Vec<Vec<String>> = lines
        .map(|line| {
            line.trim_end_matches(" &").split(' ').map(|word| moved(word, base, data)).collect()
        })
        .collect();
    assert_eq!(lines.len(), 5, "the README starts five processes");
    lines
}

fn moved(word: &str, base: u16, data: &str) -> String {
    match word.strip_prefix("127.0.0.1:").and_then(|port| port.parse::<u16>().ok()) {
        Some(port) => format!("127.0.0.1:{}", port - 7400 + base),
        None if word == "/tmp/imq-boss" => data.to_owned(),
        None => word.to_owned(),
    }
}

#[test]
fn five_processes_carry_a_message() {
    let mut five = Five::start();
    for home in [0, 1] {
        let queue = five.queue_at(home);
        let mut sub = Imq::start(&["sub", &queue, "--gateway", &five.gateway(0), "--user", "ann"]);
        sub.line("subscribed");
        imq_ok(&["pub", &queue, "chat", "hello", "--gateway", &five.gateway(1), "--user", "ben"]);
        sub.line("chat ben: hello");
    }
    let nodes = json(five.base + 100, "/api/v1/nodes");
    assert_eq!(nodes["nodes"].as_array().expect("nodes").len(), 4, "{nodes}");
    for gateway in &mut five.gateways {
        assert_eq!(gateway.stop(), Some(0));
    }
}

#[test]
fn without_a_boss_messages_flow() {
    let mut five = Five::start();
    let queue = five.queue_at(0);
    let mut sub = Imq::start(&["sub", &queue, "--gateway", &five.gateway(0), "--user", "ann"]);
    sub.line("subscribed");
    five.boss.kill();
    imq_ok(&["pub", &queue, "chat", "no boss", "--gateway", &five.gateway(1), "--user", "ben"]);
    sub.line("chat ben: no boss");
    let lines = readme_lines(five.base, &five.data.display().to_string());
    five.boss = Imq::start(&lines[0].iter().map(String::as_str).collect::<Vec<_>>());
    until("all nodes are back at the boss", || {
        let up = |nodes: serde_json::Value| nodes.to_string().matches("\"up\"").count();
        std::panic::catch_unwind(|| json(five.base + 100, "/api/v1/nodes"))
            .is_ok_and(|n| up(n) == 4)
    });
    imq_ok(&[
        "pub",
        &queue,
        "chat",
        "boss is back",
        "--gateway",
        &five.gateway(1),
        "--user",
        "ben",
    ]);
    sub.line("chat ben: boss is back");
}

#[test]
fn who_comes_before_there_is_a_table_waits_for_it() {
    let base = port_base();
    let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let (client, boss) = (at(0), at(101));
    let doors = ["--listen-client", &client, "--listen-http", &at(80), "--listen-rpc", &at(90)];
    let words = ["gateway", "--id", "g1", "--dev-auth", "--boss", &boss];
    let _gateway = Imq::start(&[&words[..], &doors].concat());
    let sub = ["sub", "/room/1", "--gateway", &client, "--user", "ann"];
    let mut said = String::new();
    until("the gateway answers", || {
        let output = imq(&[&sub[..], &["--wait", "0"]].concat());
        assert_eq!(output.status.code(), Some(2));
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        !said.contains("refused")
    });
    assert!(said.contains("no bucket table yet"), "{said}");

    let mut sub = Imq::start(&sub);
    let data = std::env::temp_dir().join(format!("imq-test-{}-{base}", std::process::id()));
    let data = data.display().to_string();
    let http = ["--listen-http", &at(100)];
    let words = ["boss", "--data-dir", &data, "--listen-link", &boss];
    let _boss = Imq::start(&[&words[..], &http].concat());
    let at = ["--listen-link", &at(201), "--listen-http", &at(200)];
    let words = ["queue-node", "--id", "q1", "--boss", &boss];
    let _queue_node = Imq::start(&[&words[..], &at].concat());
    sub.line("subscribed");
    std::fs::remove_dir_all(data).expect("the boss made it");
}
