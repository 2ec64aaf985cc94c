//! Queues as items.

use std::rc::Rc;

use proto::g2c::EventKind;
use proto::ids::Generation;
use proto::limits::MOUNTS_MAX;
use proto::record::field::result;
use proto::snapshot::field::{cell, event, history, item, member, queue, recent};
use proto::wire::{self, WireError};

use super::{Floors, Mount, Queue, QueueIndex, Queues, Subscription};
use crate::machine::state::class::{ClassIndex, Classes, QueueClass};
use crate::machine::state::codec::{self, each, session_id};
use crate::machine::state::event_ring::{Event, MEMBERS};
use crate::machine::state::items::{Items, bounded};
use crate::machine::state::people::{People, SessionKey};
use crate::machine::state::recent::Recent;
use crate::machine::state::snapshot::{LARGE_BYTES, Large};
use crate::machine::state::state_mount::{Binding, Cell, KeyStep};

impl Queue {
    /// The queue, and all that is in it.
    pub(in crate::machine::state) fn put_items(
        &self,
        index: QueueIndex,
        classes: &Classes,
        items: &mut Items<'_>,
    ) {
        let number = u64::from(index.number());
        let (log_floor, floors) = self.floors_at(items.old_ms);
        items.put(item::QUEUE, |out| {
            wire::put_uint(out, queue::PLACE, number);
            wire::put_bytes(out, queue::NAME, self.name.as_bytes());
            self.put_class(out, classes);
            wire::put_uint(out, queue::EPOCH, self.epoch.get());
            wire::put_uint(out, queue::SEQ, self.seq);
            wire::put_uint(out, queue::CREATED_UNIX_MS, self.created_unix_ms);
            wire::put_uint(out, queue::LOG_FLOOR, log_floor);
            if floors.iter().any(|floor| *floor > 0) {
                wire::put_part(out, queue::FLOORS, |out| {
                    floors.iter().for_each(|floor| wire::put_varint(out, *floor));
                });
            }
        });
        for logged in self.log.after(log_floor) {
            items.put(item::EVENT, |out| put_event(out, number, &logged));
        }
        for (place, mount) in (0_u64..).zip(&self.mounts) {
            match mount {
                Mount::Message(Some(_)) => self.put_history((index, place), log_floor, items),
                Mount::State(Some(mount))
                    if mount.bytes() > LARGE_BYTES && items.large.is_some() =>
                {
                    let cells =
                        mount.entries("", "").map(|(key, cell)| (key.clone(), cell.clone()));
                    let cells = cells.collect::<Vec<_>>().into_iter();
                    let large = Large { queue: number, mount: place, cells };
                    if let Some(held) = &mut items.large {
                        held.push_back(large);
                    }
                }
                Mount::State(Some(mount)) => {
                    for (key, cell) in mount.entries("", "") {
                        items.put(item::CELL, |out| put_cell(out, (number, place), key, cell));
                    }
                }
                Mount::Message(None) | Mount::State(None) => {}
            }
        }
        for (place, (key, subscription)) in (0..).zip(self.members.iter()) {
            items.put(item::MEMBER, |out| {
                wire::put_uint(out, member::QUEUE, number);
                wire::put_uint(out, member::PLACE, place);
                wire::put_uint(out, member::SESSION, key.number().into());
                put_subscription(out, subscription);
            });
        }
    }

    fn put_class(&self, out: &mut Vec<u8>, classes: &Classes) {
        let is_it = |class: &Rc<QueueClass>| Rc::ptr_eq(class, &self.class);
        let found = self.class.index.filter(|index| classes.at(*index).is_some_and(is_it));
        if let Some(index) = found {
            wire::put_optional_uint(out, queue::CLASS, index.number().into());
        } else {
            let class = &self.class.class;
            wire::put_part(out, queue::OLD_CLASS, |out| codec::put_class(out, class));
            wire::put_uint(out, queue::OWN_CLASS, u64::from(self.class.is_own));
        }
    }

