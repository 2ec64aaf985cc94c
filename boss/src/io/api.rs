//! `/api/v1`: what the page, `imq ctl` and other programs ask. Changing needs a key, reading does
//! where there is one for it.

mod adopt;
mod calls;
mod config;
mod keys;
mod trace;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use link::io::clock;
use member::io::http::server::body::Unread;
use proto::codes::Status;
use proto::g2c::Kind;
use proto::name::QueueName;
use proto::q2g::QueueInfo;
use serde::{Deserialize, Serialize};

pub(super) use self::keys::Keys;

use super::mail::{Letterbox, Mail, NoReply};
use super::stream::{READERS_MAX, Streams};
use super::trace::Traces;
use crate::machine::{Answer, view};

/// What handlers share.
#[derive(Clone)]
struct Api {
    letterbox: Letterbox,
    keys: Keys,
    streams: Streams,
    traces: Traces,
}

/// The routes of the interface.
pub(super) fn routes(letterbox: Letterbox, keys: Keys) -> Router {
    let streams = Streams::new(letterbox.clone());
    let traces = Traces::new(letterbox.clone());
    Router::new()
        .route("/api/v1/nodes", get(nodes))
        .route("/api/v1/status", get(status))
        .route("/api/v1/table", get(table))
        .route("/api/v1/where", get(where_is))
        .route("/api/v1/queues", get(queues))
        .route("/api/v1/events", get(events))
        .route("/api/v1/history", get(history))
        .route("/api/v1/stream", get(stream))
        .route("/api/v1/connections", get(calls::connections))
        .route("/api/v1/busy", get(calls::busy))
        .route("/api/v1/trace", get(trace::trace))
        .route("/api/v1/rpc/{method}", post(calls::rpc))
        .route("/api/v1/config", get(config::show).post(config::replace))
        .route("/api/v1/config/history", get(config::history))
        .route("/api/v1/config/rollback", post(config::roll_back))
        .route("/api/v1/adopt", post(adopt::adopt))
        .route("/api/v1/drain", post(drain))
        .route_layer(middleware::from_fn_with_state(keys.clone(), keys::reading))
        .with_state(Api { letterbox, keys, streams, traces })
}

/// An answer that is no success: a status and a sentence, as everywhere in imq.
#[derive(Debug)]
struct Refusal {
    status: Status,
    http: u16,
    message: String,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct RefusalBody<'a> {
    error: RefusalError<'a>,
}

#[derive(Serialize)]
struct RefusalError<'a> {
    status: u32,
    code: &'a str,
    message: &'a str,
    may_retry: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    problems: &'a [String],
}

impl Refusal {
    fn new(status: Status, message: impl Into<String>) -> Refusal {
        let http = status.row().http;
        Refusal { status, http, message: message.into(), problems: Vec::new() }
    }

    fn no_table() -> Refusal {
        Refusal::new(Status::Unavailable, "there is no table yet: no queue node has registered")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let row = self.status.row();
        let http = StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = RefusalError {
            status: self.status.number(),
            code: row.name,
            message: &self.message,
            may_retry: self.status == Status::Unavailable,
            problems: &self.problems,
        };
        (http, Json(RefusalBody { error })).into_response()
    }
}

