//! Who is logged in, as items.

use proto::codes::Close;
use proto::ids::Generation;
use proto::snapshot::field::{attempt, item, login, online, over};
use proto::wire::{self, WireError};

use super::{Login, Logins, User};
use crate::machine::state::codec::{self, each, session_id};
use crate::machine::state::items::{Items, bounded};
use crate::machine::state::people::{People, SessionKey};
use crate::machine::state::queue::{QueueIndex, Queues};

impl Logins {
    /// The record of a session, if it has one.
    pub(in crate::machine::state) fn put_login(&self, key: SessionKey, items: &mut Items<'_>) {
        let Some(own) = self.logins.get(&key) else { return };
        items.put(item::LOGIN, |out| {
            wire::put_uint(out, login::SESSION, key.number().into());
            write(out, own);
        });
    }

    /// Users, and what is over.
    pub(in crate::machine::state) fn put_items(&self, items: &mut Items<'_>) {
        let mut inboxes: Vec<QueueIndex> = self.users.keys().copied().collect();
        inboxes.sort_unstable();
        for inbox in inboxes {
            let user = &self.users[&inbox];
            items.put(item::ONLINE, |out| {
                wire::put_uint(out, online::INBOX, inbox.number().into());
                wire::put_part(out, online::SESSIONS, |out| {
                    user.sessions.iter().for_each(|key| wire::put_varint(out, key.number().into()));
                });
                wire::put_uint(out, online::SINCE_UNIX_MS, user.since_unix_ms);
            });
        }
        for (at_ms, drawn, close) in self.over.iter() {
            items.put(item::OVER, |out| {
                wire::put_bytes(out, over::DRAWN, &drawn.0);
                wire::put_uint(out, over::CLOSE, close.number().into());
                wire::put_uint(out, over::AT_MS, at_ms);
            });
        }
        for (at_ms, client, newest) in self.attempts.iter() {
            items.put(item::ATTEMPT, |out| {
                wire::put_bytes(out, attempt::CLIENT, client.as_bytes());
                wire::put_uint(out, attempt::ATTEMPT, u64::from(*newest));
                wire::put_uint(out, attempt::AT_MS, at_ms);
            });
        }
    }

    /// Sessions that have a record, in no order.
    pub(in crate::machine::state) fn keys(&self) -> impl Iterator<Item = SessionKey> {
        self.logins.keys().copied()
    }

    /// The record of a session.
    pub(in crate::machine::state) fn take_login(
        &mut self,
        bytes: &[u8],
        people: &People,
    ) -> Result<(), WireError> {
        let mut key = SessionKey::FIRST;
        each(bytes, |number, value| {
            if number == login::SESSION {
                key = codec::session(value)?;
            }
            Ok(())
        })?;
        let login = read(bytes)?;
        let id = people.get(key).ok_or(WireError)?.id;
        if login.drawn != id && login.ending.is_none() {
            self.drawn.insert(login.drawn, key);
        }
        self.logins.insert(key, login).is_none().then_some(()).ok_or(WireError)
    }

