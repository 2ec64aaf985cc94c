//! Going on behind lost steps, and giving up a bucket that nobody can prove dead.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use proto::bucket::BucketId;
use proto::codes::Status;
use proto::name::NodeId;
use serde::{Deserialize, Serialize};

use super::{Api, Refusal, not_done};
use crate::io::mail::Mail;
use crate::machine::Answer;
use crate::machine::boss::Adopt;

/// What an operator wants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    trust_primaries: bool,
    bucket: Option<String>,
    node: Option<String>,
}

/// What came of it: buckets that begin anew, as `prefix/bits`.
#[derive(Serialize)]
pub(super) struct Done {
    lost: Vec<String>,
}

/// `POST /api/v1/adopt`.
pub(super) async fn adopt(
    State(api): State<Api>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Done>, Refusal> {
    api.keys.may_change(&headers)?;
    let adopt = wanted(asked.map_err(|_| wrong())?.0)?;
    match api.letterbox.ask(|reply| Mail::Adopt(adopt, reply)).await? {
        Answer::Adopted(lost) => {
            Ok(Json(Done { lost: lost.iter().map(BucketId::to_string).collect() }))
        }
        other @ (Answer::Queue(_)
        | Answer::Called { .. }
        | Answer::Configured(_)
        | Answer::Unavailable(_)
        | Answer::Late(_)) => Err(not_done(other)),
    }
}

fn wanted(asked: Asked) -> Result<Adopt, Refusal> {
    match (asked.bucket, asked.node) {
        (None, None) => Ok(Adopt::All { trust_primaries: asked.trust_primaries }),
        (Some(bucket), Some(node)) if !asked.trust_primaries => {
            let bucket = bucket.parse().map_err(|_| wrong())?;
            let node = NodeId::try_from(node.as_str()).map_err(|_| wrong())?;
            Ok(Adopt::Bucket { bucket, node })
        }
        (Some(_), Some(_) | None) | (None, Some(_)) => Err(wrong()),
    }
}

fn wrong() -> Refusal {
    let wanted = "adopt the whole, with or without ?trust_primaries=true, or name a bucket and a \
                  node: ?bucket=12/5&node=q2";
    Refusal::new(Status::Invalid, wanted)
}
