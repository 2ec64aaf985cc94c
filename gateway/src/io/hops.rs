//! `/trace`: what becomes of the messages of a queue or a user here, for operators. Only the boss
//! may ask: names are nobody else's.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use link::io::clock;
use member::io::trace::{self, Asked};
use member::machine::trace::{Subject, Told};
use proto::limits;
use proto::time::Time;
use serde::Deserialize;
use tokio::sync::mpsc::{Sender, channel};

use super::mail::{Letter, Letterbox};
use crate::machine::Lane;

/// A lane that doesn't answer by then is asked again the next time.
const ANSWER_MS_MAX: u64 = 500;

/// What is asked of each lane.
#[derive(Debug)]
pub(super) struct Follow {
    subject: Subject,
    after: u64,
    most: usize,
    place: usize,
    answers: Sender<(usize, Option<Told>)>,
}

impl Follow {
    /// Asks the lane, and tells its answer.
    pub(super) fn ask(self, now: Time, lane: &mut Lane) {
        let told = lane.trace(now, self.subject, (self.after, self.most));
        // There is space for each lane's; who asked may have gone.
        self.answers.try_send((self.place, told)).ok();
    }
}

/// Whoever follows something gets the turn's time exactly.
#[inline]
pub(super) fn begin_turn(lane: &mut Lane) {
    if lane.is_traced() {
        lane.begin_traced_turn(clock::unix_us());
    }
}

/// The route, which asks these lanes.
pub(super) fn routes(lanes: Vec<Letterbox>) -> Router {
    Router::new().route("/trace", get(follow)).with_state(lanes)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    queue: Option<String>,
    user: Option<String>,
    after: Option<String>,
}

async fn follow(
    State(lanes): State<Vec<Letterbox>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<trace::Answer>, trace::Refused> {
    let Query(Wanted { queue, user, after }) =
        wanted.map_err(|error| (StatusCode::BAD_REQUEST, format!("{}\n", error.body_text())))?;
    let asked = Asked::of(queue, user, after.as_deref())?;
    let most = limits::TRACE_ANSWER_HOPS_MAX / lanes.len().max(1);
    let (answers, mut answered) = channel(lanes.len().max(1));
    for (place, lane) in lanes.iter().enumerate() {
        let after = asked.after.get(place).copied().unwrap_or_default();
        let (subject, answers) = (asked.subject.clone(), answers.clone());
        // A lane that is far behind is asked again the next time.
        lane.put(Letter::Follow(Follow { subject, after, most, place, answers })).ok();
    }
    drop(answers);
    let (mut told, mut has_space) = (vec![None; lanes.len()], true);
    let gather = async {
        while let Some((place, answer)) = answered.recv().await {
            has_space &= answer.is_some();
            told[place] = answer;
        }
    };
    tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), gather).await.ok();
    if !has_space {
        return Err(trace::too_many());
    }
    Ok(Json(trace::answer(&asked, clock::now().unix_ms, told)))
}
