//! Who connects: a newcomer waits for the application's word, where the configuration wants that,
//! and so do new credentials of a session.

use std::net::IpAddr;
use std::num::NonZeroU32;

use proto::c2g::{self, Kind};
use proto::codes::{Close, Status};
use proto::ids::{Handle, SessionId};
use proto::limits;
use proto::wire;
use rand::RngExt as _;

use super::{Application, Whose};
use crate::machine::application::callout::{Ask, Asked, Verdict};
use crate::machine::delivery::ConnId;
use crate::machine::desk::Desk;
use crate::machine::door::{Admitted, Farewell, Prefix};
use crate::machine::lane::Outbox;
use crate::machine::sessions::{Sessions, close_of};

/// A client whose application isn't available is told to come back after as long, and up to as long
/// again: those who came together don't come back so.
const RETRY_AFTER_MS: u32 = 2_000;

/// A connection whose `connect` is asked about.
#[derive(Debug)]
pub(super) struct Newcomer {
    /// Of the ask, or of what its session's home was asked.
    pub(super) number: u64,
    pub(super) connect: c2g::Connect,
    /// What a token that was verified says.
    pub(super) admitted: Option<Admitted>,
    /// Frames that came behind `connect`, length-prefixed.
    pub(super) waiting: Vec<u8>,
}

impl Application {
    /// The call-out that says who connects, if the configuration has one.
    fn target(&self) -> Option<String> {
        self.config.connect.clone()
    }

    /// Whether the application says who connects.
    pub(in crate::machine) fn asks_who_connects(&self) -> bool {
        self.config.connect.is_some()
    }

    /// Somebody comes from this address: those of one leave others their places. Nobody else is
    /// remembered.
    pub(in crate::machine) fn came_from(&mut self, conn: ConnId, address: IpAddr, desk: &mut Desk) {
        let counts = desk.settings.by_address && !address.to_canonical().is_loopback();
        if counts && self.asks_who_connects() {
            self.origins.insert(conn, Prefix::from(address));
        } else {
            self.origins.remove(&conn);
        }
    }

    /// Asks the application who it is.
    pub(in crate::machine) fn ask_who(
        &mut self,
        conn: ConnId,
        connect: c2g::Connect,
        (admitted, waiting): (Option<Admitted>, Vec<u8>),
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(target) = self.target() else {
            let reason = "the application no longer decides who connects: connect again";
            return desk.close(conn, Close::Overloaded, reason);
        };
        if let Some(reason) = too_long(&connect.token) {
            return desk.close(conn, Close::BadToken, reason);
        }
        let id = format!("{:032x}", desk.random.random::<u128>());
        let asked = asked(&connect.token, &connect.client_name, &connect.client_version);
        let from = self.origins.remove(&conn);
        let ask = Ask { id, user: None, from, session: None, asked };
        let number = self.number(Whose::Newcomer(conn));
        self.keep_newcomer(conn, Newcomer { number, connect, admitted, waiting }, desk);
        self.callouts.ask(desk.now, number, Some(&target), &ask, &mut out.callouts);
        self.take_verdicts(sessions, desk, out);
    }

    pub(super) fn keep_newcomer(&mut self, conn: ConnId, newcomer: Newcomer, desk: &mut Desk) {
        self.newcomers.insert(conn, newcomer);
        desk.door.asks(conn);
    }

    /// What comes behind `connect` waits, but not without bound.
    pub(in crate::machine) fn wait_for_word(
        &mut self,
        conn: ConnId,
        kind: Kind,
        frame: &[u8],
        desk: &mut Desk,
    ) {
        let Some(newcomer) = self.newcomers.get_mut(&conn) else { return };
        if kind == Kind::Pong {
            return;
        }
        let is_second = kind == Kind::Connect;
        if is_second || newcomer.waiting.len() + frame.len() > limits::UNAUTHENTICATED_BYTES_MAX {
            return desk.door.dismiss(conn, Farewell::early(is_second));
        }
        wire::put_varint(&mut newcomer.waiting, frame.len() as u64);
        newcomer.waiting.extend_from_slice(frame);
    }