impl From<NoReply> for Refusal {
    fn from(NoReply: NoReply) -> Refusal {
        Refusal::new(Status::Unavailable, "the boss is stopping or far behind: ask again")
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Refusal {
        let (status, http, message) = unread.refusal();
        Refusal { http, ..Refusal::new(status, message) }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(_: QueryRejection) -> Refusal {
        Refusal::new(Status::Invalid, "name the queue: ?queue=/room/1")
    }
}

#[derive(Deserialize)]
struct Asked {
    queue: String,
}

async fn nodes(State(api): State<Api>) -> Result<Json<view::Nodes>, Refusal> {
    Ok(Json(api.letterbox.look(|boss, now| boss.nodes(now)).await?))
}

async fn status(State(api): State<Api>) -> Result<Json<view::Status>, Refusal> {
    Ok(Json(api.letterbox.look(|boss, _| boss.status()).await?))
}

async fn table(State(api): State<Api>) -> Result<Json<view::Table>, Refusal> {
    let table = api.letterbox.look(|boss, _| boss.table_view()).await?;
    table.map(Json).ok_or_else(Refusal::no_table)
}

async fn events(State(api): State<Api>) -> Result<Json<view::Events>, Refusal> {
    Ok(Json(api.letterbox.look(|boss, _| boss.events()).await?))
}

async fn history(State(api): State<Api>) -> Result<Json<view::Past>, Refusal> {
    Ok(Json(api.letterbox.look(|boss, _| boss.past()).await?))
}

async fn stream(State(api): State<Api>) -> Result<Response, Refusal> {
    let full = |_| {
        let message = format!("{READERS_MAX} are reading the stream already: poll, or close one");
        Refusal::new(Status::Unavailable, message)
    };
    api.streams.open().map_err(full)
}

async fn where_is(
    State(api): State<Api>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<view::Where>, Refusal> {
    let queue = checked(asked?.0)?;
    let place = api.letterbox.look(move |boss, now| {
        let name = QueueName::try_from(queue.as_str()).ok()?;
        boss.where_is(now, name)
    });
    place.await?.map(Json).ok_or_else(Refusal::no_table)
}

/// `/api/v1/queues`: what is in a queue, as its home says.
#[derive(Serialize)]
struct Contents {
    queue: String,
    found: bool,
    #[serde(flatten)]
    info: Option<Info>,
    asked_at_ms: u64,
    took_ms: u64,
}

#[derive(Serialize)]
struct Info {
    epoch: u64,
    seq: u64,
    members: u32,
    created_at_ms: u64,
    class: String,
    mounts: Vec<Mount>,
}

#[derive(Serialize)]
struct Mount {
    name: String,
    kind: &'static str,
    entries: u32,
    bytes: u64,
}

impl From<QueueInfo> for Info {
    fn from(info: QueueInfo) -> Info {
        let mounts = info.mounts.into_iter().map(|mount| Mount {
            kind: match mount.kind() {
                Kind::Message => "message",
                Kind::State => "state",
            },
            name: mount.name,
            entries: mount.entries,
            bytes: mount.bytes,
        });
        Info {
            epoch: info.epoch,
            seq: info.seq,
            members: info.members,
            created_at_ms: info.created_at_ms,
            class: info.class,
            mounts: mounts.collect(),
        }
    }
}

async fn queues(
    State(api): State<Api>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Contents>, Refusal> {
    let queue = checked(asked?.0)?;
    let asked_at = clock::now();
    let name = queue.clone();
    match api.letterbox.ask(|reply| Mail::Inspect(name, reply)).await? {
        Answer::Queue(info) => Ok(Json(Contents {
            queue,
            found: info.is_some(),
            info: info.map(Info::from),
            asked_at_ms: asked_at.unix_ms,
            took_ms: clock::now().ms.saturating_sub(asked_at.ms),
        })),
        other @ (Answer::Called { .. }
        | Answer::Configured(_)
        | Answer::Adopted(_)
        | Answer::Unavailable(_)
        | Answer::Late(_)) => Err(not_done(other)),
    }
}

async fn drain(State(api): State<Api>, headers: HeaderMap) -> Refusal {
    match api.keys.may_change(&headers) {
        Err(refusal) => refusal,
        Ok(()) => Refusal::new(
            Status::Unimplemented,
            "this version can't move buckets: if you stop the node, what it holds is lost",
        ),
    }
}

fn checked(asked: Asked) -> Result<String, Refusal> {
    match QueueName::try_from(asked.queue.as_str()) {
        Ok(_) => Ok(asked.queue),
        Err(error) => Err(Refusal::new(Status::Invalid, error.to_string())),
    }
}

fn not_done(answer: Answer) -> Refusal {
    match answer {
        Answer::Unavailable(reason) => Refusal::new(Status::Unavailable, reason),
        Answer::Late(reason) => Refusal::new(Status::OutcomeUnknown, reason),
        Answer::Queue(_) | Answer::Called { .. } | Answer::Configured(_) | Answer::Adopted(_) => {
            Refusal::new(Status::Unavailable, "the boss answered another question: ask again")
        }
    }
}
