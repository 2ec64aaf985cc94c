//! `GET /api/v1/trace`: one queue or one user, followed for a while.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use member::machine::trace::Subject;
use proto::codes::Status;
use serde::Deserialize;

use super::{Api, Refusal};
use crate::io::trace::{SECONDS, SECONDS_MAX, TRACES_MAX};

/// What is followed, and for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    queue: Option<String>,
    user: Option<String>,
    seconds: Option<u64>,
}

/// An answer that ends by itself.
pub(super) async fn trace(
    State(api): State<Api>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = "say what to follow: ?queue=/room/1, or ?user=ann, and with it &seconds=60";
    let wrong = |sentence: String| Refusal::new(Status::Invalid, sentence);
    let Asked { queue, user, seconds } = asked.map_err(|_| wrong(wanted.to_owned()))?.0;
    let subject = Subject::of(queue, user).map_err(wrong)?;
    let seconds = seconds.unwrap_or(SECONDS);
    if !(1..=SECONDS_MAX).contains(&seconds) {
        return Err(wrong(format!("`seconds` is a number from 1 to {SECONDS_MAX}")));
    }
    api.traces.open(subject, seconds).map_err(|_| {
        let message = format!("{TRACES_MAX} traces are under way already: wait, or end one");
        Refusal::new(Status::Unavailable, message)
    })
}
