//! How many come in, what they learn of each other, and what is kept for late comers.

use serde_json::{Value, json};

use super::{class, configure, hear, message, refused};
use crate::http::{rpc, until};
use crate::process::RPC_KEY;
use crate::roles::Five;
use crate::talker::Talker;

fn login<const N: usize>(five: &Five, users: [&str; N]) -> [Talker; N] {
    let mut at = 0;
    users.map(|user| {
        at += 1;
        Talker::login(&five.gateway(at % 2), user)
    })
}

#[test]
fn full_rooms_say_how_many_they_let_in() {
    let five = Five::start();
    let hall = |max: u32| {
        let lines = format!("create = \"auto\"\njoin = \"open\"\nmax_members = {max}");
        class("/hall/*", &lines, "")
    };
    configure(&five, &hall(100), 1);
    let [mut ann, mut ben, mut carl, mut dora] = login(&five, ["ann", "ben", "carl", "dora"]);
    for home in [0, 1] {
        let queue = five.queue_like("/hall/", home);
        let fields = json!({ "queue": queue });
        for talker in [&mut ann, &mut ben, &mut carl] {
            talker.subscribe(&queue);
        }
        // Those who are there stay, and may subscribe again; nobody comes in before there is space.
        configure(&five, &hall(2), 2 + 2 * home as u32);
        carl.subscribe(&queue);
        let body = json!({ "queue": queue, "user": "dora" });
        for leaver in [&mut ann, &mut ben] {
            let sentence = refused(&mut dora, 8, "subscribe", fields.clone());
            assert!(sentence.contains("full") && sentence.contains(" 2 "), "{sentence}");
            let (status, answer) = rpc(five.base + 90, RPC_KEY, "join_user", &body.to_string());
            assert!(status == 429 && answer["error"]["code"] == "limit", "{answer}");
            assert_eq!(leaver.ask("unsubscribe", fields.clone())["status"], 0);
        }
        dora.subscribe(&queue);
        refused(&mut ben, 8, "subscribe", fields.clone());
        configure(&five, &hall(3), 3 + 2 * home as u32);
        ben.subscribe(&queue);
        assert_eq!(five.members(&queue), json!(["ben", "carl", "dora"]));
    }
}

/// What came of people, in these frames.
fn people(talker: &mut Talker) -> Vec<(String, Value)> {
    let frames = talker.all_yet().into_iter();
    let frames = frames.filter(|(name, _)| name == "joined" || name == "left");
    frames.map(|(name, mut body)| (name, body["users"].take())).collect()
}

#[test]
fn presence_changes_while_people_come_and_go() {
    let five = Five::start();
    let club = |presence: &str| {
        let lines = format!("create = \"auto\"\njoin = \"open\"\npresence = \"{presence}\"");
        class("/club/*", &lines, "")
    };
    let mut round = 0;
    let mut change = |presence: &str| {
        round += 1;
        configure(&five, &club(presence), round);
    };
    for home in [0, 1] {
        change("users");
        let queue = five.queue_like("/club/", home);
        let fields = json!({ "queue": queue });
        let [mut ann, mut ben, mut carl, mut dora] = login(&five, ["ann", "ben", "carl", "dora"]);
        ann.subscribe(&queue);
        assert_eq!(ben.subscribe(&queue)["members"], json!(["ann", "ben"]));
        ann.hear_where("joined", |joined| joined["users"] == json!(["ben"]));

        change("count");
        let subscribed = carl.subscribe(&queue);
        assert_eq!(subscribed["member_count"], 3, "{subscribed}");
        assert_eq!(subscribed.get("members"), None, "{subscribed}");
        assert_eq!(ben.ask("unsubscribe", fields.clone())["status"], 0);
        assert_eq!(ben.subscribe(&queue)["member_count"], 3);
        carl.send(&queue, "counted");
        hear(&mut ann, "counted");
        assert_eq!(people(&mut ann), []);

        change("off");
        let subscribed = dora.subscribe(&queue);
        assert_eq!(subscribed.get("member_count"), None, "{subscribed}");
        assert_eq!(subscribed.get("members"), None, "{subscribed}");
        assert_eq!(ben.ask("unsubscribe", fields)["status"], 0);
        dora.send(&queue, "unseen");
        hear(&mut ann, "unseen");
        assert_eq!(people(&mut ann), []);
        // The back end is no subscriber.
        assert_eq!(five.members(&queue), json!(["ann", "carl", "dora"]));

        change("users");
        let mut subscribed = ben.subscribe(&queue);
        let members = subscribed["members"].as_array_mut().expect("users");
        members.sort_by_key(Value::to_string);
        assert_eq!(*members, ["ann", "ben", "carl", "dora"]);
        ann.hear_where("joined", |joined| joined["users"] == json!(["ben"]));
        dora.say(json!({ "bye": {} }));
        dora.closing(3000);
        ann.hear_where("left", |left| left["users"] == json!(["dora"]));
        for talker in [&mut ann, &mut ben, &mut carl] {
            talker.say(json!({ "bye": {} }));
            talker.closing(3000);
        }
    }
}

/// What is kept of a queue, oldest first.
fn kept(talker: &mut Talker, queue: &str) -> Vec<String> {
    let page = talker.ask("get_history", json!({ "queue": queue, "mount": "chat" }));
    assert_eq!(page["status"], 0, "{page}");
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    let first = |message: Value| message["payload"].as_str().expect("text")[..1].to_owned();
    messages.into_iter().map(first).collect()
}

#[test]
fn what_is_kept_changes_with_the_class() {
    let five = Five::start();
    let hall = |mount: &str| class("/hall/*", "create = \"auto\"\njoin = \"open\"", mount);
    let [mut ann, mut ben] = login(&five, ["ann", "ben"]);
    for (home, queue) in [0, 1].map(|home| (home, five.queue_like("/hall/", home))) {
        let round = 10 * home as u32;
        configure(&five, &hall("history = 100"), round + 1);
        ann.subscribe(&queue);
        let word = |letter: char| letter.to_string().repeat(1000);
        for letter in "abcdefgh".chars() {
            ann.send(&queue, &word(letter));
        }
        assert_eq!(kept(&mut ann, &queue).concat(), "abcdefgh");

        // So many bytes hold three of these, with what is kept beside them.
        configure(&five, &hall("history = 100\nhistory_bytes = 3900"), round + 2);
        assert_eq!(kept(&mut ann, &queue).concat(), "fgh");
        ann.send(&queue, &word('i'));
        assert_eq!(kept(&mut ann, &queue).concat(), "ghi");
        let result = ben.ask("subscribe", json!({ "queue": queue, "history": 100 }));
        assert_eq!(result["status"], 0, "{result}");
        for letter in "ghi".chars() {
            let old = ben.hear_where("message", |message| message["history"] == true);
            assert_eq!(old["payload"], word(letter));
        }

        configure(&five, &hall("history = 2"), round + 3);
        assert_eq!(kept(&mut ben, &queue).concat(), "hi");
        configure(&five, &hall("history = 100\nhistory_ms = 300"), round + 4);
        until("what was kept is too old", || kept(&mut ben, &queue).is_empty());
        ann.send(&queue, "young");
        assert_eq!(kept(&mut ben, &queue).concat(), "y");
        configure(&five, &hall("history = 0"), round + 5);
        assert_eq!(kept(&mut ben, &queue).concat(), "");
        // What nobody keeps is sent all the same.
        assert_eq!(ann.ask("send_message", message(&queue, "live"))["status"], 0);
        hear(&mut ben, "live");
    }
}
