//! Between the thread that speaks HTTP and the lane: requests there, answers back, many of them per
//! wake-up. Each account has a line of its own, from which so much is at the lane at once: however
//! much one key asks, another's requests are next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::codes::Status;
use proto::limits;
use proto::{g2c, q2g};
use tokio::sync::{Notify, oneshot};

use self::lines::{Lines, cost};
use crate::io::mail::{Letter, Letterbox};
use crate::machine::{WebReply, WebRequest};

mod lines;

/// A request's number is its letter's number and, in the low bits, its place in the letter.
const PLACE_BITS: u32 = 16;

const _: () = assert!(limits::BATCH_MAX <= 1 << PLACE_BITS);

/// Where requests and answers are handed over. Clones are the same desk.
#[derive(Debug, Clone)]
pub(in crate::io) struct Exchange(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    lane: Letterbox,
    asking: Mutex<Asking>,
    /// What the lane has answered and nobody has fetched.
    answered: Mutex<Vec<WebReply>>,
    bell: Notify,
}

/// The side of those who ask.
#[derive(Debug)]
struct Asking {
    last_letter: u64,
    lines: Lines,
    /// Requests are about to be put into the lane's letterbox, at the end of this turn.
    sends: bool,
    letters: HashMap<u64, Waiting>,
}

/// One who waits for the answers to all requests of a letter.
#[derive(Debug)]
struct Waiting {
    account: usize,
    replies: Vec<Option<WebReply>>,
    costs: Vec<usize>,
    /// So many of the requests are at the lane; the others are in the account's line.
    sent: usize,
    missing: usize,
    done: oneshot::Sender<Vec<Option<WebReply>>>,
}

/// The account has so many requests under way already, as many as it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) requests_max: usize,
}

/// Answers to come, in the order of the requests; one that is missing never came.
#[derive(Debug)]
pub(super) struct Answers {
    letter: u64,
    done: oneshot::Receiver<Vec<Option<WebReply>>>,
}

impl Exchange {
    /// Of so many accounts.
    pub(in crate::io) fn new(lane: Letterbox, accounts: usize) -> Exchange {
        let lines = Lines::new(accounts);
        let asking = Asking { last_letter: 0, lines, sends: false, letters: HashMap::new() };
        let answered = Mutex::default();
        Exchange(Arc::new(Shared {
            lane,
            asking: Mutex::new(asking),
            answered,
            bell: Notify::new(),
        }))
    }

    /// Sends an account's requests to the lane, together with all others of this turn, as far as
    /// it may have them there; the others follow. All or none are taken.
    pub(super) fn ask(
        &self,
        account: usize,
        mut requests: Vec<WebRequest>,
    ) -> Result<Answers, Full> {
        let mut asking = locked(&self.0.asking);
        let count = requests.len();
        asking.last_letter += 1;
        let letter = asking.last_letter;
        let (tell, done) = oneshot::channel();
        if count == 0 {
            tell.send(Vec::new()).ok();
            return Ok(Answers { letter, done });
        }
        for (request, place) in requests.iter_mut().zip(0..) {
            request.number = letter << PLACE_BITS | place;
        }
        let costs = requests.iter().map(cost).collect();
        asking.lines.join(account, requests)?;
        let replies = std::iter::repeat_with(|| None).take(count).collect();
        let waiting = Waiting { account, replies, costs, sent: 0, missing: count, done: tell };
        asking.letters.insert(letter, waiting);
        self.sends(&mut asking);
        Ok(Answers { letter, done })
    }

    /// Has what may go sent, after all tasks that are ready now, so that their requests travel with
    /// it.
    fn sends(&self, asking: &mut Asking) {
        if !std::mem::replace(&mut asking.sends, true) {
            let exchange = self.clone();
            tokio::spawn(async move { exchange.send() });
        }
    }

