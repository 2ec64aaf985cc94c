//! What the back ends' bodies and answers may take of the gateway's memory: each key has a part of
//! its own, which no other can use up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use proto::limits;

/// Answers up to here aren't counted: hyper's own buffers take more.
const SMALL_BYTES: usize = 4 * 1024;

/// Bytes under way, by account.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    bytes_max: usize,
    taken: Arc<[AtomicUsize]>,
}

/// Bytes of an account, until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    shares: Shares,
    account: usize,
    bytes: usize,
}

/// An account holds as many bytes as it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMuch {
    pub(super) bytes_max: usize,
}

/// The part of an account in all that there is, at least so much.
pub(super) fn part(all: usize, accounts: usize, least: usize) -> usize {
    (all / accounts.max(1)).max(least)
}

impl Shares {
    /// For so many accounts, of which one is nobody's and holds nothing.
    pub(super) fn new(accounts: usize) -> Shares {
        let keys = accounts.saturating_sub(1);
        let bytes_max = part(limits::WEB_BYTES_MAX, keys, limits::BATCH_BYTES_MAX);
        let taken = (0..accounts).map(|_| AtomicUsize::new(0)).collect();
        Shares { bytes_max, taken }
    }

    /// Takes space for a body of so many bytes.
    pub(super) fn hold(&self, account: usize, bytes: usize) -> Result<Held, TooMuch> {
        let taken = self.taken[account].load(Ordering::Relaxed);
        // The first always has space: answers may have been more than a part.
        if taken > 0 && taken + bytes > self.bytes_max {
            return Err(TooMuch { bytes_max: self.bytes_max });
        }
        self.taken[account].fetch_add(bytes, Ordering::Relaxed);
        Ok(Held { shares: self.clone(), account, bytes })
    }
}

impl Held {
    /// Holds so many bytes instead: what was done is told, however long it is.
    fn becomes(&mut self, bytes: usize) {
        let taken = &self.shares.taken[self.account];
        taken.fetch_add(bytes, Ordering::Relaxed);
        taken.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
    }

    /// A body that is held until hyper has written it.
    pub(super) fn answer(mut self, answer: Vec<u8>) -> Body {
        if answer.len() <= SMALL_BYTES {
            return Body::from(answer);
        }
        self.becomes(answer.len());
        Body::from(Bytes::from_owner(Answer { answer, _held: self }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shares.taken[self.account].fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Answer {
    answer: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

#[cfg(test)]
mod tests;