    /// What the replay log lacks, once it has let go of what is older than that: of all events, and
    /// of each mount's.
    fn floors_at(&self, old_ms: Option<u64>) -> (u64, Floors) {
        let mut log_floor = self.log.floor();
        let mut floors = self.floors.as_deref().copied().unwrap_or_default();
        let is_old = |event: &Event<'_>| old_ms.is_some_and(|old_ms| event.at_ms <= old_ms);
        for event in self.log.after(0).take_while(is_old) {
            log_floor = event.seq;
            floors[usize::from(event.mount).min(MOUNTS_MAX)] = event.seq;
        }
        (log_floor, floors)
    }

    /// The messages that a mount keeps, but those that are too old.
    fn put_history(
        &self,
        (index, place): (QueueIndex, u64),
        log_floor: u64,
        items: &mut Items<'_>,
    ) {
        let Some(Mount::Message(Some(kept))) = self.mounts.get(place as usize) else { return };
        let class = &self.class.class.mounts[place as usize];
        let oldest_ms = match class.history_ms {
            0 => 0,
            history_ms => items.now_ms.saturating_sub(history_ms) + 1,
        };
        let is_kept = |event: &Event<'_>| class.history_ms == 0 || event.at_ms >= oldest_ms;
        for message in kept.newest(&self.log, kept.len(), self.seq).filter(is_kept) {
            items.put(item::HISTORY, |out| {
                wire::put_uint(out, history::QUEUE, index.number().into());
                wire::put_uint(out, history::MOUNT, place);
                wire::put_uint(out, history::SEQ, message.seq);
                if message.seq <= log_floor {
                    let number = index.number().into();
                    wire::put_part(out, history::EVENT, |out| put_event(out, number, &message));
                }
            });
        }
    }
}

fn put_event(out: &mut Vec<u8>, queue: u64, logged: &Event<'_>) {
    wire::put_uint(out, event::QUEUE, queue);
    wire::put_uint(out, event::SEQ, logged.seq);
    wire::put_uint(out, event::AT_MS, logged.at_ms);
    wire::put_uint(out, event::KIND, logged.kind.number().into());
    if logged.mount != MEMBERS {
        wire::put_optional_uint(out, event::MOUNT, logged.mount.into());
    }
    codec::put_session_id(out, event::EXCLUDE, logged.exclude);
    wire::put_bytes(out, event::BODY, logged.body);
}

pub(in crate::machine::state) fn put_cell(
    out: &mut Vec<u8>,
    (queue, mount): (u64, u64),
    key: &str,
    kept: &Cell,
) {
    wire::put_uint(out, cell::QUEUE, queue);
    wire::put_uint(out, cell::MOUNT, mount);
    wire::put_bytes(out, cell::KEY, key.as_bytes());
    wire::put_bytes(out, cell::VALUE, &kept.value);
    wire::put_uint(out, cell::VERSION, kept.version);
    if let Some(Binding { expires_ms, present }) = kept.binding() {
        if let Some(expires_ms) = expires_ms {
            wire::put_optional_uint(out, cell::EXPIRES_MS, expires_ms);
        }
        codec::put_session_id(out, cell::PRESENT, present);
    }
}

fn put_subscription(out: &mut Vec<u8>, subscription: &Subscription) {
    let Subscription { is_guest, generation, join, join_seq, filter, recent } = subscription;
    wire::put_uint(out, member::GUEST, u64::from(*is_guest));
    wire::put_uint(out, member::GENERATION, Generation::number_or_none(*generation));
    wire::put_uint(out, member::JOIN, *join);
    wire::put_uint(out, member::JOIN_SEQ, *join_seq);
    codec::put_filter(out, member::FILTER, filter.as_deref());
    wire::put_part(out, member::RECENT, |out| put_recent(out, recent));
}

/// Appends what is known of a session's operations.
pub(in crate::machine::state) fn put_recent(out: &mut Vec<u8>, known: &Recent) {
    wire::put_uint(out, recent::HIGHEST, known.highest().into());
    wire::put_uint(out, recent::OVER, u64::from(known.is_over));
    for remembered in known.results() {
        wire::put_part(out, recent::RESULTS, |out| codec::put_remembered(out, &remembered));
    }
}

