//! `POST /rpc/v1/batch`: many operations in one request. Each runs for itself; the answers come in
//! the order of the items.

use std::borrow::Cow;

use axum::extract::Request;
use axum::response::Response;
use proto::codes::Status;
use proto::g2q::request::Body;
use proto::limits;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Door;
use super::answer::{Outcome, Refusal, respond};
use super::call::{body_of, idempotency_key, method_of, operation, text_of, too_many};
use super::keys::Holder;
use super::methods::{BATCH, Method};
use crate::machine::{WebReply, WebRequest};

/// The body of a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// What became of an item so far.
enum Begun {
    Refused(Refusal),
    Asked(&'static Method),
}

pub(super) async fn batch(
    door: &Door,
    holder: &Holder,
    request: Request,
) -> Result<Response, Refusal> {
    let key = idempotency_key(request.headers());
    let (body, held) = body_of(door, holder, request, limits::BATCH_BYTES_MAX).await?;
    let (begun, requests) = begin(door, holder, text_of(&body)?, key.as_deref()).await?;
    drop(body);
    let answers = door.exchange.ask(holder.account, requests).map_err(too_many)?;
    let replies = answers.all(&door.exchange).await;
    Ok(respond(Status::Ok.row().http, held.answer(put(door, holder, begun, replies).await)))
}

/// The answer, written part by part: others may go on between.
async fn put(
    door: &Door,
    holder: &Holder,
    begun: Vec<Begun>,
    replies: Vec<Option<WebReply>>,
) -> Vec<u8> {
    let (mut out, mut replies) = (b"{\"results\":[".to_vec(), replies.into_iter());
    let mut paid = 0;
    for (place, item) in begun.into_iter().enumerate() {
        let outcome = match item {
            Begun::Refused(refusal) => refusal.into(),
            Begun::Asked(method) => match replies.next().flatten() {
                Some(reply) => Outcome::of(method.name, holder, reply),
                None => Refusal::no_answer().into(),
            },
        };
        if place > 0 {
            out.push(b',');
        }
        put_item(&mut out, &outcome);
        if out.len() >= paid + limits::WEB_PASS_BYTES {
            door.scheduler.wait(holder.account, out.len() - paid).await;
            paid = out.len();
        }
    }
    door.scheduler.charge(holder.account, out.len() - paid);
    out.extend_from_slice(b"]}");
    out
}

/// Reads the items, part by part. One that can't be run is refused alone; a batch that can't be
/// read, whole.
async fn begin(
    door: &Door,
    holder: &Holder,
    text: &str,
    key: Option<&[u8]>,
) -> Result<(Vec<Begun>, Vec<WebRequest>), Refusal> {
    // All of it is looked through for where its items are.
    door.scheduler.wait(holder.account, text.len()).await;
    let batch: Batch<'_> = serde_json::from_str(text)
        .map_err(|error| Refusal::new(Status::Invalid, format!("{BATCH}: {error}")))?;
    let (count, max) = (batch.items.len(), limits::BATCH_MAX);
    if count > max {
        let sentence = format!("a batch has at most {max} items, not {count}: send several");
        return Err(Refusal::too_large(sentence));
    }
    let mut begun = Vec::with_capacity(count);
    let mut requests = Vec::with_capacity(count);
    let (mut pages, mut unpaid) = (0, 0);
    for (place, item) in batch.items.iter().enumerate() {
        unpaid += item.body.map_or(0, |body| body.get().len());
        if unpaid >= limits::WEB_PASS_BYTES {
            door.scheduler.wait(holder.account, std::mem::take(&mut unpaid)).await;
        }
        let key = key.map(|key| [key, b"/", place.to_string().as_bytes()].concat());
        match read_item(holder, item, key) {
            Ok((_, request)) if is_page(&request.body) && pages == limits::BATCH_PAGES_MAX => {
                let max = limits::BATCH_PAGES_MAX;
                let sentence = format!("a batch reads at most {max} pages: send several");
                begun.push(Begun::Refused(Refusal::too_large(sentence)));
            }
            Ok((method, request)) => {
                pages += usize::from(is_page(&request.body));
                begun.push(Begun::Asked(method));
                requests.push(request);
            }
            Err(refusal) => begun.push(Begun::Refused(refusal)),
        }
    }
    Ok((begun, requests))
}

/// Whether it may be answered with a page of state or history, which are far larger than any other
/// answer.
fn is_page(body: &Body) -> bool {
    matches!(body, Body::GetState(_) | Body::GetHistory(_))
}

fn read_item(
    holder: &Holder,
    item: &Item<'_>,
    key: Option<Vec<u8>>,
) -> Result<(&'static Method, WebRequest), Refusal> {
    if item.method == BATCH {
        let sentence = "a batch within a batch: put its items into this one";
        return Err(Refusal::new(Status::Invalid, sentence));
    }
    let method = method_of(&item.method)?;
    let text = item.body.map_or("{}", RawValue::get);
    let max = limits::CLIENT_FRAME_BYTES_MAX;
    if text.len() > max {
        let sentence = format!("the item's body is longer than {max} bytes: send less at once");
        return Err(Refusal::too_large(sentence));
    }
    Ok((method, operation(holder, method, text, key)?))
}

/// Appends `{"status":200,"body":{…}}` or `{"status":404,"error":{…}}`.
fn put_item(out: &mut Vec<u8>, outcome: &Outcome) {
    out.extend_from_slice(b"{\"status\":");
    out.extend_from_slice(outcome.http.to_string().as_bytes());
    out.push(b',');
    if outcome.http == Status::Ok.row().http {
        out.extend_from_slice(b"\"body\":");
        out.extend_from_slice(&outcome.body);
        out.push(b'}');
    } else {
        // It is an object with `error` already.
        out.extend_from_slice(&outcome.body[1..]);
    }
}
