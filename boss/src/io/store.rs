//! Where the boss's state is kept, and the thread that waits for the disk so that links needn't.

mod file;

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use file::StoreError;
pub(super) use file::{FileStore, Stored};

use link::io::threads;

use super::mail::{Letterbox, Mail};

/// How often it is looked whether the thread has ended, at the end.
const PAUSE: Duration = Duration::from_millis(5);

/// The thread of the store.
#[derive(Debug)]
pub(super) struct Keeper {
    steps: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts it; what comes of each step goes to the letterbox.
    pub(super) fn start(store: FileStore, letterbox: Letterbox) -> io::Result<Keeper> {
        // The machine has one step under way at a time.
        let (steps, queue) = sync_channel::<Vec<u8>>(1);
        let thread = threads::spawn("boss store", move || {
            for bytes in queue {
                letterbox.post(match store.write(&bytes) {
                    Ok(()) => Mail::Stored,
                    Err(error) => Mail::StoreFailed(error.to_string()),
                });
            }
        })?;
        Ok(Keeper { steps: Some(steps), thread: Some(thread) })
    }

    /// Stores a step; false if the thread has ended.
    pub(super) fn store(&self, bytes: Vec<u8>) -> bool {
        self.steps.as_ref().is_some_and(|steps| steps.try_send(bytes).is_ok())
    }

    /// Ends the thread when its last step is done. Its last word may need space in the mailbox.
    pub(super) fn stop_with(&mut self, mailbox: &Receiver<Mail>) {
        drop(self.steps.take());
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            // An error is a pause without mail, or that nobody can send any more.
            mailbox.recv_timeout(PAUSE).ok();
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread has panicked");
        }
    }
}
