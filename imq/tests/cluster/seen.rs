//! How far a client got in its queues: what it names in `seen` when it resumes its session.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A queue's epoch, and the marks of its mounts.
type Present = (Value, BTreeMap<String, u64>);

/// The epoch and the marks of each subscribed queue, after section 4 of `docs/protocol.md`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    queues: BTreeMap<String, Present>,
    /// Of this connection: the queue's name.
    subs: BTreeMap<u64, String>,
}

impl Seen {
    /// Takes note of one frame that came from the gateway.
    pub(crate) fn note(&mut self, name: &str, body: &Value) {
        let mount = body["mount"].as_str().unwrap_or("members");
        let seq = body["seq"].as_u64().unwrap_or_default();
        match name {
            "subscribed" => self.begin(body),
            "unsubscribed" => self.forget(body["queue"].as_str().unwrap_or_default()),
            "message" if body["history"] == true => {}
            "message" | "state" => self.mark(body, mount, seq),
            "joined" | "left" => self.mark(body, "members", seq),
            "gap" => self.mark(body, mount, body["before_seq"].as_u64().unwrap_or(1) - 1),
            _ => {}
        }
    }

    /// Takes note that a queue isn't subscribed any more.
    pub(crate) fn forget(&mut self, queue: &str) {
        self.queues.remove(queue);
    }

    /// The same on another connection, where no `sub` means anything yet.
    pub(crate) fn elsewhere(&self) -> Seen {
        Seen { queues: self.queues.clone(), subs: BTreeMap::new() }
    }

    /// The field `seen` of a `resume`.
    pub(crate) fn fields(&self) -> Value {
        let mut fields = Vec::new();
        for (queue, (epoch, marks)) in &self.queues {
            fields.push(json!({ "queue": queue, "epoch": epoch, "marks": marks }));
        }
        Value::Array(fields)
    }

    fn begin(&mut self, body: &Value) {
        let queue = body["queue"].as_str().expect("a name").to_owned();
        let marks = body["marks"].as_object().into_iter().flatten();
        let marks = marks.filter_map(|(mount, mark)| Some((mount.clone(), mark.as_u64()?)));
        self.queues.insert(queue.clone(), (body["epoch"].clone(), marks.collect()));
        self.subs.insert(body["sub"].as_u64().expect("a number"), queue);
    }

    fn mark(&mut self, body: &Value, mount: &str, seq: u64) {
        let queue = body["sub"].as_u64().and_then(|sub| self.subs.get(&sub));
        if let Some((_, marks)) = queue.and_then(|queue| self.queues.get_mut(queue)) {
            marks.insert(mount.to_owned(), seq);
        }
    }
}
