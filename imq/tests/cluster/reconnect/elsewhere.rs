//! Online elsewhere: the same user logs in a second time. Who stays is for the policy to say, and
//! the other can't fight back.

use std::thread;
use std::time::Duration;

use link::io::clock::now;
use proto::limits::DEAD_MS;
use serde_json::{Value, json};

use crate::http::until;
use crate::process::PATIENCE;
use crate::reconnect::{hear_of, users};
use crate::roles::Five;
use crate::talker::{End, Talker};

/// What clocks of one machine, threads and a busy hour may add to a dead time.
const SLACK_MS: u64 = 250;

fn config(policy: &str) -> String {
    let queues = include_str!("../../../../boss/src/default-cluster.toml");
    format!(
        "{queues}\n[[class]]\npattern = \"/user/*\"\ncreate = \"auto\"\n{policy}\n\
         [[class.mount]]\nname = \"inbox\"\nkind = \"message\"\n"
    )
}

/// Logs a user in at both gateways, one after the other; the second has no `welcome` if the first
/// is to stay.
fn two(five: &Five, user: &str) -> [Talker; 2] {
    let mut first = Talker::login(&five.gateway(0), user);
    // The echo comes behind its answer to the ping, without which it would give way in any case.
    first.all_yet();
    let mut second = Talker::connect(&five.gateway(1));
    second.say(json!({ "connect": { "protocol": 1, "user": user } }));
    let answer = second.next(PATIENCE).expect("an answer");
    assert!(answer.0 == "welcome" || answer.1["code"] == 3506, "{answer:?}");
    [first, second]
}

#[test]
fn online_elsewhere_and_idle_and_one_stays_by_the_policy() {
    let five = Five::start();
    let [mut first, mut second] = two(&five, "newest");
    first.closing(3500);
    let sessions = five.sessions("newest");
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["session_id"], second.welcome["session_id"]);
    // Its secret opens nothing: to come back is a login like any other.
    let again = Talker::resume(&five.gateway(0), &first.kept());
    assert!(again.welcome["resumed"] != true, "{}", again.welcome);
    assert_ne!(again.welcome["session_id"], first.welcome["session_id"]);
    second.closing(3500);

    five.configure(&config("sessions = \"oldest_wins\""));
    let mut users = (0..).map(|number| format!("oldest-{number}"));
    until("the homes know the policy", || {
        let user = users.next().expect("there is one more");
        let [mut first, second] = two(&five, &user);
        first.say(json!({ "bye": {} }));
        second.welcome.is_null()
    });
    for home in [0, 1] {
        let user = five.user_at(home, "oldest");
        until("this home, too", || {
            let [mut first, second] = two(&five, &user);
            let is_so =
                second.welcome.is_null() && first.all_yet().iter().all(|f| f.0 != "closing");
            let kept = five.sessions(&user);
            assert!(!is_so || kept[0]["session_id"] == first.welcome["session_id"], "{kept:?}");
            first.try_say(json!({ "bye": {} })).ok();
            is_so
        });
    }

    five.configure(&config("sessions = \"many\"\nsessions_max = 2"));
    let mut users = (0..).map(|number| format!("many-{number}"));
    until("two may be there", || {
        let user = users.next().expect("there is one more");
        let [mut first, second] = two(&five, &user);
        if second.welcome.is_null() || first.all_yet().iter().any(|frame| frame.0 == "closing") {
            return false;
        }
        let third = Talker::login(&five.gateway(0), &user);
        first.closing(3500);
        let sessions = five.sessions(&user);
        let ids: Vec<&Value> = sessions.iter().map(|session| &session["session_id"]).collect();
        assert!(ids.len() == 2 && ids.contains(&&second.welcome["session_id"]), "{sessions:?}");
        ids.contains(&&third.welcome["session_id"])
    });
}

