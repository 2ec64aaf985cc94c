//! How lanes ask for newer keys, and what wakes the thread that has them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::Duration;

use proto::time::Time;

/// What lanes and the keys' thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Until then a fetch would bring what the last one brought. By the clock that never goes back.
    vain_until_ms: AtomicU64,
    is_over: AtomicBool,
}

/// How a lane asks for newer keys. Clones ask the same.
#[derive(Debug, Clone)]
pub struct Asks {
    waker: SyncSender<()>,
    shared: Arc<Shared>,
    is_fetched: bool,
}

impl Asks {
    pub(super) fn new(waker: SyncSender<()>, shared: Arc<Shared>, is_fetched: bool) -> Asks {
        Asks { waker, shared, is_fetched }
    }

    /// Asks for newer keys, for a token that names one that isn't known. Whether they may come.
    pub fn ask(&self, now: Time) -> bool {
        let may_come =
            self.is_fetched && now.ms >= self.shared.vain_until_ms.load(Ordering::Acquire);
        if may_come {
            self.wake();
        }
        may_come
    }

    /// Whether there may be newer keys: a file's come by themselves.
    pub fn is_fetched(&self) -> bool {
        self.is_fetched
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        match self.waker.try_send(()) {
            // Full: it has been asked and hasn't looked yet. Disconnected: nobody reads any more.
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// Why the thread goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken {
    Asked,
    Timeout,
    Over,
}

impl Shared {
    /// Newer keys than those of this moment can't come before another one.
    pub(super) fn vain_until(&self, ms: u64) {
        self.vain_until_ms.store(ms, Ordering::Release);
    }

    /// Waits so long, or until somebody asks.
    pub(super) fn wait(&self, wakes: &Receiver<()>, rest: Duration) -> Woken {
        let woken = match wakes.recv_timeout(rest) {
            Ok(()) => Woken::Asked,
            Err(RecvTimeoutError::Timeout) => Woken::Timeout,
            Err(RecvTimeoutError::Disconnected) => Woken::Over,
        };
        if self.is_over.load(Ordering::Acquire) { Woken::Over } else { woken }
    }
}
