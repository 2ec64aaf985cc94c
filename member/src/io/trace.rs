//! `/trace` of a process: the question, and its answer in JSON.

use axum::http::StatusCode;
use proto::limits;
use serde_json::{Map, Value, json};

use crate::machine::trace::{Hop, Subject, Told};

/// What is asked, and behind which hop of each of the process's threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is followed.
    pub subject: Subject,
    /// A number for each thread; missing ones are 0.
    pub after: Vec<u64>,
}

/// An answer: a document.
pub type Answer = Value;

/// A refusal: a sentence.
pub type Refused = (StatusCode, String);

impl Asked {
    /// Reads the parameters of a query.
    ///
    /// # Errors
    /// If not exactly one queue or user is named, or one that can't be.
    pub fn of(
        queue: Option<String>,
        user: Option<String>,
        after: Option<&str>,
    ) -> Result<Asked, Refused> {
        let bad = |sentence: String| (StatusCode::BAD_REQUEST, format!("{sentence}\n"));
        let subject = Subject::of(queue, user).map_err(bad)?;
        let numbers = after.unwrap_or_default().split('.').filter(|number| !number.is_empty());
        let after: Result<Vec<u64>, _> = numbers.map(str::parse).collect();
        let after = after.map_err(|_| bad("`after` is the `next` of an answer".to_owned()))?;
        Ok(Asked { subject, after })
    }
}

/// What the threads have told, in their order; nothing of one that was late. The cursor of such a
/// one stays as it was.
pub fn answer(asked: &Asked, now_ms: u64, told: Vec<Option<Told>>) -> Answer {
    let (mut hops, mut missed, mut next) = (Vec::new(), 0, Vec::new());
    for (at, told) in told.into_iter().enumerate() {
        let before = asked.after.get(at).copied().unwrap_or_default();
        let told = told.unwrap_or(Told { next: before, ..Told::default() });
        next.push(told.next.to_string());
        missed += told.missed;
        hops.extend(told.hops);
    }
    // Hops of one thread keep their order.
    hops.sort_by_key(|hop| hop.at_us);
    let hops: Vec<Value> = hops.into_iter().map(shown).collect();
    json!({ "now_ms": now_ms, "next": next.join("."), "missed": missed, "hops": hops })
}

/// Too much is followed already.
pub fn too_many() -> Refused {
    let most = limits::TRACES_MAX;
    (StatusCode::TOO_MANY_REQUESTS, format!("{most} traces are under way here already\n"))
}

/// What isn't known is left out.
fn shown(hop: Hop) -> Value {
    let Hop { at_us, kind, what, queue, user, session, op_id, seq, status, bytes, count } = hop;
    let fields = [
        ("at_us", Some(Value::from(at_us))),
        ("kind", Some(kind.into())),
        ("what", (!what.is_empty()).then(|| what.into())),
        ("queue", queue.map(Value::from)),
        ("user", user.map(Value::from)),
        ("session", session.map(Value::from)),
        ("op_id", op_id.map(Value::from)),
        ("seq", seq.map(Value::from)),
        ("status", status.map(Value::from)),
        ("bytes", bytes.map(Value::from)),
        ("count", count.map(Value::from)),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<_, _>>())
}
