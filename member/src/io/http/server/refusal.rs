//! What a refusal looks like: a real HTTP status, and a sentence in JSON.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use proto::codes::Status;
use serde_json::json;

/// A refusal.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// What it is in imq's own terms.
    pub status: Status,
    /// Its HTTP status.
    pub http: u16,
    /// For people.
    pub message: &'a str,
}

impl Refusal<'_> {
    /// `{"error":{…}}`.
    pub fn body(&self) -> String {
        let error = json!({ "error": {
            "status": self.status.number(),
            "code": self.status.row().name,
            "message": self.message,
            "may_retry": self.status == Status::Unavailable,
        }});
        error.to_string()
    }

    /// As a router's answer.
    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.code();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }

    /// As the last bytes of a connection.
    pub(super) fn farewell(&self) -> Vec<u8> {
        let (code, body) = (self.code(), self.body());
        let reason = code.canonical_reason().unwrap_or("Refused");
        let retry = if self.status == Status::Unavailable { "Retry-After: 1\r\n" } else { "" };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: application/json\r\n{retry}Content-Length: \
             {length}\r\nConnection: close\r\n\r\n{body}",
            code.as_u16()
        );
        head.into_bytes()
    }

    fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// What there is to say of a head that hyper refuses with this status.
pub(super) fn of_head(http: u16) -> Refusal<'static> {
    let (status, message) = match http {
        408 => (Status::Invalid, "the request's head didn't arrive in time: send it at once"),
        414 => (Status::Limit, "the request's target is too long: put what is long into a body"),
        431 => (Status::Limit, "the request's head is too large: at most 32768 bytes in 100 lines"),
        _ => (Status::Invalid, "this is not a request of HTTP/1.1, or its head is cut short"),
    };
    Refusal { status, http, message }
}
