//! What clients do: random commands over a few queues, each payload and value unlike any other.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Act, Change, Command, Event, PageAsked, QueueEvent, SubscribeOptions};

use crate::chance::Chance;
use crate::plan::{Plan, QUEUES};

/// Queues that one client is in at most.
const SUBSCRIBED_MAX: usize = 4;
const KEYS: [&str; 6] = ["a1", "a2", "b1", "b2", "n1", "n2"];
/// Behind these a page of members begins.
const USERS: [&str; 10] = ["u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"];

/// One client's mind.
#[derive(Debug, Default)]
pub(crate) struct Script {
    subscribed: BTreeSet<&'static str>,
    /// What it has seen last, so that it can ask for changes of just that.
    versions: BTreeMap<(String, String), u64>,
    /// The newest message that it has seen of each queue, from which it pages backwards.
    newest: BTreeMap<String, u64>,
}

impl Script {
    /// What the client wants now.
    pub(crate) fn think(
        &mut self,
        chance: &mut Chance,
        plan: &Plan,
        number: &mut u64,
    ) -> Vec<Command> {
        let many = if chance.percent(8) { chance.between(2, 20) } else { 1 };
        (0..many).map(|_| self.command(chance, plan, number)).collect()
    }

    fn command(&mut self, chance: &mut Chance, plan: &Plan, number: &mut u64) -> Command {
        let kind = chance.below(100);
        if self.subscribed.is_empty() || kind < 6 {
            return self.subscribe(chance);
        }
        let mine: Vec<&'static str> = self.subscribed.iter().copied().collect();
        let queue = if chance.percent(96) { *chance.pick(&mine) } else { *chance.pick(&QUEUES) };
        let name = queue.to_owned();
        match kind {
            6..10 => {
                self.subscribed.remove(queue);
                Command::Unsubscribe { queue: name }
            }
            10..60 => {
                *number += 1;
                Command::SendMessage {
                    queue: name,
                    mount: "chat".to_owned(),
                    payload: unique("m", *number, chance, plan),
                    exclude_self: chance.percent(25),
                }
            }
            60..88 => Command::SendState {
                queue: name,
                mount: "scores".to_owned(),
                changes: self.changes(queue, chance, plan, number),
            },
            88..92 => Command::GetState {
                queue: name,
                mount: "scores".to_owned(),
                key_prefix: if chance.percent(30) { "a".to_owned() } else { String::new() },
                page: some_page(chance, &KEYS),
            },
            92..96 => {
                let newest = self.newest.get(queue).copied().unwrap_or(0);
                let before_seq = if chance.percent(40) { chance.below(newest + 1) } else { 0 };
                let (mount, limit) = ("chat".to_owned(), chance.below(12) as u32);
                Command::GetHistory { queue: name, mount, before_seq, limit }
            }
            _ => Command::ListMembers { queue: name, page: some_page(chance, &USERS) },
        }
    }

    fn subscribe(&mut self, chance: &mut Chance) -> Command {
        let mine: Vec<&'static str> = self.subscribed.iter().copied().collect();
        let full = mine.len() >= SUBSCRIBED_MAX;
        let queue = if full { *chance.pick(&mine) } else { *chance.pick(&QUEUES) };
        self.subscribed.insert(queue);
        let mounts: &[&str] = match chance.below(10) {
            0 => &["chat"],
            1 => &["scores"],
            2 => &["scores", "members"],
            3 => &["chat", "members"],
            _ => &[],
        };
        let options = SubscribeOptions {
            history: *chance.pick(&[0, 0, 3, 10, 50]),
            mounts: mounts.iter().map(|mount| (*mount).to_owned()).collect(),
            key_prefix: if chance.percent(15) { "a".to_owned() } else { String::new() },
        };
        Command::Subscribe { queue: queue.to_owned(), options }
    }

    fn changes(
        &self,
        queue: &str,
        chance: &mut Chance,
        plan: &Plan,
        number: &mut u64,
    ) -> Vec<Change> {
        let mut keys = BTreeSet::new();
        for _ in 0..chance.between(1, 3) {
            keys.insert(*chance.pick(&KEYS));
        }
        let mut changes = Vec::new();
        for key in keys {
            *number += 1;
            let act = match chance.below(10) {
                0 | 1 => Act::Delete,
                2..6 if key.starts_with('n') => Act::Add(chance.between(1, 9) as i64),
                _ if key.starts_with('n') => Act::Set(chance.below(100).to_string().into_bytes()),
                _ => Act::Set(unique("v", *number, chance, plan)),
            };
            let seen = self.versions.get(&(queue.to_owned(), key.to_owned())).copied();
            changes.push(Change {
                key: key.to_owned(),
                act,
                if_version: if chance.percent(12) { Some(seen.unwrap_or(0)) } else { None },
                if_absent: chance.percent(5),
                ttl_ms: if chance.percent(15) { chance.between(100, 2_000) } else { 0 },
                while_present: chance.percent(15),
            });
        }
        changes
    }

    /// The client was told something.
    pub(crate) fn heard(&mut self, event: &Event) {
        if let Event::Queue { queue, event: QueueEvent::Unsubscribed { retrying: false, .. } } =
            event
        {
            self.subscribed.remove(&**queue);
        }
        if let Event::Queue { queue, event: QueueEvent::Message(message) } = event {
            self.newest.insert(queue.to_string(), message.seq);
        }
        if let Event::Queue { queue, event: QueueEvent::State(state) } = event {
            for change in &state.changes {
                let version = if change.value.is_some() { change.version } else { 0 };
                self.versions.insert((queue.to_string(), change.key.clone()), version);
            }
        }
    }
}

/// The first page or one behind any of these, long or short.
fn some_page(chance: &mut Chance, behind: &[&str]) -> PageAsked {
    if chance.percent(50) {
        return PageAsked::default();
    }
    let after = if chance.percent(50) { *chance.pick(behind) } else { "" }.to_owned();
    PageAsked { after, limit: chance.between(1, 4) as u32 }
}

/// Bytes that nobody else sends, as JSON.
fn unique(kind: &str, number: u64, chance: &mut Chance, plan: &Plan) -> Vec<u8> {
    let padding = if chance.percent(30) { chance.below(plan.padding_max + 1) } else { 0 };
    format!("\"{kind}{number}{}\"", ".".repeat(padding as usize)).into_bytes()
}
