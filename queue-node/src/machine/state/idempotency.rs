//! Requests of web back ends that name a key: what was answered to each.

use std::collections::HashMap;

use proto::g2c::ResultHead;
use proto::limits;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::machine::hashing::Numbers;
use shares::{Ends, Share};

mod items;
mod shares;

pub(crate) use shares::Shares;

/// An Idempotency-Key as the bucket knows it: a hash of the API key, the key, and the queue.
///
/// 128 bits and a seed of the bucket's own: of a million keys no two meet, and nobody can choose
/// some that do.
pub(crate) type Key = (u64, u64);

/// A key of a request that is being decided, to be remembered with its answer.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) key: Key,
    /// The API key that it is of.
    pub(crate) api_key: u64,
    pub(crate) body_hash: u64,
    pub(crate) origin: Origin,
}

/// Where a key comes from. Each origin has space of its own, so that writes without a key go on
/// however many keys are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The back end has named it.
    BackEnd,
    /// The gateway has drawn it, for a write without one.
    Gateway,
}

impl Origin {
    /// By how long the request asks for it to be remembered.
    pub(crate) fn of(remember_ms: u64) -> Origin {
        if remember_ms <= limits::KEYLESS_REMEMBER_MS { Origin::Gateway } else { Origin::BackEnd }
    }

    fn remember_ms(self) -> u64 {
        match self {
            Origin::BackEnd => limits::IDEMPOTENCY_MS,
            Origin::Gateway => limits::KEYLESS_REMEMBER_MS,
        }
    }

    fn keys_max(self) -> usize {
        match self {
            Origin::BackEnd => limits::IDEMPOTENCY_KEYS_MAX,
            Origin::Gateway => limits::KEYLESS_KEYS_MAX,
        }
    }
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

/// An entry of the map, with its byte of control.
const ENTRY_BYTES: usize = size_of::<(Key, Answered)>() + 1;
/// A place in the lists of ends.
const END_BYTES: usize = size_of::<(u64, Key)>();
/// What a key takes, about: maps and lists are half full at worst.
pub(crate) const KEY_BYTES: usize = 3 * (ENTRY_BYTES + END_BYTES) / 2;

const _: () = assert!(ENTRY_BYTES <= 41);

/// What is known of a request's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new.
    New,
    /// The same request was answered so.
    Answered(Vec<u8>),
    /// Another request had the key.
    OtherBody,
}

/// The API key has its share of what can be remembered now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// So many keys of it are remembered.
    pub(crate) held: usize,
    /// Of so many in all.
    pub(crate) keys_max: usize,
}

/// The keys of a bucket. None is forgotten early, and each API key has a share.
#[derive(Debug)]
pub(crate) struct Keys {
    seed: u64,
    answered: HashMap<Key, Answered, Numbers>,
    /// Bytes of results that are more than a number.
    whole_bytes: usize,
    back_ends: Ends,
    gateways: Ends,
}

impl Keys {
    /// None yet; the seed is random.
    pub(crate) fn new(seed: u64) -> Keys {
        let (back_ends, gateways) = (Ends::default(), Ends::default());
        Keys { seed, answered: HashMap::default(), whole_bytes: 0, back_ends, gateways }
    }

    /// What keys are hashed with.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Goes on with the seed of an earlier life.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// A request's key as it is known here.
    pub(crate) fn key(&self, api_key: u64, key: &[u8], queue: &str) -> Key {
        let mut bytes = Vec::with_capacity(16 + key.len() + queue.len());
        bytes.extend_from_slice(&api_key.to_be_bytes());
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
            None => Known::New,
        }
    }

    /// Whether one more key can be remembered, by the bucket's bound and the node's.
    pub(crate) fn may_remember(
        &self,
        node: &Shares,
        (api_key, origin): (u64, Origin),
    ) -> Result<(), Full> {
        let own = self.ends(origin).share(api_key, origin.keys_max());
        let nodes = node.share(origin, api_key);
        let Share { held, keys_max, .. } = match (own.has_space(), nodes.has_space()) {
            (true, true) => return Ok(()),
            (true, false) => nodes,
            (false, _) => own,
        };
        Err(Full { held, keys_max })
    }

    /// Remembers the answer, for at least as long as the request asked for.
    pub(crate) fn remember(&mut self, now_ms: u64, keyed: &Keyed, result: &[u8]) {
        let Keyed { key, api_key, body_hash, origin } = *keyed;
        self.ends_mut(origin).push(api_key, now_ms + origin.remember_ms(), key);
        let result = Kept::of(result);
        self.whole_bytes += result.heap_bytes();
        self.answered.insert(key, Answered { body_hash, result });
    }

    /// When the first is over.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.back_ends.next_ms().into_iter().chain(self.gateways.next_ms()).min()
    }

    /// Forgets what is over.
    pub(crate) fn trim(&mut self, now_ms: u64) {
        for origin in [Origin::BackEnd, Origin::Gateway] {
            let ends = match origin {
                Origin::BackEnd => &mut self.back_ends,
                Origin::Gateway => &mut self.gateways,
            };
            ends.trim(now_ms, |key| {
                if let Some(answered) = self.answered.remove(&key) {
                    self.whole_bytes -= answered.result.heap_bytes();
                }
            });
        }
    }

    /// How many there are of each API key.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Origin, u64, usize)> {
        let ends = [(Origin::BackEnd, &self.back_ends), (Origin::Gateway, &self.gateways)];
        ends.into_iter().flat_map(|(origin, ends)| {
            ends.counts().map(move |(api_key, count)| (origin, api_key, count))
        })
    }

    /// What they take.
    pub(crate) fn bytes(&self) -> usize {
        let entries = self.answered.capacity() * 8 / 7 * ENTRY_BYTES + self.whole_bytes;
        entries + (self.back_ends.capacity() + self.gateways.capacity()) * END_BYTES
    }

    fn ends(&self, origin: Origin) -> &Ends {
        match origin {
            Origin::BackEnd => &self.back_ends,
            Origin::Gateway => &self.gateways,
        }
    }

    fn ends_mut(&mut self, origin: Origin) -> &mut Ends {
        match origin {
            Origin::BackEnd => &mut self.back_ends,
            Origin::Gateway => &mut self.gateways,
        }
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

    fn heap_bytes(&self) -> usize {
        match self {
            Kept::Done { .. } => 0,
            Kept::Whole(whole) => whole.len(),
        }
    }
}
