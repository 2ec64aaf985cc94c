//! The fallback for networks that block WebSocket: requests for a stream of events, and what is
//! posted for one. `docs/protocol.md`, section 13, has the HTTP of both.

use std::borrow::Cow;

use proto::ids::{ConnectionName, SessionId};
use proto::posted::Posted;
use proto::{json, limits, wire};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::head::Head;
use super::{Outcome, Refusal};
use crate::io::origins::Origins;
use crate::machine::Post;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io::clients) enum Purpose {
    /// To read events.
    Events,
    /// To say something.
    Send,
}

impl Purpose {
    /// By the path.
    pub(super) fn of(path: &str) -> Option<Purpose> {
        match path.strip_suffix('/').unwrap_or(path) {
            "/imq/v1/events" => Some(Purpose::Events),
            "/imq/v1/send" => Some(Purpose::Send),
            _ => None,
        }
    }

    /// How long a body may be.
    fn bytes_max(self) -> usize {
        match self {
            Purpose::Events => limits::UNAUTHENTICATED_BYTES_MAX,
            Purpose::Send => limits::POST_BYTES_MAX,
        }
    }
}

/// A good head, whose body follows.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::io::clients) struct Posting {
    pub(in crate::io::clients) purpose: Purpose,
    /// Of the body.
    pub(in crate::io::clients) length: usize,
    pub(in crate::io::clients) manner: Manner,
}

/// How a request is to be answered.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::io::clients) struct Manner {
    /// The header lines by which a browser lets a page of another origin read an answer.
    cors: String,
    /// The client wants no further answer on this connection.
    pub(in crate::io::clients) is_last: bool,
}

impl Manner {
    fn of(origin: Option<&str>, is_last: bool) -> Manner {
        let cors = origin.map(|origin| {
            format!(
                "Access-Control-Allow-Origin: {origin}\r\nVary: Origin\r\n\
                 Access-Control-Expose-Headers: Retry-After\r\n"
            )
        });
        Manner { cors: cors.unwrap_or_default(), is_last }
    }

    pub(super) fn cors(&self) -> &str {
        &self.cors
    }

    /// An answer without a body.
    fn no_content(&self, more: &str) -> String {
        let (cors, close) = (&self.cors, if self.is_last { "Connection: close\r\n" } else { "" });
        format!("HTTP/1.1 204 No Content\r\n{more}{cors}{close}\r\n")
    }
}

/// How a request for the fallback is answered, or that its body is to be read.
pub(super) fn answer(
    head: &Head<'_>,
    used: usize,
    purpose: Purpose,
    origins: &Origins,
) -> Result<Outcome, Refusal> {
    let origin = head.one("Origin")?;
    if let Some(foreign) = origin.filter(|origin| !origins.allow(origin)) {
        return Err(Refusal::foreign(foreign));
    }
    let is_last = head.list("Connection").any(|one| one.eq_ignore_ascii_case(b"close"));
    let manner = Manner::of(origin, is_last);
    judge(head, used, purpose, &manner).map_err(|refusal| refusal.with(&manner))
}

fn judge(
    head: &Head<'_>,
    used: usize,
    purpose: Purpose,
    manner: &Manner,
) -> Result<Outcome, Refusal> {
    match head.method() {
        "POST" => {}
        "OPTIONS" if head.has_body()? => {
            return Err(Refusal::bad("OPTIONS has no body: send none"));
        }
        "OPTIONS" => {
            let response = manner.no_content(
                "Allow: POST, OPTIONS\r\nAccess-Control-Allow-Methods: POST\r\n\
                 Access-Control-Allow-Headers: content-type\r\nAccess-Control-Max-Age: 7200\r\n",
            );
            return Ok(Outcome::Answer { response, is_last: manner.is_last, used });
        }
        _ => {
            let refusal = Refusal::new("405 Method Not Allowed", "this is done with POST");
            return Err(refusal.headed("Allow: POST, OPTIONS\r\n"));
        }
    }
    let length = match head.one("Content-Length")? {
        Some(length) if !head.is_chunked() => length,
        Some(_) | None => {
            let reason = "the body's length is missing: send Content-Length, and no chunks";
            return Err(Refusal::new("411 Length Required", reason));
        }
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Refusal::bad("Content-Length is not a number"));
    }
    // A number that is too long for the type is too long a body.
    let (length, max) = (length.parse().unwrap_or(usize::MAX), purpose.bytes_max());
    if length > max {
        let reason = format!("the body is longer than {max} bytes: send less at once");
        return Err(Refusal::new("413 Content Too Large", reason));
    }
    Ok(Outcome::Post { posting: Posting { purpose, length, manner: manner.clone() }, used })
}

