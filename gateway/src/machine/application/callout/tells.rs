//! The tells of one target: in the order they came, a batch at a time, until they are heard.
//!
//! One batch is on its way at a time, and it is posted again until it is answered with 2xx: so what
//! comes behind it never overtakes it. The next gathers meanwhile. An application that is up and
//! doesn't take a batch may fail on one tell of it: then they are posted one by one, and the tells
//! of the queue on which it fails wait by themselves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use link::machine::LinkId;
use proto::ids::SessionId;
use proto::limits;
use proto::q2g;
use proto::time::Time;
use rand::RngExt as _;
use serde::Serialize;

use super::counters::Counters;
use super::outcome::Outcome;
use super::retry;
use super::target::{Context, Settings};

/// A batch that an application which is up hasn't taken so often is taken apart.
const FAILURES_OF_A_BATCH: u32 = 3;
/// A reason is a sentence.
const REASON_BYTES_MAX: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Tells {
    waiting: VecDeque<Held>,
    batch: Option<Batch>,
    /// What is held, so that nothing is held twice.
    numbers: BTreeSet<(LinkId, u64)>,
    /// When the next batch may go.
    next_ms: u64,
    failures: u32,
    /// So many of the next are posted one by one.
    singly: usize,
    /// Queues whose next tell wasn't taken alone: until when all of theirs wait, and how often.
    stuck: BTreeMap<String, (u64, u32)>,
}

#[derive(Debug)]
struct Held {
    /// Where it is acknowledged; nowhere any more, if that link is down.
    link: Option<LinkId>,
    tell: q2g::Tell,
}

/// The same bytes under the same id, at each retry.
#[derive(Debug)]
struct Batch {
    held: Vec<Held>,
    id: String,
    body: Vec<u8>,
    /// The request, and when it is late; nothing: it failed, and goes again.
    under_way: Option<(u64, u64)>,
    posted_us: u64,
}

impl Tells {
    pub(super) fn has_space(&self) -> bool {
        self.waiting.len() < limits::TELLS_WAITING_MAX
    }

    pub(super) fn holds(&self, link: LinkId, number: u64) -> bool {
        self.numbers.contains(&(link, number))
    }

    pub(super) fn take(&mut self, now: Time, link: LinkId, mut tell: q2g::Tell) {
        self.numbers.insert((link, tell.number));
        if self.waiting.is_empty() && self.batch.is_none() {
            self.next_ms = self.next_ms.max(now.ms);
        }
        tell.reason.truncate(tell.reason.floor_char_boundary(REASON_BYTES_MAX));
        self.waiting.push_back(Held { link: Some(link), tell });
    }

    pub(super) fn is_under_way(&self, request: u64) -> bool {
        self.under_way().is_some_and(|(number, _)| number == request)
    }

    fn under_way(&self) -> Option<(u64, u64)> {
        self.batch.as_ref().and_then(|batch| batch.under_way)
    }

    /// The batch that is under way is over.
    pub(super) fn answered(
        &mut self,
        name: &str,
        outcome: &Outcome,
        to: &Settings,
        context: &mut Context<'_>,
    ) {
        let Some(mut batch) = self.batch.take() else { return };
        context.counters.tell_times.count(context.us().saturating_sub(batch.posted_us));
        if outcome.is_success() {
            return self.heard(name, batch, context);
        }
        context.counters.posts_of_tells_failed += 1;
        self.failures = self.failures.saturating_add(1);
        let after_ms = retry::after_ms(self.failures, context.random);
        self.next_ms = context.now.ms + after_ms;
        if self.failures == 1 {
            context.out.notices.push(format!(
                "call-out {name:?} doesn't acknowledge tells, at {}: {}; they are repeated, with \
                 back-off, until it answers with 2xx",
                to.shown_url(),
                outcome.with_excerpt(),
            ));
        }
        batch.under_way = None;
        let gone = batch.held.iter().any(|held| held.link.is_none());
        let is_tried = self.failures >= FAILURES_OF_A_BATCH || self.is_taken_apart(&batch);
        if !outcome.is_down() && is_tried {
            self.isolate(batch, context);
        } else if gone {
            self.take_apart(batch);
        } else {
            self.batch = Some(batch);
        }
    }

