//! The state as a list of items: what a new copy begins with, and what its digest is made of.
//!
//! The schema is `proto/schema/snapshot.proto`. Each part of the state writes its own items and
//! reads them, in a file `items.rs` of its own. What may go at any time is left out, as if it had
//! gone just now: copies let go of it when they come to it.

use std::collections::VecDeque;
use std::rc::Rc;

use proto::limits;
use proto::snapshot::field::{config, head, item, snapshot, tell, word};
use proto::wire::{self, Value, WireError};
use xxhash_rust::xxh3::xxh3_128;

use super::class::Classes;
use super::codec::{self, each};
use super::heard::Teller;
use super::record::Stamp;
use super::snapshot::Large;
use super::{LOG_GRACES, State};

/// Where items go, one after the other.
pub(super) struct Items<'a> {
    sink: &'a mut dyn FnMut(&[u8]),
    buffer: Vec<u8>,
    /// The moment for which the state is shown.
    pub(super) now_ms: u64,
    /// Events up to this moment are too old to be replayed.
    pub(super) old_ms: Option<u64>,
    /// Where large state mounts go; nothing: they are items like the others.
    pub(super) large: Option<&'a mut VecDeque<Large>>,
}

impl Items<'_> {
    /// One more.
    pub(super) fn put(&mut self, kind: u32, write: impl FnOnce(&mut Vec<u8>)) {
        self.buffer.clear();
        wire::put_part(&mut self.buffer, kind, write);
        (self.sink)(&self.buffer);
    }
}

