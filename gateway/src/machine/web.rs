//! Requests of the back end: on their way to a queue's home like operations of clients. [`Web`]
//! owns those that wait for their answer, and knows nothing of clients and sessions.

mod join;

use std::collections::BTreeMap;

use member::machine::trace::Hop;
use prost::Message as _;
use proto::codes::Status;
use proto::g2c;
use proto::g2q::{self, G2q, request::Body};
use proto::limits;
use proto::name::QueueName;
use proto::page;
use proto::q2g;
use proto::share;
use proto::wire;
use rand::Rng as _;

use super::desk::Desk;
use super::lane::Outbox;
use super::traced;
use super::upstream::{BucketIndex, Pending};
use join::{LookupId, Lookups};

/// What the back end wants.
#[derive(Debug, Clone, PartialEq)]
pub struct WebRequest {
    /// Of the asker's; the answer has the same.
    pub number: u64,
    /// What to do.
    pub body: Body,
    /// The queue that the body names, if it does; of a user, the user's own.
    pub queue: Option<String>,
    /// Which API key asks.
    pub key_id: u64,
    /// The `Idempotency-Key`, if one was given.
    pub idempotency_key: Option<Vec<u8>>,
    /// XXH3 of the request's body.
    pub body_hash: u64,
}

/// The answer to a [`WebRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct WebReply {
    /// The request's.
    pub number: u64,
    /// How it went, and what a read gave.
    pub result: g2c::Result,
    /// What the home said beside the result: of `get_queue`, `list_queues` and `get_user`.
    pub about: q2g::Reply,
}

impl WebReply {
    fn of(number: u64, result: g2c::Result) -> WebReply {
        WebReply { number, result, about: q2g::Reply::default() }
    }
}

/// Requests that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Web {
    last: u64,
    waiting: BTreeMap<u64, Sent>,
    /// Bytes of those of one API key in the list of one bucket.
    held: BTreeMap<(BucketIndex, u64), usize>,
    lookups: Lookups,
}

/// A request on its way.
#[derive(Debug)]
struct Sent {
    waiting: Waiting,
    /// The bucket and the API key that it was counted by, and its bytes.
    of: (BucketIndex, u64),
    bytes: usize,
    /// What is told of its answer, if somebody follows its queue.
    traced: Option<Box<Hop>>,
}

impl Web {
    /// Whether nothing waits and nothing is counted.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty() && self.lookups.is_empty()
    }

    /// What is told of this request's answer, if somebody follows it.
    fn traced(&mut self, number: u64) -> Option<Hop> {
        self.waiting.get_mut(&number)?.traced.take().map(|hop| *hop)
    }

    /// What is to be done with the reply to this request, if it waits for one.
    fn take(&mut self, number: u64) -> Option<Waiting> {
        let Sent { waiting, of, bytes, traced: _ } = self.waiting.remove(&number)?;
        if let Some(held) = self.held.get_mut(&of) {
            *held -= bytes;
            if *held == 0 {
                self.held.remove(&of);
            }
        }
        Some(waiting)
    }
}

/// What is to be done with a reply.
#[derive(Debug)]
enum Waiting {
    /// It is the answer to the request of this number.
    Answer(u64),
    /// It is a part of a listing.
    Part(u64, Listing),
    /// It says which sessions a user has who is to join a queue.
    Sessions(LookupId),
}

/// A listing goes through the buckets, one after the other.
#[derive(Debug)]
struct Listing {
    prefix: String,
    patterns: Vec<String>,
    bits: u8,
    bucket: BucketIndex,
    limit: usize,
    names: Vec<String>,
}

/// How a request is sent, besides its body.
struct Sending {
    key_id: u64,
    key: Vec<u8>,
    body_hash: u64,
    remember_ms: u64,
}

impl Sending {
    /// A read of the gateway's own.
    const READ: Sending = Sending { key_id: 0, key: Vec::new(), body_hash: 0, remember_ms: 0 };
}

impl Web {
    /// The back end wants something.
    pub(super) fn request(&mut self, request: WebRequest, desk: &mut Desk, out: &mut Outbox) {
        desk.counters.requests += 1;
        let number = request.number;
        let given = if let Body::ListQueues(list) = &request.body {
            self.list_queues(number, list, desk)
        } else {
            self.request_in_order(request, desk)
        };
        if let Err((status, sentence)) = given {
            let result = g2c::Result::refusal(0, status, sentence);
            out.replies.push(WebReply::of(number, result));
        }
    }

