//! What of a session waits in front of its operations: until its login is answered, and until its
//! user's home is heard. See "Hearing" in `docs/sessions.md`.

use proto::c2g::{self, Kind};
use proto::codes::Close;
use proto::ids::Handle;
use proto::limits;
use proto::wire;

use super::{Sessions, State};
use crate::machine::delivery::ConnId;
use crate::machine::desk::Desk;
use crate::machine::settings::Settings;
use crate::machine::upstream::Upstream;

impl Sessions {
    /// Keeps a frame that came between `connect` and `welcome`. Whether it fits.
    pub(in crate::machine) fn keep_early(&mut self, handle: Handle, frame: &[u8]) -> bool {
        let fits = self.with_rare(handle, |rare| {
            let fits = rare.waiting.len() + frame.len() <= limits::CLIENT_FRAME_BYTES_MAX;
            if fits {
                wire::put_varint(&mut rare.waiting, frame.len() as u64);
                rare.waiting.extend_from_slice(frame);
            }
            fits
        });
        fits != Some(false)
    }

    /// Keeps frames that came before there was a session, if it came to one.
    pub(in crate::machine) fn keep_waiting(
        &mut self,
        conn: ConnId,
        waiting: Vec<u8>,
        desk: &mut Desk,
    ) {
        let handle = desk.door.session_of(conn);
        if let (Some(handle), false) = (handle, waiting.is_empty()) {
            self.with_rare(handle, |rare| rare.waiting = waiting);
        }
    }

    /// The session has something to say: whether the home of its user was heard of late.
    #[inline]
    pub(in crate::machine) fn is_heard(&self, handle: Handle, desk: &mut Desk) -> bool {
        desk.upstream.speaks(desk.now.ms);
        self.hears_home(handle, &desk.upstream, (desk.now.ms, &desk.settings))
    }

    /// Likewise, for the way to the homes alone. Mostly every home was heard.
    #[inline]
    pub(in crate::machine) fn hears_home(
        &self,
        handle: Handle,
        upstream: &Upstream,
        (now_ms, settings): (u64, &Settings),
    ) -> bool {
        upstream.all_are_heard(now_ms) || self.hears_its_own(handle, upstream, (now_ms, settings))
    }

    #[cold]
    fn hears_its_own(
        &self,
        handle: Handle,
        upstream: &Upstream,
        (now_ms, settings): (u64, &Settings),
    ) -> bool {
        let Some(session) = self.get(handle) else { return true };
        let hash = session.id.user_queue_hash();
        let is_heard = upstream.home_is_heard(hash, session.told, now_ms);
        if !is_heard {
            upstream.ask_for(handle);
        }
        is_heard || settings.faults().hearing_ignored
    }

    /// Since when something of the session waits to be heard.
    pub(in crate::machine) fn unheard_ms(&self, handle: Handle) -> Option<u64> {
        Some(self.get(handle)?.rare.as_ref()?.unheard_ms)
    }

    /// Takes what has waited to be heard for too long: queues to be resumed, and frames. Who is
    /// invited is invited again when the home is back.
    pub(in crate::machine) fn take_unheard(
        &mut self,
        handle: Handle,
    ) -> Option<(Vec<c2g::Seen>, Vec<u8>)> {
        let taken = self.with_rare(handle, |rare| {
            rare.invited.clear();
            (std::mem::take(&mut rare.seen), std::mem::take(&mut rare.waiting))
        });
        self.tidy(handle);
        taken
    }

    /// Takes the frames that wait.
    pub(in crate::machine) fn take_waiting(&mut self, handle: Handle) -> Vec<u8> {
        if self.get(handle).is_none_or(|session| session.rare.is_none()) {
            return Vec::new();
        }
        let waiting = self.with_rare(handle, |rare| std::mem::take(&mut rare.waiting));
        self.tidy(handle);
        waiting.unwrap_or_default()
    }

    /// Keeps an operation until the user's home is heard.
    #[cold]
    pub(in crate::machine) fn wait_unheard(
        &mut self,
        conn: ConnId,
        handle: Handle,
        (kind, body): (Kind, &[u8]),
        desk: &mut Desk,
    ) {
        let fits = self.with_rare(handle, |rare| {
            let fits = rare.waiting.len() + body.len() <= limits::CLIENT_FRAME_BYTES_MAX;
            if fits {
                wire::put_frame(&mut rare.waiting, kind as u32, body.len());
                rare.waiting.extend_from_slice(body);
            }
            fits
        });
        if fits == Some(false) {
            let reason = "too many operations wait for the user's home: connect again";
            return desk.close(conn, Close::Overloaded, reason);
        }
        self.waits_unheard(handle, desk);
    }

    /// Something of the session waits until its user's home is heard.
    pub(in crate::machine) fn waits_unheard(&mut self, handle: Handle, desk: &mut Desk) {
        if desk.upstream.waits_unheard(handle, desk.now.ms) {
            desk.counters.unheard += 1;
            self[handle].rare().unheard_ms = desk.now.ms;
        }
    }

    /// Whether the session goes on: its login was answered, and it has a connection that isn't
    /// about to be closed.
    pub(in crate::machine) fn goes_on(&self, handle: Handle, desk: &Desk) -> bool {
        let session = self.get(handle).filter(|session| session.state == State::Live);
        let conn = session.and_then(|session| session.conn);
        conn.is_some_and(|conn| !desk.door.is_dismissed(conn))
    }
}
