//! Random scripts: whatever a gateway says and an application asks, each command is answered once,
//! and no message is sent twice but in one session under one id.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::script::{alice, step};
use crate::machine::{Client, Connection};

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
    ms: u64,
    tickets: u64,
    /// How often each ticket was answered.
    answers: BTreeMap<u64, u32>,
    /// The session and the id under which a ticket's message was sent.
    sent: BTreeMap<u64, (String, String)>,
    resent: u64,
    client: Client,
    script: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Storm {
        let random = StdRng::seed_from_u64(seed);
        let (answers, sent, script) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let (ms, tickets, resent, client) = (0, 0, 0, alice());
        Storm { seed, random, ms, tickets, answers, sent, resent, client, script }
    }

    fn up_to(&mut self, max: u64) -> u64 {
        self.random.random_range(0..=max)
    }

    fn blow(&mut self) {
        let pause = [0, 1, 200, 5_000][self.up_to(3) as usize];
        self.ms += pause;
        let queue = ["/a", "/b", "/c"][self.up_to(2) as usize];
        let (sub, seq, epoch) = (self.up_to(2), self.up_to(40), 9 + self.up_to(1));
        // Ids around the newest: what is likely to be unanswered, and what is not.
        let newest = u64::from(self.client.next_op_id);
        let op_id = newest.saturating_sub(self.up_to(6));
        let retry = ["retry", ""][self.up_to(1) as usize];
        let status = ["ok", "ok", "ok", "unavailable", "not_found", "outcome_unknown"]
            [self.up_to(5) as usize];
        let resumed = ["resumed", ""][self.up_to(1) as usize];
        let greeting = matches!(self.client.connection, Connection::Greeting { .. });
        let down = matches!(self.client.connection, Connection::Down);
        let words = match self.up_to(22) {
            _ if down && self.up_to(1) == 0 => "connected".to_owned(),
            _ if greeting && self.up_to(3) > 0 => {
                format!("welcome s{} {resumed}", 1 + self.up_to(1))
            }
            0 => "disconnected".to_owned(),
            1 => format!("closing {}", 3001 + self.up_to(3)),
            2..4 => "wake".to_owned(),
            4..8 => format!("result {op_id} {status} {retry}"),
            8..11 => format!("subscribed {sub} {queue} @{epoch} chat={seq} members={seq}"),
            11 => format!("unsubscribed {sub} {queue} gone {retry}"),
            12 => format!("message {sub} chat {seq} x"),
            13 => format!("state {sub} scores {seq} x=1"),
            14 => format!("gap {sub} chat {seq} 50"),
            15 => format!("mount_deleted {sub} {seq} chat"),
            asked => {
                self.tickets += 1;
                self.answers.insert(self.tickets, 0);
                let ticket = self.tickets;
                match asked {
                    16..19 => format!("subscribe #{ticket} {queue}"),
                    19 => format!("unsubscribe #{ticket} {queue}"),
                    _ => format!("send #{ticket} {queue} chat {ticket}"),
                }
            }
        };
        self.say(&words);
    }

    /// Says goodbye: now every command has its answer.
    fn calm(&mut self) {
        self.say("close #0");
        for (ticket, count) in &self.answers {
            assert_eq!(*count, 1, "ticket {ticket}, seed {}: {:#?}", self.seed, self.script);
        }
    }

    fn say(&mut self, words: &str) {
        let line = format!("{} {words}", self.ms);
        self.script.push(line.clone());
        for entry in step(&mut self.client, &line) {
            if let Some((_, rest)) = entry.split_once("Answer #") {
                let ticket = rest.split_whitespace().next().unwrap().parse().unwrap();
                *self.answers.entry(ticket).or_default() += 1;
            }
            if let Some((_, rest)) = entry.split_once("sends send_message ") {
                self.sends(&rest.split_whitespace().collect::<Vec<_>>());
            }
            self.script.push(format!("    {entry}"));
        }
        self.look_inside();
    }

    fn sends(&mut self, words: &[&str]) {
        let ticket = words[3].parse().unwrap();
        assert_eq!(self.answers[&ticket], 0, "answered and sent, seed {}", self.seed);
        let session = self.client.session_id().unwrap().to_owned();
        let now = (session, words[0].to_owned());
        match self.sent.get(&ticket) {
            Some(before) => {
                assert_eq!(*before, now, "seed {}: {:#?}", self.seed, self.script);
                self.resent += 1;
            }
            None => drop(self.sent.insert(ticket, now)),
        }
    }

    fn look_inside(&self) {
        let (seed, client) = (self.seed, &self.client);
        let script = || format!("seed {seed}: {:#?}", self.script);
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
