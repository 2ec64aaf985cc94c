//! The server crashed, or hangs: a gateway, or a queue node, while people are on it.

use link::io::clock::micros;
use serde_json::{Value, json};

use crate::reconnect::client::is_after_grace;
use crate::reconnect::{hear_of, said, users};
use crate::roles::Five;
use crate::talker::Talker;

const CROWD: usize = 20;

fn is_end(message: &Value) -> bool {
    message["payload"] == "end"
}

/// People in a room through this gateway.
fn crowd(five: &Five, gateway: u16, queue: &str) -> Vec<Talker> {
    let come = |at| {
        let mut talker = Talker::login(&five.gateway(gateway), &format!("crowd-{at}"));
        talker.subscribe(queue);
        talker
    };
    (0..CROWD).map(come).collect()
}

#[test]
fn gateway_crashed_and_its_people_go_on_elsewhere() {
    let mut five = Five::start();
    let queue = five.queue_at(1);
    let mut bob = Talker::login(&five.gateway(1), "bob");
    bob.subscribe(&queue);
    let mut crowd = crowd(&five, 0, &queue);
    hear_of(&mut bob, "joined", "crowd-19");
    bob.all_yet();
    // Said, done and seen by others, but whoever said it hasn't read its answer.
    let unread: Vec<u64> = crowd
        .iter_mut()
        .map(|talker| {
            let (op_id, user) = (talker.op_id(), talker.user().to_owned());
            let fields =
                json!({ "op_id": op_id, "queue": queue, "mount": "chat", "payload": user });
            talker.say(json!({ "send_message": fields }));
            bob.hear_where("message", |message| message["payload"] == user.as_str());
            op_id
        })
        .collect();
    five.gateways[0].kill();
    bob.send(&queue, "meanwhile");

    for (talker, op_id) in crowd.iter().zip(unread) {
        let mut back = Talker::resumed(&five.gateway(1), &talker.kept());
        assert_eq!(back.hear("subscribed")["recovered"], true);
        let user = back.user().to_owned();
        let fields = json!({ "queue": queue, "mount": "chat", "payload": user });
        let result = back.ask_as(op_id, "send_message", fields);
        assert_eq!(result["status"], 0, "{result}");
        let words = back.all_yet();
        let words = said(&words);
        assert_eq!(words.iter().filter(|word| **word == user).count(), 1, "{words:?}");
        assert_eq!(words.last(), Some(&"meanwhile"), "{words:?}");
    }
    bob.send(&queue, "end");
    let heard = bob.up_to("message", is_end);
    assert_eq!(said(&heard), ["meanwhile", "end"], "each was said once, nobody came or went");
}

/// Nobody comes back, whatever the gateway's people do.
pub(crate) fn gateway_dies_for_good(five: &mut Five) {
    let queue = "/room/doomed";
    let mut bob = Talker::login(&five.gateway(1), "bob");
    bob.subscribe(queue);
    let crowd = crowd(five, 0, queue);
    hear_of(&mut bob, "joined", "crowd-19");
    bob.all_yet();
    let lost_us = micros();
    five.gateways[0].kill();
    drop(crowd);
    let mut gone = 0;
    while gone < CROWD {
        let left = bob.hear("left");
        is_after_grace(lost_us);
        gone += left["users"].as_array().map_or(0, Vec::len);
    }
    assert_eq!(five.members(queue), json!(["bob"]));
    bob.is_quiet();
}

#[test]
fn gateway_hangs_and_what_it_still_has_counts_no_more() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut bob = Talker::login(&five.gateway(1), "bob");
    let mut ann = Talker::login(&five.gateway(0), "ann");
    bob.subscribe(&queue);
    ann.subscribe(&queue);
    hear_of(&mut bob, "joined", "ann");

    five.gateways[0].freeze();
    let op_id = ann.op_id();
    let fields = json!({ "queue": queue, "mount": "chat", "payload": "once" });
    let mut early = fields.clone();
    early["op_id"] = json!(op_id);
    ann.say(json!({ "send_message": early }));
    let mut back = Talker::resumed(&five.gateway(1), &ann.kept());
    assert_eq!(back.hear("subscribed")["recovered"], true);
    assert_eq!(back.ask_as(op_id, "send_message", fields)["status"], 0);
    let late = json!({ "op_id": op_id + 1, "queue": queue, "mount": "chat", "payload": "late" });
    ann.say(json!({ "send_message": late }));
    five.gateways[0].signal("CONT");

    ann.closing(3509);
    bob.send(&queue, "end");
    let heard = bob.up_to("message", is_end);
    assert_eq!(said(&heard), ["once", "end"]);
    assert_eq!(said(&back.up_to("message", is_end)), ["once", "end"]);
    assert!(users(&heard, "left").is_empty());
}

#[test]
fn queue_node_crashed_and_each_is_told_what_was_lost() {
    let mut five = Five::of_one_copy();
    let (lost, kept) = (five.queue_at(0), five.queue_at(1));
    let (homeless, roomless) = (five.user_at(0, "homeless"), five.user_at(1, "roomless"));
    let mut ann = Talker::login(&five.gateway(0), &homeless);
    let mut ben = Talker::login(&five.gateway(1), &roomless);
    for queue in [&lost, &kept] {
        ann.subscribe(queue);
        ben.subscribe(queue);
    }
    five.queue_nodes[0].freeze();
    let op_id = ben.op_id();
    let fields = json!({ "op_id": op_id, "queue": lost, "mount": "chat", "payload": "lost?" });
    ben.say(json!({ "send_message": fields }));
    // An answer by the other node says that this has left the gateway.
    assert_eq!(ben.ask("list_members", json!({ "queue": kept }))["status"], 0);
    five.queue_nodes[0].kill();
    let result = ben.hear_where("result", |result| result["op_id"] == op_id);
    assert_eq!(result["status"], 2, "its outcome is unknown: {result}");
    // Whose home is lost is logged out; whose room is lost stays, and may come back.
    ann.closing(3002);
    let unsubscribed = ben.hear("unsubscribed");
    assert_eq!((&unsubscribed["queue"], &unsubscribed["may_retry"]), (&json!(lost), &json!(true)));
    ben.subscribe(&lost);
    let mut back = Talker::resume(&five.gateway(1), &ann.kept());
    assert!(back.welcome["resumed"] != true, "{}", back.welcome);
    back.subscribe(&lost);
    back.subscribe(&kept);
    hear_of(&mut ben, "joined", &homeless);
    ben.send(&lost, "end");
    assert_eq!(said(&back.up_to("message", is_end)).last(), Some(&"end"));
    // In the room that is still there the lost session ends, too, and only then.
    let mut members = vec![homeless.as_str(), roomless.as_str()];
    members.sort_unstable();
    assert_eq!(five.members(&lost), json!(members));
    assert_eq!(five.members(&kept), json!(members));
}
