//! Following a queue and a user through all processes.

use std::time::Duration;

use serde_json::Value;

use crate::http::{metric, request, until, until_within};
use crate::process::{Imq, imq, imq_ok};
use crate::roles::Five;

/// Begins `imq trace --json` for so long, and waits until all processes follow.
fn trace(five: &Five, seconds: &str, words: &[&str]) -> Imq {
    let boss = boss(five);
    let words = [&["trace", "--boss", &boss, "--json", "--seconds", seconds][..], words].concat();
    let mut trace = Imq::logged(&words);
    trace.line("following");
    trace
}

fn boss(five: &Five) -> String {
    format!("http://127.0.0.1:{}", five.base + 100)
}

/// The hops until the trace has ended by itself.
fn until_its_end(trace: &mut Imq) -> Vec<Value> {
    trace.line("the trace has ended: its time is over");
    assert_eq!(trace.end(), Some(0));
    let lines = trace.seen().iter().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A hop in a few words.
fn text(hop: &Value) -> String {
    let word = |name: &str| hop[name].as_str().unwrap_or_default().to_owned();
    format!("{} {} {}", word("node"), word("kind"), word("what"))
}

/// How many queues and users are followed by each of the four processes.
fn armed(five: &Five) -> Vec<f64> {
    let ports = [90, 91, 290, 291].map(|offset| five.base + offset);
    ports.into_iter().map(|port| metric(port, "imq_traces_armed")).collect()
}

#[test]
fn a_trace_names_each_hop_in_its_order_and_ends_by_itself() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut sub = Imq::start(&["sub", "--gateway", &five.gateway(1), "--user", "bob", &queue]);
    sub.line("subscribed");
    assert_eq!(armed(&five), [0.0; 4]);
    let mut of_queue = trace(&five, "5", &[&queue]);
    let mut of_user = trace(&five, "5", &["--user", "ann"]);
    imq_ok(&["pub", "--gateway", &five.gateway(0), "--user", "ann", &queue, "chat", "hidden"]);
    sub.line("hidden");
    until("all four follow both", || armed(&five).iter().all(|count| *count >= 2.0));
    let hops = until_its_end(&mut of_queue);

    let said = of_queue.seen().join("\n");
    assert!(!said.contains("hidden"), "{said}");
    let sent: Vec<&Value> = hops.iter().filter(|hop| hop["what"] == "send_message").collect();
    let kinds: Vec<String> = sent.iter().map(|hop| text(hop)).collect();
    for wanted in ["g1 received", "q1 decided", "q1 released", "g1 answered"] {
        let found = kinds.iter().filter(|it| **it == format!("{wanted} send_message")).count();
        assert_eq!(found, 1, "{wanted} in {kinds:?}");
    }
    // They are joined by the sender's session and number, and by the event's number.
    assert!(sent.iter().all(|hop| hop["session"] == sent[0]["session"]), "{sent:?}");
    assert!(sent.iter().all(|hop| hop["op_id"] == sent[0]["op_id"]), "{sent:?}");
    let seq = &sent.iter().find(|hop| hop["kind"] == "decided").expect("it was decided")["seq"];
    assert!(seq.is_u64(), "{sent:?}");
    let events = hops.iter().filter(|hop| hop["what"] == "message");
    let events: Vec<String> = events.map(text).collect();
    for wanted in ["q1 recorded message", "q1 released message", "g2 delivered message"] {
        assert_eq!(events.iter().filter(|it| *it == wanted).count(), 1, "{wanted} in {events:?}");
    }
    let of_event = hops.iter().filter(|hop| hop["what"] == "message");
    assert!(of_event.clone().all(|hop| hop["seq"] == *seq), "{hops:?}");
    let delivered = of_event.clone().find(|hop| hop["kind"] == "delivered").expect("it was");
    assert_eq!(delivered["count"], 1);
    assert_eq!(delivered["queue"], queue);
    // Within one process time doesn't go back.
    for node in ["g1", "g2", "q1"] {
        let of_node = hops.iter().filter(|hop| hop["node"] == node);
        let times: Vec<u64> = of_node.filter_map(|hop| hop["at_us"].as_u64()).collect();
        assert!(!times.is_empty() && times.is_sorted(), "{node}: {times:?}");
    }
    let first = |kind: &str| kinds.iter().position(|it| it.contains(kind));
    assert!(first("received") < first("answered"), "{kinds:?}");
    assert!(first("decided") < first("released"), "{kinds:?}");

    let of_ann: Vec<String> = until_its_end(&mut of_user).iter().map(text).collect();
    let wanted = [
        "g1 connected ",
        "g1 received send_message",
        "q1 decided send_message",
        "q1 recorded message",
        "g1 answered send_message",
        "g1 closed ",
    ];
    for wanted in wanted {
        assert!(of_ann.iter().any(|it| it == wanted), "{wanted} in {of_ann:?}");
    }
    // Nobody asks any more: that is all that ends it in the processes.
    until("nothing is followed any more", || armed(&five) == [0.0; 4]);
}

