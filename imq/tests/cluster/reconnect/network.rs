//! The network is lost: both ends' sockets stay open, and nothing passes.

use std::net::SocketAddr;
use std::time::Duration;

use link::io::clock::micros;
use proto::limits::{GRACE_MS, PING_EVERY_MS, PONG_MS_MAX};
use serde_json::json;

use crate::http::metric;
use crate::process::Imq;
use crate::proxy::Proxy;
use crate::reconnect::{hear_of, said, users};
use crate::roles::Five;
use crate::talker::{End, Talker};

/// No wait of these scenarios is longer.
const LONGEST: Duration = Duration::from_secs(75);

/// Ways to both gateways that can be lost.
fn way(five: &Five) -> Proxy {
    let gateway = |at: u16| SocketAddr::from(([127, 0, 0, 1], five.base + at));
    Proxy::start(vec![gateway(0), gateway(1)])
}

fn message(op_id: u64, queue: &str, payload: &str) -> serde_json::Value {
    let fields = json!({ "op_id": op_id, "queue": queue, "mount": "chat", "payload": payload });
    json!({ "send_message": fields })
}

#[test]
fn network_lost_and_found_while_the_session_is_elsewhere() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let way = way(&five);
    let mut bob = Talker::login(&five.gateway(1), "bob");
    let mut ann = Talker::login(&way.addresses[0].to_string(), "ann");
    bob.subscribe(&queue);
    ann.subscribe(&queue);
    hear_of(&mut bob, "joined", "ann");
    ann.send(&queue, "before");
    ann.hear("message");

    way.lose(0);
    let unanswered = ann.op_id();
    ann.say(message(unanswered, &queue, "unanswered"));
    ann.say(json!({ "ping": { "nonce": 1 } }));
    for word in ["one", "two", "three"] {
        bob.send(&queue, word);
    }
    let yet = Duration::from_millis(1);
    assert_eq!(ann.try_hear("pong", yet, |_| true), Err(End::Silent), "nothing passes");

    let mut back = Talker::resumed(&five.gateway(1), &ann.kept());
    let subscribed = back.hear("subscribed");
    assert_eq!((&subscribed["queue"], &subscribed["recovered"]), (&json!(queue), &json!(true)));
    let fields = json!({ "queue": queue, "mount": "chat", "payload": "unanswered" });
    let result = back.ask_as(unanswered, "send_message", fields);
    assert_eq!(result["status"], 0, "{result}");
    // The old connection goes on as if nothing were, with an operation that nobody has sent again.
    ann.say(message(unanswered + 1, &queue, "out of the past"));
    way.find(0);
    ann.closing(3509);

    back.send(&queue, "live");
    bob.send(&queue, "end");
    let is_end = |message: &serde_json::Value| message["payload"] == "end";
    let missed = ["one", "two", "three", "unanswered", "live", "end"];
    assert_eq!(said(&back.up_to("message", is_end)), missed);
    let heard = bob.up_to("message", is_end);
    assert_eq!(said(&heard), [&["before"], &missed[..]].concat());
    assert!(users(&heard, "joined").is_empty() && users(&heard, "left").is_empty());
    for talker in [&mut bob, &mut back] {
        talker.is_quiet();
    }
    assert_eq!(five.sessions("ann").len(), 1);
}

/// Nobody comes back. The gateway pings who is silent, closes who stays so, and grace begins.
pub(crate) fn gateway_finds_out(five: &Five) {
    let queue = "/room/unplugged";
    let way = way(five);
    let mut ann = Talker::login(&five.gateway(1), "unplugged-ann");
    let mut carl = Talker::login(&way.addresses[0].to_string(), "unplugged-carl");
    ann.subscribe(queue);
    carl.subscribe(queue);
    hear_of(&mut ann, "joined", "unplugged-carl");
    carl.send(queue, "last words");
    let lost_us = micros();
    way.lose(0);
    let closed = "imq_gateway_closed_total{code=\"ping_timeout\"}";
    let before = metric(five.base + 90, closed);
    let is_carl = |left: &serde_json::Value| left["users"] == json!(["unplugged-carl"]);
    ann.try_hear("left", LONGEST, is_carl).expect("carl is seen to leave");
    let took_ms = (micros() - lost_us) / 1000;
    // The ping is jittered by a tenth.
    let least_ms = PING_EVERY_MS * 9 / 10 + PONG_MS_MAX + GRACE_MS;
    let most_ms = PING_EVERY_MS * 11 / 10 + PONG_MS_MAX + GRACE_MS + 5000;
    assert!((least_ms..most_ms).contains(&took_ms), "left after {took_ms} ms");
    assert!(metric(five.base + 90, closed) > before, "the gateway has closed it");
    assert!(five.sessions("unplugged-carl").is_empty());
    way.find(0);
    carl.closing(3003);
}

/// The library asks a gateway that it hasn't heard, gives it up, and takes the next one. So long an
/// outage is longer than queues remember: what can't be had any more is announced.
pub(crate) fn program_finds_out(five: &Five) {
    let queue = "/room/tunnel";
    let ways = way(five);
    let doors = format!("{},{}", ways.addresses[0], ways.addresses[1]);
    let send = |payload: &str| {
        let fields = json!({ "queue": queue, "mount": "chat", "payload": payload });
        five.call(1, "send_message", &fields);
    };
    let mut dan = Imq::start(&["sub", queue, "--gateway", &doors, "--user", "tunnel-dan"]);
    dan.line("subscribed");
    send("before");
    dan.line("chat server: before");

    let lost = [0, 1].into_iter().find(|gateway| ways.is_used(*gateway)).expect("one is in use");
    ways.lose(lost);
    send("meanwhile");
    dan.line_within("subscribed", LONGEST);
    let word = dan.line_within("chat", LONGEST);
    println!("it came back to: {word}");
    assert!(word.contains("meanwhile") || word.contains("chat: missed"), "{word}");
    send("after");
    dan.next_line("chat server: after");
}
