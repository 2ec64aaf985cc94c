//! `POST /rpc/v1/<method>`: one operation of the back end, JSON in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use link::io::http::Board;
use proto::codes::Status;
use proto::g2q::request::Body;
use proto::json;
use proto::limits;
use proto::q2g::QueueInfo;
use serde_json::{Value, json};

use crate::io::mail::{Letter, Letterbox};
use crate::machine::{WebReply, WebRequest};

/// Longer than the lane waits for the home, so that the lane's word comes first.
const ANSWER_MS_MAX: u64 = 4 * limits::KEYLESS_RESEND_MS;

struct Door {
    keys: Vec<String>,
    lane: Letterbox,
}

/// The routes of the back end's door, with those that every process has.
pub(in crate::io) fn routes(keys: &[String], lane: Letterbox, board: Board) -> Router {
    let door = Arc::new(Door { keys: keys.to_vec(), lane });
    Router::new()
        .route("/rpc/v1/{method}", post(call))
        .layer(DefaultBodyLimit::max(limits::CLIENT_FRAME_BYTES_MAX))
        .with_state(door)
        .merge(link::io::http::routes(board))
}

/// An error as the back end sees it.
struct Refusal {
    status: Status,
    message: String,
}

impl Refusal {
    fn new(status: Status, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let row = self.status.row();
        let body = json!({ "error": {
            "status": self.status.number(),
            "code": row.name,
            "message": self.message,
            "may_retry": self.status == Status::Unavailable,
        }});
        respond(row.http, body.to_string())
    }
}

fn respond(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn call(
    State(door): State<Arc<Door>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let key_id = authenticate(&door, &headers)?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| Refusal::new(Status::Invalid, "the body is not UTF-8: send JSON"))?;
    let operation = json::operation(&method, text).map_err(|error| match error {
        json::JsonError::Method(_) => Refusal::new(Status::NotFound, error.to_string()),
        json::JsonError::Text { .. } | json::JsonError::Bytes(_) => {
            Refusal::new(Status::Invalid, error.to_string())
        }
    })?;
    let request = WebRequest {
        number: 0,
        queue: queue_of(&operation),
        body: operation,
        key_id,
        idempotency_key: headers.get("idempotency-key").map(|key| key.as_bytes().to_vec()),
        body_hash: proto::name::hash(&[method.as_bytes(), b" ", &body].concat()),
    };
    let (answer, answered) = tokio::sync::oneshot::channel();
    door.lane.put(Letter::Ask(request, answer)).map_err(|_| {
        Refusal::new(Status::Unavailable, "too many requests wait at this gateway: try again")
    })?;
    let reply = tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), answered).await;
    match reply {
        Ok(Ok(reply)) => Ok(answer_of(&method, &reply)),
        Ok(Err(_)) | Err(_) => Err(Refusal::new(
            Status::OutcomeUnknown,
            "no answer in time: send it again with the same Idempotency-Key",
        )),
    }
}

/// Which key asks: by a hash, so that gateways with the same keys give the same.
fn authenticate(door: &Door, headers: &HeaderMap) -> Result<u64, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    let given = given.ok_or_else(|| {
        Refusal::new(Status::Unauthenticated, "send an API key: `Authorization: Bearer <key>`")
    })?;
    // Hashes are compared, so that the time taken says nothing of how much of a key was right.
    let hash = proto::name::hash(given.as_bytes());
    let known =
        door.keys.iter().any(|key| proto::name::hash(key.as_bytes()) == hash && *key == *given);
    if known {
        Ok(hash)
    } else {
        Err(Refusal::new(Status::Unauthenticated, "this API key is not one of the gateway's"))
    }
}

/// The queue that an operation names; of a user, the user's own.
fn queue_of(operation: &Body) -> String {
    match operation {
        Body::SendMessage(one) => one.queue.clone(),
        Body::SendState(one) => one.queue.clone(),
        Body::GetState(one) => one.queue.clone(),
        Body::GetHistory(one) => one.queue.clone(),
        Body::ListMembers(one) => one.queue.clone(),
        Body::CreateQueue(one) => one.queue.clone(),
        Body::DeleteQueue(one) => one.queue.clone(),
        Body::GetQueue(one) => one.queue.clone(),
        Body::CreateMount(one) => one.queue.clone(),
        Body::DeleteMount(one) => one.queue.clone(),
        Body::JoinUser(one) => one.queue.clone(),
        Body::RemoveUser(one) => one.queue.clone(),
        Body::GetUser(one) => format!("/user/{}", one.user),
        Body::DisconnectUser(one) => format!("/user/{}", one.user),
        Body::ListQueues(_) => String::new(),
    }
}

fn answer_of(method: &str, reply: &WebReply) -> Response {
    let result = &reply.result;
    let status = Status::from_number(result.status).unwrap_or(Status::OutcomeUnknown);
    if status != Status::Ok {
        let message = result.error_message.clone();
        return Refusal::new(status, message.unwrap_or_else(|| status.row().meaning.to_owned()))
            .into_response();
    }
    let body = match (method, &reply.queue) {
        ("get_queue", Some(queue)) => json!({ "queue": queue_info(queue) }).to_string(),
        ("list_queues", _) => {
            let mut body = json!({ "queues": reply.queues });
            if !result.next.is_empty() {
                body["next"] = Value::from(result.next.clone());
            }
            body.to_string()
        }
        _ => json::result_body(result),
    };
    respond(Status::Ok.row().http, body)
}

fn queue_info(queue: &QueueInfo) -> Value {
    let mounts = queue.mounts.iter().map(|mount| {
        json!({
            "name": mount.name,
            "kind": mount.kind().as_str_name(),
            "entries": mount.entries,
            "bytes": mount.bytes,
        })
    });
    json!({
        "queue": queue.queue,
        "epoch": queue.epoch,
        "seq": queue.seq,
        "members": queue.members,
        "created_at_ms": queue.created_at_ms,
        "class": queue.class,
        "mounts": mounts.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
