//! A boss's stream of all that it knows, each second: server-sent events, the first of which is a
//! document, and the others what has changed in it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use link::io::clock;
use reqwest::Response;
use serde_json::{Map, Value};

use super::api::Api;

/// More than a document of a large cluster: whoever sends more without an end is no boss.
const PIECE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// So many events and moments are kept; a boss keeps about as many.
const KEPT_MAX: usize = 300;
/// A boss sends something each second. One that is silent this long is away.
const SILENT_MAX: Duration = Duration::from_secs(10);

/// The stream, and what it has said so far.
#[derive(Debug)]
pub(crate) struct Live {
    pieces: Pieces,
    document: Value,
}

/// The events of a stream, each as it came.
#[derive(Debug)]
pub(crate) struct Pieces {
    response: Response,
    unread: Vec<u8>,
}

impl Live {
    /// Begins a stream, and waits for its document.
    pub(crate) async fn open(api: &Api) -> Result<Live> {
        let response = api.stream("stream", &[]).await?;
        let mut live = Live { pieces: Pieces::new(response), document: Value::Null };
        live.next().await?;
        Ok(live)
    }

    /// All that is known.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// Waits for what is new. May be dropped and called anew without losing any.
    pub(crate) async fn next(&mut self) -> Result<()> {
        loop {
            let piece = self.pieces.next().await?;
            if take(&mut self.document, &piece)? {
                return Ok(());
            }
        }
    }

    /// Goes on until all of these are known, at most for so long.
    pub(crate) async fn wait_for(&mut self, names: &[&str], bound: Duration) -> Result<()> {
        let is_there = |value: &Value| match value {
            Value::Null => false,
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => true,
        };
        let end_us = clock::micros() + bound.as_micros() as u64;
        while !names.iter().all(|name| is_there(&self.document[*name])) {
            let left = Duration::from_micros(end_us.saturating_sub(clock::micros()));
            match tokio::time::timeout(left, self.next()).await {
                Ok(done) => done?,
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }
}

impl Pieces {
    /// Of this answer.
    pub(crate) fn new(response: Response) -> Pieces {
        Pieces { response, unread: Vec::new() }
    }

    /// Waits for the next one. May be dropped and called anew without losing any.
    pub(crate) async fn next(&mut self) -> Result<String> {
        loop {
            if let Some(piece) = self.piece() {
                return String::from_utf8(piece).context("the boss's stream is no text");
            }
            let chunk = tokio::time::timeout(SILENT_MAX, self.response.chunk()).await;
            let chunk = chunk.context("the boss says nothing any more")?;
            let Some(chunk) = chunk.context("the boss's stream")? else {
                bail!("the boss has ended its stream");
            };
            self.unread.extend_from_slice(&chunk);
            if self.unread.len() > PIECE_BYTES_MAX {
                bail!("the boss's stream has a piece of more than {PIECE_BYTES_MAX} bytes");
            }
        }
    }

    /// The oldest event that has come as a whole.
    fn piece(&mut self) -> Option<Vec<u8>> {
        let end = self.unread.windows(2).position(|two| two == b"\n\n")?;
        let rest = self.unread.split_off(end + 2);
        Some(std::mem::replace(&mut self.unread, rest))
    }
}

/// Takes an event into the document; whether it was one for it.
fn take(document: &mut Value, event: &str) -> Result<bool> {
    match self::event(event)? {
        Some(("document", data)) => *document = data,
        Some(("change", data)) => change(document, data),
        Some(_) | None => return Ok(false),
    }
    Ok(true)
}

/// An event's name and what it says, if it says anything.
pub(crate) fn event(event: &str) -> Result<Option<(&str, Value)>> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let Some(data) = field("data: ") else { return Ok(None) };
    let data: Value = serde_json::from_str(data).context("the boss's stream is no JSON")?;
    Ok(Some((field("event: ").unwrap_or_default(), data)))
}

/// What isn't in a change is as it was.
fn change(document: &mut Value, change: Value) {
    let (Value::Object(document), Value::Object(change)) = (document, change) else { return };
    let mut totals = None;
    for (name, new) in change {
        match name.as_str() {
            "totals" => totals = Some(new),
            "nodes" => replace_by_id(document, &new),
            "forgotten" => forget(document, &new),
            "events" | "moments" => append(document, &name, new),
            // Rows matter to nobody here, who would have to look at the whole table.
            "rows" => {}
            _ => {
                document.insert(name, new);
            }
        }
    }
    if let (Some(Value::Object(status)), Some(totals)) = (document.get_mut("status"), totals) {
        status.insert("totals".to_owned(), totals);
    }
}

fn replace_by_id(document: &mut Map<String, Value>, new: &Value) {
    let Some(nodes) = document.get_mut("nodes").and_then(Value::as_array_mut) else { return };
    for node in new.as_array().into_iter().flatten() {
        match nodes.iter_mut().find(|known| known["id"] == node["id"]) {
            Some(known) => *known = node.clone(),
            None => nodes.push(node.clone()),
        }
    }
}

fn forget(document: &mut Map<String, Value>, ids: &Value) {
    let Some(nodes) = document.get_mut("nodes").and_then(Value::as_array_mut) else { return };
    let is_gone = |node: &Value| ids.as_array().is_some_and(|ids| ids.contains(&node["id"]));
    nodes.retain(|node| !is_gone(node));
}

fn append(document: &mut Map<String, Value>, name: &str, new: Value) {
    let Some(list) = document.get_mut(name).and_then(Value::as_array_mut) else { return };
    if let Value::Array(new) = new {
        list.extend(new);
    }
    list.drain(..list.len().saturating_sub(KEPT_MAX));
}

#[cfg(test)]
mod tests;
