//! The demo of `imq dev`: its page, and the stagehand that kills what it runs on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use imq_sdk::{Client, Options, QueueEvent, SubscribeOptions, Subscription};
use serde_json::{Value, json};

use crate::clients::here;
use crate::dev::Dev;
use crate::http::{json, try_request, until, until_ready};
use crate::process::{self, Imq, PATIENCE, port_base};

const QUEUE: &str = "/demo/table";
/// What a user does in a browser.
const SCRIPT: &str = "tests/clients/node/demo-page.mjs";

#[test]
fn both_gateways_hand_out_the_page() {
    let mut dev = Dev::start();
    let demo = format!("demo: http://127.0.0.1:{}/", dev.base + 80);
    assert_eq!(dev.imq.line("demo: "), demo);
    for port in [dev.base + 80, dev.base + 81] {
        let page = get(port, "/");
        for part in ["200 OK", "text/html", "<title>imq", "/app.js", "/style.css"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let policy = page.lines().find(|line| line.starts_with("Content-Security-Policy: "));
        let policy = policy.expect("a policy");
        assert!(policy.contains("script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        for reachable in [dev.base + 80, dev.base + 81] {
            assert!(policy.contains(&format!(" ws://127.0.0.1:{reachable}")), "{policy}");
        }
        for (path, kind) in [
            ("/app.js", "text/javascript"),
            ("/style.css", "text/css"),
            ("/favicon.svg", "image/svg+xml"),
        ] {
            let asset = get(port, path);
            assert!(asset.contains("200 OK") && asset.contains(kind), "{path}: {asset}");
        }
        let (g1, g2) = (dev.base + 80, dev.base + 81);
        let gateways = json!([{"id": "g1", "port": g1}, {"id": "g2", "port": g2}]);
        assert_eq!(json(port, "/gateways.json")["gateways"], gateways);
        assert!(get(port, "/other.js").contains(" 404 "));
    }
}

#[test]
fn two_tabs_go_on_while_what_they_run_on_is_killed() {
    let dev = Dev::start();
    let [url, other] = [80, 81].map(|port| format!("http://127.0.0.1:{}/", dev.base + port));
    let (passed, said) = process::run("node", &[&here(SCRIPT), &url, &other], 2 * PATIENCE);
    assert!(passed, "{said}");
}

#[test]
fn the_demo_is_there_when_imq_is_ready() {
    let script = here("tests/clients/node/demo-first.mjs");
    let words = [&*script, env!("CARGO_BIN_EXE_imq"), &port_base().to_string()];
    let (passed, said) = process::run("node", &words, 2 * PATIENCE);
    print!("{said}");
    assert!(passed, "{said}");
}

#[test]
fn no_page_of_a_cluster_has_a_serious_fault_for_those_who_read_otherwise() {
    let dev = Dev::start();
    let demo = format!("http://127.0.0.1:{}/", dev.base + 80);
    let boss = format!("http://127.0.0.1:{}/", dev.base + 100);
    let axe = here("tests/clients/node/axe.mjs");
    let more = "Add two more users";
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    let [of_demo, of_boss] = ["demo", "boss"].map(|name| pictures.join(name).display().to_string());
    for words in [
        [&demo, &of_demo, "connected through", more, "3 users"],
        [boss.as_str(), &of_boss, "live", "-", "q2"],
    ] {
        let mut all = vec![axe.as_str()];
        all.extend(words);
        let (passed, said) = process::run("node", &all, 2 * PATIENCE);
        print!("{said}");
        assert!(passed, "{said}");
    }
}

#[test]
fn nothing_is_lost_while_nodes_are_killed() {
    let dev = Dev::start();
    let (g1, g2) = (dev.gateway(0), dev.gateway(1));
    let (q1_http, g1_http) = (dev.base + 290, dev.base + 90);
    run(async {
        let ann = client(&[&g1, &g2], "ann").await;
        // Who isn't in the queue may not send there.
        let mut own = Hearer::enter(&ann).await;
        // Nor who doesn't read: the room's events would fill what is kept for it.
        tokio::spawn(async move { while own.subscription.recv().await.is_some() {} });
        let mut ben = Hearer::enter(&client(&[&g2, &g1], "ben").await).await;
        let mut n = 0;
        for (node, http) in [("q1", q1_http), ("g1", g1_http)] {
            while !ben.was_told("back", node) {
                n += 1;
                send(&ann, "count", json!(n)).await;
                ben.until(|ben| ben.numbers.last() == Some(&n)).await;
                if !ben.was_told("killed", node) {
                    send(&ann, "stage", json!({"kill": node})).await;
                } else if !ben.was_told("refused", "q2") {
                    let gone = try_request("GET", http, "/healthz", None, "");
                    assert!(gone.is_err(), "{node} is killed: {gone:?}");
                    send(&ann, "stage", json!({"kill": "q2"})).await;
                    ben.until(|ben| ben.was_told("refused", "q2")).await;
                }
            }
            until_ready(http);
            let killer = ben.words.iter().find(|word| word["killed"] == node);
            assert_eq!(killer.expect("it was killed")["by"], "ann");
        }
        assert!(ben.numbers.iter().copied().eq(1..=n), "{:?}", ben.numbers);
    });
    until("the boss has heard that all four are ready again", || {
        let nodes = json(dev.base + 100, "/api/v1/nodes").to_string();
        nodes.matches("imq node is available").count() == 4
    });
}

#[test]
fn the_only_copy_is_not_killed() {
    let base = port_base().to_string();
    let mut imq = Imq::start(&["dev", "--copies", "1", "--port-base", &base]);
    imq.line("imq: ready");
    let gateway = format!("127.0.0.1:{base}");
    run(async {
        let ann = client(&[&gateway], "ann").await;
        let mut hearer = Hearer::enter(&ann).await;
        for order in [json!("kill"), json!({"kill": "boss"}), json!({"kill": ["q1"]})] {
            send(&ann, "stage", order).await;
        }
        send(&ann, "stage", json!({"kill": "q1"})).await;
        hearer.until(|hearer| hearer.was_told("refused", "q1")).await;
        let answers: Vec<_> =
            hearer.words.iter().filter(|word| word.get("kill").is_none()).collect();
        assert_eq!(answers[0], "kill", "what it can't read isn't answered");
        assert!(answers[1]["reason"].to_string().contains("would be lost"), "{answers:?}");
        assert_eq!(answers.len(), 2);
    });
    assert_eq!(imq.stop(), Some(0));
}

/// Who hears all that goes on in the demo's queue.
struct Hearer {
    subscription: Subscription,
    /// Of the mount `count`.
    numbers: Vec<u64>,
    /// Of the mount `stage`.
    words: Vec<Value>,
}

impl Hearer {
    async fn enter(client: &Client) -> Hearer {
        let subscription = client.subscribe(QUEUE, SubscribeOptions::default()).await;
        let subscription = subscription.expect("the queue is open");
        Hearer { subscription, numbers: Vec::new(), words: Vec::new() }
    }

    /// Listens until it is so.
    async fn until(&mut self, so: impl Fn(&Hearer) -> bool) {
        while !so(self) {
            let event = tokio::time::timeout(PATIENCE, self.subscription.recv()).await;
            match event.expect("something happens").expect("the subscription goes on") {
                QueueEvent::Message(message) => {
                    let payload: Value = serde_json::from_slice(&message.payload).expect("JSON");
                    match message.mount.as_str() {
                        "count" => self.numbers.push(payload.as_u64().expect("a number")),
                        "stage" => self.words.push(payload),
                        other => panic!("nobody speaks in {other}"),
                    }
                }
                QueueEvent::Gap(gap) => panic!("{gap:?}"),
                QueueEvent::Unsubscribed { reason, retrying } => assert!(retrying, "{reason}"),
                QueueEvent::Subscribed(_)
                | QueueEvent::State(_)
                | QueueEvent::Joined(_)
                | QueueEvent::Left(_)
                | QueueEvent::MountCreated(_)
                | QueueEvent::MountDeleted(_) => {}
            }
        }
    }

    fn was_told(&self, what: &str, node: &str) -> bool {
        self.words.iter().any(|word| word[what] == node)
    }
}

async fn client(gateways: &[&str], user: &str) -> Client {
    let addresses = gateways.iter().map(|gateway| (*gateway).to_owned()).collect();
    let options = Options { addresses, user: user.to_owned(), ..Options::default() };
    Client::connect(options).await.expect("the gateways are there")
}

async fn send(client: &Client, mount: &str, payload: Value) {
    let sent = client.send_message(QUEUE, mount, payload.to_string()).await;
    sent.expect("whatever dies, it is sent");
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

/// What a browser gets, head and all.
fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a gateway");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