    fn request_of_queue(
        &mut self,
        request: WebRequest,
        desk: &mut Desk,
    ) -> Result<(), (Status, String)> {
        let hash = queue_of(&request)?.hash();
        let bucket = desk.upstream.bucket_of(hash).ok_or_else(no_table)?;
        let sending = match request.idempotency_key {
            Some(key) if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX => {
                let max = limits::IDEMPOTENCY_KEY_BYTES_MAX;
                let sentence = format!("an Idempotency-Key is 1 to {max} bytes long");
                return Err((Status::Invalid, sentence));
            }
            Some(key) => Sending {
                key_id: request.key_id,
                key,
                body_hash: request.body_hash,
                remember_ms: limits::IDEMPOTENCY_MS,
            },
            None if !request.body.is_write() => {
                Sending { key_id: request.key_id, key: Vec::new(), body_hash: 0, remember_ms: 0 }
            }
            // The gateway's own resends must be safe, too.
            None => {
                let mut key = vec![0; 16];
                desk.random.fill_bytes(&mut key);
                Sending {
                    key_id: request.key_id,
                    key,
                    body_hash: request.body_hash,
                    remember_ms: limits::KEYLESS_REMEMBER_MS,
                }
            }
        };
        let waiting = Waiting::Answer(request.number);
        let what = request.body.name();
        self.send_request((bucket, Some(hash)), waiting, request.body, sending, desk)?;
        if desk.traces.is_on()
            && let Some(sent) = self.waiting.get_mut(&self.last)
        {
            let queue = (request.queue.as_deref().unwrap_or_default(), hash);
            sent.traced = traced::request(desk, queue, (what, self.last, sent.bytes));
        }
        Ok(())
    }

    fn send_request(
        &mut self,
        (bucket, hash): (BucketIndex, Option<u64>),
        waiting: Waiting,
        body: Body,
        sending: Sending,
        desk: &mut Desk,
    ) -> Result<(), (Status, String)> {
        let of = (bucket, sending.key_id);
        let held = self.held.get(&of).copied().unwrap_or(0);
        let all = desk.upstream.bytes_on_list(bucket);
        if !share::may_take(held, all, limits::UNANSWERED_BYTES_MAX) {
            let sentence = format!(
                "{held} bytes of requests of this API key wait for this part of the cluster, its \
                 share of at most {}: wait for answers, then try again",
                limits::UNANSWERED_BYTES_MAX
            );
            return Err((Status::Limit, sentence));
        }
        self.last += 1;
        let number = self.last;
        let request = g2q::Request {
            number,
            key_id: sending.key_id,
            idempotency_key: sending.key,
            body_hash: sending.body_hash,
            remember_ms: sending.remember_ms as u32,
            body: Some(body),
        };
        let body = Some(g2q::g2q::Body::Request(request));
        let mut length = 0;
        let write = |bytes: &mut Vec<u8>| {
            let before = bytes.len();
            wire::put_message(bytes, &G2q { body });
            length = bytes.len() - before;
        };
        let pending = Pending::Request { number, hash };
        if !desk.upstream.push(desk.now.ms, bucket, pending, write) {
            let sentence = "too many requests wait for this part of the cluster: try again later";
            return Err((Status::Unavailable, sentence.to_owned()));
        }
        self.waiting.insert(number, Sent { waiting, of, bytes: length, traced: None });
        *self.held.entry(of).or_default() += length;
        Ok(())
    }

    fn list_queues(
        &mut self,
        number: u64,
        list: &g2q::ListQueues,
        desk: &mut Desk,
    ) -> Result<(), (Status, String)> {
        let first = desk.upstream.bucket_at(0).ok_or_else(no_table)?;
        let limit =
            page::count(list.limit).map_err(|error| (Status::Invalid, error.to_string()))?;
        let (bucket, after) = if list.after.is_empty() {
            (first, String::new())
        } else {
            Web::place_of(&list.after, desk).ok_or_else(|| {
                let sentence = "`after` is not the `next` of a page of this cluster: start again \
                                at the first page";
                (Status::Invalid, sentence.to_owned())
            })?
        };
        let listing = Listing {
            prefix: list.prefix.clone(),
            patterns: list.patterns.clone(),
            bits: desk.upstream.bits(),
            bucket,
            limit,
            names: Vec::new(),
        };
        self.list_bucket(number, listing, after, desk)
    }

