//! `/trace` of a process: the question, and its answer in JSON.

use axum::http::StatusCode;
use proto::limits;
use proto::name::{QueueName, UserId};
use serde_json::{Map, Value, json};

use crate::machine::trace::{Hop, Subject, Told};

/// What is asked, and behind which hop of each of the process's threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is followed; nothing: how many traces there are is asked.
    pub subject: Option<Subject>,
    /// A number for each thread; missing ones are 0.
    pub after: Vec<u64>,
}

impl Asked {
    /// Reads the parameters of a query.
    ///
    /// # Errors
    /// If both a queue and a user are named, or one that can't be.
    pub fn of(
        queue: Option<String>,
        user: Option<String>,
        after: Option<&str>,
    ) -> Result<Asked, (StatusCode, String)> {
        let bad = |sentence: String| (StatusCode::BAD_REQUEST, format!("{sentence}\n"));
        let subject = match (queue, user) {
            (Some(_), Some(_)) => return Err(bad("name a queue or a user, not both".to_owned())),
            (Some(queue), None) => {
                QueueName::try_from(queue.as_str()).map_err(|error| bad(error.to_string()))?;
                Some(Subject::Queue(queue))
            }
            (None, Some(user)) => {
                UserId::try_from(user.as_str()).map_err(|error| bad(error.to_string()))?;
                Some(Subject::User(user))
            }
            (None, None) => None,
        };
        let numbers = after.unwrap_or_default().split('.').filter(|number| !number.is_empty());
        let after: Result<Vec<u64>, _> = numbers.map(str::parse).collect();
        let after = after.map_err(|_| bad("`after` is the cursor of an answer".to_owned()))?;
        Ok(Asked { subject, after })
    }
}

/// A document.
pub type Answer = Value;

/// What the threads have told, in their order; nothing of one that was late. The cursor of such a
/// one stays as it was.
pub fn answer(asked: &Asked, now_ms: u64, told: Vec<Option<Told>>) -> Answer {
    let (mut hops, mut forgotten, mut cursor) = (Vec::new(), 0, Vec::new());
    for (at, told) in told.into_iter().enumerate() {
        let before = asked.after.get(at).copied().unwrap_or_default();
        let told = told.unwrap_or(Told { cursor: before, ..Told::default() });
        cursor.push(told.cursor.to_string());
        forgotten += told.forgotten;
        hops.extend(told.hops);
    }
    // Hops of one thread keep their order.
    hops.sort_by_key(|hop| hop.at_ms);
    let hops: Vec<Value> = hops.into_iter().map(shown).collect();
    json!({ "now_ms": now_ms, "cursor": cursor.join("."), "forgotten": forgotten, "hops": hops })
}

/// How many traces there are.
pub fn count(traces: usize) -> Answer {
    json!({ "traces": traces })
}

/// Too much is followed already.
pub fn too_many() -> (StatusCode, String) {
    let most = limits::TRACES_MAX;
    (StatusCode::TOO_MANY_REQUESTS, format!("{most} traces are under way here already\n"))
}

fn shown(hop: Hop) -> Value {
    let Hop { at_ms, step, kind, queue, user, session, .. } = hop;
    let mut shown = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    put("at_ms", Some(at_ms.into()));
    put("step", Some(step.into()));
    put("kind", (!kind.is_empty()).then(|| kind.into()));
    put("queue", queue.map(Value::from));
    put("user", user.map(Value::from));
    put("session", session.map(Value::from));
    put("op_id", hop.op_id.map(Value::from));
    put("seq", hop.seq.map(Value::from));
    put("status", hop.status.map(Value::from));
    put("bytes", hop.bytes.map(Value::from));
    put("lanes", hop.lanes.map(Value::from));
    put("receivers", hop.receivers.map(Value::from));
    Value::Object(shown)
}
