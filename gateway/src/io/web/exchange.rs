//! Between the thread that speaks HTTP and the lane: requests there, answers back, many of them per
//! wake-up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::limits;
use tokio::sync::{Notify, oneshot};

use crate::io::mail::{Letter, Letterbox};
use crate::machine::{WebReply, WebRequest};

/// A request's number is its letter's number and, in the low bits, its place in the letter.
const PLACE_BITS: u32 = 16;

const _: () = assert!(limits::BATCH_MAX <= 1 << PLACE_BITS);

/// The desk over which requests and answers are handed. Clones are the same desk.
#[derive(Debug, Clone)]
pub(in crate::io) struct Exchange(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    lane: Letterbox,
    asking: Mutex<Asking>,
    /// What the lane has answered and nobody has fetched.
    answered: Mutex<Vec<WebReply>>,
    bell: Notify,
}

/// The side of those who ask.
#[derive(Debug, Default)]
struct Asking {
    last_letter: u64,
    /// To be put into the lane's letterbox at the end of this turn.
    outgoing: Vec<WebRequest>,
    /// Requests without an answer.
    unanswered: usize,
    letters: HashMap<u64, Waiting>,
}

/// One who waits for the answers to all requests of a letter.
#[derive(Debug)]
struct Waiting {
    replies: Vec<Option<WebReply>>,
    missing: usize,
    done: oneshot::Sender<Vec<Option<WebReply>>>,
}

/// So many requests wait already that no more are taken.
#[derive(Debug)]
pub(super) struct Full;

/// Answers to come, in the order of the requests; one that is missing never came.
#[derive(Debug)]
pub(super) struct Answers {
    letter: u64,
    done: oneshot::Receiver<Vec<Option<WebReply>>>,
}

impl Exchange {
    pub(in crate::io) fn new(lane: Letterbox) -> Exchange {
        let (asking, answered) = (Mutex::default(), Mutex::default());
        Exchange(Arc::new(Desk { lane, asking, answered, bell: Notify::new() }))
    }

    /// Sends requests to the lane, together with all others of this turn. All or none are taken.
    pub(super) fn ask(&self, mut requests: Vec<WebRequest>) -> Result<Answers, Full> {
        let mut asking = locked(&self.0.asking);
        let count = requests.len();
        if asking.unanswered + count > limits::WEB_REQUESTS_MAX {
            return Err(Full);
        }
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
        let replies = std::iter::repeat_with(|| None).take(count).collect();
        asking.letters.insert(letter, Waiting { replies, missing: count, done: tell });
        asking.unanswered += count;
        let first = asking.outgoing.is_empty();
        asking.outgoing.append(&mut requests);
        if first {
            // It runs after all tasks that are ready now, so that their requests travel with it.
            let desk = self.clone();
            tokio::spawn(async move { desk.send() });
        }
        Ok(Answers { letter, done })
    }

    fn send(&self) {
        let requests = std::mem::take(&mut locked(&self.0.asking).outgoing);
        let letters: Vec<u64> = requests.iter().map(|one| one.number >> PLACE_BITS).collect();
        if self.0.lane.put(Letter::Ask(requests)).is_err() {
            tracing::warn!("the lane of the back end reads no letters: requests go unanswered");
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
        }
    }

    /// Whoever waited for this letter waits no longer: what has come is what there is.
    pub(super) fn give_up(&self, letter: u64) {
        let mut asking = locked(&self.0.asking);
        if let Some(waiting) = asking.letters.remove(&letter) {
            asking.unanswered -= waiting.missing;
            waiting.done.send(waiting.replies).ok();
        }
    }
}

impl Asking {
    fn answered(&mut self, reply: WebReply) {
        let (letter, place) = (reply.number >> PLACE_BITS, reply.number & ((1 << PLACE_BITS) - 1));
        let Some(waiting) = self.letters.get_mut(&letter) else { return };
        let Some(free) = waiting.replies.get_mut(place as usize).filter(|free| free.is_none())
        else {
            return;
        };
        *free = Some(reply);
        waiting.missing -= 1;
        self.unanswered -= 1;
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
