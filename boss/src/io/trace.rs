//! `/api/v1/trace`: what becomes of the messages of one queue or one user, of all processes, as it
//! comes; it ends by itself. Processes keep it while they are asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use link::io::clock;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::fleet::{self, Row};
use super::mail::{Letterbox, NoReply};
use super::stream::Unread;
use crate::machine::roster::NodeRole;

/// Traces at once: as many as a process follows.
pub(super) const TRACES_MAX: usize = proto::limits::TRACES_MAX;
/// How long one takes if nobody says.
pub(super) const SECONDS: u64 = 60;
/// And at most.
pub(super) const SECONDS_MAX: u64 = 300;
/// So often processes are asked.
const EVERY_MS: u64 = 250;
/// A reader that lets so many pieces lie doesn't read: its trace ends.
const UNREAD_MAX: usize = 64;
/// Hops of one question of one process: more than it keeps by itself.
const HOPS_MAX: usize = 16 * proto::limits::TRACE_HOPS_MAX;
/// The order of what happens to one message, for hops of the same millisecond.
const STEPS: [&str; 9] = [
    "received",
    "refused",
    "taken",
    "decided",
    "recorded",
    "event_out",
    "answer_out",
    "delivered",
    "sent",
];

/// All traces of this boss.
#[derive(Clone)]
pub(super) struct Traces {
    letterbox: Letterbox,
    space: Arc<Semaphore>,
}

/// There are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// What is followed, checked.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    /// By its name.
    Queue(String),
    /// By the id.
    User(String),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Process {
    /// How far its host's clock is ahead of the boss's, about.
    clock_ahead_ms: i64,
    /// How exact that is: what the question took.
    round_trip_ms: u64,
}

impl Traces {
    /// None yet.
    pub(super) fn new(letterbox: Letterbox) -> Traces {
        Traces { letterbox, space: Arc::new(Semaphore::new(TRACES_MAX)) }
    }

    /// An answer that ends after so many seconds.
    pub(super) fn open(&self, subject: Subject, seconds: u64) -> Result<Response, Full> {
        let permit = Arc::clone(&self.space).try_acquire_owned().map_err(|_| Full)?;
        let (pieces, unread) = channel(UNREAD_MAX);
        let trace = Trace::new(subject, self.letterbox.clone(), pieces);
        tokio::spawn(trace.run(seconds, permit));
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, Body::new(Unread(unread))).into_response())
    }
}

struct Trace {
    subject: Subject,
    letterbox: Letterbox,
    pieces: Sender<Bytes>,
    /// Of each process.
    cursors: BTreeMap<String, String>,
    /// Hops that a slower process may still tell something of before them.
    held: Vec<(u64, Row)>,
    processes: BTreeMap<String, Process>,
    missing: BTreeMap<String, String>,
    forgotten: u64,
}

/// Nobody reads any more.
struct Gone;

impl Trace {
    fn new(subject: Subject, letterbox: Letterbox, pieces: Sender<Bytes>) -> Trace {
        Trace {
            subject,
            letterbox,
            pieces,
            cursors: BTreeMap::new(),
            held: Vec::new(),
            processes: BTreeMap::new(),
            missing: BTreeMap::new(),
            forgotten: 0,
        }
    }

