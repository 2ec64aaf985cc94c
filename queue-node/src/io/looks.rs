//! Looks at the machine by other threads: bounded, and never waited for by the machine.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use member::io::trace::{self, Asked};
use mio::Waker;
use proto::time::Time;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::machine::{Busy, Node};

/// Looks that wait: more are refused, since the node is many turns behind then.
const LOOKS_MAX: usize = 16;

/// A look at the machine.
pub(super) type Look = Box<dyn FnOnce(&mut Node, Time) + Send>;

/// Where looks are handed in.
#[derive(Clone)]
struct Door {
    looks: SyncSender<Look>,
    waker: Arc<Waker>,
}

const FAR_BEHIND: (StatusCode, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "the node is far behind: ask again\n");

impl Door {
    fn look(&self, look: Look) -> Result<(), (StatusCode, &'static str)> {
        self.looks.try_send(look).map_err(|_| FAR_BEHIND)?;
        self.waker.wake().map_err(|_| FAR_BEHIND)
    }
}

/// What only the boss may ask of this process, for operators; and the looks that come of it.
pub(super) fn routes(waker: Arc<Waker>) -> (Router, Receiver<Look>) {
    let (looks, taken) = sync_channel(LOOKS_MAX);
    let routes = Router::new().route("/queues/busy", get(busy)).route("/trace", get(follow));
    let routes = routes.with_state(Door { looks, waker });
    (routes, taken)
}

/// `/queues/busy`: the queues of this node with the most deliveries.
#[derive(Serialize)]
struct BusyQueues {
    queues: Vec<BusyQueue>,
}

#[derive(Serialize)]
struct BusyQueue {
    queue: String,
    events_per_s: f64,
    members: u32,
}

impl From<Busy> for BusyQueue {
    fn from(busy: Busy) -> BusyQueue {
        let Busy { queue, events_per_s, members } = busy;
        BusyQueue { queue, events_per_s, members }
    }
}

async fn busy(State(door): State<Door>) -> Result<Json<BusyQueues>, (StatusCode, &'static str)> {
    let (reply, replied) = oneshot::channel();
    let look: Look = Box::new(move |node, now| {
        // Who asked may have gone.
        reply.send(node.busy(now)).ok();
    });
    door.look(look)?;
    let busy = replied.await.map_err(|_| FAR_BEHIND)?;
    Ok(Json(BusyQueues { queues: busy.into_iter().map(BusyQueue::from).collect() }))
}

/// What is followed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    queue: Option<String>,
    user: Option<String>,
    after: Option<String>,
}

/// `/trace`: hops of one queue or one user.
async fn follow(
    State(door): State<Door>,
    asked: Result<Query<Follow>, QueryRejection>,
) -> Result<Json<trace::Answer>, trace::Refused> {
    let Query(Follow { queue, user, after }) =
        asked.map_err(|error| (StatusCode::BAD_REQUEST, format!("{}\n", error.body_text())))?;
    let asked = Asked::of(queue, user, after.as_deref())?;
    let (subject, from) = (asked.subject.clone(), asked.after.first().copied());
    let (reply, replied) = oneshot::channel();
    let look: Look = Box::new(move |node, now| {
        let told = node.trace(now, subject, from.unwrap_or_default());
        // Who asked may have gone.
        reply.send((told, now.unix_ms)).ok();
    });
    door.look(look).map_err(owned)?;
    let (told, now_ms) = replied.await.map_err(|_| owned(FAR_BEHIND))?;
    let told = told.ok_or_else(trace::too_many)?;
    Ok(Json(trace::answer(&asked, now_ms, vec![Some(told)])))
}

fn owned((status, sentence): (StatusCode, &'static str)) -> trace::Refused {
    (status, sentence.to_owned())
}
