//! What the boss asks of the other processes for an operator: back ends' methods, connections, and
//! busy queues.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use member::io::http::server::body;
use proto::codes::Status;
use proto::limits;
use serde::Deserialize;

use super::{Api, Refusal, not_done};
use crate::io::fleet::{self, Order, TOP_MAX};
use crate::io::mail::Mail;
use crate::machine::Answer;
use crate::machine::boss::{Call, Callee};

/// Methods that change nothing.
const READ: [&str; 6] =
    ["get_queue", "get_history", "get_state", "list_members", "list_queues", "get_user"];
/// The longest name of a method is half of it.
const METHOD_BYTES_MAX: usize = 40;
/// As many as are shown if nobody says.
const TOP: usize = 20;

/// `POST /api/v1/rpc/{method}`: what a gateway answers, as it is.
pub(super) async fn rpc(
    State(api): State<Api>,
    Path(method): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    match READ.contains(&method.as_str()) {
        true => api.keys.may_read(request.headers())?,
        false => api.keys.may_change(request.headers())?,
    }
    let is_name = method.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !is_name || method.len() > METHOD_BYTES_MAX {
        return Err(Refusal::new(Status::NotFound, "there is no such method: see docs/rpc.md"));
    }
    let body = body::read(request.into_body(), limits::CALL_BYTES_MAX).await?.into();
    let path = format!("/rpc/v1/{method}");
    let call = Call { callee: Callee::Gateway, method: "POST", path, body };
    match api.letterbox.ask(|reply| Mail::Call(call, reply)).await? {
        Answer::Called { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
        }
        other @ (Answer::Queue(_)
        | Answer::Configured(_)
        | Answer::Adopted(_)
        | Answer::Unavailable(_)
        | Answer::Late(_)) => Err(not_done(other)),
    }
}

/// Which connections.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedConnections {
    sort: Option<Order>,
    top: Option<usize>,
    user: Option<String>,
}

/// `GET /api/v1/connections`.
pub(super) async fn connections(
    State(api): State<Api>,
    asked: Result<Query<AskedConnections>, QueryRejection>,
) -> Result<Json<fleet::Connections>, Refusal> {
    let wrong = |_| {
        let wanted = "say how: ?sort=unsent|subscriptions|unanswered&top=20&user=ann, or less";
        Refusal::new(Status::Invalid, wanted)
    };
    let asked = asked.map_err(wrong)?.0;
    let (order, top) = (asked.sort.unwrap_or(Order::Unsent), top(asked.top)?);
    if asked.user.as_ref().is_some_and(|user| user.len() > limits::USER_ID_BYTES_MAX) {
        return Err(Refusal::new(Status::Invalid, "that is longer than a user's id can be"));
    }
    Ok(Json(fleet::connections(&api.letterbox, order, top, asked.user.as_deref()).await?))
}

/// How many queues.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedBusy {
    top: Option<usize>,
}

/// `GET /api/v1/busy`.
pub(super) async fn busy(
    State(api): State<Api>,
    asked: Result<Query<AskedBusy>, QueryRejection>,
) -> Result<Json<fleet::Busy>, Refusal> {
    let wrong = |_| Refusal::new(Status::Invalid, "say how many: ?top=20");
    let top = top(asked.map_err(wrong)?.0.top)?;
    Ok(Json(fleet::busy(&api.letterbox, top).await?))
}

fn top(asked: Option<usize>) -> Result<usize, Refusal> {
    match asked.unwrap_or(TOP) {
        top @ 1..=TOP_MAX => Ok(top),
        _ => Err(Refusal::new(Status::Invalid, format!("`top` is a number from 1 to {TOP_MAX}"))),
    }
}
