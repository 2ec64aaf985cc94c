//! The fallback over HTTP: bodies that come, the streams that they ask for, and the answers to what
//! is posted.

use proto::ids::ConnectionName;
use proto::limits;
use proto::time::Time;

use super::handshake::Refusal;
use super::handshake::fallback::{self, Manner, Posting, Purpose};
use super::waiting::Stage;
use super::{Clients, Reader};
use crate::machine::{ConnId, Encoding, Format, Input, Lane, Outbox, Transport};

/// The number of what is posted over a connection, which has one such request at a time.
fn number_of(conn: ConnId, serial: u32) -> u64 {
    u64::from(conn.number()) << 32 | u64::from(serial)
}

impl Clients {
    /// The head of a POST has come. What is missing of its body is counted, since anybody may make
    /// us wait for it.
    pub(super) fn begin_post(
        &mut self,
        now: Time,
        conn: ConnId,
        posting: Posting,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Reader::Waiting(waiting) = &mut client.reader else { return };
        if waiting.request.len() < posting.length {
            if self.reserved + posting.length > limits::POSTS_READ_BYTES_MAX {
                let refusal = fallback::too_many(&posting.manner);
                return self.refuse(now, conn, &refusal, lane, out);
            }
            self.reserved += posting.length;
            waiting.reserved = posting.length;
        }
        waiting.stage = Stage::Body(posting);
        waiting.until_ms = now.ms + limits::POST_MS_MAX;
        self.body_came(now, conn, lane, out);
    }

    /// More of a body has come.
    pub(super) fn body_came(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Reader::Waiting(waiting) = &mut client.reader else { return };
        let Stage::Body(posting) = &waiting.stage else { return };
        if waiting.request.len() < posting.length {
            return;
        }
        let Posting { purpose, length, manner } = posting;
        let (purpose, manner) = (*purpose, manner.clone());
        let rest = waiting.request.split_off(*length);
        let body = std::mem::replace(&mut waiting.request, rest);
        self.reserved -= std::mem::take(&mut waiting.reserved);
        match purpose {
            Purpose::Events => self.open_stream(now, conn, &body, &manner, lane, out),
            Purpose::Send => match fallback::post(&body, number_of(conn, client.serial), &manner) {
                Ok(post) => {
                    waiting.stage = Stage::UnderWay(manner);
                    waiting.until_ms = now.ms + limits::POST_MS_MAX;
                    lane.handle(now, Input::Posted(post), out);
                }
                Err(refusal) => self.refuse(now, conn, &refusal, lane, out),
            },
        }
    }

    /// A client asks for a stream of events: it is through the door.
    fn open_stream(
        &mut self,
        now: Time,
        conn: ConnId,
        body: &[u8],
        manner: &Manner,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let frames = match fallback::first_frames(body, manner) {
            Ok(frames) => frames,
            Err(refusal) => return self.refuse(now, conn, &refusal, lane, out),
        };
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Some(address) = client.waits_from() else { return };
        // Who has gone meanwhile is logged in by nothing that has waited here.
        if client.to_end {
            return self.gone(now, conn, lane, out);
        }
        client.reader = Reader::Events;
        let format = Format::new(Transport::Events, Encoding::Json);
        let name = Some(ConnectionName(rand::random()));
        lane.handle(now, Input::Opened { conn, format, address, name }, out);
        if client.handed_on {
            lane.handle(now, Input::HandOn { conn }, out);
        }
        let head = fallback::stream_head(manner);
        if client.stream.write(head.as_bytes()).ok() != Some(head.len()) {
            return self.gone(now, conn, lane, out);
        }
        let mut rest = frames.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, frames.len())
            && !out.clients.is_ended(conn)
        {
            rest = &rest[end..];
            lane.handle(now, Input::Frame { conn, frame }, out);
        }
    }

    /// Answers what was posted.
    pub(super) fn answer_posts(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        for (number, posted) in std::mem::take(&mut out.posted) {
            let conn = ConnId::at((number >> 32) as usize);
            let Some(client) = self.sockets.get_mut(conn.place()) else { continue };
            let is_its = number_of(conn, client.serial) == number;
            let Reader::Waiting(waiting) = &mut client.reader else { continue };
            let Stage::UnderWay(manner) = &waiting.stage else { continue };
            if !is_its {
                continue;
            }
            match fallback::answer_post(posted, manner) {
                Ok(response) => {
                    let is_last = manner.is_last;
                    waiting.stage = Stage::Head;
                    if self.answer(now, conn, (&response, is_last), lane, out) {
                        self.requested(now, conn, lane, out);
                    }
                }
                Err(refusal) => self.refuse(now, conn, &refusal, lane, out),
            }
        }
    }

    /// Answers a request behind which another may come, unless it is the last. Whether some of that
    /// is there.
    pub(super) fn answer(
        &mut self,
        now: Time,
        conn: ConnId,
        (response, is_last): (&str, bool),
        lane: &mut Lane,
        out: &mut Outbox,
    ) -> bool {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        let Reader::Waiting(waiting) = &mut client.reader else { return false };
        if is_last {
            self.end_with(now, conn, response, lane, out);
            return false;
        }
        waiting.is_kept = true;
        waiting.until_ms = now.ms + limits::POST_IDLE_MS_MAX;
        // Who doesn't read some hundred bytes doesn't read at all.
        if client.stream.write(response.as_bytes()).ok() != Some(response.len()) {
            self.gone(now, conn, lane, out);
            return false;
        }
        !waiting.request.is_empty()
    }

    /// Refuses a request, behind which none comes.
    pub(super) fn refuse(
        &mut self,
        now: Time,
        conn: ConnId,
        refusal: &Refusal,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        self.end_with(now, conn, &refusal.response(), lane, out);
    }

    /// Writes this and closes. Who doesn't take it goes without.
    fn end_with(
        &mut self,
        now: Time,
        conn: ConnId,
        response: &str,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        if let Reader::Waiting(waiting) = &client.reader {
            self.reserved -= waiting.reserved();
        }
        client.reader = Reader::Refused;
        let written = client.stream.write(response.as_bytes());
        if written.and_then(|_| client.stream.finish()).is_err() {
            self.gone(now, conn, lane, out);
        }
    }
}
