//! Random scripts: whatever a gateway says and an application asks, each command is answered once,
//! and no message is sent twice but in one session under one id.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::conformance::Driver;
use crate::machine::{Connection, Faults, Input};

#[test]
fn every_command_is_answered_once() {
    let (mut sent, mut resent) = (0, 0);
    for seed in 0..300 {
        let mut storm = Storm::new(seed);
        for _ in 0..200 {
            storm.blow();
        }
        storm.calm();
        sent += storm.sent.len();
        resent += storm.resent;
    }
    assert!(sent > 1000 && resent > 100, "a storm in a teacup: {sent} sent, {resent} resent");
}

struct Storm {
    seed: u64,
    random: StdRng,
    tickets: u64,
    /// How often each ticket was answered.
    answers: BTreeMap<u64, u32>,
    /// The session and the id under which a ticket's message was sent.
    sent: BTreeMap<u64, (String, u64)>,
    resent: u64,
    driver: Driver,
    script: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Storm {
        let random = StdRng::seed_from_u64(seed);
        let (answers, sent, script) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let driver = Driver::new(&json!({}), Faults::default());
        Storm { seed, random, tickets: 0, answers, sent, resent: 0, driver, script }
    }

    fn up_to(&mut self, max: u64) -> u64 {
        self.random.random_range(0..=max)
    }

    fn blow(&mut self) {
        let pause = [0, 1, 200, 5_000][self.up_to(3) as usize];
        self.driver.now_ms += pause;
        let greeting = matches!(self.driver.client.connection, Connection::Greeting(_));
        let down = matches!(self.driver.client.connection, Connection::Down);
        let step = match self.up_to(22) {
            _ if down && self.up_to(1) == 0 => json!({ "connected": true }),
            _ if greeting && self.up_to(3) > 0 => {
                let (session_id, resumed) = (format!("s{}", self.up_to(1)), self.up_to(1) == 0);
                let welcome = json!({ "session_id": session_id, "resumed": resumed });
                json!({ "receive": { "welcome": welcome } })
            }
            0 => json!({ "disconnected": true }),
            1..4 => json!({}),
            chance @ 4..16 => json!({ "receive": self.envelope(chance) }),
            chance => self.command(chance),
        };
        self.say(&step);
    }

    fn queue(&mut self) -> &'static str {
        ["/a", "/b", "/c"][self.up_to(2) as usize]
    }

    /// What a gateway may say, likely or not.
    fn envelope(&mut self, chance: u64) -> Value {
        let (queue, may_retry) = (self.queue(), self.up_to(1) == 0);
        let (sub, seq, epoch) = (self.up_to(2), self.up_to(40), 9 + self.up_to(1));
        match chance {
            4..8 => {
                // Ids around the newest: what is likely to be unanswered, and what is not.
                let newest = u64::from(self.driver.client.next_op_id);
                let op_id = newest.saturating_sub(self.up_to(6));
                let status = [0, 0, 0, 14, 5, 2][self.up_to(5) as usize];
                json!({ "result": { "op_id": op_id, "status": status, "may_retry": may_retry } })
            }
            8..11 => {
                let marks = json!({ "chat": seq, "members": seq });
                let word = json!({ "sub": sub, "queue": queue, "epoch": epoch, "marks": marks });
                json!({ "subscribed": word })
            }
            11 => json!({ "unsubscribed": { "queue": queue, "may_retry": may_retry } }),
            12 => json!({ "message": { "sub": sub, "mount": "chat", "seq": seq, "payload": 1 } }),
            13 => json!({ "state": { "sub": sub, "mount": "scores", "seq": seq } }),
            14 => json!({ "gap": { "sub": sub, "mount": "chat", "before_seq": 50 } }),
            _ if may_retry => json!({ "mount_deleted": { "sub": sub, "mount": "chat" } }),
            _ => json!({ "closing": { "code": 3001 + seq % 4, "may_retry": true } }),
        }
    }

    fn command(&mut self, chance: u64) -> Value {
        self.tickets += 1;
        let (queue, ticket) = (self.queue(), self.tickets);
        self.answers.insert(ticket, 0);
        match chance {
            16..19 => json!({ "command": ticket, "subscribe": { "queue": queue } }),
            19 => json!({ "command": ticket, "unsubscribe": { "queue": queue } }),
            _ => {
                let message = json!({ "queue": queue, "mount": "chat", "payload": ticket });
                json!({ "command": ticket, "send_message": message })
            }
        }
    }

    /// Says goodbye: now every command has its answer.
    fn calm(&mut self) {
        self.say(&json!({ "command": 0, "close": {} }));
        for (ticket, count) in &self.answers {
            assert_eq!(*count, 1, "{}", self.told(*ticket));
        }
    }

    fn say(&mut self, step: &Value) {
        match step.as_object().is_some_and(|step| step.is_empty()) {
            // Timers may be late.
            true => self.driver.handle(Input::Wake),
            false => self.driver.input(step),
        }
        let done = self.driver.take_done();
        self.script.push(format!("{} {step}\n    {done}", self.driver.now_ms));
        for event in done["events"].as_array().unwrap() {
            if let Some(ticket) = event["answer"].as_u64() {
                *self.answers.entry(ticket).or_default() += 1;
            }
        }
        for frame in done["sends"].as_array().unwrap() {
            if let Some(message) = frame.get("send_message") {
                self.sends(message);
            }
        }
        self.look_inside();
    }

    fn sends(&mut self, message: &Value) {
        let ticket = message["payload"].as_u64().unwrap();
        assert_eq!(self.answers[&ticket], 0, "answered and sent, {}", self.told(ticket));
        let session = self.driver.client.session_id().unwrap().to_owned();
        let now = (session, message["op_id"].as_u64().unwrap());
        match self.sent.get(&ticket) {
            Some(before) => {
                assert_eq!(*before, now, "{}", self.told(ticket));
                self.resent += 1;
            }
            None => drop(self.sent.insert(ticket, now)),
        }
    }

    fn told(&self, ticket: u64) -> String {
        format!("command {ticket}, seed {}:\n{}", self.seed, self.script.join("\n"))
    }

    fn look_inside(&self) {
        let client = &self.driver.client;
        let script = || self.told(0);
        for (name, queue) in &client.queues {
            let unanswered =
                client.unanswered.values().filter(|operation| operation.queue == *name);
            assert_eq!(queue.in_flight, unanswered.count(), "{name}, {}", script());
        }
        let waiting = client.queues.values().flat_map(|queue| &queue.waiting);
        let held = client.unanswered.values().chain(waiting);
        let held = held.filter(|operation| operation.ticket.is_some()).count();
        assert_eq!(client.held.operations, held, "{}", script());
        let expires = client.next_look();
        assert!(client.look_ms.is_some() || expires.is_none(), "{}", script());
    }
}
