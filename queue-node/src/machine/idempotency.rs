//! Requests of web back ends that name a key: what was answered to each.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use proto::limits;

use super::hashing::Numbers;

/// An Idempotency-Key as the bucket knows it: the API key, the key, and the queue.
pub(crate) type Key = Rc<(u64, Box<[u8]>, Box<str>)>;

/// A key of a request that is being decided, to be remembered with its answer.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) key: Key,
    pub(crate) body_hash: u64,
    pub(crate) until_ms: u64,
}

#[derive(Debug)]
struct Answered {
    body_hash: u64,
    result: Box<[u8]>,
}

/// What is known of a request's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known<'a> {
    /// It is new.
    New,
    /// The same request was answered so.
    Answered(&'a [u8]),
    /// Another request had the key.
    OtherBody,
    /// It is new, and no more keys can be remembered now.
    Full,
}

/// The keys of a bucket. None is forgotten early.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    answered: HashMap<Key, Answered, Numbers>,
    ends: BTreeSet<(u64, Key)>,
}

impl Keys {
    /// What is known of this key.
    pub(crate) fn look(&self, key: &Key, body_hash: u64) -> Known<'_> {
        match self.answered.get(key) {
            Some(answered) if answered.body_hash == body_hash => Known::Answered(&answered.result),
            Some(_) => Known::OtherBody,
            None if self.answered.len() >= limits::IDEMPOTENCY_KEYS_MAX => Known::Full,
            None => Known::New,
        }
    }

    /// Remembers the answer.
    pub(crate) fn remember(&mut self, keyed: Keyed, result: &[u8]) {
        let Keyed { key, body_hash, until_ms } = keyed;
        self.ends.insert((until_ms, key.clone()));
        self.answered.insert(key, Answered { body_hash, result: result.into() });
    }

    /// Forgets what is over.
    pub(crate) fn trim(&mut self, now_ms: u64) {
        while let Some((until_ms, key)) = self.ends.first()
            && *until_ms <= now_ms
        {
            self.answered.remove(key);
            self.ends.pop_first();
        }
    }
}
