//! How events and answers look on standard output.

use std::io::{self, IsTerminal as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use imq_sdk::{Entry, Message, Mount, QueueEvent, State, Subscribed};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Trouble;
use crate::show::{self, DIM, HEAD, NAME, WARN};

/// Writes lines for people, or JSON for programs.
pub(crate) struct Printer {
    json: bool,
}

/// An event for programs, and for people in a line or several.
pub(super) struct Shown {
    pub(super) json: Value,
    pub(super) lines: Vec<String>,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Printer {
        Printer { json }
    }

    /// Prints an event; whether it was a message or a change.
    pub(crate) fn event(&mut self, event: &QueueEvent) -> Result<bool, Trouble> {
        let shown = Shown::of(event);
        self.line(&shown.json, &shown.lines.join("\n"))?;
        Ok(matches!(event, QueueEvent::Message(_) | QueueEvent::State(_)))
    }

    /// Prints something with its time in front, and its queue if it is of one.
    pub(super) fn stamped(
        &self,
        at_ms: u64,
        queue: Option<&str>,
        shown: Shown,
    ) -> Result<(), Trouble> {
        let mut fields = Map::new();
        fields.insert("at_ms".into(), at_ms.into());
        fields.extend(queue.map(|queue| ("queue".to_owned(), queue.into())));
        if let Value::Object(more) = shown.json {
            fields.extend(more);
        }
        let time = show::styled(&show::clock(at_ms), DIM);
        let queue = show::styled(&show::safe(queue.unwrap_or("-")), NAME);
        let lines = shown.lines.iter().map(|line| format!("{time} {queue} {line}"));
        self.line(&Value::Object(fields), &lines.collect::<Vec<_>>().join("\n"))
    }

    /// Prints the number of what was sent.
    pub(crate) fn sent(&mut self, seq: u64) -> Result<(), Trouble> {
        self.line(&json!({"seq": seq}), &seq.to_string())
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
            return self.line(&json!({"entries": entries}), "");
        }
        for entry in entries {
            let line = match key {
                // A file gets the value as it is.
                Some(_) if !io::stdout().is_terminal() => raw(&entry.value),
                Some(_) => text(&entry.value),
                None => pair(entry),
            };
            self.line(&Value::Null, &line)?;
        }
        Ok(())
    }

    fn line(&self, json: &Value, text: &str) -> Result<(), Trouble> {
        let printed = if self.json { show::json(json) } else { show::line(text) };
        printed.map_err(Trouble::from)
    }
}

impl Shown {
    pub(super) fn of(event: &QueueEvent) -> Shown {
        let one = |json, line: String| Shown { json, lines: vec![line] };
        let users = |users: &[String]| show::safe(&users.join(", "));
        match event {
            QueueEvent::Message(message) => Shown::message(message),
            QueueEvent::State(state) => Shown::state(state),
            QueueEvent::Subscribed(subscribed) => Shown::subscribed(subscribed),
            QueueEvent::Joined(roster) => one(
                json!({"joined": {"seq": roster.seq, "users": roster.users}}),
                format!("joined: {}", users(&roster.users)),
            ),
            QueueEvent::Left(roster) => one(
                json!({"left": {"seq": roster.seq, "users": roster.users}}),
                format!("left: {}", users(&roster.users)),
            ),
            QueueEvent::MountCreated(word) => one(
                json!({"mount_created": {"mount": word.mount}}),
                format!("mount {} is there", show::safe(&word.mount)),
            ),
            QueueEvent::MountDeleted(word) => one(
                json!({"mount_deleted": {"mount": word.mount}}),
                format!("mount {} is gone", show::safe(&word.mount)),
            ),
            QueueEvent::Gap(gap) => {
                let (mount, after, before) = (&gap.mount, gap.after_seq, gap.before_seq);
                let text = format!("missed what is between {after} and {before}");
                one(
                    json!({"gap": {"mount": mount, "after_seq": after, "before_seq": before}}),
                    show::styled(&format!("{}: {text}", show::safe(mount)), WARN),
                )
            }
            QueueEvent::Unsubscribed { reason, retrying } => one(
                json!({"unsubscribed": {"reason": reason, "may_retry": retrying}}),
                show::styled(&format!("unsubscribed: {}", show::safe(reason)), WARN),
            ),
        }
    }

    fn message(message: &Message) -> Shown {
        let from = show::styled(&show::safe(message.from.as_deref().unwrap_or("server")), HEAD);
        let line = format!("{} {from}: {}", show::safe(&message.mount), text(&message.payload));
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
        Shown { json: json!({"message": fields}), lines: vec![line] }
    }

    fn state(state: &State) -> Shown {
        let (mut lines, mut changes) = (Vec::new(), Vec::new());
        let mount = show::safe(&state.mount);
        for change in &state.changes {
            let key = show::safe(&change.key);
            let mut fields = Map::new();
            fields.insert("key".into(), json!(change.key));
            match &change.value {
                Some(value) => {
                    lines.push(format!("{mount} {key} = {}", text(value)));
                    put(&mut fields, "value", value);
                }
                None => {
                    lines.push(format!("{mount} {key} is deleted"));
                    fields.insert("deleted".into(), json!(true));
                }
            }
            changes.push(Value::Object(fields));
        }
        let fields = json!({"mount": state.mount, "seq": state.seq, "changes": changes});
        Shown { json: json!({"state": fields}), lines }
    }

    fn subscribed(subscribed: &Subscribed) -> Shown {
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
        let members = show::safe(&subscribed.members.join(", "));
        let mut lines = vec![match (members.is_empty(), subscribed.member_count) {
            (false, _) => format!("subscribed, with {members}"),
            (true, Some(count)) => {
                format!("subscribed, with {}", show::count(count.into(), "user"))
            }
            // What isn't asked for, by mounts, or not told, isn't known.
            (true, None) => "subscribed".to_owned(),
        }];
        for mount in &subscribed.mounts {
            let entries = mount.entries.iter();
            lines.extend(entries.map(|e| format!("{} {}", show::safe(&mount.name), pair(e))));
        }
        Shown { json: json!({"subscribed": fields}), lines }
    }
}

fn pair(entry: &Entry) -> String {
    format!("{} = {}", show::safe(&entry.key), text(&entry.value))
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

/// A value for people, in a line.
fn text(bytes: &[u8]) -> String {
    show::safe(&raw(bytes))
}

/// A JSON string without its quotes, other JSON as it is, else what is readable.
fn raw(bytes: &[u8]) -> String {
    match serde_json::from_slice::<String>(bytes) {
        Ok(text) => text,
        Err(_) => match serde_json::from_slice::<&RawValue>(bytes) {
            Ok(value) => value.get().to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}
