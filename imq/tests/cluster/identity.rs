//! Two processes of one id: who is there keeps its place, and the other one says why it can't have
//! it.

use serde_json::json;

use crate::http::{json, try_request, until};
use crate::process::{Imq, imq, port_base};
use crate::roles::Five;

/// Starts one more of this role and id, which the boss refuses for good; what it says.
fn refused(five: &Five, words: &[&str]) -> String {
    let boss = format!("127.0.0.1:{}", five.base + 101);
    let output = imq(&[words, &["--boss", &boss]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    let line = error.lines().find(|line| line.starts_with("imq: "));
    line.unwrap_or_else(|| panic!("no reason in {error}")).to_owned()
}

const ANY: &str = "127.0.0.1:0";

#[test]
fn a_second_process_of_an_id_that_lives_is_refused_and_the_first_keeps_what_it_has() {
    let mut five = Five::start();
    let room = five.queue_at(1);
    let key = json!({ "queue": room, "mount": "scores" });
    five.call(0, "create_queue", &json!({ "queue": room }));
    let change = json!({ "queue": room, "mount": "scores", "changes": [{ "key": "a", "set": 7 }] });
    five.call(0, "send_state", &change);
    let before = five.call(1, "get_state", &key);
    assert_eq!(before["entries"][0]["value"], 7, "{before}");

    let node = ["queue-node", "--id", "q2", "--listen-link", ANY, "--listen-http", ANY];
    let reason = refused(&five, &node);
    let place = format!("another process at 127.0.0.1:{} on host ", five.base + 201);
    assert!(reason.contains(&place), "{reason}");
    assert!(
        reason.contains("is registered as \"q2\" and alive: give this one a different id"),
        "{reason}"
    );
    let doors = ["--listen-client", ANY, "--listen-http", ANY, "--listen-rpc", ANY];
    let reason = refused(&five, &[&["gateway", "--id", "g2", "--dev-auth"][..], &doors].concat());
    assert!(reason.contains("is registered as \"g2\" and alive"), "{reason}");

    assert_eq!(five.call(1, "get_state", &key), before);
    assert_eq!(five.home(&room), 1);
    for process in five.queue_nodes.iter_mut().chain(&mut five.gateways) {
        assert!(process.is_running());
    }
    let events = json(five.base + 100, "/api/v1/events").to_string();
    assert!(events.contains("was refused: another process at"), "{events}");
}

#[test]
fn one_that_stood_still_finds_its_id_taken_and_ends_with_the_reason() {
    let mut five = Five::start();
    five.queue_nodes[1].freeze();
    let (base, boss) = (port_base(), format!("127.0.0.1:{}", five.base + 101));
    let (link, http) = (format!("127.0.0.1:{base}"), format!("127.0.0.1:{}", base + 1));
    let words = ["queue-node", "--id", "q2", "--boss", &boss];
    let at = ["--listen-link", &link, "--listen-http", &http];
    let _other = Imq::start(&[&words[..], &at].concat());
    until("the other one is ready", || {
        try_request("GET", base + 1, "/readyz", None, "").is_ok_and(|(status, _)| status == 200)
    });
    five.queue_nodes[1].signal("CONT");
    assert_eq!(five.queue_nodes[1].end(), Some(1));
    let nodes = json(five.base + 100, "/api/v1/nodes");
    let nodes = nodes["nodes"].as_array().expect("nodes");
    let node = nodes.iter().find(|node| node["id"] == "q2").expect("q2");
    assert_eq!((&node["address"], &node["state"]), (&json!(link), &json!("up")));
}

#[test]
fn one_that_is_started_again_at_once_is_let_in() {
    let mut five = Five::start();
    five.queue_nodes[1].kill();
    five.restart_queue_node(1);
    until("it is ready", || {
        let ready = try_request("GET", five.base + 291, "/readyz", None, "");
        ready.is_ok_and(|(status, _)| status == 200)
    });
    assert!(five.queue_nodes[1].is_running());
}
