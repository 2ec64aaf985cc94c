//! `/connections`: who is connected to this gateway, for operators. Only the boss may ask: names of
//! users are nobody else's.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Sender, channel};

use super::mail::{Letter, Letterbox};
use crate::machine::survey::{Connected, Order};
use crate::machine::{Encoding, Lane, Outbox, Pace, Transport};

/// So many are shown at most.
const TOP_MAX: usize = 100;
/// A lane that doesn't answer by then has other worries: the rest is shown.
const ANSWER_MS_MAX: u64 = 2_000;

/// What is asked of each lane.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    order: Order,
    user: Option<String>,
    most: usize,
    answers: Sender<Vec<(Connected, u32)>>,
}

impl Survey {
    /// Asks the lane of this number, and tells its answer.
    pub(super) fn ask(self, number: u32, lane: &Lane, out: &Outbox) {
        let connected = lane.connected(self.order, self.user.as_deref(), self.most, out);
        let all = connected.into_iter().map(|one| (one, number)).collect();
        // There is space for each lane's; who asked may have gone.
        self.answers.try_send(all).ok();
    }
}

/// The route, which asks these lanes.
pub(super) fn routes(lanes: Vec<Letterbox>) -> Router {
    Router::new().route("/connections", get(connections)).with_state(lanes)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sort: Option<Order>,
    top: Option<usize>,
    user: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    connections: Vec<Connection>,
}

#[derive(Serialize)]
struct Connection {
    user: String,
    session: String,
    lane: u32,
    transport: &'static str,
    encoding: &'static str,
    unsent_bytes: usize,
    subscriptions: usize,
    unanswered: usize,
    state: &'static str,
}

async fn connections(
    State(lanes): State<Vec<Letterbox>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Shown>, (StatusCode, String)> {
    let Query(Asked { sort, top, user }) =
        asked.map_err(|error| (StatusCode::BAD_REQUEST, format!("{}\n", error.body_text())))?;
    let (order, most) = (sort.unwrap_or(Order::Unsent), top.unwrap_or(TOP_MAX).min(TOP_MAX));
    let (answers, mut answered) = channel(lanes.len().max(1));
    let survey = Survey { order, user, most, answers };
    for lane in &lanes {
        let survey = survey.clone();
        lane.put(Letter::Survey(survey)).map_err(|_| {
            (StatusCode::SERVICE_UNAVAILABLE, "a lane is far behind: ask again\n".to_owned())
        })?;
    }
    drop(survey);
    let mut all = Vec::new();
    let gather = async {
        while let Some(some) = answered.recv().await {
            all.extend(some);
        }
    };
    // Lanes that were late are missing.
    tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), gather).await.ok();
    all.sort_by_key(|(one, _)| std::cmp::Reverse(one.weight(order)));
    all.truncate(most);
    Ok(Json(Shown { connections: all.into_iter().map(shown).collect() }))
}

fn shown((connected, lane): (Connected, u32)) -> Connection {
    Connection {
        session: connected.session.to_string(),
        lane,
        transport: match connected.format.transport {
            Transport::Tcp => "tcp",
            Transport::WebSocket => "websocket",
            Transport::Events => "events",
        },
        encoding: match connected.format.encoding {
            Encoding::Proto => "protobuf",
            Encoding::Json => "json",
        },
        unsent_bytes: connected.unsent_bytes,
        subscriptions: connected.subscriptions,
        unanswered: connected.unanswered,
        state: match connected.pace {
            Pace::Keeps => "ok",
            Pace::Slow => "slow",
            Pace::Held => "held",
        },
        user: connected.user,
    }
}