impl State {
    /// Writes items for this moment of the primary's clock.
    pub(super) fn writer<'a>(
        &self,
        now_ms: u64,
        sink: &'a mut dyn FnMut(&[u8]),
        large: Option<&'a mut VecDeque<Large>>,
    ) -> Items<'a> {
        let old_ms = now_ms.checked_sub(LOG_GRACES * self.grace_ms);
        Items { sink, buffer: Vec::new(), now_ms, old_ms, large }
    }

    /// All items but queues and logins.
    pub(super) fn items_at_once(&self, items: &mut Items<'_>) {
        items.put(item::HEAD, |out| {
            wire::put_uint(out, head::N, self.newest.n);
            wire::put_uint(out, head::AT_MS, self.newest.at_ms);
            wire::put_fixed(out, head::KEYS_SEED, self.keys.seed());
            wire::put_uint(out, head::NEWEST_WORD, self.words.newest());
            for opening in self.openings.iter() {
                wire::put_part(out, head::OPENINGS, |out| opening.put(out));
            }
        });
        items.put(item::CONFIG, |out| {
            wire::put_part(out, config::CLASSES, |out| codec::put_classes(out, &self.classes));
        });
        self.people.put_items(items);
        self.logins.put_items(items);
        self.memory.put_items(items);
        self.keys.put_items(items);
        for (number, kept) in self.words.iter() {
            items.put(item::WORD, |out| {
                wire::put_uint(out, word::NUMBER, number);
                wire::put_part(out, word::WORD, |out| codec::put_word(out, kept));
            });
        }
        for teller in self.heard.iter() {
            items.put(item::HEARD, |out| teller.put(out));
        }
        for (n, kept) in self.tells.iter() {
            items.put(item::TELL, |out| {
                wire::put_uint(out, tell::N, n);
                wire::put_part(out, tell::TELL, |out| codec::put_tell(out, kept));
            });
        }
    }

    /// A number that is the same for the same state, for this moment of the primary's clock.
    ///
    /// It is a sum of hashes: neither the order of a walk nor the layout of anything counts.
    pub(crate) fn digest(&self, now_ms: u64) -> u128 {
        (0..self.parts()).fold(0, |sum, part| sum.wrapping_add(self.part_digest(now_ms, part)))
    }

    /// Of how many parts that is the sum: none of them takes a turn for long.
    pub(crate) fn parts(&self) -> u32 {
        1 + self.queues.places().div_ceil(limits::DIGEST_QUEUES)
    }

    /// The same of a part: the first is all but queues, each other one of so many places of them.
    pub(crate) fn part_digest(&self, now_ms: u64, part: u32) -> u128 {
        let mut sum = 0_u128;
        let mut sink = |item: &[u8]| sum = sum.wrapping_add(xxh3_128(item));
        let mut items = self.writer(now_ms, &mut sink, None);
        let Some(part) = part.checked_sub(1) else {
            self.items_at_once(&mut items);
            for key in self.logins.keys() {
                self.logins.put_login(key, &mut items);
            }
            return sum;
        };
        let first = part.saturating_mul(limits::DIGEST_QUEUES).min(self.queues.places());
        let end = first.saturating_add(limits::DIGEST_QUEUES).min(self.queues.places());
        for index in (first..end).filter_map(|place| self.queues.in_place(place)) {
            self.queues[index].put_items(index, &self.classes, &mut items);
        }
        sum
    }

    /// One that a snapshot is to fill; its maps are seeded with a random number.
    pub(crate) fn unfilled(random: u64, grace_ms: u64) -> State {
        State::new(Rc::new(Classes::of(&[], 0)), random, grace_ms)
    }

    /// Takes a slice of a snapshot.
    ///
    /// # Errors
    /// If the bytes aren't one: the state is good for nothing then.
    pub(crate) fn fill(&mut self, slice: &[u8]) -> Result<(), WireError> {
        each(slice, |number, value| match number {
            snapshot::ITEMS => self.take_item(value.bytes()?),
            _ => Ok(()),
        })
    }

    /// All slices have come.
    ///
    /// # Errors
    /// If something is missing that something else names.
    pub(crate) fn filled(&mut self) -> Result<(), WireError> {
        self.logins.settle(&self.queues)?;
        self.queues.settle();
        self.people.settle(&self.queues, &self.logins);
        self.sizes.count_all(&mut self.queues, self.logins.len());
        Ok(())
    }

    /// Takes an item that isn't there yet.
    fn take_item(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        each(bytes, |number, value| {
            let part = value.bytes()?;
            match number {
                item::HEAD => self.take_head(part),
                item::CONFIG => self.take_config(part),
                item::USER => self.people.take_user(part),
                item::SESSION => self.people.take_session(part),
                item::QUEUE => self.queues.take_queue(part, &self.classes),
                item::EVENT => self.queues.take_event(part),
                item::HISTORY => self.queues.take_history(part),
                item::CELL => self.queues.take_cell(part),
                item::MEMBER => self.queues.take_member(part, &self.people),
                item::LOGIN => self.logins.take_login(part, &self.people),
                item::ONLINE => self.logins.take_online(part),
                item::OVER => self.logins.take_over(part),
                item::ATTEMPT => self.logins.take_attempt(part),
                item::COHORT => self.memory.take_cohort(part),
                item::REMEMBERED => self.memory.take_remembered(part),
                item::KEY => self.keys.take_key(part),
                item::WORD => self.take_word(part),
                item::TELL => self.take_tell(part),
                item::HEARD => Teller::read(part).map(|teller| self.heard.hear(teller)),
                _ => Err(WireError),
            }
        })
    }

    fn take_head(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut seed, mut newest_word) = (0, 0);
        let mut newest = Stamp { n: 0, at_ms: 0 };
        each(bytes, |number, value| {
            match number {
                head::N => newest.n = bounded(value)?,
                head::AT_MS => newest.at_ms = bounded(value)?,
                head::KEYS_SEED => seed = value.fixed()?,
                head::NEWEST_WORD => newest_word = bounded(value)?,
                head::OPENINGS => self.openings.take(value.bytes()?)?,
                _ => {}
            }
            Ok(())
        })?;
        self.newest = newest;
        self.keys.reseed(seed);
        self.words.go_on_from(newest_word);
        Ok(())
    }

    fn take_config(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        each(bytes, |number, value| {
            if number == config::CLASSES {
                self.classes = Rc::new(codec::read_classes(value.bytes()?)?);
            }
            Ok(())
        })
    }

    fn take_word(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut place, mut kept) = (0, None);
        each(bytes, |number, value| {
            match number {
                word::NUMBER => place = value.uint()?,
                word::WORD => kept = Some(codec::read_word(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        self.words.put_back(place, kept.ok_or(WireError)?);
        Ok(())
    }

    fn take_tell(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut n, mut kept) = (0, None);
        each(bytes, |number, value| {
            match number {
                tell::N => n = value.uint()?,
                tell::TELL => kept = Some(codec::read_tell(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        self.tells.keep(n, Box::new(kept.ok_or(WireError)?));
        Ok(())
    }
}

/// A number that others may be added to.
pub(super) fn bounded(value: Value<'_>) -> Result<u64, WireError> {
    value.uint().and_then(|number| (number < limits::NUMBER_MAX).then_some(number).ok_or(WireError))
}