    /// Where a page ended: `bits.bucket.name`. Buckets that were split since can't be found so.
    fn place_of(next: &str, desk: &Desk) -> Option<(BucketIndex, String)> {
        let (bits, rest) = next.split_once('.')?;
        let (bucket, name) = rest.split_once('.')?;
        let bucket = desk.upstream.bucket_at(bucket.parse().ok()?)?;
        (bits.parse() == Ok(desk.upstream.bits())).then(|| (bucket, name.to_owned()))
    }

    fn list_bucket(
        &mut self,
        number: u64,
        listing: Listing,
        after: String,
        desk: &mut Desk,
    ) -> Result<(), (Status, String)> {
        let body = Body::ListQueues(g2q::ListQueues {
            prefix: listing.prefix.clone(),
            after,
            limit: (listing.limit - listing.names.len()) as u32,
            patterns: listing.patterns.clone(),
        });
        let bucket = listing.bucket;
        let waiting = Waiting::Part(number, listing);
        self.send_request((bucket, None), waiting, body, Sending::READ, desk)
    }

    /// A home's answer to a request.
    pub(super) fn replied(&mut self, reply: q2g::Reply, desk: &mut Desk, out: &mut Outbox) {
        let traced = self.traced(reply.number);
        let Some(waiting) = self.take(reply.number) else { return };
        let result = g2c::Result::decode(reply.result.as_ref()).unwrap_or_else(|_| {
            g2c::Result::refusal(0, Status::OutcomeUnknown, "the home's answer can't be read")
        });
        if let Some(request) = traced {
            traced::reply(desk, request, &result);
        }
        match waiting {
            Waiting::Part(number, listing) if result.status == Status::Ok.number() => {
                self.listed(number, listing, reply.queues, desk, out);
            }
            Waiting::Sessions(lookup) => {
                self.looked_up(lookup, result.status, reply.user, desk, out)
            }
            Waiting::Answer(number) | Waiting::Part(number, _) => {
                let about = q2g::Reply { result: Vec::new(), ..reply };
                out.replies.push(WebReply { number, result, about });
            }
        }
    }

    /// The names of one bucket have come: the next bucket, or the end of the page.
    fn listed(
        &mut self,
        number: u64,
        mut listing: Listing,
        names: Vec<String>,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        listing.names.extend(names);
        let full = listing.names.len() >= listing.limit;
        let goes_on = !full && listing.bits == desk.upstream.bits();
        let behind = desk.upstream.behind(listing.bucket).filter(|_| goes_on);
        let Some(behind) = behind else {
            let prefix = listing.bucket.prefix();
            let next = match listing.names.last() {
                Some(name) if full => format!("{}.{prefix}.{name}", listing.bits),
                Some(_) | None => String::new(),
            };
            let result = g2c::Result { next, ..g2c::Result::default() };
            let about = q2g::Reply { queues: listing.names, ..q2g::Reply::default() };
            out.replies.push(WebReply { number, result, about });
            return;
        };
        listing.bucket = behind;
        if let Err((status, sentence)) = self.list_bucket(number, listing, String::new(), desk) {
            let result = g2c::Result::refusal(0, status, sentence);
            out.replies.push(WebReply::of(number, result));
        }
    }

    /// A request can't be brought to its home.
    pub(super) fn failed(
        &mut self,
        number: u64,
        status: Status,
        sentence: &str,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let traced = self.traced(number);
        match self.take(number) {
            Some(Waiting::Answer(number) | Waiting::Part(number, _)) => {
                let result = g2c::Result::refusal(0, status, sentence);
                if let Some(request) = traced {
                    traced::reply(desk, request, &result);
                }
                out.replies.push(WebReply::of(number, result));
            }
            Some(Waiting::Sessions(lookup)) => {
                self.looked_up(lookup, status.number(), None, desk, out)
            }
            None => {}
        }
    }
}

/// The queue of a request that must have one.
fn queue_of(request: &WebRequest) -> Result<QueueName<'_>, (Status, String)> {
    QueueName::try_from(request.queue.as_deref().unwrap_or_default())
        .map_err(|error| (Status::Invalid, error.to_string()))
}

fn no_table() -> (Status, String) {
    (Status::Unavailable, "this gateway has no bucket table yet: try again in a moment".to_owned())
}