    /// The application's word on a newcomer.
    pub(super) fn verdict_on_newcomer(
        &mut self,
        conn: ConnId,
        verdict: Verdict,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(newcomer) = self.newcomers.remove(&conn) else { return };
        let Newcomer { connect, admitted, waiting, .. } = newcomer;
        match self.admitted_by(verdict, admitted.and_then(|admitted| admitted.expires_ms), desk) {
            Ok(admitted) => {
                sessions.log_in(conn, connect, &admitted, desk, out);
                sessions.keep_waiting(conn, waiting, desk);
            }
            Err((status, reason)) => {
                let close = close_of(status);
                let spread_ms = conn.number().wrapping_mul(97) % RETRY_AFTER_MS;
                let retry_after_ms = NonZeroU32::new(RETRY_AFTER_MS + spread_ms)
                    .filter(|_| close == Close::Overloaded);
                let farewell = Farewell::new(close, reason).retry_after(retry_after_ms);
                desk.door.dismiss(conn, farewell);
            }
        }
    }

    /// Who it is by the application's word, whose credentials hold no longer than a token's.
    fn admitted_by(
        &self,
        verdict: Verdict,
        until_ms: Option<u64>,
        desk: &mut Desk,
    ) -> Result<Admitted, (Status, String)> {
        match verdict {
            Verdict::User { user, expires_in_s } => {
                let ms = expires_in_s.map(|seconds| seconds.saturating_mul(1000));
                let expires_ms = ms.map(|ms| desk.now.ms.saturating_add(ms));
                let expires_ms = expires_ms.into_iter().chain(until_ms).min();
                Ok(Admitted::new(user, expires_ms))
            }
            Verdict::Refuse { status, message } => Err((status, message)),
            Verdict::Allow | Verdict::Payload(_) => {
                let reason = "the web application's answer doesn't say who connects: try again \
                              later";
                Err((Status::Unavailable, reason.to_owned()))
            }
        }
    }

    /// A connection is over: what the application says of it doesn't matter.
    pub(in crate::machine) fn drop_newcomer(&mut self, conn: ConnId) {
        if let Some(newcomer) = self.newcomers.remove(&conn) {
            self.asked.remove(&newcomer.number);
            self.callouts.withdraw(newcomer.number);
        }
    }

    /// Asks the application about the new credentials of a session, which hold until then at most.
    pub(in crate::machine) fn ask_anew(
        &mut self,
        handle: Handle,
        refresh: &c2g::Refresh,
        until_ms: Option<u64>,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let (Some(target), Some(session)) = (self.target(), sessions.get(handle)) else {
            return;
        };
        let (id, op_id) = (session.id(), refresh.op_id);
        if let (Some(reason), Some(conn)) = (too_long(&refresh.token), sessions.conn_of(handle)) {
            return desk.refuse(conn, op_id, Status::Unauthenticated, &reason, out);
        }
        let ask = Ask {
            id: format!("{id}/{op_id}"),
            user: Some(session.user().to_owned()),
            from: None,
            session: Some(id.to_string()),
            asked: asked(&refresh.token, "", ""),
        };
        let number = self.number(Whose::Refresh { session: handle, id, op_id, until_ms });
        self.callouts.ask(desk.now, number, Some(&target), &ask, &mut out.callouts);
        self.take_verdicts(sessions, desk, out);
    }

    /// The application's word on new credentials: they must be the same user's.
    pub(super) fn verdict_on_refresh(
        &mut self,
        (handle, id): (Handle, SessionId),
        (op_id, until_ms): (u32, Option<u64>),
        verdict: Verdict,
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let is_its = sessions.get(handle).is_some_and(|session| session.id() == id);
        let Some(conn) = sessions.conn_of(handle).filter(|_| is_its) else { return };
        match self.admitted_by(verdict, until_ms, desk) {
            Ok(admitted) => sessions.refreshed((conn, handle), op_id, &admitted, desk, out),
            Err((status, reason)) => desk.refuse(conn, op_id, status, &reason, out),
        }
    }
}

/// Why the application isn't asked about a token of this length, if it isn't.
fn too_long(token: &str) -> Option<String> {
    let (bytes, max) = (token.len(), limits::TOKEN_BYTES_MAX);
    (bytes > max).then(|| {
        format!("the token has {bytes} bytes: the web application is asked about at most {max}")
    })
}

fn asked(token: &str, client_name: &str, client_version: &str) -> Asked {
    let short =
        |name: &str| name[..name.floor_char_boundary(limits::CLIENT_NAME_BYTES_MAX)].to_owned();
    Asked::Connect {
        token: token.to_owned(),
        client_name: short(client_name),
        client_version: short(client_version),
    }
}