    fn send(&self) {
        let mut asking = locked(&self.0.asking);
        asking.sends = false;
        let requests = asking.release();
        drop(asking);
        if requests.is_empty() {
            return;
        }
        let letters: Vec<u64> = requests.iter().map(|one| one.number >> PLACE_BITS).collect();
        if self.0.lane.put(Letter::Requests(requests)).is_err() {
            tracing::warn!("the back ends' lane doesn't take requests: they go unanswered");
            letters.into_iter().for_each(|letter| self.give_up(letter));
        }
    }

    /// Takes the answers of a turn of the lane.
    pub(in crate::io) fn answer(&self, replies: &mut Vec<WebReply>) {
        if !replies.is_empty() {
            locked(&self.0.answered).append(replies);
            self.0.bell.notify_one();
        }
    }

    /// Hands answers to those who wait for them, for ever.
    pub(super) async fn deliver(self) {
        loop {
            self.0.bell.notified().await;
            let replies = std::mem::take(&mut *locked(&self.0.answered));
            let mut asking = locked(&self.0.asking);
            for reply in replies {
                asking.answered(reply);
            }
            if asking.lines.are_waiting() {
                self.sends(&mut asking);
            }
        }
    }

    /// Whoever waited for this letter waits no longer: what has come is what there is.
    pub(super) fn give_up(&self, letter: u64) {
        let mut asking = locked(&self.0.asking);
        let Some(mut waiting) = asking.letters.remove(&letter) else { return };
        let (sent, unsent) = waiting.replies.split_at_mut(waiting.sent);
        let lost = sent.iter().zip(&waiting.costs).filter(|(reply, _)| reply.is_none());
        let cost = lost.map(|(_, cost)| cost).sum();
        let numbers = (letter << PLACE_BITS)..((letter + 1) << PLACE_BITS);
        asking.lines.leave(waiting.account, waiting.missing, cost, &numbers);
        for (number, reply) in (numbers.start + sent.len() as u64..).zip(unsent) {
            *reply = Some(not_begun(number));
        }
        if asking.lines.are_waiting() {
            self.sends(&mut asking);
        }
        waiting.done.send(waiting.replies).ok();
    }
}

/// The answer to a request that the lane has never seen.
fn not_begun(number: u64) -> WebReply {
    let result = g2c::Result {
        status: Status::Unavailable.number(),
        error_message: Some(
            "the request waited too long for its turn; nothing was done".to_owned(),
        ),
        may_retry: true,
        ..g2c::Result::default()
    };
    WebReply { number, result, about: q2g::Reply::default() }
}

impl Asking {
    /// What goes to the lane now.
    fn release(&mut self) -> Vec<WebRequest> {
        let requests = self.lines.release();
        for request in &requests {
            if let Some(waiting) = self.letters.get_mut(&(request.number >> PLACE_BITS)) {
                waiting.sent += 1;
            }
        }
        requests
    }

    fn answered(&mut self, reply: WebReply) {
        let (letter, place) = (reply.number >> PLACE_BITS, reply.number & ((1 << PLACE_BITS) - 1));
        let Some(waiting) = self.letters.get_mut(&letter) else { return };
        let free = waiting.replies.get_mut(place as usize).filter(|free| free.is_none());
        let (Some(free), Some(cost)) = (free, waiting.costs.get(place as usize)) else { return };
        *free = Some(reply);
        waiting.missing -= 1;
        self.lines.answered(waiting.account, *cost);
        if waiting.missing == 0
            && let Some(waiting) = self.letters.remove(&letter)
        {
            // Whoever asked may have gone meanwhile.
            waiting.done.send(waiting.replies).ok();
        }
    }
}

impl Answers {
    /// Waits for all of them, but not for ever.
    pub(super) async fn all(mut self, exchange: &Exchange) -> Vec<Option<WebReply>> {
        let patience = std::time::Duration::from_millis(limits::WEB_ANSWER_MS);
        if let Ok(done) = tokio::time::timeout(patience, &mut self.done).await {
            return done.unwrap_or_default();
        }
        exchange.give_up(self.letter);
        self.done.await.unwrap_or_default()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
