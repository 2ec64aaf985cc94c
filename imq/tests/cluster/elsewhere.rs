//! Gateways that are full or shut down, and where their clients go.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::http::{json, until, until_ready};
use crate::process::{Imq, PATIENCE, imq, imq_ok, port_base};
use crate::talker::Talker;

/// A boss, a queue node and three gateways that advertise where they are.
struct Three {
    boss: Imq,
    gateways: Vec<Imq>,
    queue_node: Imq,
    base: u16,
    data: PathBuf,
}

impl Three {
    /// With so many connections for each gateway.
    fn start(connections_max: [u32; 3]) -> Three {
        let base = port_base();
        let data = std::env::temp_dir().join(format!("imq-test-{}-{base}", std::process::id()));
        let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
        let (link, http, path) = (at(101), at(100), data.display().to_string());
        let words = ["boss", "--data-dir", &path, "--listen-link", &link, "--listen-http", &http];
        let boss = Imq::start(&words);
        let (own, http) = (at(201), at(200));
        let words = ["queue-node", "--id", "q1", "--boss", &link, "--listen-link", &own];
        let queue_node = Imq::start(&[&words[..], &["--listen-http", &http]].concat());
        let gateway = |(number, max): (u16, u32)| {
            let (tcp, http, web) = (at(number), at(80 + number), at(90 + number));
            let (id, max) = (format!("g{}", number + 1), max.to_string());
            let advertise = format!("tcp://{tcp},ws://{http}");
            let words = ["gateway", "--dev-auth", "--lanes", "1", "--boss", &link, "--id", &id];
            let doors = ["--listen-client", &tcp, "--listen-http", &http, "--listen-rpc", &web];
            let more = ["--connections-max", &max, "--advertise-clients", &advertise];
            Imq::start(&[&words[..], &doors, &more].concat())
        };
        let gateways = (0..).zip(connections_max).map(gateway).collect();
        for number in 0..3 {
            until_ready(base + 90 + number);
        }
        Three { boss, gateways, queue_node, base, data }
    }

    fn tcp(&self, gateway: u16) -> String {
        format!("127.0.0.1:{}", self.base + gateway)
    }

    /// How many connections each gateway has, by the boss's word.
    fn connections(&self) -> [u64; 3] {
        let nodes = json(self.base + 100, "/api/v1/nodes");
        let of = |id: &str| {
            let nodes = nodes["nodes"].as_array().expect("nodes");
            let node = nodes.iter().find(|node| node["id"] == id);
            node.and_then(|node| node["connections"].as_u64()).unwrap_or_default()
        };
        [of("g1"), of("g2"), of("g3")]
    }

    fn sub(&self, gateway: u16, user: &str) -> Imq {
        let (queue, at) = ("/room/elsewhere", self.tcp(gateway));
        let mut sub = Imq::start(&["sub", queue, "--gateway", &at, "--user", user]);
        sub.line("subscribed");
        sub
    }

    /// How a full gateway closes a connection that has said nothing.
    fn closing(&self, gateway: u16) -> Value {
        Talker::connect(&self.tcp(gateway)).closing(3004)
    }

