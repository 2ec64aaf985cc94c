//! What a back end gets: results as they are, refusals as real HTTP statuses with a sentence.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use member::io::http::server::body::Unread;
use proto::codes::Status;
use proto::json;
use serde_json::json;

use super::keys::Holder;
use crate::machine::WebReply;

/// Of content that is too large: it never fits, while 429 is for what may fit later.
const TOO_LARGE: u16 = 413;

/// A refusal as a back end sees it.
#[derive(Debug)]
pub(super) struct Refusal {
    status: Status,
    /// Where HTTP has a finer word than the status.
    http: u16,
    message: String,
    may_retry: bool,
    /// What HTTP wants beside it.
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(status: Status, message: impl Into<String>) -> Refusal {
        let http = status.row().http;
        let may_retry = status == Status::Unavailable;
        let header = (status == Status::Unauthenticated)
            .then(|| (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        Refusal { status, http, message: message.into(), may_retry, header }
    }

    /// Of another HTTP method than the one that is served here.
    pub(super) fn method(allowed: &'static str, message: impl Into<String>) -> Refusal {
        let http = StatusCode::METHOD_NOT_ALLOWED.as_u16();
        let header = Some((header::ALLOW, HeaderValue::from_static(allowed)));
        Refusal { http, header, ..Refusal::new(Status::Invalid, message) }
    }

    /// Of a body that isn't there.
    pub(super) fn unread(unread: Unread) -> Refusal {
        let (status, http, message) = unread.refusal();
        Refusal { http, ..Refusal::new(status, message) }
    }

    /// Of what is too much for one request, at any time.
    pub(super) fn too_large(message: impl Into<String>) -> Refusal {
        Refusal { http: TOO_LARGE, ..Refusal::new(Status::Limit, message) }
    }

    /// Of what is too much now.
    pub(super) fn later(message: impl Into<String>) -> Refusal {
        let header = Some((header::RETRY_AFTER, HeaderValue::from_static("1")));
        Refusal { may_retry: true, header, ..Refusal::new(Status::Limit, message) }
    }

    /// Nothing is known of the request: it may have been done.
    pub(super) fn no_answer() -> Refusal {
        let sentence = "no answer in time: send it again with the same Idempotency-Key";
        Refusal::new(Status::OutcomeUnknown, sentence)
    }

    fn body(&self) -> String {
        let error = json!({ "error": {
            "status": self.status.number(),
            "code": self.status.row().name,
            "message": self.message,
            "may_retry": self.may_retry,
        }});
        error.to_string()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = respond(self.http, self.body());
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// How one item ended: its HTTP status and its JSON.
pub(super) struct Outcome {
    pub(super) http: u16,
    pub(super) body: Vec<u8>,
}

impl Outcome {
    /// What a reply says of this method to the one who called it.
    pub(super) fn of(method: &str, holder: &Holder, mut reply: WebReply) -> Outcome {
        let result = &reply.result;
        let status = Status::from_number(result.status).unwrap_or(Status::OutcomeUnknown);
        if status != Status::Ok {
            let message = result.error_message.clone();
            let message = message.unwrap_or_else(|| status.row().meaning.to_owned());
            let mut refusal = Refusal::new(status, message);
            refusal.may_retry |= result.may_retry;
            return refusal.into();
        }
        // Names of queues that aren't for this key are not shown to it either.
        if let Some(user) = &mut reply.about.user {
            user.queues.retain(|queue| holder.may_name(queue));
        }
        let mut body = Vec::new();
        json::put_reply(&mut body, method, &reply.result, &reply.about);
        Outcome { http: status.row().http, body }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Outcome {
        Outcome { http: refusal.http, body: refusal.body().into_bytes() }
    }
}

/// A response of JSON.
pub(super) fn respond(http: u16, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
