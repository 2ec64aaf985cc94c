//! What all processes of a role say over HTTP, made one: connections, busy queues, and what each
//! process takes of its machine. What they say is believed as far as it fits.

use std::collections::BTreeMap;

use link::io::clock;
use proto::name::NodeId;
use proto::text::Foreign;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::mail::{Letterbox, Mail, NoReply};
use crate::machine::Answer;
use crate::machine::boss::{Call, Callee};
use crate::machine::roster::NodeRole;

/// So many of what is sorted are shown at most.
pub(super) const TOP_MAX: usize = 100;
/// So many processes are asked at once.
pub(super) const ASKED_MAX: usize = 64;

/// What connections are sorted by, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Bytes that their clients don't take.
    Unsent,
    /// Queues that their clients are in.
    Subscriptions,
    /// Operations without an answer.
    Unanswered,
}

/// `GET /api/v1/connections`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Connections {
    /// As gateways tell them, with the gateway's id.
    connections: Vec<Row>,
    /// Who answered nothing that could be used.
    missing: Vec<Missing>,
}

/// `GET /api/v1/busy`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Busy {
    /// As queue nodes tell them, with the node's id.
    queues: Vec<Row>,
    /// Who answered nothing that could be used.
    missing: Vec<Missing>,
}

/// What a process takes of its machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Process {
    memory_bytes: Option<f64>,
    open_files: Option<f64>,
    open_files_max: Option<f64>,
    /// Of a core, since it was asked before.
    cpu: Option<f64>,
    version: Option<String>,
    #[serde(skip)]
    cpu_s: Option<f64>,
    #[serde(skip)]
    asked_ms: u64,
}

/// All processes, by id.
pub(super) type Processes = BTreeMap<String, Process>;

/// Something with fields, as a process tells it.
pub(super) type Row = Map<String, Value>;

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Missing {
    node: String,
    why: String,
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Order::Unsent => "unsent",
            Order::Subscriptions => "subscriptions",
            Order::Unanswered => "unanswered",
        }
    }

    fn field(self) -> &'static str {
        match self {
            Order::Unsent => "unsent_bytes",
            Order::Subscriptions => "subscriptions",
            Order::Unanswered => "unanswered",
        }
    }
}

/// The connections of all gateways that come first in this order.
pub(super) async fn connections(
    letterbox: &Letterbox,
    order: Order,
    top: usize,
    user: Option<&str>,
) -> Result<Connections, NoReply> {
    let user = user.map(|user| format!("&user={}", escaped(user))).unwrap_or_default();
    let path = format!("/connections?sort={}&top={top}{user}", order.name());
    let answers = ask_all(letterbox, &[NodeRole::Gateway], &path).await?;
    let (connections, missing) = merged(answers, "connections", "gateway", order.field(), top);
    Ok(Connections { connections, missing })
}

/// The busiest queues of all queue nodes.
pub(super) async fn busy(letterbox: &Letterbox, top: usize) -> Result<Busy, NoReply> {
    let path = format!("/queues/busy?top={top}");
    let answers = ask_all(letterbox, &[NodeRole::QueueNode], &path).await?;
    let (queues, missing) = merged(answers, "queues", "node", "events_per_s", top);
    Ok(Busy { queues, missing })
}

/// What each process takes of its machine, and what that is since `before`.
pub(super) async fn processes(
    letterbox: &Letterbox,
    before: &Processes,
) -> Result<Processes, NoReply> {
    let roles = &[NodeRole::Gateway, NodeRole::QueueNode];
    let answers = ask_all(letterbox, roles, "/metrics").await?;
    let now_ms = clock::now().ms;
    let told = answers.into_iter().filter_map(|(id, answer)| {
        let id = id.as_str().to_owned();
        let text = String::from_utf8(answer.ok()?).ok()?;
        let process = Process::read(&text, now_ms).since(before.get(&id));
        Some((id, process))
    });
    Ok(told.collect())
}

