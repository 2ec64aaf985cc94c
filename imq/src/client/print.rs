//! How events and answers look on standard output.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use imq_sdk::{Entry, Message, Mount, QueueEvent, State, Subscribed};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Trouble;

/// Writes lines for people, or JSON for programs.
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Printer {
        Printer { json }
    }

    /// Prints an event; whether it was a message or a change.
    pub(crate) fn event(&mut self, event: &QueueEvent) -> Result<bool, Trouble> {
        match event {
            QueueEvent::Message(message) => self.message(message)?,
            QueueEvent::State(state) => self.state(state)?,
            QueueEvent::Subscribed(subscribed) => self.subscribed(subscribed)?,
            QueueEvent::Joined(roster) => {
                let text = format!("joined: {}", roster.users.join(", "));
                self.line(json!({"joined": {"seq": roster.seq, "users": roster.users}}), &text)?;
            }
            QueueEvent::Left(roster) => {
                let text = format!("left: {}", roster.users.join(", "));
                self.line(json!({"left": {"seq": roster.seq, "users": roster.users}}), &text)?;
            }
            QueueEvent::MountCreated(word) => {
                let text = format!("mount {} is there", word.mount);
                self.line(json!({"mount_created": {"mount": word.mount}}), &text)?;
            }
            QueueEvent::MountDeleted(word) => {
                let text = format!("mount {} is gone", word.mount);
                self.line(json!({"mount_deleted": {"mount": word.mount}}), &text)?;
            }
            QueueEvent::Gap(gap) => {
                let (after, before) = (gap.after_seq, gap.before_seq);
                let fields = json!({"mount": gap.mount, "after_seq": after, "before_seq": before});
                let text = format!("{}: missed what is between {after} and {before}", gap.mount);
                self.line(json!({"gap": fields}), &text)?;
            }
            QueueEvent::Unsubscribed { reason, retrying } => {
                let fields = json!({"reason": reason, "may_retry": retrying});
                self.line(json!({"unsubscribed": fields}), &format!("unsubscribed: {reason}"))?;
            }
        }
        Ok(matches!(event, QueueEvent::Message(_) | QueueEvent::State(_)))
    }

    /// Prints the number of what was sent.
    pub(crate) fn sent(&mut self, seq: u64) -> Result<(), Trouble> {
        self.line(json!({"seq": seq}), &seq.to_string())
    }

    /// Prints keys and values; of one key its value alone.
    pub(crate) fn entries(&mut self, entries: &[Entry], key: Option<&str>) -> Result<(), Trouble> {
        if let Some(key) = key
            && entries.is_empty()
        {
            return Err(Trouble::NoKey(key.to_owned()));
        }
        if self.json {
            let entries: Vec<Value> = entries.iter().map(entry_json).collect();
            return self.line(json!({"entries": entries}), "");
        }
        for entry in entries {
            let value = text(&entry.value);
            let line = if key.is_some() { value } else { format!("{} = {value}", entry.key) };
            self.line(Value::Null, &line)?;
        }
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Trouble> {
        let from = message.from.as_deref().unwrap_or("server");
        let line = format!("{} {from}: {}", message.mount, text(&message.payload));
        let mut fields = Map::new();
        fields.insert("mount".into(), json!(message.mount));
        fields.insert("seq".into(), json!(message.seq));
        if let Some(from) = &message.from {
            fields.insert("from".into(), json!(from));
        }
        put(&mut fields, "payload", &message.payload);
        fields.insert("sent_at_ms".into(), json!(message.sent_at_ms));
        if message.history {
            fields.insert("history".into(), json!(true));
        }
        self.line(json!({"message": fields}), &line)
    }

    fn state(&mut self, state: &State) -> Result<(), Trouble> {
        let (mut lines, mut changes) = (Vec::new(), Vec::new());
        for change in &state.changes {
            let mut fields = Map::new();
            fields.insert("key".into(), json!(change.key));
            match &change.value {
                Some(value) => {
                    lines.push(format!("{} {} = {}", state.mount, change.key, text(value)));
                    put(&mut fields, "value", value);
                }
                None => {
                    lines.push(format!("{} {} is deleted", state.mount, change.key));
                    fields.insert("deleted".into(), json!(true));
                }
            }
            changes.push(Value::Object(fields));
        }
        let fields = json!({"mount": state.mount, "seq": state.seq, "changes": changes});
        self.line(json!({"state": fields}), &lines.join("\n"))
    }

    fn subscribed(&mut self, subscribed: &Subscribed) -> Result<(), Trouble> {
        let mount_json = |mount: &Mount| {
            let entries: Vec<Value> = mount.entries.iter().map(entry_json).collect();
            json!({"name": mount.name, "entries": entries})
        };
        let mounts: Vec<Value> = subscribed.mounts.iter().map(mount_json).collect();
        let fields = json!({
            "epoch": subscribed.epoch,
            "recovered": subscribed.recovered,
            "mounts": mounts,
            "members": subscribed.members,
        });
        let mut lines = vec![format!("subscribed, with {}", subscribed.members.join(", "))];
        for mount in &subscribed.mounts {
            let entries = mount.entries.iter();
            lines.extend(entries.map(|e| format!("{} {} = {}", mount.name, e.key, text(&e.value))));
        }
        self.line(json!({"subscribed": fields}), &lines.join("\n"))
    }

    fn line(&mut self, json: Value, text: &str) -> Result<(), Trouble> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{json}")?;
        } else {
            writeln!(out, "{text}")?;
        }
        Ok(out.flush()?)
    }
}

fn entry_json(entry: &Entry) -> Value {
    let mut fields = Map::new();
    fields.insert("key".into(), json!(entry.key));
    put(&mut fields, "value", &entry.value);
    fields.insert("version".into(), json!(entry.version));
    Value::Object(fields)
}

/// Puts a value under its name where it is JSON, else in Base64 under the name with `_base64`.
fn put(fields: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => fields.insert(name.to_owned(), value),
        Err(_) => fields.insert(format!("{name}_base64"), json!(BASE64.encode(bytes))),
    };
}

/// A value for people: a JSON string without its quotes, other JSON as it is, else what is
/// readable.
fn text(bytes: &[u8]) -> String {
    match serde_json::from_slice::<String>(bytes) {
        Ok(text) => text,
        Err(_) => match serde_json::from_slice::<&RawValue>(bytes) {
            Ok(value) => value.get().to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}
