//! Reads the body of a request, within its bounds.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use proto::codes::Status;
use proto::limits;

use super::refusal::Refusal;
use super::request::next;

/// Why a body isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than so many bytes, or says that it is.
    TooLong(usize),
    /// It has not come in time.
    Late,
    /// It has ended before its end.
    CutShort,
}

impl Unread {
    /// What the peer is told: a status, HTTP's and a sentence.
    pub fn refusal(self) -> (Status, u16, String) {
        match self {
            Unread::TooLong(bytes_max) => {
                let sentence =
                    format!("the body is longer than {bytes_max} bytes: send less at once");
                (Status::Limit, 413, sentence)
            }
            Unread::Late => {
                let seconds = limits::WEB_BODY_MS_MAX / 1000;
                let sentence = format!("the body didn't arrive within {seconds} s: send it again");
                (Status::Unavailable, 408, sentence)
            }
            Unread::CutShort => {
                let sentence = "the body ended too early: send all of it";
                (Status::Invalid, 400, sentence.to_owned())
            }
        }
    }

    /// The same as an answer.
    pub fn response(self) -> axum::response::Response {
        let (status, http, message) = self.refusal();
        Refusal { status, http, message: &message }.response()
    }
}

/// The whole body, if it is no longer than this. One that says so beforehand isn't read at all.
///
/// # Errors
/// If it is too long, too late or broken; the rest is the server's matter.
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(Unread::TooLong(bytes_max));
    }
    let patience = Duration::from_millis(limits::WEB_BODY_MS_MAX);
    tokio::time::timeout(patience, all(body, bytes_max)).await.unwrap_or(Err(Unread::Late))
}

/// One that comes in one piece isn't copied.
async fn all(mut body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    let (mut first, mut whole) = (Bytes::new(), Vec::new());
    while let Some(frame) = next(&mut body).await {
        let Ok(data) = frame.map_err(|_| Unread::CutShort)?.into_data() else { continue };
        if first.len() + whole.len() + data.len() > bytes_max {
            return Err(Unread::TooLong(bytes_max));
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            let rest = usize::try_from(body.size_hint().lower()).unwrap_or(bytes_max);
            whole.reserve((first.len() + data.len() + rest).min(bytes_max));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}
