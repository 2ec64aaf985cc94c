//! What threads of a gateway tell each other: through bounded boxes, with a wake-up. Nothing on the
//! way of a message goes here.

use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;
use proto::b2n;
use proto::class::ClusterConfig;
use proto::limits;
use proto::table::BucketTable;

use super::connections::Survey;
use super::hops::Follow;
use crate::machine::WebRequest;
use crate::machine::callout::Outcome;
use crate::machine::token::Tokens;

/// A letter to a lane.
#[derive(Debug)]
pub(super) enum Letter {
    /// Who this process is, by the boss's word.
    Registered { incarnation: u64, cluster_id: u64 },
    /// Who holds what.
    Table(Arc<BucketTable>),
    /// The cluster's configuration.
    Config(Arc<ClusterConfig>),
    /// Back ends want something.
    Requests(Vec<WebRequest>),
    /// What became of a request to the web application, by its number.
    Called(u64, Outcome),
    /// An operator asks who is connected.
    Survey(Survey),
    /// An operator follows a queue or a user.
    Follow(Follow),
    /// Whose tokens are believed.
    Tokens(Arc<Tokens>),
    /// Which gateways have room for clients.
    Doors(Arc<b2n::Doors>),
    /// Send the clients elsewhere.
    Drain,
    /// End the thread, once the clients have heard of it.
    Stop,
    /// End the thread at once.
    Kill,
}

impl Letter {
    /// What it says how things are now: a newer one takes the place of an older one, and none is
    /// lost because the box is full.
    fn kept(&self) -> Option<Discriminant<Letter>> {
        match self {
            Letter::Requests(_) | Letter::Called(..) | Letter::Survey(_) | Letter::Follow(_) => {
                None
            }
            Letter::Registered { .. }
            | Letter::Table(_)
            | Letter::Config(_)
            | Letter::Tokens(_)
            | Letter::Doors(_)
            | Letter::Drain
            | Letter::Stop
            | Letter::Kill => Some(discriminant(self)),
        }
    }
}

/// Letters for one lane. Clones are the same box.
#[derive(Debug, Clone)]
pub(super) struct Letterbox {
    letters: Arc<Mutex<Vec<Letter>>>,
    waker: Arc<Waker>,
}

/// The lane was told so much that it hasn't read yet that no more fits.
#[derive(Debug)]
pub(super) struct Full;

impl Letterbox {
    /// An empty box, whose lane is woken so.
    pub(super) fn new(waker: Arc<Waker>) -> Letterbox {
        Letterbox { letters: Arc::default(), waker }
    }

    /// Puts a letter in and wakes the lane.
    pub(super) fn put(&self, letter: Letter) -> Result<(), Full> {
        let mut letters = self.locked();
        match letter.kept() {
            Some(kept) => letters.retain(|old| old.kept() != Some(kept)),
            None if letters.len() >= limits::LETTERS_MAX => return Err(Full),
            None => {}
        }
        letters.push(letter);
        let is_first = letters.len() == 1;
        drop(letters);
        if is_first { self.waker.wake().map_err(|_| Full) } else { Ok(()) }
    }

    /// Wakes the lane, though no letter is there.
    pub(super) fn wakes(&self) -> impl Fn() + Send + Sync + 'static {
        let waker = Arc::clone(&self.waker);
        move || {
            if let Err(error) = waker.wake() {
                tracing::error!("a lane can't be woken: {error}");
            }
        }
    }

    /// What is in the box, oldest first.
    pub(super) fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.locked())
    }

    /// Whether nothing is in it.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.locked().is_empty()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