/// The head of a stream of events, which ends with its connection.
pub(in crate::io::clients) fn stream_head(manner: &Manner) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
         Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n\
         X-Content-Type-Options: nosniff\r\n{}Connection: close\r\n\r\n",
        manner.cors()
    )
}

/// The frames with which a client asks for a stream, each with its length before it.
pub(in crate::io::clients) fn first_frames(
    body: &[u8],
    manner: &Manner,
) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned());
    let frames = text.and_then(|text| frames_of(text).map_err(|error| format!("body: {error}")));
    frames.map_err(|reason| Refusal::bad(reason).with(manner))
}

/// What is posted for a stream.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    connection: Cow<'a, str>,
    #[serde(borrow)]
    session: Cow<'a, str>,
    number: u64,
    #[serde(borrow)]
    frames: &'a RawValue,
}

/// Reads what is posted for a stream; io gives it a number.
pub(in crate::io::clients) fn post(
    body: &[u8],
    number: u64,
    manner: &Manner,
) -> Result<Post, Refusal> {
    read_post(body, number).map_err(|reason| Refusal::bad(reason).with(manner))
}

fn read_post(body: &[u8], number: u64) -> Result<Post, String> {
    const WANTED: &str = "the body is not an object with connection, session, number and frames";
    // An array with as many parts would do for serde.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(WANTED.to_owned());
    }
    let body: Body<'_> =
        serde_json::from_slice(body).map_err(|error| format!("{WANTED}: {error}"))?;
    let connection = ConnectionName::parse(&body.connection);
    let connection = connection
        .ok_or("connection: it has 32 hexadecimal digits, as the stream's first event has them")?;
    let session = SessionId::parse(&body.session);
    let session = session.ok_or("session: it has 32 hexadecimal digits, as `welcome` has them")?;
    if !(1..=limits::NUMBER_MAX).contains(&body.number) {
        return Err("number: a connection's requests count from 1".to_owned());
    }
    let frames = frames_of(body.frames.get()).map_err(|error| format!("frames: {error}"))?;
    Ok(Post { number, connection, session, count: body.number, frames })
}

fn frames_of(text: &str) -> Result<Vec<u8>, json::JsonError> {
    let mut frames = Vec::new();
    json::c2g_frames(text, |frame| {
        wire::put_varint(&mut frames, frame.len() as u64);
        frames.extend_from_slice(frame);
    })?;
    Ok(frames)
}

/// What the client hears of what it has posted: the connection may be used again, or not.
pub(in crate::io::clients) fn answer_post(
    posted: Posted,
    manner: &Manner,
) -> Result<String, Refusal> {
    let refusal = match posted {
        Posted::Taken => return Ok(manner.no_content("")),
        Posted::Gap => {
            let reason = "the number is neither the connection's next nor one that was taken: \
                          send one request at a time, and count them";
            Refusal::new("409 Conflict", reason)
        }
        Posted::Gone => {
            let reason = "there is no such connection, or its session is over: connect again";
            Refusal::new("410 Gone", reason)
        }
        Posted::NotNow => {
            let reason = "the connection's own gateway can't be asked now, or didn't answer: send \
                          the same again, with the same number";
            Refusal::new("503 Service Unavailable", reason).headed("Retry-After: 1\r\n")
        }
    };
    Err(refusal.with(manner))
}

/// Too many bodies of which the rest is still to come.
pub(in crate::io::clients) fn too_many(manner: &Manner) -> Refusal {
    let reason = "too many requests are half here: send the same again in a moment";
    let refusal = Refusal::new("503 Service Unavailable", reason);
    refusal.headed("Retry-After: 1\r\n").with(manner)
}

#[cfg(test)]
mod tests;