    /// Whether this is one tell of a batch that wasn't taken, posted alone.
    fn is_taken_apart(&self, batch: &Batch) -> bool {
        let [one] = batch.held.as_slice() else { return false };
        self.singly > 0 || self.stuck.contains_key(&one.tell.queue)
    }

    /// The application is up and doesn't take this: one of its tells is at fault, or all are.
    fn isolate(&mut self, batch: Batch, context: &mut Context<'_>) {
        match batch.held.as_slice() {
            [one] => {
                let (_, times) = self.stuck.get(&one.tell.queue).copied().unwrap_or_default();
                // The others go first.
                let until_ms =
                    context.now.ms + retry::after_ms(times + FAILURES_OF_A_BATCH, context.random);
                self.stuck.insert(one.tell.queue.clone(), (until_ms, times + 1));
            }
            many => self.singly = many.len(),
        }
        self.take_apart(batch);
    }

    fn heard(&mut self, name: &str, batch: Batch, context: &mut Context<'_>) {
        if std::mem::take(&mut self.failures) > 0 {
            context.out.notices.push(format!("call-out {name:?} again acknowledges tells"));
        }
        context.counters.tells_heard += batch.held.len() as u64;
        self.singly = self.singly.saturating_sub(1);
        if !self.stuck.is_empty() {
            for held in &batch.held {
                self.stuck.remove(&held.tell.queue);
            }
        }
        self.next_ms = context.now.ms;
        let mut by_link: BTreeMap<LinkId, Vec<u64>> = BTreeMap::new();
        for held in batch.held {
            let Some(link) = held.link else { continue };
            self.numbers.remove(&(link, held.tell.number));
            by_link.entry(link).or_default().push(held.tell.number);
        }
        context.out.acknowledged.extend(by_link);
    }

    /// Its tells go with the next batch; but those of links that are down don't: their nodes give
    /// them to somebody else.
    fn take_apart(&mut self, batch: Batch) {
        for held in batch.held.into_iter().rev().filter(|held| held.link.is_some()) {
            self.waiting.push_front(held);
        }
    }

