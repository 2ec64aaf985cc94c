//! The thread that has the keys: it takes what is new and good, and logs what isn't.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use link::io::clock;
use member::io::Board;
use member::machine::Sample;
use proto::text::Foreign;

use super::asks::{Shared, Woken};
use super::document::Fetcher;
use super::file::Watched;
use crate::machine::token::schedule::{FETCH_MS_MIN, Schedule};
use crate::machine::token::{KeyError, KeySet, Origin, Rules, Tokens};

/// A file is looked at so often: one call to the kernel.
const LOOK_EVERY_MS: u64 = 1_000;
/// Under which name the keys' figures are published.
const NAME: &str = "keys";

/// What the thread has.
pub(super) struct Keeper {
    rules: Rules,
    origin: Origin,
    board: Board,
    report: Report,
    failures: u64,
    /// The bytes of the keys in use, so that the same are not told again.
    bytes: Vec<u8>,
    count: usize,
}

/// Who wants to know of new keys.
type Report = Box<dyn Fn(Arc<Tokens>) + Send>;

impl Keeper {
    /// Without keys.
    pub(super) fn new(rules: Rules, board: Board, report: Report) -> Keeper {
        Keeper {
            rules,
            origin: Origin::File,
            board,
            report,
            failures: 0,
            bytes: Vec::new(),
            count: 0,
        }
    }

    /// Keys come from a URL, and aren't here yet.
    pub(super) fn await_document(&mut self) {
        self.origin = Origin::Url;
        (self.report)(Arc::new(Tokens::new(self.rules.clone(), Vec::new())));
        self.publish();
    }

    /// Looks at a file until nobody wants its keys any more.
    pub(super) fn watch(mut self, mut watched: Watched, wakes: &Receiver<()>, shared: &Shared) {
        while shared.wait(wakes, Duration::from_millis(LOOK_EVERY_MS)) != Woken::Over {
            let taken = match watched.changed() {
                None => continue,
                Some(Ok(bytes)) => self.take(bytes).map_err(|error| error.to_string()),
                Some(Err(error)) => Err(error.to_string()),
            };
            if let Err(reason) = taken {
                self.failed(&watched.path().display().to_string(), &reason);
            }
        }
    }

    /// Fetches a document until nobody wants its keys any more.
    pub(super) fn fetch(
        mut self,
        fetcher: &Fetcher,
        every_ms: u64,
        wakes: &Receiver<()>,
        shared: &Shared,
    ) {
        let mut schedule = Schedule::new(clock::now().ms, every_ms);
        loop {
            while let Some(rest) = clock::until(clock::now(), Some(schedule.wake_at()))
                && !rest.is_zero()
            {
                match shared.wait(wakes, rest) {
                    Woken::Over => return,
                    Woken::Asked => schedule.ask(),
                    Woken::Timeout => {}
                }
            }
            let taken =
                fetcher.fetch().and_then(|b| self.take(b).map_err(|error| error.to_string()));
            let now_ms = clock::now().ms;
            schedule.fetched(now_ms, taken.is_ok());
            match taken {
                Ok(()) => shared.vain_until(now_ms + FETCH_MS_MIN),
                Err(reason) => self.failed(fetcher.url(), &reason),
            }
        }
    }

    /// Takes new keys, if they are keys and new.
    pub(super) fn take(&mut self, bytes: Vec<u8>) -> Result<(), KeyError> {
        if self.count > 0 && bytes == self.bytes {
            return Ok(());
        }
        let set = KeySet::read(&bytes, self.origin, &self.rules.algorithms)?;
        for reason in &set.skipped {
            tracing::warn!("a key for tokens is not used: {}", Foreign::of(reason));
        }
        (self.bytes, self.count) = (bytes, set.keys.len());
        tracing::info!("tokens are verified with {} keys", self.count);
        (self.report)(Arc::new(Tokens::new(self.rules.clone(), set.keys)));
        self.publish();
        Ok(())
    }

    fn failed(&mut self, what: &str, reason: &str) {
        self.failures += 1;
        let rest = if self.count > 0 { "the last good keys stay" } else { "there are none" };
        tracing::warn!("{what}: {}: {rest}", Foreign::new(reason));
        self.publish();
    }

    fn publish(&self) {
        let samples = keys_samples(self.count as u64, self.failures);
        let unready =
            (self.count == 0).then(|| "there are no keys for tokens yet, see the log".to_owned());
        self.board.publish(NAME, samples);
        self.board.set_unready(NAME, unready);
    }
}

/// The keys as metrics.
pub(in crate::io) fn keys_samples(count: u64, failures: u64) -> Vec<Sample> {
    let failed = "Files or documents of keys that could not be read.";
    vec![
        Sample::gauge("imq_gateway_token_keys", "Keys that tokens are verified with.", count),
        Sample::counter("imq_gateway_token_keys_failures_total", failed, failures),
    ]
}
