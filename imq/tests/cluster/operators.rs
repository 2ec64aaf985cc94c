//! What operators see of three processes: logs that say whose they are, events that outlive the
//! boss, signals that are heeded.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use crate::http::{self, request, try_request, until, until_ready};
use crate::process::{ADMIN_KEY, Imq, port_base};
use crate::talker::Talker;

/// A boss, a queue node and a gateway that log JSON.
struct Three {
    base: u16,
    data: String,
    boss: Imq,
    node: Imq,
    gateway: Imq,
}

impl Three {
    fn start() -> Three {
        let base = port_base();
        let data = std::env::temp_dir().join(format!("imq-log-{}-{base}", std::process::id()));
        let data = data.display().to_string();
        let boss = boss(base, &data);
        let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
        let boss_at = at(101);
        let node = ["queue-node", "--id", "q1", "--boss", &boss_at, "--listen-link", &at(200)];
        let node = logged(&[&node[..], &["--listen-http", &at(290)]].concat());
        let gateway = ["gateway", "--id", "g1", "--boss", &boss_at, "--listen-client", &at(0)];
        let more = ["--listen-http", &at(80), "--listen-rpc", &at(90), "--dev-auth"];
        let gateway = logged(&[&gateway[..], &more].concat());
        until_ready(base + 90);
        Three { base, data, boss, node, gateway }
    }
}

impl Drop for Three {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.data).ok();
    }
}

fn boss(base: u16, data: &str) -> Imq {
    boss_by(base, data, Imq::logged)
}

fn boss_by(base: u16, data: &str, start: impl FnOnce(&[&str]) -> Imq) -> Imq {
    let (link, http) = (format!("127.0.0.1:{}", base + 101), format!("127.0.0.1:{}", base + 100));
    let words = ["boss", "--data-dir", data, "--listen-link", &link, "--listen-http", &http];
    start(&[&words[..], &["--expected-queue-nodes", "1", "--log-format", "json"]].concat())
}

fn logged(words: &[&str]) -> Imq {
    Imq::logged(&[words, &["--log-format", "json"]].concat())
}

