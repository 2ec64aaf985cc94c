//! `/api/v1/trace`: what becomes of the messages of one queue or one user, of all processes, as it
//! comes; it ends by itself. Processes keep it while they are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use link::io::clock;
use member::machine::trace::Subject;
use proto::name::NodeId;
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
pub(super) const SECONDS: u64 = 30;
/// And at most.
pub(super) const SECONDS_MAX: u64 = 300;
/// So often processes are asked.
const EVERY_MS: u64 = 250;
/// Who hasn't answered by then is asked again the next time: the others mustn't be late, or they
/// stop following.
const ANSWER_MS_MAX: u64 = 1_000;
/// A reader hears something so often, so that silence is the end.
const HEARTBEAT_MS: u64 = 2_000;
/// Pieces that a reader hasn't read: for as long as there are so many, nobody is asked.
const UNREAD_MAX: usize = 8;
/// And if it reads none of them for so long, its trace ends.
const UNREAD_MS_MAX: u64 = 5_000;
/// Hops of one piece.
const PIECE_HOPS_MAX: usize = 256;
/// Hops of one answer: more than a process of 64 lanes keeps.
const HOPS_MAX: usize = 64 * proto::limits::TRACE_HOPS_MAX;
const _: () = assert!(ANSWER_MS_MAX + EVERY_MS < proto::limits::TRACE_UNASKED_MS);

/// All traces of this boss.
#[derive(Clone)]
pub(super) struct Traces {
    letterbox: Letterbox,
    space: Arc<Semaphore>,
}

/// There are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A process that has answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Process {
    /// How far its host's clock is ahead of the boss's, about.
    clock_ahead_ms: i64,
    /// How exact that is: what the question took.
    round_trip_ms: u64,
}

/// What a process has answered, and when it was asked and heard.
struct Answered {
    node: String,
    answer: Result<Value, String>,
    middle_unix_ms: u64,
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
        let trace = Trace {
            subject,
            letterbox: self.letterbox.clone(),
            pieces,
            cursors: BTreeMap::new(),
            held: Vec::new(),
            processes: BTreeMap::new(),
            silent: BTreeMap::new(),
            missing: BTreeSet::new(),
            missed: 0,
            said_ms: 0,
        };
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
    /// Hops with their time by the boss's clock: another process may still tell something of before
    /// them.
    held: Vec<(u64, Row)>,
    processes: BTreeMap<String, Process>,
    /// Who told nothing this time, and why.
    silent: BTreeMap<String, String>,
    /// Who has been named for it.
    missing: BTreeSet<String>,
    missed: u64,
    said_ms: u64,
}

/// Why it ends before its time without a word: nobody reads any more.
struct Gone;