    async fn run(mut self, seconds: u64, _permit: OwnedSemaphorePermit) {
        let end_ms = clock::now().ms + seconds * 1_000;
        let mut begun = false;
        let why = loop {
            let Ok(before_ms) = self.ask().await else {
                break "the boss is stopping or far behind";
            };
            if !std::mem::replace(&mut begun, true) && self.begin(seconds).is_err() {
                return;
            }
            let is_over = clock::now().ms >= end_ms;
            let before_ms = if is_over { u64::MAX } else { before_ms };
            if self.tell(before_ms).is_err() {
                return;
            }
            if is_over {
                break "its time is over";
            }
            let left_ms = end_ms.saturating_sub(clock::now().ms).min(EVERY_MS);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left_ms)) => {}
                () = self.pieces.closed() => return,
            }
        };
        self.put("end", &json!({ "why": why, "forgotten": self.forgotten })).ok();
    }

    /// Asks all processes; the moment before which nothing is missing of those that answered.
    async fn ask(&mut self) -> Result<u64, NoReply> {
        let asked_unix_ms = clock::now().unix_ms;
        let ids = self.letterbox.look(|boss, _| {
            let roles = [NodeRole::Gateway, NodeRole::QueueNode];
            roles.into_iter().flat_map(|role| boss.linked_of(role)).collect::<Vec<_>>()
        });
        let ids = ids.await?;
        let mut asked = JoinSet::new();
        for id in ids {
            let (name, letterbox) = (id.as_str().to_owned(), self.letterbox.clone());
            let path = self.path(&name);
            asked.spawn(async move {
                let before = clock::now();
                let answer = fleet::ask(&letterbox, id, path).await;
                (name, answer, before, clock::now())
            });
        }
        self.missing.clear();
        while let Some(answered) = asked.join_next().await {
            let (node, answer, before, after) = answered.map_err(|_| NoReply)?;
            let took_ms = after.ms.saturating_sub(before.ms);
            match answer.and_then(|body| {
                serde_json::from_slice::<Value>(&body).map_err(|_| "it answered no JSON".to_owned())
            }) {
                Ok(answer) => self.take(node, answer, (before.unix_ms + took_ms / 2, took_ms)),
                Err(why) => {
                    self.missing.insert(node, why);
                }
            }
        }
        Ok(asked_unix_ms)
    }

    fn path(&self, node: &str) -> String {
        let subject = match &self.subject {
            Subject::Queue(queue) => format!("queue={}", fleet::escaped(queue)),
            Subject::User(user) => format!("user={}", fleet::escaped(user)),
        };
        let after = self.cursors.get(node).map_or("", String::as_str);
        format!("/trace?{subject}&after={after}")
    }

    /// What a process has told is believed as far as it fits.
    fn take(&mut self, node: String, mut answer: Value, (middle_ms, round_trip_ms): (u64, u64)) {
        if let Some(cursor) = answer["cursor"].as_str() {
            self.cursors.insert(node.clone(), fleet::escaped(cursor));
        }
        self.forgotten += answer["forgotten"].as_u64().unwrap_or_default();
        let now_ms = answer["now_ms"].as_u64().unwrap_or(middle_ms);
        let ahead_ms = now_ms as i64 - middle_ms as i64;
        // What a round trip can explain is no difference.
        let is_same = ahead_ms.unsigned_abs() <= round_trip_ms / 2 + 1;
        let clock_ahead_ms = if is_same { 0 } else { ahead_ms };
        let known = self.processes.get(&node);
        // The quickest answer says it best.
        if known.is_none_or(|known| round_trip_ms <= known.round_trip_ms) {
            self.processes.insert(node.clone(), Process { clock_ahead_ms, round_trip_ms });
        }
        let ahead_ms = self.processes.get(&node).map_or(0, |process| process.clock_ahead_ms);
        let hops = answer["hops"].as_array_mut().map(std::mem::take).unwrap_or_default();
        for hop in hops.into_iter().take(HOPS_MAX) {
            let Value::Object(mut hop) = hop else { continue };
            let at_ms = hop.get("at_ms").and_then(Value::as_u64).unwrap_or_default();
            hop.insert("node".to_owned(), node.clone().into());
            self.held.push((at_ms.saturating_add_signed(-ahead_ms), hop));
        }
    }

    fn begin(&self, seconds: u64) -> Result<(), Gone> {
        let mut begin = json!({ "seconds": seconds, "processes": self.processes });
        match &self.subject {
            Subject::Queue(queue) => begin["queue"] = queue.as_str().into(),
            Subject::User(user) => begin["user"] = user.as_str().into(),
        }
        self.put("begin", &begin)
    }

    /// Tells what came before this moment, in its order; with nothing it is a heartbeat.
    fn tell(&mut self, before_ms: u64) -> Result<(), Gone> {
        let (mut ready, held): (Vec<_>, Vec<_>) =
            self.held.drain(..).partition(|(at_ms, _)| *at_ms < before_ms);
        self.held = held;
        ready.sort_by_key(|(at_ms, hop)| (*at_ms, rank(hop)));
        let hops: Vec<Row> = ready.into_iter().map(|(_, hop)| hop).collect();
        let missing: Vec<Value> =
            self.missing.iter().map(|(node, why)| json!({ "node": node, "why": why })).collect();
        self.put("hops", &json!({ "hops": hops, "missing": missing }))
    }

    fn put(&self, name: &str, data: &Value) -> Result<(), Gone> {
        let piece = format!("event: {name}\ndata: {data}\n\n");
        self.pieces.try_send(piece.into()).map_err(|_| Gone)
    }
}

fn rank(hop: &Row) -> usize {
    let step = hop.get("step").and_then(Value::as_str).unwrap_or_default();
    STEPS.iter().position(|known| *known == step).unwrap_or(STEPS.len())
}