    /// What a full gateway answers this over HTTP, up to the end.
    fn http(&self, gateway: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.base + 80 + gateway))
            .expect("the gateway listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.write_all(request.as_bytes()).expect("the gateway reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the gateway closes");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a full gateway names another one; which.
    fn names_another(&self, gateway: u16) -> String {
        let mut address = String::new();
        until("it names another", || {
            address = self.address(gateway);
            !address.is_empty()
        });
        address
    }

    /// Which one a full gateway names, if any.
    fn address(&self, gateway: u16) -> String {
        self.closing(gateway)["address"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Three {
    fn drop(&mut self) {
        for gateway in &mut self.gateways {
            gateway.kill();
        }
        self.queue_node.kill();
        self.boss.kill();
        std::fs::remove_dir_all(&self.data).ok();
    }
}

const UPGRADE: &str = "GET /imq/v1/ws HTTP/1.1\r\nHost: imq\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: imq.json.v1\r\n\r\n";

#[test]
fn a_full_gateway_sends_clients_to_one_that_has_room() {
    let mut three = Three::start([1, 1000, 1000]);
    let _first = three.sub(0, "ann");
    let others = [three.tcp(1), three.tcp(2)];
    assert!(others.contains(&three.names_another(0)));
    // By the same transport as they came: WebSocket, and the fallback.
    let is_other = |text: &str| {
        let named = [81, 82].map(|at| format!("\"address\":\"127.0.0.1:{}\"", three.base + at));
        named.iter().any(|named| text.contains(named))
    };
    let said = three.http(0, UPGRADE);
    assert!(said.starts_with("HTTP/1.1 101 ") && said.contains("\"code\":3004"), "{said}");
    assert!(is_other(&said), "{said}");
    let body = r#"{"connect":{"protocol":1,"user":"ben"}}"#;
    let length = body.len();
    let post = format!(
        "POST /imq/v1/events HTTP/1.1\r\nHost: imq\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let said = three.http(0, &post);
    assert!(said.starts_with("HTTP/1.1 200 ") && is_other(&said), "{said}");

    let mut second = three.sub(0, "ben");
    until("the second is elsewhere", || {
        let [first, second, third] = three.connections();
        first == 1 && second + third == 1
    });
    // A boss that is away changes nothing for a while.
    three.boss.kill();
    let mut third = three.sub(0, "cid");
    imq_ok(&["pub", "/room/elsewhere", "chat", "hi", "--gateway", &three.tcp(1), "--user", "dan"]);
    second.line("chat dan: hi");
    third.line("chat dan: hi");
}

#[test]
fn where_all_are_full_nobody_is_named() {
    let three = Three::start([1, 1, 1000]);
    let _first = three.sub(0, "ann");
    let _second = three.sub(1, "ben");
    until("the third alone has room", || three.names_another(0) == three.tcp(2));
    drop(three);

    let three = Three::start([1, 1, 1]);
    let subs = [three.sub(0, "ann"), three.sub(1, "ben"), three.sub(2, "cid")];
    until("the boss knows", || three.connections() == [1, 1, 1]);
    until("nobody is named", || three.address(0).is_empty());
    let wait = three.closing(0)["retry_after_ms"].as_u64().expect("a wait");
    assert!((1_000..=6_000).contains(&wait), "{wait}");
    let said = three.http(0, UPGRADE);
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("Retry-After: "), "{said}");
    let at = three.tcp(0);
    let output = imq(&["sub", "/room/elsewhere", "--gateway", &at, "--user", "dan", "--wait", "0"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("this gateway is full"), "{said}");
    drop(subs);
}

#[test]
fn clients_of_a_gateway_that_drains_are_spread_and_lose_nothing() {
    let mut three = Three::start([9, 1000, 1000]);
    let mut subs: Vec<Imq> = (0..8).map(|at| three.sub(0, &format!("user-{at}"))).collect();
    // One more fills it, so that it is seen to know both others.
    let ninth = three.sub(0, "ninth");
    for other in [1, 2] {
        until("it knows both", || three.names_another(0) == three.tcp(other));
    }
    drop(ninth);
    let base = three.base;
    let publish = |text: &str, at: u16| {
        let gateway = format!("127.0.0.1:{}", base + at);
        imq_ok(&["pub", "/room/elsewhere", "chat", text, "--gateway", &gateway, "--user", "pam"]);
    };
    publish("before", 1);
    assert_eq!(three.gateways[0].stop(), Some(0));
    // They come back over five seconds: some of this is replayed to them.
    for (number, at) in [(1, 1), (2, 2), (3, 1)] {
        publish(&format!("while {number}"), at);
    }
    for sub in &mut subs {
        sub.line("chat pam: before");
        for number in 1..=3 {
            sub.line(&format!("chat pam: while {number}"));
        }
        assert!(!sub.seen().iter().any(|line| line.contains("gap")), "{:#?}", sub.seen());
    }
    until("all are elsewhere", || three.connections()[1..].iter().sum::<u64>() == 8);
    let [_, second, third] = three.connections();
    assert!(second > 0 && third > 0, "{second} and {third}");
}
