//! What threads of a gateway tell each other: through bounded boxes, with a wake-up. Nothing on the
//! way of a message goes here.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use mio::Waker;
use proto::class::ClusterConfig;
use proto::table::BucketTable;

use crate::machine::WebRequest;
use crate::machine::callout::Outcome;
use crate::machine::token::Tokens;

/// Letters that a thread hasn't read yet.
const LETTERS_MAX: usize = 4096;

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
    Ask(Vec<WebRequest>),
    /// What became of a request to the web application, by its number.
    Called(u64, Outcome),
    /// Whose tokens are believed.
    Tokens(Arc<Tokens>),
    /// Send the clients elsewhere.
    Drain,
    /// End the thread.
    Stop,
}

/// Where letters for one lane are put.
#[derive(Debug, Clone)]
pub(super) struct Letterbox {
    letters: SyncSender<Letter>,
    waker: Arc<Waker>,
}

/// The lane was told so much that it hasn't read yet that no more fits.
#[derive(Debug)]
pub(super) struct Full;

impl Letterbox {
    pub(super) fn new(waker: Arc<Waker>) -> (Letterbox, Receiver<Letter>) {
        let (letters, receiver) = sync_channel(LETTERS_MAX);
        (Letterbox { letters, waker }, receiver)
    }

    /// Puts a letter in and wakes the lane.
    pub(super) fn put(&self, letter: Letter) -> Result<(), Full> {
        match self.letters.try_send(letter) {
            Ok(()) => self.waker.wake().map_err(|_| Full),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }
}