/// Reads what is known of a session's operations.
pub(in crate::machine::state) fn read_recent(bytes: &[u8]) -> Result<Recent, WireError> {
    let (mut known, mut highest) = (Recent::default(), 0);
    each(bytes, |number, value| {
        match number {
            recent::HIGHEST => highest = value.uint32()?,
            recent::OVER => known.is_over = value.uint()? != 0,
            recent::RESULTS => each(value.bytes()?, |field, value| {
                if field != result::SESSION
                    && let Some(remembered) = codec::read_remembered(field, value)?
                {
                    known.remember(remembered);
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    known.raise_highest(highest);
    Ok(known)
}

impl Queues {
    /// A queue, and what is in it follows.
    pub(in crate::machine::state) fn take_queue(
        &mut self,
        bytes: &[u8],
        classes: &Classes,
    ) -> Result<(), WireError> {
        let (mut place, mut name, mut index, mut old, mut is_own) = (0, "", None, None, false);
        let (mut epoch, mut seq, mut created_unix_ms, mut log_floor) = (0, 0, 0, 0);
        each(bytes, |number, value| {
            match number {
                queue::PLACE => place = value.uint32()?,
                queue::NAME => name = value.text()?,
                queue::CLASS => index = Some(ClassIndex::named(value.uint32()?)),
                queue::OLD_CLASS => old = Some(codec::read_class(value.bytes()?)?),
                queue::OWN_CLASS => is_own = value.uint()? != 0,
                queue::EPOCH => epoch = value.uint()?,
                queue::SEQ => seq = bounded(value)?,
                queue::CREATED_UNIX_MS => created_unix_ms = value.uint()?,
                queue::LOG_FLOOR => log_floor = value.uint()?,
                _ => {}
            }
            Ok(())
        })?;
        let class = match (index, old) {
            (Some(index), None) => classes.at(index).ok_or(WireError)?.clone(),
            (None, Some(old)) => self.class_like(QueueClass::of_other_config(old, is_own)),
            (Some(_), Some(_)) | (None, None) => return Err(WireError),
        };
        if log_floor > seq || self.find(name.as_bytes()).is_some() {
            return Err(WireError);
        }
        let mut queue = Queue::new(name, class, codec::epoch(epoch)?, created_unix_ms);
        (queue.seq, queue.floors) = (seq, read_floors(bytes)?);
        queue.log.begin_at(log_floor);
        self.slots.put(place, queue).ok_or(WireError)?;
        self.by_name.insert(name.as_bytes(), place);
        Ok(())
    }

    /// A class that came before, if one is the same: queues share it.
    fn class_like(&self, class: QueueClass) -> Rc<QueueClass> {
        let mut known = self.slots.iter().map(|(_, queue)| &queue.class);
        match known.find(|known| !class.is_own && ***known == class) {
            Some(known) => known.clone(),
            None => Rc::new(class),
        }
    }

    /// An event of a replay log.
    pub(in crate::machine::state) fn take_event(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let mut index = None;
        let logged = read_event(bytes, &mut index)?;
        let queue = self.slots.get_mut(index.unwrap_or_default()).ok_or(WireError)?;
        let is_next = logged.seq == queue.log.newest() + 1 && logged.seq <= queue.seq;
        if !is_next || !queue.log.has_space(logged.cost()) || !queue.has_place(logged.mount) {
            return Err(WireError);
        }
        queue.log.push(&logged);
        Ok(())
    }

    /// A message of a history.
    pub(in crate::machine::state) fn take_history(
        &mut self,
        bytes: &[u8],
    ) -> Result<(), WireError> {
        let (mut index, mut mount, mut seq, mut older) = (0, 0, 0, None);
        each(bytes, |number, value| {
            match number {
                history::QUEUE => index = value.uint32()?,
                history::MOUNT => mount = value.uint()? as usize,
                history::SEQ => seq = value.uint()?,
                history::EVENT => older = Some(read_event(value.bytes()?, &mut None)?),
                _ => {}
            }
            Ok(())
        })?;
        let queue = self.slots.get_mut(index).ok_or(WireError)?;
        let is_older = older.is_some();
        let message = older.or_else(|| queue.log.get(seq)).ok_or(WireError)?;
        match queue.mounts.get_mut(mount) {
            Some(Mount::Message(history)) => {
                let history = history.get_or_insert_default();
                if message.seq != seq || history.newest_seq() >= seq {
                    return Err(WireError);
                }
                history.put_back(&message, is_older);
                Ok(())
            }
            Some(Mount::State(_)) | None => Err(WireError),
        }
    }

    /// A key of a state mount.
    pub(in crate::machine::state) fn take_cell(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut index, mut place, mut key, mut new, mut version) = (0, 0, "", &bytes[..0], 0);
        let mut binding = Binding { expires_ms: None, present: None };
        each(bytes, |number, value| {
            match number {
                cell::QUEUE => index = value.uint32()?,
                cell::MOUNT => place = value.uint()? as usize,
                cell::KEY => key = value.text()?,
                cell::VALUE => new = value.bytes()?,
                cell::VERSION => version = value.uint()?,
                cell::EXPIRES_MS => binding.expires_ms = Some(value.uint()?),
                cell::PRESENT => binding.present = Some(session_id(value)?),
                _ => {}
            }
            Ok(())
        })?;
        let queue = self.slots.get_mut(index).ok_or(WireError)?;
        let Some(Mount::State(mount)) = queue.mounts.get_mut(place) else { return Err(WireError) };
        let now = Some(Cell::new(new, version, Some(binding)));
        mount.get_or_insert_default().apply(vec![KeyStep { key: key.into(), now }]);
        Ok(())
    }

    /// A member.
    pub(in crate::machine::state) fn take_member(
        &mut self,
        bytes: &[u8],
        people: &People,
    ) -> Result<(), WireError> {
        let (mut index, mut place, mut key) = (0, 0, SessionKey::FIRST);
        let mut subscription = Subscription::default();
        each(bytes, |number, value| {
            match number {
                member::QUEUE => index = value.uint32()?,
                member::PLACE => place = value.uint()? as usize,
                member::SESSION => key = codec::session(value)?,
                member::GUEST => subscription.is_guest = value.uint()? != 0,
                member::GENERATION => subscription.generation = Generation::or_none(value.uint()?),
                member::JOIN => subscription.join = value.uint()?,
                member::JOIN_SEQ => subscription.join_seq = value.uint()?,
                member::FILTER => subscription.filter = codec::read_filter(value)?,
                member::RECENT => subscription.recent = read_recent(value.bytes()?)?,
                _ => {}
            }
            Ok(())
        })?;
        let queue = self.slots.get_mut(index).ok_or(WireError)?;
        let user = people.get(key).ok_or(WireError)?.user;
        if queue.members.contains(key) || queue.members.len() != place {
            return Err(WireError);
        }
        let is_elsewhere = people.sessions_of(user).any(|other| queue.members.contains(other));
        queue.users += u32::from(!is_elsewhere);
        queue.members.insert(key, subscription);
        Ok(())
    }
}

fn read_event<'a>(bytes: &'a [u8], queue: &mut Option<u32>) -> Result<Event<'a>, WireError> {
    let (mut seq, mut at_ms, mut kind, mut body) = (0, 0, None, &bytes[..0]);
    let (mut mount, mut exclude) = (MEMBERS, None);
    each(bytes, |number, value| {
        match number {
            event::QUEUE => *queue = Some(value.uint32()?),
            event::SEQ => seq = bounded(value)?,
            event::AT_MS => at_ms = bounded(value)?,
            event::KIND => kind = EventKind::from_number(value.uint32()?),
            event::MOUNT => mount = u8::try_from(value.uint()?).map_err(|_| WireError)?,
            event::EXCLUDE => exclude = Some(session_id(value)?),
            event::BODY => body = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Event { seq, at_ms, body, kind: kind.ok_or(WireError)?, mount, exclude })
}

fn read_floors(bytes: &[u8]) -> Result<Option<Box<Floors>>, WireError> {
    let floors = codec::read_numbers(bytes, queue::FLOORS)?;
    if floors.is_empty() {
        return Ok(None);
    }
    let floors = Box::<[u64]>::from(floors).try_into().map_err(|_| WireError)?;
    Ok(Some(floors))
}
