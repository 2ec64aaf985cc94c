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
use proto::time::Time;
use serde::Deserialize;
use tokio::sync::mpsc::{Sender, channel};

use super::mail::{Letter, Letterbox};
use crate::machine::Lane;

/// A lane that doesn't answer by then is asked again the next time.
const ANSWER_MS_MAX: u64 = 2_000;

/// What is asked of each lane.
#[derive(Debug)]
pub(super) struct Follow {
    subject: Option<Subject>,
    after: u64,
    place: usize,
    answers: Sender<(usize, Answer)>,
}

/// What a lane answers.
#[derive(Debug)]
enum Answer {
    Told(Told),
    TooMany,
    Count(usize),
}

impl Follow {
    /// Asks the lane, and tells its answer.
    pub(super) fn ask(self, now: Time, lane: &mut Lane) {
        let Follow { subject, after, place, answers } = self;
        let answer = match subject {
            Some(subject) => lane.trace(now, subject, after).map_or(Answer::TooMany, Answer::Told),
            None => Answer::Count(lane.traces(now)),
        };
        // There is space for each lane's; who asked may have gone.
        answers.try_send((place, answer)).ok();
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
) -> Result<Json<trace::Answer>, (StatusCode, String)> {
    let Query(Wanted { queue, user, after }) =
        wanted.map_err(|error| (StatusCode::BAD_REQUEST, format!("{}\n", error.body_text())))?;
    let asked = Asked::of(queue, user, after.as_deref())?;
    let (answers, mut answered) = channel(lanes.len().max(1));
    for (place, lane) in lanes.iter().enumerate() {
        let after = asked.after.get(place).copied().unwrap_or_default();
        let subject = asked.subject.clone();
        let follow = Follow { subject, after, place, answers: answers.clone() };
        // A lane that is far behind is asked again the next time.
        lane.put(Letter::Follow(follow)).ok();
    }
    drop(answers);
    let (mut told, mut traces, mut too_many) = (vec![None; lanes.len()], 0, false);
    let gather = async {
        while let Some((place, answer)) = answered.recv().await {
            match answer {
                Answer::Told(one) => told[place] = Some(one),
                Answer::TooMany => too_many = true,
                Answer::Count(count) => traces = count.max(traces),
            }
        }
    };
    tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), gather).await.ok();
    if asked.subject.is_none() {
        return Ok(Json(trace::count(traces)));
    }
    match too_many {
        true => Err(trace::too_many()),
        false => Ok(Json(trace::answer(&asked, clock::now().unix_ms, told))),
    }
}