impl Process {
    fn read(text: &str, asked_ms: u64) -> Process {
        let mut process = Process { asked_ms, ..Process::default() };
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value = value.parse().ok().filter(|value: &f64| value.is_finite());
            match name {
                "process_resident_memory_bytes" => process.memory_bytes = value,
                "process_open_fds" => process.open_files = value,
                "process_max_fds" => process.open_files_max = value,
                "process_cpu_seconds_total" => process.cpu_s = value,
                _ => {
                    let labels = name.strip_prefix("imq_build_info{");
                    let version =
                        labels.and_then(|it| it.split_once("version=\"")?.1.split_once('"'));
                    if let Some((version, _)) = version {
                        process.version = Some(Foreign::new(version).as_str().to_owned());
                    }
                }
            }
        }
        process
    }

    fn since(mut self, before: Option<&Process>) -> Process {
        let before = before.and_then(|it| Some((it.cpu_s?, it.asked_ms)));
        if let (Some((cpu_s, asked_ms)), Some(now_s)) = (before, self.cpu_s) {
            let ms = self.asked_ms.saturating_sub(asked_ms).max(1) as f64;
            let cpu = (now_s - cpu_s).max(0.0) * 1000.0 / ms;
            self.cpu = Some((cpu * 1000.0).round() / 1000.0);
        }
        self
    }
}

/// Asks all processes of these roles; of each its answer, or why there is none.
async fn ask_all(
    letterbox: &Letterbox,
    roles: &'static [NodeRole],
    path: &str,
) -> Result<Vec<(NodeId, Result<Vec<u8>, String>)>, NoReply> {
    let linked = move |boss: &crate::machine::Boss| {
        roles.iter().flat_map(|role| boss.linked_of(*role)).collect::<Vec<NodeId>>()
    };
    let ids = letterbox.look(move |boss, _| linked(boss)).await?;
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(ASKED_MAX) {
        let mut asked = JoinSet::new();
        for id in some {
            let (letterbox, id, path) = (letterbox.clone(), id.clone(), path.to_owned());
            asked.spawn(async move {
                let answer = ask(&letterbox, id.clone(), path).await;
                (id, answer)
            });
        }
        while let Some(answered) = asked.join_next().await {
            all.push(answered.map_err(|_| NoReply)?);
        }
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(all)
}

/// Asks one process; its answer, or why there is none.
pub(super) async fn ask(
    letterbox: &Letterbox,
    id: NodeId,
    path: String,
) -> Result<Vec<u8>, String> {
    let call = Call { callee: Callee::Node(id), method: "GET", path, body: Vec::new() };
    match letterbox.ask(|reply| Mail::Call(call, reply)).await {
        Ok(Answer::Called { status: 200, body }) => Ok(body),
        Ok(Answer::Called { status, .. }) => Err(format!("it answered {status}")),
        Ok(Answer::Unavailable(reason) | Answer::Late(reason)) => Err(reason),
        Ok(Answer::Queue(_) | Answer::Configured(_) | Answer::Adopted(_)) | Err(NoReply) => {
            Err("the boss is far behind".to_owned())
        }
    }
}

/// The first rows of all that was answered, each with who told it; and who told nothing.
fn merged(
    answers: Vec<(NodeId, Result<Vec<u8>, String>)>,
    list: &str,
    teller: &str,
    field: &str,
    top: usize,
) -> (Vec<Row>, Vec<Missing>) {
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for (id, answer) in answers {
        let node = id.as_str().to_owned();
        match answer.and_then(|body| rows_of(&body, list)) {
            Ok(told) => rows.extend(told.into_iter().take(top).map(|mut row| {
                row.insert(teller.to_owned(), node.clone().into());
                row
            })),
            Err(why) => missing.push(Missing { node, why }),
        }
    }
    let by = |row: &Row| row.get(field).and_then(Value::as_f64).unwrap_or_default();
    // The order of those who told them is kept where they are equal.
    rows.sort_by(|a, b| by(b).total_cmp(&by(a)));
    rows.truncate(top);
    (rows, missing)
}

fn rows_of(body: &[u8], list: &str) -> Result<Vec<Row>, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| "it answered no JSON")?;
    let rows = answer.get(list).and_then(Value::as_array).ok_or("its answer has no list")?;
    Ok(rows.iter().filter_map(|row| row.as_object().cloned()).collect())
}

/// As it stands in a query.
pub(super) fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let byte = |byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests;
