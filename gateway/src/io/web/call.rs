//! `POST /rpc/v1/<method>`: one operation of the back end, JSON in and out.

use std::sync::Arc;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method as HttpMethod};
use axum::response::Response;
use member::io::http::server::body::{self, Unread};
use proto::codes::Status;
use proto::g2q::request::Body;
use proto::json::{self, JsonError};
use proto::limits;
use proto::name::{self, UserId};

use super::answer::{Outcome, Refusal, respond};
use super::exchange::Full;
use super::keys::Holder;
use super::methods::{self, BATCH, Method};
use super::scheduler::NOBODY;
use super::shares::{Held, TooMuch};
use super::{Door, REFUSAL_COST, batch};
use crate::machine::WebRequest;

/// Where the back end names a request of its own.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub(super) async fn call(
    State(door): State<Arc<Door>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    if request.method() != HttpMethod::POST {
        let sentence = format!("{} is not served here: use POST", request.method());
        return Err(Refusal::method("POST", sentence));
    }
    let holder = door.keys.holder(request.headers());
    let holder = match holder {
        Ok(holder) => holder,
        Err(refusal) => {
            door.scheduler.wait(NOBODY, REFUSAL_COST).await;
            return Err(refusal);
        }
    };
    // A name that is no text is the name of no method.
    let Path(name) = name.unwrap_or_else(|_| Path(String::new()));
    if name == BATCH {
        return batch::batch(&door, holder, request).await;
    }
    let method = method_of(&name)?;
    let key = idempotency_key(request.headers());
    let (body, held) = body_of(&door, holder, request, limits::CLIENT_FRAME_BYTES_MAX).await?;
    door.scheduler.wait(holder.account, body.len()).await;
    let request = operation(holder, method, text_of(&body)?, key)?;
    drop(body);
    let answers = door.exchange.ask(holder.account, vec![request]).map_err(too_many)?;
    let reply = answers.all(&door.exchange).await.pop().flatten();
    let reply = reply.ok_or_else(Refusal::no_answer)?;
    let Outcome { http, body } = Outcome::of(method.name, holder, reply);
    door.scheduler.charge(holder.account, body.len());
    Ok(respond(http, held.answer(body)))
}

/// The method of this name.
pub(super) fn method_of(name: &str) -> Result<&'static Method, Refusal> {
    methods::named(name).ok_or_else(|| {
        let known: Vec<&str> = methods::METHODS.iter().map(|method| method.name).collect();
        let sentence = format!("no method is named {name:?}: there are {}", known.join(", "));
        Refusal::new(Status::NotFound, sentence)
    })
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<Vec<u8>> {
    headers.get(IDEMPOTENCY_KEY).map(|key| key.as_bytes().to_vec())
}

/// The whole body, if it is no longer than this and its key may have so much here. One that says
/// beforehand that it is too long isn't read at all.
pub(super) async fn body_of(
    door: &Door,
    holder: &Holder,
    request: Request,
    bytes_max: usize,
) -> Result<(Bytes, Held), Refusal> {
    let body = request.into_body();
    let hint = body.size_hint();
    if hint.lower() > bytes_max as u64 {
        return Err(Refusal::unread(Unread::TooLong(bytes_max)));
    }
    // One that doesn't say how long it is may become as long as it may.
    let bytes = hint.upper().and_then(|upper| usize::try_from(upper).ok()).unwrap_or(bytes_max);
    let held = door.shares.hold(holder.account, bytes.min(bytes_max)).map_err(too_much)?;
    let body = body::read(body, bytes_max).await.map_err(Refusal::unread)?;
    Ok((body, held))
}

pub(super) fn text_of(body: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(body)
        .map_err(|_| Refusal::new(Status::Invalid, "the body is not UTF-8: send JSON"))
}

/// The request of this body, if it may be made.
pub(super) fn operation(
    holder: &Holder,
    method: &Method,
    text: &str,
    idempotency_key: Option<Vec<u8>>,
) -> Result<WebRequest, Refusal> {
    let mut body = json::operation(method.name, text).map_err(|error| {
        let status = match error {
            JsonError::Method(_) => Status::Unimplemented,
            JsonError::Text { .. } | JsonError::Bytes(_) => Status::Invalid,
        };
        Refusal::new(status, error.to_string())
    })?;
    let queue = queue_of(&body)?;
    if let Some(scope) = method.scope {
        holder.may(scope, queue.as_deref())?;
    }
    if let Body::ListQueues(list) = &mut body {
        // Not left to the reply: where its page ends says a name, too.
        list.patterns = holder.patterns().to_vec();
    }
    if let Body::JoinUser(join) = &mut body {
        join.discreet = queue_of_user(&join.user).is_ok_and(|queue| !holder.may_name(&queue));
    }
    let body_hash = match &idempotency_key {
        Some(_) => name::hash(&[method.name, " ", text].concat().into_bytes()),
        // The lane draws a key, which no other request has.
        None => 0,
    };
    Ok(WebRequest { number: 0, queue, body, key_id: holder.id, idempotency_key, body_hash })
}

/// The queue that an operation names, if it does; of a user, the user's own.
fn queue_of(operation: &Body) -> Result<Option<String>, Refusal> {
    let queue = match operation {
        Body::SendMessage(one) => &one.queue,
        Body::SendState(one) => &one.queue,
        Body::GetState(one) => &one.queue,
        Body::GetHistory(one) => &one.queue,
        Body::ListMembers(one) => &one.queue,
        Body::CreateQueue(one) => &one.queue,
        Body::DeleteQueue(one) => &one.queue,
        Body::GetQueue(one) => &one.queue,
        Body::CreateMount(one) => &one.queue,
        Body::DeleteMount(one) => &one.queue,
        Body::JoinUser(one) => &one.queue,
        Body::RemoveUser(one) => &one.queue,
        Body::GetUser(one) => return queue_of_user(&one.user).map(Some),
        Body::DisconnectUser(one) => return queue_of_user(&one.user).map(Some),
        Body::ListQueues(_) => return Ok(None),
    };
    Ok((!queue.is_empty()).then(|| queue.clone()))
}

fn queue_of_user(user: &str) -> Result<String, Refusal> {
    let user = UserId::try_from(user)
        .map_err(|error| Refusal::new(Status::Invalid, format!("user: {error}")))?;
    Ok(name::user_queue(user))
}

/// The key has as many requests under way as it may.
pub(super) fn too_many(Full { requests_max }: Full) -> Refusal {
    Refusal::later(format!(
        "this API key may have {requests_max} requests under way at this gateway, counting the \
         items of batches: wait for answers before you send more"
    ))
}

/// The key has as many bytes under way as it may.
fn too_much(TooMuch { bytes_max }: TooMuch) -> Refusal {
    Refusal::later(format!(
        "this API key may have {bytes_max} bytes of bodies and answers under way at this gateway: \
         wait for answers, and read them"
    ))
}

#[cfg(test)]
mod tests;
