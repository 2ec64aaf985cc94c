//! The keys that tokens are verified with: read and read again, on a thread of their own.
//!
//! [`start`] gives whoever asks for it a new [`Tokens`] each time the keys change. From a file
//! they are read at the start and whenever it changes; from a URL at the start, regularly, and
//! when a token names a key that isn't known ([`Asks`]). What can't be read is logged and changes
//! nothing: the last good keys stay.

mod asks;
mod document;
mod file;
mod keeper;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use link::io::threads;
use member::io::Board;

use crate::machine::token::{KeyError, Rules, Tokens};
pub use asks::Asks;
use asks::Shared;
use document::{FETCH_TIME_MAX, Fetcher};
use file::Watched;
use keeper::Keeper;
pub(super) use keeper::keys_samples;

/// A JWKS document is fetched so often, unless the configuration says otherwise.
pub const FETCH_EVERY_MS: u64 = 5 * 60 * 1000;

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file: a JWKS document, public keys in PEM, or secrets.
    File(PathBuf),
    /// A URL of a JWKS document.
    Url {
        /// Where it is.
        url: String,
        /// How often it is fetched.
        every_ms: u64,
    },
}

/// Whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What a token must be.
    pub rules: Rules,
    /// Where the keys are.
    pub source: Source,
}

/// Why a gateway can't start with such keys, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What stands in it is no key.
    #[error("{}: {error}", path.display())]
    Keys {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
    /// HTTP can't be set up.
    #[error("keys can't be fetched: {0}")]
    Http(String),
    /// The thread can't be started.
    #[error("the thread of the keys can't be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Keys at work; they are read no more when this is dropped.
#[derive(Debug)]
pub struct Keys {
    asks: Asks,
}

impl Keys {
    /// For the lanes.
    pub fn asks(&self) -> Asks {
        self.asks.clone()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.asks.end();
    }
}

/// Reads the keys, and goes on reading them when they change. `tell` is called with each new set:
/// with a file's first one before this returns; with a URL's as soon as it is there, and before
/// with a set that refuses everybody for the moment.
///
/// # Errors
/// If a file holds no keys, or there can be no thread. A URL that doesn't answer is no error: it
/// is asked until it does, and `/readyz` says so.
pub fn start(
    settings: Settings,
    board: Board,
    tell: impl Fn(Arc<Tokens>) + Send + 'static,
) -> Result<Keys, Error> {
    let (waker, wakes) = sync_channel(1);
    let shared = Arc::new(Shared::default());
    let mut keeper = Keeper::new(settings.rules, board, Box::new(tell));
    let theirs = Arc::clone(&shared);
    let is_fetched = match settings.source {
        Source::File(path) => {
            let (watched, bytes) = Watched::open(path.clone())
                .map_err(|error| Error::File { path: path.clone(), error })?;
            keeper.take(bytes).map_err(|error| Error::Keys { path, error })?;
            threads::spawn("keys", move || keeper.watch(watched, &wakes, &theirs))?;
            false
        }
        Source::Url { url, every_ms } => {
            let fetcher = Fetcher::new(&url, FETCH_TIME_MAX).map_err(Error::Http)?;
            keeper.await_document();
            threads::spawn("keys", move || keeper.fetch(&fetcher, every_ms, &wakes, &theirs))?;
            true
        }
    };
    Ok(Keys { asks: Asks::new(waker, shared, is_fetched) })
}

#[cfg(test)]
mod tests;
