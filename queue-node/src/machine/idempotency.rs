//! Requests of web back ends that name a key: what was answered to each.

use std::collections::{HashMap, VecDeque};

use proto::g2c::ResultHead;
use proto::limits;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::hashing::Numbers;

/// An Idempotency-Key as the bucket knows it: a hash of the API key, the key, and the queue.
///
/// 128 bits and a seed of the bucket's own: of a million keys no two meet, and nobody can choose
/// some that do.
pub(crate) type Key = (u64, u64);

/// A key of a request that is being decided, to be remembered with its answer.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) key: Key,
    pub(crate) body_hash: u64,
    /// How long the request asks for.
    pub(crate) remember_ms: u64,
}

#[derive(Debug)]
struct Answered {
    body_hash: u64,
    result: Kept,
}

/// A result that is kept: nearly all say no more than a number.
#[derive(Debug)]
enum Kept {
    Done { seq: u64 },
    Whole(Box<[u8]>),
}

const _: () = assert!(size_of::<(Key, Answered)>() <= 40);

/// What is known of a request's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new.
    New,
    /// The same request was answered so.
    Answered(Vec<u8>),
    /// Another request had the key.
    OtherBody,
    /// It is new, and no more keys can be remembered now.
    Full,
}

/// The keys of a bucket. None is forgotten early.
///
/// There are two life times, that of keys which the gateway drew and that of a back end's own, so
/// that each list of ends is in order by itself.
#[derive(Debug)]
pub(crate) struct Keys {
    seed: u64,
    answered: HashMap<Key, Answered, Numbers>,
    short: VecDeque<(u64, Key)>,
    long: VecDeque<(u64, Key)>,
}

impl Keys {
    /// None yet; the seed is random.
    pub(crate) fn new(seed: u64) -> Keys {
        let (short, long) = (VecDeque::new(), VecDeque::new());
        Keys { seed, answered: HashMap::default(), short, long }
    }

    /// A request's key as it is known here.
    pub(crate) fn key(&self, key_id: u64, key: &[u8], queue: &str) -> Key {
        let mut bytes = Vec::with_capacity(16 + key.len() + queue.len());
        bytes.extend_from_slice(&key_id.to_be_bytes());
        bytes.extend_from_slice(&(key.len() as u64).to_be_bytes());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(queue.as_bytes());
        let hash = xxh3_128_with_seed(&bytes, self.seed);
        ((hash >> 64) as u64, hash as u64)
    }

    /// What is known of this key.
    pub(crate) fn look(&self, key: Key, body_hash: u64) -> Known {
        match self.answered.get(&key) {
            Some(answered) if answered.body_hash == body_hash => {
                Known::Answered(answered.result.bytes())
            }
            Some(_) => Known::OtherBody,
            None if self.answered.len() >= limits::IDEMPOTENCY_KEYS_MAX => Known::Full,
            None => Known::New,
        }
    }

    /// Remembers the answer, for at least as long as the request asked for.
    pub(crate) fn remember(&mut self, now_ms: u64, keyed: Keyed, result: &[u8]) {
        let Keyed { key, body_hash, remember_ms } = keyed;
        if remember_ms <= limits::KEYLESS_REMEMBER_MS {
            self.short.push_back((now_ms + limits::KEYLESS_REMEMBER_MS, key));
        } else {
            self.long.push_back((now_ms + limits::IDEMPOTENCY_MS, key));
        }
        self.answered.insert(key, Answered { body_hash, result: Kept::of(result) });
    }

    /// Forgets what is over.
    pub(crate) fn trim(&mut self, now_ms: u64) {
        for ends in [&mut self.short, &mut self.long] {
            while let Some((_, key)) = ends.pop_front_if(|(until_ms, _)| *until_ms <= now_ms) {
                self.answered.remove(&key);
            }
        }
    }

    /// What they take: entries with a byte each, and their places in the lists of ends.
    pub(crate) fn bytes(&self) -> usize {
        let entries = self.answered.capacity() * 8 / 7 * (size_of::<(Key, Answered)>() + 1);
        entries + (self.short.capacity() + self.long.capacity()) * size_of::<(u64, Key)>()
    }
}

impl Kept {
    fn of(result: &[u8]) -> Kept {
        let head = ResultHead::of(result).unwrap_or_default();
        let done = Kept::Done { seq: head.seq };
        if done.bytes() == result { done } else { Kept::Whole(result.into()) }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Kept::Done { seq } => {
                let mut bytes = Vec::new();
                ResultHead { seq: *seq, ..ResultHead::default() }.put(&mut bytes);
                bytes
            }
            Kept::Whole(whole) => whole.to_vec(),
        }
    }
}
