//! From credentials to a session: the login on the user's queue, `welcome`.

use std::num::{NonZeroU32, NonZeroU64};

use proto::c2g;
use proto::codes::{Close, Status};
use proto::g2c::{self, BodyKind};
use proto::g2q::{self, G2q};
use proto::ids::{Generation, Handle, Secret, SessionId};
use proto::limits;
use proto::name::{self, UserId};
use proto::q2g;
use proto::wire;
use rand::Rng as _;
use smallvec::SmallVec;

use super::{Session, Sessions, State};
use crate::machine::delivery::ConnId;
use crate::machine::desk::Desk;
use crate::machine::door::{Admitted, Farewell};
use crate::machine::lane::Outbox;
use crate::machine::traced;
use crate::machine::upstream::{Broken, BucketIndex, NodeSet, Pending};

impl Sessions {
    /// Sends the login of somebody who is believed.
    pub(in crate::machine) fn log_in(
        &mut self,
        conn: ConnId,
        connect: c2g::Connect,
        admitted: &Admitted,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some((bucket, session)) = self.drawn(conn, admitted, desk) else {
            let reason = "this gateway has no bucket table yet: try again in a moment";
            return desk.close(conn, Close::Overloaded, reason);
        };
        let mut secret = [0; 16];
        desk.random.fill_bytes(&mut secret);
        let hash = session.id.user_queue_hash();
        let handle = self.insert(session);
        let mut login = self.login(handle, hash, secret, &connect, desk);
        login.resume_only = admitted.resume_only;
        let rare = self[handle].rare();
        rare.secret = Some(Secret(secret));
        rare.backlog.set_on_hold(connect.hold);
        rare.seen = connect.resume.map(|resume| resume.seen).unwrap_or_default();
        desk.door.logs_in(conn, handle, admitted.expires_ms);
        let body = Some(g2q::g2q::Body::Login(login));
        let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
        if !self.push(bucket, Pending::Login { session: handle }, write, desk, out) {
            self.forget(handle, desk, out);
            let reason = "too many operations wait for the user's home: try again later";
            desk.close(conn, Close::Overloaded, reason);
        }
    }

    /// A session with an id of its own, and the bucket of its user; nothing before the first table.
    fn drawn(
        &mut self,
        conn: ConnId,
        admitted: &Admitted,
        desk: &mut Desk,
    ) -> Option<(BucketIndex, Session)> {
        let user = UserId::try_from(admitted.user.as_str()).ok()?;
        let hash = name::hash(name::user_queue(user).as_bytes());
        let bucket = desk.upstream.bucket_of(hash)?;
        let session = Session {
            id: SessionId::new(hash, desk.random.next_u64()),
            user: user.as_str().into(),
            generation: None,
            floor: None,
            expires_unix_ms: desk.unix_ms(admitted.expires_ms),
            introduced: NodeSet::default(),
            told: 0,
            queues: SmallVec::new(),
            rare: None,
            conn: Some(conn),
            unanswered: 0,
            unanswered_bytes: 0,
            state: State::LoggingIn,
            confirmed: false,
        };
        Some((bucket, session))
    }

    /// What the user queue is told. A session to go on with that can't be one of this user's is
    /// left out: the client gets a new one.
    fn login(
        &self,
        handle: Handle,
        hash: u64,
        secret: [u8; 16],
        connect: &c2g::Connect,
        desk: &mut Desk,
    ) -> g2q::Login {
        let short =
            |name: &str| name[..name.floor_char_boundary(limits::CLIENT_NAME_BYTES_MAX)].to_owned();
        let resume = resumed(connect).filter(|(id, _)| id.user_queue_hash() == hash);
        let resume = resume.map(|(id, secret)| (id.0.to_vec(), secret.0.to_vec()));
        let (resume_session_id, resume_secret) = resume.unwrap_or_default();
        g2q::Login {
            session: handle.number(),
            gateway: desk.settings.gateway.clone(),
            client_name: short(&connect.client_name),
            client_version: short(&connect.client_version),
            secret: secret.to_vec(),
            resume_session_id,
            resume_secret,
            resume_only: false,
            expires_unix_ms: self[handle].expires_unix_ms.map_or(0, NonZeroU64::get),
            client_id: connect.client_id.clone(),
            attempt: connect.attempt,
        }
    }