#[test]
fn online_elsewhere_and_in_a_room_which_it_leaves_and_joins_again() {
    let five = Five::start();
    let queue = five.queue_at(0);
    let mut bob = Talker::login(&five.gateway(1), "bob");
    let mut first = Talker::login(&five.gateway(0), "ann");
    bob.subscribe(&queue);
    first.subscribe(&queue);
    hear_of(&mut bob, "joined", "ann");
    // A login alone is in no room: the user leaves with the session that was.
    let mut second = Talker::login(&five.gateway(1), "ann");
    first.closing(3500);
    hear_of(&mut bob, "left", "ann");
    let fields = json!({ "queue": queue, "mount": "chat", "payload": "from outside" });
    assert_eq!(second.ask("send_message", fields)["status"], 7);
    second.subscribe(&queue);
    hear_of(&mut bob, "joined", "ann");
    bob.is_quiet();

    // One that logs in and joins in the same packet is there from then on, seen to leave or not.
    let mut third = Talker::connect(&five.gateway(0));
    third.say(json!([
        { "connect": { "protocol": 1, "user": "ann" } },
        { "subscribe": { "op_id": 1, "queue": queue } },
    ]));
    third.welcomed();
    third.hear_where("subscribed", |subscribed| subscribed["queue"] == queue.as_str());
    second.closing(3500);
    until("it is the only one", || five.sessions("ann").len() == 1);
    assert_eq!(five.members(&queue), json!(["ann", "bob"]));
    bob.send(&queue, "end");
    let heard = bob.up_to("message", |message| message["payload"] == "end");
    let seen = [users(&heard, "left").len(), users(&heard, "joined").len()];
    assert!(seen == [0, 0] || seen == [1, 1] && heard[0].0 == "left", "{heard:?}");
}

#[test]
fn a_losers_messages_end_a_dead_time_after_the_winners_welcome() {
    let five = Five::start();
    let mut bob = Talker::login(&five.gateway(1), "bob");
    // With the room and the user at one home, and at two.
    for (at, home) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let (queue, user) = (five.queue_at(at), five.user_at(home, &format!("loser-{at}")));
        bob.subscribe(&queue);
        let mut first = Talker::login(&five.gateway(0), &user);
        first.subscribe(&queue);
        let speaking = thread::spawn({
            let queue = queue.clone();
            move || speak(first, &queue)
        });
        hear_from(&mut bob, &user);
        let mut second = Talker::connect(&five.gateway(1));
        second.say(json!({ "connect": { "protocol": 1, "user": user } }));
        second.welcomed();
        // By the clock that queues put on messages.
        let welcomed_ms = now().unix_ms;
        speaking.join().expect("it is told");
        second.subscribe(&queue);
        second.send(&queue, "end");
        let heard = bob.up_to("message", |message| message["payload"] == "end");
        let of_loser = heard.iter().filter(|frame| frame.1["payload"] == "mine");
        let times = of_loser.filter_map(|frame| frame.1["sent_at_ms"].as_u64());
        let late_ms = times.max().unwrap_or_default().saturating_sub(welcomed_ms);
        assert!(late_ms < DEAD_MS + SLACK_MS, "{late_ms} ms behind the welcome");
        bob.ask("unsubscribe", json!({ "queue": queue }));
        bob.all_yet();
    }
}

fn hear_from(talker: &mut Talker, user: &str) {
    talker.hear_where("message", |message| message["from"] == user);
}

/// Speaks as fast as it can until it is told that it has lost, and doesn't stop at that.
fn speak(mut first: Talker, queue: &str) {
    let mut told = 0;
    while told < 100 {
        let op_id = first.op_id();
        let fields = json!({ "op_id": op_id, "queue": queue, "mount": "chat", "payload": "mine" });
        let is_gone = first.try_say(json!({ "send_message": fields })).is_err();
        let closing = first.try_hear("closing", Duration::from_millis(1), |_| true);
        told += i32::from(is_gone || closing != Err(End::Silent));
    }
}
