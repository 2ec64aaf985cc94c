//! Following a queue and a user through all processes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::clients::here;
use crate::http::{metric, request, until};
use crate::process::{Imq, imq, imq_ok};
use crate::roles::Five;

/// `imq trace --json`, under way.
struct Trace(JoinHandle<Output>);

impl Trace {
    /// For eight seconds: all have said long before that they follow.
    fn start(five: &Five, words: &[&str]) -> Trace {
        let boss = boss(five);
        let words = [&["trace", "--boss", &boss, "--json", "--seconds", "8"][..], words].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        Trace(std::thread::spawn(move || {
            imq(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }))
    }

    /// What it printed when it has ended by itself: the hops, and what else it said.
    fn end(self) -> (Vec<Value>, String) {
        let output = self.0.join().expect("it ends");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("the trace has ended: its time is over"), "{said}");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(!text.contains("hidden"), "{text}");
        let hops = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (hops, said)
    }
}

fn boss(five: &Five) -> String {
    format!("http://127.0.0.1:{}", five.base + 100)
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
    let of_queue = Trace::start(&five, &[&queue]);
    let of_user = Trace::start(&five, &["--user", "ann"]);
    until("all four follow both", || armed(&five).iter().all(|count| *count >= 2.0));
    imq_ok(&["pub", "--gateway", &five.gateway(0), "--user", "ann", &queue, "chat", "hidden"]);
    sub.line("hidden");
    let (hops, _) = of_queue.end();

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

    let of_ann: Vec<String> = of_user.end().0.iter().map(text).collect();
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
    let of_queue = Trace::start(&five, &[&queue]);
    until("all four follow", || armed(&five).iter().all(|count| *count >= 1.0));
    five.gateways[1].kill();
    let gateway = five.gateway(0);
    let mut sub = Imq::start(&["sub", "--gateway", &gateway, "--user", "bob", &queue]);
    sub.line("subscribed");
    imq_ok(&["pub", "--gateway", &gateway, "--user", "ann", &queue, "chat", "x"]);
    let (hops, said) = of_queue.end();
    assert_eq!(said.matches("g2 tells nothing").count(), 1, "{said}");
    assert_eq!(said.matches("tells nothing").count(), 1, "{said}");
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

    let traces = ["ann", "bob", "eve", "joe"].map(|user| {
        let mut trace =
            Imq::logged(&["trace", "--boss", &boss, "--seconds", "300", "--user", user]);
        trace.line("following");
        trace
    });
    until("all four are followed", || armed(&five).iter().all(|count| *count >= 4.0));
    let path = "/api/v1/trace?user=max&seconds=1";
    let (status, said) = request("GET", port, path, None, "");
    assert_eq!(status, 503, "{said}");
    let fifth = imq(&["trace", "--boss", &boss, "--user", "max"]);
    assert!(String::from_utf8_lossy(&fifth.stderr).contains("4 traces are under way"), "{fifth:?}");
    // The boss sees that its readers are gone, and asks no more.
    drop(traces);
    until("there is space", || request("GET", port, path, None, "").0 == 200);
    until("nothing is followed any more", || armed(&five) == [0.0; 4]);
}

#[test]
fn the_page_shows_the_hops_of_a_message_until_it_is_stopped() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut sub = Imq::start(&["sub", "--gateway", &five.gateway(1), "--user", "bob", &queue]);
    sub.line("subscribed");
    let mut browser = Command::new("node")
        .args([here("tests/clients/node/boss-trace.mjs"), boss(&five) + "/", queue.clone()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is there");
    let mut lines = BufReader::new(browser.stdout.take().expect("it is piped")).lines();
    // It gives up by itself.
    let mut next = || lines.next().and_then(Result::ok);
    let mut said = vec![next()];
    imq_ok(&["pub", "--gateway", &five.gateway(0), "--user", "ann", &queue, "chat", "x"]);
    said.extend([next(), next()]);
    let ended = browser.wait().expect("it was ours");
    assert_eq!(said, ["following", "traced", "stopped"].map(|word| Some(word.to_owned())));
    assert!(ended.success());
    until("nothing is followed any more", || armed(&five) == [0.0; 4]);
}
