//! Who comes back, where the application says who connects: a secret that is good says it as well,
//! and the application isn't asked. A gateway that dies with ten thousand clients costs it nothing.

use proto::c2g;
use proto::codes::Close;
use proto::g2q::{self, G2q};
use proto::q2g;
use proto::wire;

use super::Application;
use super::newcomer::Newcomer;
use crate::machine::delivery::ConnId;
use crate::machine::desk::Desk;
use crate::machine::door::Admitted;
use crate::machine::lane::Outbox;
use crate::machine::sessions::{Sessions, resumed};
use crate::machine::upstream::Pending;

impl Application {
    /// Asks the home of the session that is to go on whose it is; the application, if there is
    /// none.
    pub(in crate::machine) fn recognise(
        &mut self,
        conn: ConnId,
        connect: c2g::Connect,
        admitted: Option<Admitted>,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let known = resumed(&connect).and_then(|(id, secret)| {
            let hash = id.user_queue_hash();
            Some((id, secret, hash, desk.upstream.bucket_of(hash)?))
        });
        let Some((id, secret, hash, bucket)) = known else {
            return self.ask_who(conn, connect, (admitted, Vec::new()), sessions, desk, out);
        };
        self.newest += 1;
        let number = self.newest;
        let (session_id, secret) = (id.0.to_vec(), secret.0.to_vec());
        let recognise = g2q::Recognise { number, session_id, secret };
        let body = Some(g2q::g2q::Body::Recognise(recognise));
        let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
        if sessions.push(bucket, Pending::Recognise { number, conn, hash }, write, desk, out) {
            self.keep_newcomer(
                conn,
                Newcomer { number, connect, admitted, waiting: Vec::new() },
                desk,
            );
        } else {
            let reason = "too many operations wait for the user's home: try again later";
            desk.close(conn, Close::Overloaded, reason);
        }
    }

    /// The home's word on whose session it is.
    pub(in crate::machine) fn recognised(
        &mut self,
        conn: ConnId,
        recognised: &q2g::Recognised,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(newcomer) = self.take_returner(conn, recognised.number) else { return };
        let Newcomer { connect, admitted, waiting, .. } = newcomer;
        let until_ms = admitted.as_ref().and_then(|admitted| admitted.expires_ms);
        let is_theirs = admitted.as_ref().is_none_or(|admitted| admitted.user == recognised.user);
        let left_ms = recognised.expires_unix_ms.saturating_sub(desk.now.unix_ms);
        let is_expired = recognised.expires_unix_ms > 0 && left_ms == 0;
        if recognised.user.is_empty() || !is_theirs || is_expired {
            return self.ask_who(conn, connect, (admitted, waiting), sessions, desk, out);
        }
        let expires_ms = (recognised.expires_unix_ms > 0).then(|| desk.now.ms + left_ms);
        let expires_ms = expires_ms.into_iter().chain(until_ms).min();
        let admitted = Admitted { user: recognised.user.clone(), expires_ms, resume_only: true };
        sessions.log_in(conn, connect, &admitted, desk, out);
        sessions.keep_waiting(conn, waiting, desk);
    }

    /// The home can't be asked.
    pub(in crate::machine) fn unrecognised(&mut self, conn: ConnId, number: u64, desk: &mut Desk) {
        if self.take_returner(conn, number).is_some() {
            let reason = "the session's home can't be reached: connect again later";
            desk.close(conn, Close::Overloaded, reason);
        }
    }

    /// The newcomer that this number was drawn for, if its connection is still there.
    fn take_returner(&mut self, conn: ConnId, number: u64) -> Option<Newcomer> {
        let newcomer = self.newcomers.get(&conn)?;
        (newcomer.number == number).then(|| self.newcomers.remove(&conn))?
    }
}
