//! Who the bucket knows, as items.

use proto::ids::Generation;
use proto::snapshot::field::{item, session, user};
use proto::wire::{self, WireError};

use super::{People, Session, SessionKey, UserKey};
use crate::machine::state::codec::{self, each, session_id};
use crate::machine::state::items::{Items, bounded};
use crate::machine::state::logins::Logins;
use crate::machine::state::queue::Queues;

impl People {
    /// Users, each before its sessions.
    pub(in crate::machine::state) fn put_items(&self, items: &mut Items<'_>) {
        for (at, known) in self.users.iter() {
            let sessions = || self.sessions_of(UserKey(at));
            items.put(item::USER, |out| {
                wire::put_bytes(out, user::NAME, known.name.as_bytes());
                wire::put_uint(out, user::FLOOR, Generation::number_or_none(known.floor));
                wire::put_part(out, user::SESSIONS, |out| {
                    sessions().for_each(|key| wire::put_varint(out, key.number().into()));
                });
            });
            for key in sessions() {
                let known = &self[key];
                items.put(item::SESSION, |out| {
                    wire::put_uint(out, session::PLACE, key.number().into());
                    wire::put_bytes(out, session::SESSION_ID, &known.id.0);
                    wire::put_uint(
                        out,
                        session::GENERATION,
                        Generation::number_or_none(known.generation),
                    );
                    wire::put_fixed(out, session::LEAST, Generation::number_or_none(known.least));
                    if known.uses == 0 {
                        wire::put_uint(out, session::UNUSED_MS, known.faded_ms);
                    }
                });
            }
        }
    }

    /// A user, whose sessions follow.
    pub(in crate::machine::state) fn take_user(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut name, mut floor) = ("", None);
        each(bytes, |number, value| {
            match number {
                user::NAME => name = value.text()?,
                user::FLOOR => floor = Generation::or_none(value.uint()?),
                _ => {}
            }
            Ok(())
        })?;
        let sessions = codec::read_numbers(bytes, user::SESSIONS)?;
        let is_known = self.by_name.find(name.as_bytes(), |at| *self.users[at].name == *name);
        if sessions.is_empty() || is_known.is_some() {
            return Err(WireError);
        }
        let user = self.user(&name.into());
        self.users[user.0].floor = floor;
        let mut before = None;
        for number in sessions {
            let key = SessionKey::named(u32::try_from(number).map_err(|_| WireError)?);
            let name = self.users[user.0].name.clone();
            // Who it is comes with its own item.
            let session = Session::nobody(user, before, name);
            self.sessions.put(key.place(), session).ok_or(WireError)?;
            match before {
                Some(before) => self[before].next = Some(key),
                None => self.users[user.0].first = Some(key),
            }
            self.users[user.0].last = Some(key);
            before = Some(key);
        }
        Ok(())
    }

    /// A session of a user that came before.
    pub(in crate::machine::state) fn take_session(
        &mut self,
        bytes: &[u8],
    ) -> Result<(), WireError> {
        let (mut place, mut id, mut generation, mut least, mut faded_ms) = (0, None, None, None, 0);
        each(bytes, |number, value| {
            match number {
                session::PLACE => place = value.uint32()?,
                session::SESSION_ID => id = Some(session_id(value)?),
                session::GENERATION => generation = Generation::or_none(value.uint()?),
                session::LEAST => least = Generation::or_none(value.fixed()?),
                session::UNUSED_MS => faded_ms = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        let id = id.ok_or(WireError)?;
        let is_known = self.find(id).is_some();
        let key = SessionKey::named(place);
        let known = self.sessions.get_mut(key.place()).filter(|_| !is_known).ok_or(WireError)?;
        (known.id, known.generation, known.least) = (id, generation, least);
        known.faded_ms = faded_ms;
        self.by_id.insert(&id.0, key.place());
        Ok(())
    }

    /// All items have come: how often each session is used follows from the others.
    pub(in crate::machine::state) fn settle(&mut self, queues: &Queues, logins: &Logins) {
        let members = queues.iter().flat_map(|(_, queue)| queue.members.keys());
        for key in members.chain(logins.keys()) {
            self.hold(key);
        }
        for (at, session) in self.sessions.iter_mut() {
            session.is_listed = session.uses == 0;
            if session.is_listed {
                self.faded.insert((session.faded_ms, SessionKey::named(at)));
            }
        }
        self.sessions.settle();
        self.users.settle();
    }
}