    /// The sessions of a user that aren't over.
    pub(in crate::machine::state) fn take_online(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut inbox, mut since_unix_ms) = (QueueIndex::FIRST, 0);
        each(bytes, |number, value| {
            match number {
                online::INBOX => inbox = codec::queue(value)?,
                online::SINCE_UNIX_MS => since_unix_ms = value.uint()?,
                _ => {}
            }
            Ok(())
        })?;
        let sessions = codec::read_numbers(bytes, online::SESSIONS)?.into_iter();
        let sessions: Vec<_> = sessions.map(|at| SessionKey::named(at as u32)).collect();
        self.users.insert(inbox, User { sessions, since_unix_ms });
        Ok(())
    }

    /// All items have come: whom users name must be there, and their inboxes.
    pub(in crate::machine::state) fn settle(&self, queues: &Queues) -> Result<(), WireError> {
        let has_login = |key: &SessionKey| self.logins.contains_key(key);
        let is_whole = |(inbox, user): (&QueueIndex, &User)| {
            queues.get(*inbox).is_some() && user.sessions.iter().all(has_login)
        };
        self.users.iter().all(is_whole).then_some(()).ok_or(WireError)
    }

    /// An id that is over.
    pub(in crate::machine::state) fn take_over(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut drawn, mut ending, mut at_ms) = (None, None, 0);
        each(bytes, |number, value| {
            match number {
                over::DRAWN => drawn = Some(session_id(value)?),
                over::CLOSE => ending = Some(codec::close(value)?),
                over::AT_MS => at_ms = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        self.over.remember(at_ms, drawn.ok_or(WireError)?, ending.ok_or(WireError)?);
        Ok(())
    }

    /// A client whose session has ended.
    pub(in crate::machine::state) fn take_attempt(
        &mut self,
        bytes: &[u8],
    ) -> Result<(), WireError> {
        let (mut client, mut newest, mut at_ms) = ("", 0, 0);
        each(bytes, |number, value| {
            match number {
                attempt::CLIENT => client = value.text()?,
                attempt::ATTEMPT => newest = value.uint32()?,
                attempt::AT_MS => at_ms = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        self.attempts.remember(at_ms, client.into(), newest);
        Ok(())
    }
}

fn write(out: &mut Vec<u8>, own: &Login) {
    wire::put_uint(out, login::GENERATION, own.generation.number());
    wire::put_bytes(out, login::DRAWN, &own.drawn.0);
    codec::put_secret(out, login::SECRET, own.secret);
    codec::put_secret(out, login::BEFORE, own.before);
    wire::put_uint(out, login::CONFIRMED, u64::from(own.confirmed));
    for secret in &own.left_behind {
        codec::put_secret(out, login::LEFT_BEHIND, Some(*secret));
    }
    wire::put_uint(out, login::EXPIRES_UNIX_MS, own.expires_unix_ms);
    if let Some(detached_ms) = own.detached_ms {
        wire::put_optional_uint(out, login::DETACHED_MS, detached_ms);
    }
    wire::put_uint(out, login::CLOSED_BY, own.closed_by.into());
    wire::put_part(out, login::CLIENT, |out| codec::put_client(out, &own.client));
    for note in &own.notes {
        wire::put_part(out, login::NOTES, |out| codec::put_note(out, note));
    }
    wire::put_uint(out, login::ENDING, own.ending.map_or(0, Close::number).into());
    codec::put_sweep(out, login::SWEEP, own.sweep);
    wire::put_uint(out, login::BELOW, Generation::number_or_none(own.below));
}

fn read(bytes: &[u8]) -> Result<Login, WireError> {
    let (mut drawn, mut client) = (None, None);
    each(bytes, |number, value| {
        match number {
            login::DRAWN => drawn = Some(session_id(value)?),
            login::CLIENT => client = Some(codec::read_client(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let mut own = Login::empty(drawn.ok_or(WireError)?, Box::new(client.ok_or(WireError)?));
    each(bytes, |number, value| {
        match number {
            login::GENERATION => own.generation = codec::generation(value.uint()?)?,
            login::SECRET => own.secret = Some(codec::secret(value)?),
            login::BEFORE => own.before = Some(codec::secret(value)?),
            login::CONFIRMED => own.confirmed = value.uint()? != 0,
            login::LEFT_BEHIND => own.left_behind.push(codec::secret(value)?),
            login::EXPIRES_UNIX_MS => own.expires_unix_ms = value.uint()?,
            login::DETACHED_MS => own.detached_ms = Some(bounded(value)?),
            login::CLOSED_BY => own.closed_by = value.uint()? as u16,
            login::NOTES => own.notes.push(codec::read_note(value.bytes()?)?),
            login::ENDING => own.ending = Some(codec::close(value)?),
            login::SWEEP => own.sweep = Some(codec::read_sweep(value.bytes()?)?),
            login::BELOW => own.below = Generation::or_none(value.uint()?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(own)
}