#[test]
fn a_process_that_tells_nothing_is_named_and_the_others_go_on() {
    let mut five = Five::start();
    let queue = five.queue_at(0);
    let mut of_queue = trace(&five, "8", &[&queue]);
    five.gateways[1].kill();
    of_queue.line("g2 tells nothing");
    let gateway = five.gateway(0);
    let mut sub = Imq::start(&["sub", "--gateway", &gateway, "--user", "bob", &queue]);
    sub.line("subscribed");
    imq_ok(&["pub", "--gateway", &gateway, "--user", "ann", &queue, "chat", "x"]);
    let hops = until_its_end(&mut of_queue);
    let named = of_queue.seen().iter().filter(|line| line.contains("tells nothing")).count();
    assert_eq!(named, 1);
    assert!(hops.iter().any(|hop| text(hop) == "g1 received send_message"), "{hops:?}");
}

#[test]
fn what_cant_be_followed_is_refused_and_who_goes_ends_it() {
    let five = Five::start();
    let port = five.base + 100;
    let wrong = [
        "",
        "?queue=/room/1&user=ann",
        "?queue=room",
        "?queue=/room/%00",
        "?user=",
        "?user=a/b",
        "?queue=/room/1&seconds=0",
        "?queue=/room/1&seconds=x",
        "?user=ann&seconds=301",
        "?user=ann&after=1",
    ];
    for words in wrong {
        let (status, said) = request("GET", port, &format!("/api/v1/trace{words}"), None, "");
        assert_eq!(status, 400, "{words}: {said}");
        assert!(said.contains("invalid"), "{words}: {said}");
    }
    let boss = boss(&five);
    assert_eq!(imq(&["trace", "--boss", &boss]).status.code(), Some(2));
    assert_eq!(imq(&["trace", "--boss", &boss, "room"]).status.code(), Some(1));

    let users = ["ann", "bob", "eve", "joe"];
    let traces = users.map(|user| trace(&five, "300", &["--user", user]));
    let (status, said) = request("GET", port, "/api/v1/trace?user=max&seconds=1", None, "");
    assert_eq!(status, 503, "{said}");
    let fifth = imq(&["trace", "--boss", &boss, "--user", "max"]);
    assert!(String::from_utf8_lossy(&fifth.stderr).contains("4 traces are under way"), "{fifth:?}");
    // The boss sees that its readers are gone, and asks no more.
    drop(traces);
    let (patience, pause) = (Duration::from_secs(20), Duration::from_millis(50));
    until_within("nothing is followed any more", patience, pause, || armed(&five) == [0.0; 4]);
    let (status, _) = request("GET", port, "/api/v1/trace?user=max&seconds=1", None, "");
    assert_eq!(status, 200);
}