impl Trace {
    async fn run(mut self, seconds: u64, _permit: OwnedSemaphorePermit) {
        let end_ms = clock::now().ms + seconds * 1_000;
        let mut has_begun = false;
        let reason = loop {
            let asked_us = clock::unix_us();
            let answers = tokio::select! {
                answers = self.ask() => answers,
                () = self.pieces.closed() => return,
            };
            let Ok(answers) = answers else { break "the boss is stopping or far behind" };
            self.take(answers);
            let is_over = clock::now().ms >= end_ms;
            let begun = match std::mem::replace(&mut has_begun, true) {
                true => Ok(()),
                false => self.begin(seconds).await,
            };
            // Of what came since the question, others may still tell something earlier.
            let before_us = if is_over { u64::MAX } else { asked_us };
            if begun.is_err() || self.tell(before_us).await.is_err() {
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
        self.put("end", &json!({ "reason": reason, "missed": self.missed })).await.ok();
    }

    /// Asks all gateways and queue nodes that there are now.
    async fn ask(&self) -> Result<Vec<Answered>, NoReply> {
        let ids = self.letterbox.look(|boss, _| {
            let roles = [NodeRole::Gateway, NodeRole::QueueNode];
            roles.into_iter().flat_map(|role| boss.linked_of(role)).collect::<Vec<NodeId>>()
        });
        let mut asked = JoinSet::new();
        let space = Arc::new(Semaphore::new(fleet::ASKED_MAX));
        for id in ids.await? {
            let (letterbox, space, path) =
                (self.letterbox.clone(), Arc::clone(&space), self.path(id.as_str()));
            asked.spawn(async move {
                // It is never closed.
                let _permit = space.acquire().await;
                ask_one(&letterbox, id, path).await
            });
        }
        let mut all = Vec::new();
        while let Some(answered) = asked.join_next().await {
            all.push(answered.map_err(|_| NoReply)?);
        }
        // Of hops of the same time the order is always the same.
        all.sort_by(|a, b| a.node.cmp(&b.node));
        Ok(all)
    }

    fn path(&self, node: &str) -> String {
        let subject = match &self.subject {
            Subject::Queue(queue) => format!("queue={}", fleet::escaped(queue)),
            Subject::User(user) => format!("user={}", fleet::escaped(user)),
        };
        let after = self.cursors.get(node).map_or("", String::as_str);
        format!("/trace?{subject}&after={after}")
    }

    /// What processes have told is believed as far as it fits.
    fn take(&mut self, answers: Vec<Answered>) {
        let mut silent: BTreeMap<String, String> = self
            .processes
            .keys()
            .filter(|known| answers.iter().all(|it| it.node != **known))
            .map(|gone| (gone.clone(), "it has no link with the boss any more".to_owned()))
            .collect();
        for Answered { node, answer, middle_unix_ms, round_trip_ms } in answers {
            match answer {
                Ok(answer) => self.take_one(node, answer, (middle_unix_ms, round_trip_ms)),
                Err(why) => drop(silent.insert(node, why)),
            }
        }
        self.silent = silent;
    }

    fn take_one(
        &mut self,
        node: String,
        mut answer: Value,
        (middle_unix_ms, round_trip_ms): (u64, u64),
    ) {
        if let Some(next) = answer["next"].as_str() {
            self.cursors.insert(node.clone(), fleet::escaped(next));
        }
        self.missed += answer["missed"].as_u64().unwrap_or_default();
        let now_ms = answer["now_ms"].as_u64().unwrap_or(middle_unix_ms);
        let ahead_ms = now_ms as i64 - middle_unix_ms as i64;
        // What a round trip can explain is no difference.
        let is_same = ahead_ms.unsigned_abs() <= round_trip_ms / 2 + 1;
        let clock_ahead_ms = if is_same { 0 } else { ahead_ms };
        // The quickest answer says it best.
        let known = self.processes.get(&node);
        if known.is_none_or(|known| round_trip_ms < known.round_trip_ms) {
            self.processes.insert(node.clone(), Process { clock_ahead_ms, round_trip_ms });
        }
        let ahead_ms = self.processes.get(&node).map_or(0, |process| process.clock_ahead_ms);
        let hops = answer["hops"].as_array_mut().map(std::mem::take).unwrap_or_default();
        for hop in hops.into_iter().take(HOPS_MAX) {
            let Value::Object(mut hop) = hop else { continue };
            let at_us = hop.get("at_us").and_then(Value::as_u64).unwrap_or_default();
            hop.insert("node".to_owned(), node.clone().into());
            self.held.push((at_us.saturating_add_signed(-ahead_ms.saturating_mul(1_000)), hop));
        }
    }

    async fn begin(&mut self, seconds: u64) -> Result<(), Gone> {
        let mut begin = json!({ "seconds": seconds, "processes": self.processes });
        match &self.subject {
            Subject::Queue(queue) => begin["queue"] = queue.as_str().into(),
            Subject::User(user) => begin["user"] = user.as_str().into(),
        }
        self.put("begin", &begin).await
    }

    /// Tells what came before this moment, in its order, and who tells nothing, once.
    async fn tell(&mut self, before_us: u64) -> Result<(), Gone> {
        for (node, why) in std::mem::take(&mut self.silent) {
            if !self.missing.contains(&node) {
                self.put("missing", &json!({ "node": node, "why": why })).await?;
                self.missing.insert(node);
            }
        }
        let (mut ready, held): (Vec<_>, Vec<_>) =
            self.held.drain(..).partition(|(at_us, _)| *at_us < before_us);
        self.held = held;
        // What one process tells of one turn stays as it is.
        ready.sort_by_key(|(at_us, _)| *at_us);
        let hops: Vec<Row> = ready.into_iter().map(|(_, hop)| hop).collect();
        if hops.is_empty() && clock::now().ms < self.said_ms + HEARTBEAT_MS {
            return Ok(());
        }
        for some in hops.chunks(PIECE_HOPS_MAX) {
            self.put("hops", &json!({ "hops": some })).await?;
        }
        if hops.is_empty() {
            self.put("hops", &json!({ "hops": [] })).await?;
        }
        Ok(())
    }

    async fn put(&mut self, name: &str, data: &Value) -> Result<(), Gone> {
        self.said_ms = clock::now().ms;
        let piece = format!("event: {name}\ndata: {data}\n\n");
        let limit = Duration::from_millis(UNREAD_MS_MAX);
        match tokio::time::timeout(limit, self.pieces.send(piece.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

async fn ask_one(letterbox: &Letterbox, id: NodeId, path: String) -> Answered {
    let (node, asked) = (id.as_str().to_owned(), clock::now());
    let limit = Duration::from_millis(ANSWER_MS_MAX);
    let answer = match tokio::time::timeout(limit, fleet::ask(letterbox, id, path)).await {
        Ok(answer) => answer.and_then(|body| {
            serde_json::from_slice(&body).map_err(|_| "it answered no JSON".to_owned())
        }),
        Err(_) => Err(format!("it didn't answer within {ANSWER_MS_MAX} ms")),
    };
    let round_trip_ms = clock::now().ms.saturating_sub(asked.ms);
    Answered { node, answer, middle_unix_ms: asked.unix_ms + round_trip_ms / 2, round_trip_ms }
}
