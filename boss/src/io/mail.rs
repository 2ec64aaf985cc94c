//! What other threads send to the machine's thread: bounded, and never waited for by the machine.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use mio::Waker;
use proto::time::Time;
use tokio::sync::oneshot;

use crate::machine::boss::{Adopt, Call};
use crate::machine::configuration::Configuration;
use crate::machine::{Answer, Boss};

/// Letters that wait: more are refused, since the machine is a few turns behind then.
const LETTERS_MAX: usize = 256;
/// Beyond it an HTTP request is answered without the machine. The machine itself waits for nobody
/// that long.
const REPLY_S_MAX: u64 = 7;

/// A look at the machine, which may not change it.
type Look = Box<dyn FnOnce(&Boss, Time) + Send>;

/// A letter.
pub(super) enum Mail {
    /// Show something.
    Look(Look),
    /// What is in this queue?
    Inspect(String, oneshot::Sender<Answer>),
    /// What does a process say over HTTP?
    Call(Call, oneshot::Sender<Answer>),
    /// Replace the cluster configuration, which is of this version.
    Configure(Configuration, u64, oneshot::Sender<Answer>),
    /// Go on behind lost steps, or give up a bucket.
    Adopt(Adopt, oneshot::Sender<Answer>),
    /// The store has the last step.
    Stored,
    /// The store doesn't have it, and why.
    StoreFailed(String),
    /// End.
    Stop,
}

/// Where letters are handed in.
#[derive(Clone)]
pub(super) struct Letterbox {
    letters: SyncSender<Mail>,
    waker: Arc<Waker>,
}

impl std::fmt::Debug for Letterbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Letterbox")
    }
}

/// The machine didn't answer: it is stopped, or far behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoReply;

/// Opens the mail; the waker is that of the loop which reads it.
pub(super) fn open(waker: Arc<Waker>) -> (Letterbox, Receiver<Mail>) {
    let (letters, mailbox) = sync_channel(LETTERS_MAX);
    (Letterbox { letters, waker }, mailbox)
}

impl Letterbox {
    /// Hands in a letter that may not be dropped; waits for space.
    pub(super) fn post(&self, mail: Mail) {
        // Nobody reads any more when the loop has ended, and nobody needs to.
        if self.letters.send(mail).is_ok() {
            self.wake();
        }
    }

    /// Shows the machine to `look` and gives what that saw.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Boss, Time) -> T + Send + 'static,
    ) -> Result<T, NoReply> {
        self.ask(|reply| {
            Mail::Look(Box::new(move |boss, now| {
                // Who asked may have gone.
                reply.send(look(boss, now)).ok();
            }))
        })
        .await
    }

    /// Hands in a letter that is answered.
    pub(super) async fn ask<T>(
        &self,
        mail: impl FnOnce(oneshot::Sender<T>) -> Mail,
    ) -> Result<T, NoReply> {
        let (reply, replied) = oneshot::channel();
        self.letters.try_send(mail(reply)).map_err(|_| NoReply)?;
        self.wake();
        match tokio::time::timeout(Duration::from_secs(REPLY_S_MAX), replied).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(NoReply),
        }
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!("the boss's loop can't be woken: {error}");
        }
    }
}
