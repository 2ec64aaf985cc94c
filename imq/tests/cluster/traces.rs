//! Following a queue and a user through all processes.

use serde_json::Value;

use crate::http::{json, request, until};
use crate::process::{Imq, imq, imq_ok};
use crate::roles::Five;

fn hops(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Begins `imq trace` for so long, and waits until processes follow.
fn trace(five: &Five, seconds: &str, words: &[&str]) -> Imq {
    let boss = format!("http://127.0.0.1:{}", five.base + 100);
    let words = [&["trace", "--boss", &boss, "--json", "--seconds", seconds][..], words].concat();
    let mut trace = Imq::logged(&words);
    trace.line("following");
    trace
}

/// The hops until the trace has ended by itself.
fn until_its_end(trace: &mut Imq) -> Vec<Value> {
    trace.line("the trace has ended: its time is over");
    assert_eq!(trace.end(), Some(0));
    let lines = trace.seen().iter().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_trace_names_each_hop_in_its_order_and_ends_by_itself() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut sub =
        Imq::start(&["sub", "--gateway", &five.gateway(1), "--user", "bob", &queue]);
    sub.line("subscribed");
    let boss = format!("http://127.0.0.1:{}", five.base + 100);
    let gateway = five.gateway(0);
    let publisher = std::thread::spawn({
        let queue = queue.clone();
        move || {
            for _ in 0..3 {
                imq_ok(&["pub", "--gateway", &gateway, "--user", "ann", &queue, "chat", "hidden"]);
            }
        }
    });
    let words = ["trace", &queue, "--boss", &boss, "--json", "--seconds", "6"];
    let text = imq_ok(&words);
    publisher.join().expect("all were published");
    assert!(!text.contains("hidden"), "{text}");
    drop(hops(&text));
    until("nothing is followed any more", || {
        json(five.base + 100, "/api/v1/status")["ready"] == true
    });
}

#[test]
fn what_cant_be_followed_is_refused() {
    let five = Five::start();
    let port = five.base + 100;
    for bad in ["", "?queue=/room/1&user=ann", "?queue=room", "?user=", "?queue=/room/1&seconds=0",
        "?user=ann&seconds=301", "?user=ann&tip=1"] {
        let (status, body) = request(port, "GET", &format!("/api/v1/trace{bad}"), &[], "");
        assert_eq!(status, 400, "{bad}: {body}");
    }
    let none = imq(&["trace"]);
    assert_eq!(none.status.code(), Some(2));
}