    /// The user queue's answer to a login. The connection of a session that has come of it: what
    /// its client has sent meanwhile is to be taken up.
    pub(in crate::machine) fn logged_in(
        &mut self,
        handle: Handle,
        answer: &q2g::LoggedIn,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Result<Option<ConnId>, Broken> {
        let Some(session) = self.get_mut(handle) else { return Ok(None) };
        session.unanswered -= 1;
        if answer.status != Status::Ok.number() {
            self.login_refused(handle, answer, desk, out);
            return Ok(None);
        }
        if answer.resumed {
            let id = SessionId::try_from(answer.session_id.as_slice());
            let id = id.map_err(|_| Broken::Unreadable)?;
            if id.user_queue_hash() != session.id.user_queue_hash() {
                return Err(Broken::Unreadable);
            }
            session.id = id;
        }
        session.told = desk.upstream.told_by_login(session.id.user_queue_hash());
        session.generation = Generation::or_none(answer.generation);
        session.floor = Generation::or_none(answer.floor);
        self.introduce_anew(handle, desk, out);
        if self[handle].state == State::Over {
            self.let_go(handle, desk, out);
            return Ok(None);
        }
        Ok(self.go_live(handle, answer.resumed, desk, out))
    }

    fn go_live(
        &mut self,
        handle: Handle,
        resumed: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Option<ConnId> {
        let session = &mut self[handle];
        // Without a connection it would be over already.
        let conn = session.conn?;
        session.state = State::Live;
        let nonce = session.nonce();
        let hold = session.rare.as_ref().is_some_and(|rare| rare.backlog.is_on_hold());
        desk.counters.sessions += 1;
        desk.counters.resumes += u64::from(resumed);
        desk.door.goes_live(conn);
        out.clients.connected(conn);
        if hold {
            out.clients.set_held(conn, true);
        }
        self.welcome(conn, handle, resumed, desk, out);
        // Its `pong` confirms; that the client is alive is another matter.
        desk.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
        if desk.door.is_dismissed(conn) {
            return None;
        }
        self.choose_seen(handle, resumed, desk);
        if desk.settings.faults().confirmed_early {
            self.confirm(handle, desk, out);
        }
        self.resume_seen(handle, desk, out);
        Some(conn)
    }

    /// No session comes of it.
    fn login_refused(
        &mut self,
        handle: Handle,
        answer: &q2g::LoggedIn,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let close = Close::from_number(answer.code).unwrap_or_else(|| {
            Status::from_number(answer.status).map_or(Close::Forbidden, close_of)
        });
        let farewell = Farewell::new(close, answer.error_message.clone());
        let farewell = farewell.retry_after(NonZeroU32::new(answer.retry_after_ms));
        self.no_session(handle, farewell, desk, out);
    }

    /// A login can't be brought to its home.
    pub(in crate::machine) fn login_given_up(
        &mut self,
        handle: Handle,
        was_sent: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(session) = self.get_mut(handle) else { return };
        session.unanswered -= 1;
        let reason = "the user's home can't be reached: connect again later";
        let farewell = Farewell::new(Close::HomeLost, reason);
        if !was_sent {
            return self.no_session(handle, farewell, desk, out);
        }
        // It may have been decided: what it brought is lost with the connection.
        if let Some(conn) = self.conn_of(handle) {
            desk.door.dismiss(conn, farewell);
        }
        self.let_go(handle, desk, out);
    }

    /// Closes the connection of a login of which no session came: nobody is told `lost`.
    fn no_session(
        &mut self,
        handle: Handle,
        farewell: Farewell,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let conn = self.conn_of(handle);
        let session = &mut self[handle];
        (session.state, session.conn) = (State::Over, None);
        if let Some(conn) = conn {
            desk.door.dismiss(conn, farewell);
        }
        self.let_go(handle, desk, out);
    }

    /// New credentials are believed, if they are the same user's.
    pub(in crate::machine) fn refreshed(
        &mut self,
        (conn, handle): (ConnId, Handle),
        op_id: u32,
        admitted: &Admitted,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        if *admitted.user != *self[handle].user {
            let reason = "the token belongs to another user: open a connection for each user";
            return desk.refuse(conn, op_id, Status::Unauthenticated, reason, out);
        }
        desk.door.set_expiry(conn, admitted.expires_ms);
        self[handle].expires_unix_ms = desk.unix_ms(admitted.expires_ms);
        self.introduce_to_home(handle, desk, out);
        let expires_in_ms = desk.left_ms(admitted.expires_ms);
        let result = g2c::Result { op_id, expires_in_ms, ..g2c::Result::default() };
        desk.send_message(conn, BodyKind::Result, &result, out);
    }

    fn welcome(
        &mut self,
        conn: ConnId,
        handle: Handle,
        resumed: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let expires_in_ms = desk.left_ms(desk.door.expiry_of(conn));
        let session = &mut self[handle];
        let secret = session.rare().secret.take();
        let welcome = g2c::Welcome {
            session_id: session.id.to_string(),
            secret: secret.map(|secret| secret.reveal()).unwrap_or_default(),
            user: session.user.to_string(),
            generation: Generation::number_or_none(session.generation),
            resumed,
            ping_every_ms: desk.settings.ping_every_ms as u32,
            gateway: desk.settings.gateway.clone(),
            limits: Some(g2c::Limits {
                frame_bytes: limits::CLIENT_FRAME_BYTES_MAX as u32,
                payload_bytes: limits::PAYLOAD_BYTES_MAX as u32,
                unanswered_per_queue: limits::UNANSWERED_PER_QUEUE_MAX as u32,
                subscriptions: limits::SUBSCRIPTIONS_MAX as u32,
                operations_per_s: desk.settings.operations_per_s,
            }),
            expires_in_ms,
        };
        desk.send_message(conn, BodyKind::Welcome, &welcome, out);
        if desk.traces.is_on() {
            traced::session((desk, self), handle, if resumed { "resumed" } else { "connected" });
        }
    }
}

/// The session that a client wants to go on with, and its secret.
pub(in crate::machine) fn resumed(connect: &c2g::Connect) -> Option<(SessionId, Secret)> {
    let resume = connect.resume.as_ref()?;
    Some((SessionId::parse(&resume.session_id)?, Secret::parse(&resume.secret)?))
}

/// What a connection is closed with whose login is refused.
pub(in crate::machine) fn close_of(status: Status) -> Close {
    match status {
        Status::Unavailable | Status::OutcomeUnknown => Close::Overloaded,
        Status::Limit => Close::Rate,
        Status::Conflict => Close::AlreadyConnected,
        Status::Unauthenticated => Close::BadToken,
        Status::Ok
        | Status::Invalid
        | Status::NotFound
        | Status::Forbidden
        | Status::Precondition
        | Status::Unimplemented
        | Status::Internal => Close::Forbidden,
    }
}