/// Waits for a line of the log whose message holds this.
fn said(process: &mut Imq, wanted: &str) -> Value {
    let line = process.line(wanted);
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Each line so far is an object that names its node.
fn assert_named(process: &Imq, role: &str, id: &str) {
    assert!(!process.seen().is_empty());
    for line in process.seen() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((line["role"].as_str(), line["id"].as_str()), (Some(role), Some(id)), "{line}");
        for field in ["time", "level", "target", "message"] {
            assert!(line[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {line}");
        }
    }
}

#[test]
fn logs_name_nodes_and_peers_and_events_outlive_the_boss() {
    let mut three = Three::start();
    let boss_at = format!("the boss at 127.0.0.1:{}", three.base + 101);
    let joined = said(&mut three.boss, "q1 joined");
    assert_eq!((joined["event"].as_str(), joined["node"].as_str()), (Some("joined"), Some("q1")));
    said(&mut three.boss, "the link with queue-node q1");
    said(&mut three.node, &format!("the link with {boss_at} is up"));
    said(&mut three.node, "the link with gateway g1");
    said(&mut three.gateway, "the link with queue-node q1");

    // No role is killed by a hang-up.
    for process in [&mut three.boss, &mut three.node, &mut three.gateway] {
        process.signal("HUP");
        said(process, "SIGHUP");
    }
    assert_eq!(request("GET", three.base + 90, "/readyz", None, "").0, 200);

    three.boss.kill();
    for process in [&mut three.node, &mut three.gateway] {
        for words in ["has ended", "can't be reached"] {
            let line = process.next_line(&boss_at);
            let warned = line.contains("\"WARN\"") && line.contains(words);
            assert!(warned, "a node without a boss says so: {line}");
        }
    }
    assert_named(&three.boss, "boss", "boss");
    three.boss = boss(three.base, &three.data);
    let events = three.base + 100;
    until("the boss listens", || try_request("GET", events, "/healthz", None, "").is_ok());
    let kept = http::json(events, "/api/v1/events").to_string();
    assert!(kept.contains("q1 joined") && kept.contains("g1 joined"), "{kept}");
    said(&mut three.boss, "began term 2");
    said(&mut three.boss, "the link with gateway g1");
    said(&mut three.gateway, "the link with the boss");

    three.gateway.signal("TERM");
    said(&mut three.gateway, "SIGTERM: draining: 0 clients");
    said(&mut three.gateway, "drained in ");
    let left = said(&mut three.boss, "g1 has left");
    assert_eq!(left["event"], "left", "{left}");
    three.node.signal("TERM");
    said(&mut three.node, "SIGTERM: this node stops");
    three.boss.signal("TERM");
    said(&mut three.boss, "the boss has ended");
    assert_named(&three.boss, "boss", "boss");
    assert_named(&three.node, "queue-node", "q1");
    assert_named(&three.gateway, "gateway", "g1");
}

#[test]
fn a_call_out_that_fails_is_a_warning_with_its_url_and_the_reason() {
    let mut three = Three::start();
    let config = "[[callout]]\nname = \"app\"\nurl = \"http://127.0.0.1:1/imq\"\ninner = true\n\
        secret = \"whsec_c2VjcmV0LW9mLWEtdGVzdC1jYWxsb3V0\"\n\
        [[class]]\npattern = \"/club/*\"\ncreate = \"auto\"\n\
        join = \"callout\"\ncallout = \"app\"\n\
        [[class.mount]]\nname = \"chat\"\nkind = \"message\"\n";
    let path = "/api/v1/config";
    let (status, said_of_it) = request("POST", three.base + 100, path, Some(ADMIN_KEY), config);
    assert_eq!(status, 200, "{said_of_it}");
    let mut ann = Talker::login(&format!("127.0.0.1:{}", three.base), "ann");
    until("the lane knows the class", || {
        let result = ann.ask("subscribe", json!({ "queue": "/club/1" }));
        result["error_message"].as_str().is_some_and(|why| why.contains("web application"))
    });
    let failed = said(&mut three.gateway, "fails on subscribe");
    let told = failed["message"].as_str().expect("a sentence");
    assert_eq!(failed["level"], "WARN", "{told}");
    assert!(told.contains("call-out \"app\" fails on subscribe"), "{told}");
    assert!(told.contains("at http://127.0.0.1:1/imq: ") && told.contains("refused"), "{told}");
}

/// Those who only hold connections to the page take no file that links and the store need.
#[test]
fn a_boss_whose_page_is_flooded_lets_nodes_in_and_keeps_what_it_is_told() {
    let base = port_base();
    let data = std::env::temp_dir().join(format!("imq-flood-{}-{base}", std::process::id()));
    let data = data.display().to_string();
    let mut flooded = boss_by(base, &data, |words| Imq::limited(1024, words));
    let page = base + 100;
    until("the boss listens", || try_request("GET", page, "/healthz", None, "").is_ok());
    let from = |number: usize| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source: SocketAddr = ([127, 0, 1, (number % 8 + 1) as u8], 0).into();
        socket.bind(&source.into()).expect("an address of the loopback");
        let boss: SocketAddr = ([127, 0, 0, 1], page).into();
        socket.connect(&boss.into()).expect("the kernel takes it");
        socket
    };
    let _held: Vec<Socket> = (0..1500).map(from).collect();
    let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let words = ["queue-node", "--id", "q1", "--boss", &at(101), "--listen-link", &at(200)];
    let _node = logged(&[&words[..], &["--listen-http", &at(290)]].concat());
    said(&mut flooded, "q1 joined");
    let config = "[[class]]\npattern = \"/kept/*\"\n";
    // The page itself may have no place before the silent ones have to go.
    until("the configuration is taken", || {
        let posted = try_request("POST", page, "/api/v1/config", Some(ADMIN_KEY), config);
        posted.is_ok_and(|(status, _)| status == 200)
    });
    flooded.kill();
    let mut again = boss(base, &data);
    said(&mut again, "began term 2");
    until("the boss listens", || try_request("GET", page, "/healthz", None, "").is_ok());
    let kept = request("GET", page, "/api/v1/config", None, "");
    assert!(kept.1.contains("/kept/*"), "{}", kept.1);
    std::fs::remove_dir_all(&data).ok();
}

#[test]
fn who_is_refused_at_a_link_port_does_not_fill_the_log() {
    let mut three = Three::start();
    let count = 40;
    let dials: Vec<_> = (0..count)
        .map(|_| {
            let mut dial = TcpStream::connect(("127.0.0.1", three.base + 200)).expect("a node");
            dial.write_all(b"GET / HTTP/1.1\r\nHost: imq\r\n\r\n").expect("it reads");
            dial
        })
        .collect();
    for mut dial in dials {
        // Until it is closed; what was unread is cut off with it.
        dial.read_to_end(&mut Vec::new()).ok();
    }
    three.node.signal("TERM");
    said(&mut three.node, "SIGTERM: this node stops");
    let lines = three.node.seen().iter().filter(|line| line.contains("was refused")).count();
    assert!((1..count / 4).contains(&lines), "{lines} lines: {:#?}", three.node.seen());
}

#[test]
fn every_node_of_dev_has_lines_of_its_own() {
    let base = port_base();
    let mut dev = Imq::logged(&["dev", "--port-base", &base.to_string()]);
    dev.line(" boss boss boss::io::turn: q2 joined");
    dev.line(" queue-node q1 queue_node::io::decider: registered");
    dev.line(" gateway g2 gateway::io::turn: ");
    dev.line(" dev dev imq::dev: everything serves");
    dev.signal("HUP");
    dev.line(" dev dev imq::shutdown: SIGHUP");
    assert_eq!(dev.stop(), Some(0));
}