    pub(super) fn link_down(&mut self, link: LinkId) {
        self.waiting.retain(|held| held.link != Some(link));
        self.numbers.retain(|(of, _)| *of != link);
        let Some(batch) = &mut self.batch else { return };
        let mut gone = false;
        for held in batch.held.iter_mut().filter(|held| held.link == Some(link)) {
            held.link = None;
            gone = true;
        }
        if gone && batch.under_way.is_none() {
            self.batch.take().into_iter().for_each(|batch| self.take_apart(batch));
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        match self.under_way() {
            Some((_, late_ms)) => Some(late_ms),
            None if self.batch.is_none() && self.waiting.is_empty() => None,
            None if self.batch.is_some() || self.stuck.is_empty() => Some(self.next_ms),
            None => {
                let is_free = |held: &Held| !self.stuck.contains_key(&held.tell.queue);
                let free_ms = self.waiting.iter().any(is_free).then_some(self.next_ms);
                let stuck_ms = self.stuck.values().map(|(until_ms, _)| *until_ms);
                free_ms.into_iter().chain(stuck_ms).min().map(|at_ms| at_ms.max(self.next_ms))
            }
        }
    }

    /// Ends what is late, and posts the next batch.
    pub(super) fn wake(&mut self, name: &str, to: &Settings, context: &mut Context<'_>) {
        if self.under_way().is_some_and(|(_, late_ms)| late_ms <= context.now.ms) {
            self.answered(name, &Outcome::TimedOut, to, context);
        }
        if self.under_way().is_some() || self.next_ms > context.now.ms {
            return;
        }
        if self.batch.is_none() {
            self.batch = self.gather(context);
        }
        let Some(batch) = &mut self.batch else { return };
        let request = context.number();
        batch.under_way = Some((request, context.now.ms + limits::TELLS_MS_MAX));
        batch.posted_us = context.us();
        context.counters.posts_of_tells += 1;
        context.post(request, to, &batch.id, batch.body.clone(), limits::TELLS_MS_MAX, true);
    }

    fn gather(&mut self, context: &mut Context<'_>) -> Option<Batch> {
        let held = self.next_held(context.now.ms);
        let tells: Vec<TellBody<'_>> = held.iter().map(|held| TellBody::of(&held.tell)).collect();
        if tells.is_empty() {
            return None;
        }
        let body = serde_json::to_vec(&Body { r#type: "tell", tells })
            .expect("texts and numbers are JSON");
        let id = format!("tells_{:032x}", context.random.random::<u128>());
        Some(Batch { held, id, body, under_way: None, posted_us: 0 })
    }

    /// The next tells to be posted together, oldest first. Of queues that are stuck none, or one
    /// alone whose time has come.
    fn next_held(&mut self, now_ms: u64) -> Vec<Held> {
        if self.stuck.is_empty() {
            let most = if self.singly > 0 { 1 } else { limits::TELLS_PER_REQUEST_MAX };
            return self.waiting.drain(..most.min(self.waiting.len())).collect();
        }
        let until = |held: &Held| self.stuck.get(&held.tell.queue).map(|(until_ms, _)| *until_ms);
        let mut waiting = self.waiting.iter();
        let due = waiting.position(|held| until(held).is_some_and(|at_ms| at_ms <= now_ms));
        if let Some(one) = due.and_then(|at| self.waiting.remove(at)) {
            return vec![one];
        }
        let stuck = &self.stuck;
        let most = if self.singly > 0 { 1 } else { limits::TELLS_PER_REQUEST_MAX };
        let (mut taken, mut left) = (Vec::new(), VecDeque::with_capacity(self.waiting.len()));
        for held in self.waiting.drain(..) {
            let is_free = !stuck.contains_key(&held.tell.queue);
            if is_free && taken.len() < most { taken.push(held) } else { left.push_back(held) }
        }
        self.waiting = left;
        taken
    }

    /// The newest of the tells that aren't heard yet, of each link.
    pub(super) fn newest_held(&self) -> BTreeMap<LinkId, u64> {
        self.numbers.iter().copied().collect()
    }

    pub(super) fn gauge(&self, counters: &mut Counters) {
        let batch = self.batch.as_ref().map_or(0, |batch| batch.held.len());
        counters.tells_waiting += (self.waiting.len() + batch) as u64;
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    tells: Vec<TellBody<'a>>,
}

#[derive(Serialize)]
struct TellBody<'a> {
    id: String,
    kind: &'a str,
    queue: &'a str,
    epoch: u64,
    seq: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    at_ms: u64,
}

impl<'a> TellBody<'a> {
    fn of(tell: &'a q2g::Tell) -> TellBody<'a> {
        let q2g::Tell { kind, queue, epoch, seq, user, .. } = tell;
        // Those who join or leave in one turn share an event and its `seq`.
        let whose = match kind.as_str() {
            "joined" | "left" => format!(":{user}"),
            _ => String::new(),
        };
        let session = SessionId::try_from(&tell.session_id[..]).ok();
        TellBody {
            id: format!("{queue}:{epoch}:{seq}:{kind}{whose}"),
            kind,
            queue,
            epoch: *epoch,
            seq: *seq,
            user,
            session: session.map(|session| session.to_string()),
            generation: (tell.generation > 0).then_some(tell.generation),
            reason: &tell.reason,
            at_ms: tell.at_ms,
        }
    }
}
