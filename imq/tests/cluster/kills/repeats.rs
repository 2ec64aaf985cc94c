//! What was acknowledged before a home died is answered likewise when it is said again, and isn't
//! done again; who logs in meanwhile is one.

use serde_json::{Value, json};

use super::copies::Copies;
use crate::http::{rpc, until};
use crate::process::{PATIENCE, RPC_KEY};
use crate::reconnect::said;
use crate::talker::Talker;

/// Sessions and keys, in different buckets; and users who log in twice at once.
const EACH: usize = 24;
/// One in so many loses its connection, and resumes at the other gateway.
const RESUMES: usize = 3;

/// A session with an operation of its own.
struct Speaker {
    talker: Talker,
    gateway: u16,
    room: String,
    op_id: u64,
    result: Value,
    /// What it heard of the room, connection by connection.
    heard: Vec<String>,
}

impl Speaker {
    fn come(copies: &Copies, number: usize) -> Speaker {
        let (gateway, room) = (number as u16 % 2, format!("/room/again-{number}"));
        let mut talker = Talker::login(&copies.door(gateway), &format!("again-{number}"));
        talker.subscribe(&room);
        let op_id = talker.op_id();
        let result = talker.ask_as(op_id, "send_message", message(&room));
        assert_eq!(result["status"], 0, "{result}");
        Speaker { talker, gateway, room, op_id, result, heard: Vec::new() }
    }

    fn listen(&mut self) {
        let frames = self.talker.all_yet();
        self.heard.extend(said(&frames).into_iter().map(str::to_owned));
    }

    fn resume(&mut self, copies: &Copies) {
        self.listen();
        let other = copies.door(1 - self.gateway);
        let talker = Talker::resumed(&other, &self.talker.kept());
        std::mem::replace(&mut self.talker, talker).cut();
        self.talker
            .hear_where("subscribed", |subscribed| subscribed["queue"] == self.room.as_str());
    }

    /// Says its operation again.
    fn repeat(&mut self) {
        let again = self.talker.ask_as(self.op_id, "send_message", message(&self.room));
        assert_eq!(again, self.result, "of {}", self.room);
        self.listen();
        let times = self.heard.iter().filter(|word| *word == "once").count();
        assert_eq!(times, 1, "{} heard {:?}", self.room, self.heard);
    }
}

fn message(room: &str) -> Value {
    json!({ "queue": room, "mount": "chat", "payload": "once" })
}

/// A request with a key of its own; its answer.
fn keyed(copies: &Copies, gateway: u16, number: usize) -> Value {
    let key = format!("{RPC_KEY}\r\nIdempotency-Key: again-{number}");
    let queue = format!("/room/keyed-{number}");
    let changes = json!([{ "key": "n", "add": 1 }]);
    let body = json!({ "queue": queue, "mount": "scores", "changes": changes }).to_string();
    let (status, answer) = rpc(copies.base + 90 + gateway, &key, "send_state", &body);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Two who log in as one user, at two gateways at once; there is no answer yet.
fn both(copies: &Copies, number: usize) -> [Talker; 2] {
    [0, 1].map(|gateway| {
        let mut talker = Talker::connect(&copies.door(gateway));
        let user = format!("twice-{number}");
        talker.say(json!({ "connect": { "protocol": 1, "user": user } }));
        talker
    })
}

/// Whether it is logged in, and hasn't been closed.
fn stays(talker: &mut Talker) -> bool {
    if talker.try_say(json!({ "ping": { "nonce": 7 } })).is_err() {
        return false;
    }
    loop {
        match talker.next(PATIENCE) {
            Ok((name, _)) if name == "pong" => return true,
            Ok((name, _)) if name == "closing" => return false,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[test]
fn what_is_repeated_after_a_kill_is_answered_alike_and_done_once() {
    let mut copies = Copies::start();
    let mut speakers: Vec<_> = (0..EACH).map(|number| Speaker::come(&copies, number)).collect();
    let answers: Vec<_> = (0..EACH)
        .map(|number| {
            copies.create(&format!("/room/keyed-{number}"));
            keyed(&copies, 0, number)
        })
        .collect();
    let (home, ..) = copies.place("/room/again-0");
    copies.queue_nodes[home - 1].kill();
    let mut pairs: Vec<_> = (0..EACH).map(|number| both(&copies, number)).collect();

    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(keyed(&copies, 1, number), *answer, "key {number}");
        assert_eq!(copies.read(1, &format!("/room/keyed-{number}")), Some(1), "key {number}");
    }
    for (number, speaker) in speakers.iter_mut().enumerate() {
        if number % RESUMES == 0 {
            speaker.resume(&copies);
        }
        speaker.repeat();
    }
    for (number, pair) in pairs.iter_mut().enumerate() {
        until("one of two stays at most", || {
            pair.iter_mut().map(stays).filter(|stays| *stays).count() <= 1
        });
        let user = format!("twice-{number}");
        if !pair.iter_mut().any(stays) {
            // Both were told to come back.
            pair[0] = Talker::login(&copies.door(0), &user);
        }
        until("it is the only one", || copies.sessions(&user) == 1);
        assert!(pair.iter_mut().any(stays), "{user} has a session that nobody has");
    }
    copies.whole(2..=2);
}
