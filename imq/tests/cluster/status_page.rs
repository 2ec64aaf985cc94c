//! The boss's page in a browser, and what it is asked.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::clients::here;
use crate::http::{json, until};
use crate::process::{Imq, PATIENCE, run};
use crate::roles::Five;

#[test]
fn the_page_of_a_boss_that_is_gone_says_of_nothing_that_it_is_available() {
    let mut five = Five::start();
    let url = format!("http://127.0.0.1:{}/", five.base + 100);
    let mut browser = Command::new("node")
        .args([here("tests/clients/node/status-page.mjs"), url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there");
    let mut lines = BufReader::new(browser.stdout.take().expect("it is piped")).lines();
    // It gives up by itself.
    let line = lines.next().and_then(Result::ok);
    five.boss.kill();
    let ended = browser.wait().expect("it was ours");
    assert_eq!(line.as_deref(), Some("live"));
    assert!(ended.success());
}

#[test]
fn the_page_shows_that_nodes_come_and_die() {
    let mut five = Five::start();
    let url = format!("http://127.0.0.1:{}/", five.base + 100);
    let mut browser = Command::new("node")
        .args([here("tests/clients/node/boss-nodes.mjs"), url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there");
    let mut lines = BufReader::new(browser.stdout.take().expect("it is piped")).lines();
    // It gives up by itself.
    let mut next = || lines.next().and_then(Result::ok);
    let mut said = vec![next()];
    let at = |offset: u16| format!("127.0.0.1:{}", five.base + offset);
    let (boss, link, http) = (at(101), at(202), at(292));
    let words = ["queue-node", "--id", "q3", "--boss", &boss];
    let doors = ["--listen-link", &link, "--listen-http", &http];
    let mut node = Imq::start(&[&words[..], &doors].concat());
    said.push(next());
    five.queue_nodes[0].kill();
    said.push(next());
    node.kill();
    said.push(next());
    let ended = browser.wait().expect("it was ours");
    assert_eq!(said, ["live", "there", "spread", "alone"].map(|word| Some(word.to_owned())));
    assert!(ended.success());
}

#[test]
fn on_a_phone_the_page_scrolls_nowhere_sideways() {
    let five = Five::start();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/clients/node/page-width.mjs").display().to_string();
    let url = format!("http://127.0.0.1:{}/", five.base + 100);
    let (passed, said) =
        run("node", &[&script, &url, "g1", "g2", "q1", "q2", "joined"], 2 * PATIENCE);
    assert!(passed, "{said}");
}

#[test]
fn connections_of_all_gateways_and_busy_queues_are_told_by_the_boss() {
    let five = Five::start();
    let mut subs = Vec::new();
    for (at, user) in [(0, "ann"), (1, "bob")] {
        let gateway = five.gateway(at);
        let mut sub = Imq::start(&["sub", "--gateway", &gateway, "--user", user, "/room/1"]);
        sub.line("subscribed");
        subs.push(sub);
    }
    let told = json(five.base + 100, "/api/v1/connections?sort=subscriptions");
    assert_eq!(told["missing"], serde_json::json!([]), "{told}");
    let connections = told["connections"].as_array().expect("a list");
    let mut users: Vec<_> = connections
        .iter()
        .map(|one| (one["user"].as_str(), one["gateway"].as_str(), one["state"].as_str()))
        .collect();
    users.sort();
    let ok = Some("ok");
    assert_eq!(users, [(Some("ann"), Some("g1"), ok), (Some("bob"), Some("g2"), ok)]);
    assert!(connections.iter().all(|one| one["subscriptions"] == 1), "{told}");
    let bob = json(five.base + 100, "/api/v1/connections?user=bob");
    assert_eq!(bob["connections"].as_array().map(Vec::len), Some(1), "{bob}");
    until("the room is among the busy queues", || {
        let body = serde_json::json!({ "queue": "/room/1", "mount": "chat", "payload": "hi" });
        five.call(0, "send_message", &body);
        let busy = json(five.base + 100, "/api/v1/busy");
        busy["queues"][0]["queue"] == "/room/1" && busy["queues"][0]["members"] == 2
    });
}
