//! What the page shows, as it changes: a document, and each second what is new, as server-sent
//! events.
//!
//! In reading order: [`Streams`] knows the readers and runs as long as there are any; `seen` is
//! what is looked at; `feed` makes of it what is sent, once for all readers.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use link::io::clock;
use proto::time::Time;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::fleet::{self, Order, Processes};
use super::mail::{Letterbox, NoReply};

mod feed;
mod seen;

use feed::{Beside, Feed};
use seen::Seen;

/// Pages that are open at once: operators, not the public.
pub(super) const READERS_MAX: usize = 32;
/// A reader that lets so many pieces lie doesn't read.
const UNREAD_MAX: usize = 8;
/// So often there is something new.
const EVERY_MS: u64 = 1_000;
/// Nodes report at whole seconds, and need a moment for it.
const BEHIND_MS: u64 = 200;
/// A newcomer gets its document so long after the one before at the earliest.
const APART_MS: u64 = 100;
/// Of what clients and queues there is a list, so many are shown.
const SHOWN: usize = 10;
/// What processes take of their machines changes slowly, and is long to tell.
const PROCESSES_EVERY_MS: u64 = 5_000;

/// All readers of the stream.
#[derive(Clone)]
pub(super) struct Streams(Arc<Shared>);

struct Shared {
    letterbox: Letterbox,
    readers: Mutex<Readers>,
    /// There is a newcomer.
    come: Notify,
}

#[derive(Default)]
struct Readers {
    /// Who hasn't got a document yet.
    newcomers: Vec<Sender<Bytes>>,
    others: Vec<Sender<Bytes>>,
    /// Somebody makes what they read.
    runs: bool,
}

/// There are too many readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Streams {
    pub(super) fn new(letterbox: Letterbox) -> Streams {
        Streams(Arc::new(Shared { letterbox, readers: Mutex::default(), come: Notify::new() }))
    }

    /// A reader more: an answer without an end.
    pub(super) fn open(&self) -> Result<Response, Full> {
        let (pieces, unread) = channel(UNREAD_MAX);
        let begins = {
            let mut readers = self.0.readers();
            readers.forget_gone();
            if readers.count() >= READERS_MAX {
                return Err(Full);
            }
            readers.newcomers.push(pieces);
            !std::mem::replace(&mut readers.runs, true)
        };
        self.0.come.notify_one();
        if begins {
            tokio::spawn(run(Arc::clone(&self.0)));
        }
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, Body::new(Unread(unread))).into_response())
    }
}

impl Shared {
    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    fn forget_gone(&mut self) {
        self.newcomers.retain(|reader| !reader.is_closed());
        self.others.retain(|reader| !reader.is_closed());
    }

    fn count(&self) -> usize {
        self.newcomers.len() + self.others.len()
    }

    /// Sends what is new to those who have a document, and a document to those who have none. Who
    /// doesn't read is let go: its page asks anew.
    fn send(&mut self, new: &Bytes, document: impl FnOnce() -> Bytes) {
        self.others.retain(|reader| reader.try_send(new.clone()).is_ok());
        if self.newcomers.is_empty() {
            return;
        }
        let document = document();
        for reader in std::mem::take(&mut self.newcomers) {
            if reader.try_send(document.clone()).is_ok() {
                self.others.push(reader);
            }
        }
    }
}

/// Makes what is read, until nobody reads.
async fn run(shared: Arc<Shared>) {
    let beside = Mutex::new(Beside::default());
    tokio::select! {
        () = feed(&shared, &beside) => {}
        NoReply = look_beside(&shared.letterbox, &beside) => end(&shared),
    }
}

async fn feed(shared: &Shared, beside: &Mutex<Beside>) {
    let mut feed = Feed::default();
    loop {
        let is_wanted = {
            let mut readers = shared.readers();
            readers.forget_gone();
            readers.runs = readers.count() > 0;
            readers.runs
        };
        if !is_wanted {
            return;
        }
        let known = feed.known();
        let seen = shared.letterbox.look(move |boss, now| Seen::of(boss, now, known)).await;
        let Ok(seen) = seen else { return end(shared) };
        let beside = beside.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let new = feed.take(seen, beside);
        shared.readers().send(&new, || feed.document());
        tokio::time::sleep(Duration::from_millis(APART_MS)).await;
        tokio::time::timeout(until_next(), shared.come.notified()).await.ok();
    }
}

/// Nobody knows how things are any more: who reads hears it by the end of the stream.
fn end(shared: &Shared) {
    *shared.readers() = Readers::default();
}

/// Asks the processes what the boss doesn't know by itself, again and again.
async fn look_beside(letterbox: &Letterbox, beside: &Mutex<Beside>) -> NoReply {
    let (mut processes, mut due_ms) = (Processes::new(), 0);
    loop {
        let now = clock::now();
        let looked = tokio::join!(
            fleet::connections(letterbox, Order::Unsent, SHOWN, None),
            fleet::busy(letterbox, SHOWN),
            async {
                if now.ms < due_ms {
                    return Ok(None);
                }
                fleet::processes(letterbox, &processes).await.map(Some)
            }
        );
        let (Ok(connections), Ok(busy), Ok(fresh)) = looked else { return NoReply };
        if let Some(fresh) = fresh {
            processes = fresh;
            due_ms = clock::next(now, PROCESSES_EVERY_MS);
        }
        *beside.lock().unwrap_or_else(PoisonError::into_inner) = Beside {
            connections: Some(Arc::new(connections)),
            busy: Some(Arc::new(busy)),
            processes: Arc::new(processes.clone()),
        };
        tokio::time::sleep(until_next()).await;
    }
}

/// How long it is until all nodes have reported again.
fn until_next() -> Duration {
    let now = clock::now();
    let before = Time { ms: now.ms.saturating_sub(BEHIND_MS), ..now };
    let next = clock::next(before, EVERY_MS) + BEHIND_MS;
    Duration::from_millis(next.saturating_sub(now.ms))
}

/// What a reader hasn't read yet.
pub(super) struct Unread(pub(super) Receiver<Bytes>);

impl HttpBody for Unread {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}
