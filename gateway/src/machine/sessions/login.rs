//! From a connection to a session: `connect`, the login on the user's queue, `welcome`.

use std::num::{NonZeroU32, NonZeroU64};

use prost::Message as _;
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

use crate::machine::delivery::ConnId;
use crate::machine::door::{Admission, Admitted, Distrust, Farewell};
use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::{Session, State};
use crate::machine::upstream::{Broken, BucketIndex, NodeSet, Pending};

impl Lane {
    pub(in crate::machine) fn connect(&mut self, conn: ConnId, body: &[u8], out: &mut Outbox) {
        let Ok(connect) = c2g::Connect::decode(body) else {
            let reason = "`connect` is not a message of this protocol";
            return self.desk.close(conn, Close::BadFrame, reason);
        };
        if let Err(reason) = readable(&connect) {
            return self.desk.close(conn, Close::BadFrame, reason);
        }
        match self.admit(&connect, out) {
            Ok(Admission::Granted(admitted)) => self.log_in(conn, connect, &admitted, out),
            Ok(Admission::Asked(admitted)) => self.recognise(conn, connect, admitted, out),
            Err(Distrust { close, reason, retry_after_ms, .. }) => {
                let farewell = Farewell::new(close, reason).retry_after(retry_after_ms);
                self.desk.door.dismiss(conn, farewell);
            }
        }
    }

    /// Sends the login of somebody who is believed.
    pub(in crate::machine) fn log_in(
        &mut self,
        conn: ConnId,
        connect: c2g::Connect,
        admitted: &Admitted,
        out: &mut Outbox,
    ) {
        let Some((bucket, session)) = self.drawn(conn, admitted) else {
            let reason = "this gateway has no bucket table yet: try again in a moment";
            return self.desk.close(conn, Close::Overloaded, reason);
        };
        let mut secret = [0; 16];
        self.desk.random.fill_bytes(&mut secret);
        let hash = session.id.user_queue_hash();
        let handle = self.sessions.insert(session);
        let mut login = self.login(handle, hash, secret, &connect);
        login.resume_only = admitted.resume_only;
        let rare = self.sessions[handle].rare();
        rare.secret = Some(Secret(secret));
        rare.backlog.set_on_hold(connect.hold);
        rare.seen = connect.resume.map(|resume| resume.seen).unwrap_or_default();
        self.desk.door.logs_in(conn, handle, admitted.expires_ms);
        let body = Some(g2q::g2q::Body::Login(login));
        let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
        if !self.push(bucket, Pending::Login { session: handle }, write, out) {
            self.forget(handle, out);
            let reason = "too many operations wait for the user's home: try again later";
            self.desk.close(conn, Close::Overloaded, reason);
        }
    }

    /// A session with an id of its own, and the bucket of its user; nothing before the first table.
    fn drawn(&mut self, conn: ConnId, admitted: &Admitted) -> Option<(BucketIndex, Session)> {
        let user = UserId::try_from(admitted.user.as_str()).ok()?;
        let hash = name::hash(name::user_queue(user).as_bytes());
        let bucket = self.desk.upstream.bucket_of(hash)?;
        let session = Session {
            id: SessionId::new(hash, self.desk.random.next_u64()),
            user: user.as_str().into(),
            generation: None,
            floor: None,
            expires_unix_ms: self.desk.unix_ms(admitted.expires_ms),
            introduced: NodeSet::default(),
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
    ) -> g2q::Login {
        let short =
            |name: &str| name[..name.floor_char_boundary(limits::CLIENT_NAME_BYTES_MAX)].to_owned();
        let resume = resumed(connect).filter(|(id, _)| id.user_queue_hash() == hash);
        let resume = resume.map(|(id, secret)| (id.0.to_vec(), secret.0.to_vec()));
        let (resume_session_id, resume_secret) = resume.unwrap_or_default();
        g2q::Login {
            session: handle.number(),
            gateway: self.desk.settings.gateway.clone(),
            client_name: short(&connect.client_name),
            client_version: short(&connect.client_version),
            secret: secret.to_vec(),
            resume_session_id,
            resume_secret,
            resume_only: false,
            expires_unix_ms: self.sessions[handle].expires_unix_ms.map_or(0, NonZeroU64::get),
            client_id: connect.client_id.clone(),
            attempt: connect.attempt,
        }
    }

    /// The user queue's answer to a login.
    pub(in crate::machine) fn logged_in(
        &mut self,
        handle: Handle,
        answer: &q2g::LoggedIn,
        out: &mut Outbox,
    ) -> Result<(), Broken> {
        let Some(session) = self.sessions.get_mut(handle) else { return Ok(()) };
        session.unanswered -= 1;
        if answer.status != Status::Ok.number() {
            self.login_refused(handle, answer, out);
            return Ok(());
        }
        if answer.resumed {
            let id = SessionId::try_from(answer.session_id.as_slice());
            let id = id.map_err(|_| Broken::Unreadable)?;
            if id.user_queue_hash() != session.id.user_queue_hash() {
                return Err(Broken::Unreadable);
            }
            session.id = id;
        }
        session.generation = Generation::or_none(answer.generation);
        session.floor = Generation::or_none(answer.floor);
        self.introduce_anew(handle, out);
        if self.sessions[handle].state == State::Over {
            self.let_go(handle, out);
        } else {
            self.go_live(handle, answer.resumed, out);
        }
        Ok(())
    }

    fn go_live(&mut self, handle: Handle, resumed: bool, out: &mut Outbox) {
        let session = &mut self.sessions[handle];
        // Without a connection it would be over already.
        let Some(conn) = session.conn else { return };
        session.state = State::Live;
        let nonce = session.nonce();
        let hold = session.rare.as_ref().is_some_and(|rare| rare.backlog.is_on_hold());
        self.desk.counters.sessions += 1;
        self.desk.counters.resumes += u64::from(resumed);
        self.desk.door.goes_live(conn);
        out.clients.connected(conn);
        if hold {
            out.clients.set_held(conn, true);
        }
        self.welcome(conn, handle, resumed, out);
        // Its `pong` confirms; that the client is alive is another matter.
        self.desk.send_message(conn, BodyKind::Ping, &g2c::Ping { nonce }, out);
        if self.desk.door.is_dismissed(conn) {
            return;
        }
        self.choose_seen(handle, resumed);
        if self.desk.settings.faults.confirmed_early {
            self.confirm(handle, out);
        }
        self.resume_seen(handle, out);
        self.resume_waiting(conn, handle, out);
    }

    /// No session comes of it.
    fn login_refused(&mut self, handle: Handle, answer: &q2g::LoggedIn, out: &mut Outbox) {
        let close = Close::from_number(answer.code).unwrap_or_else(|| {
            Status::from_number(answer.status).map_or(Close::Forbidden, close_of)
        });
        let farewell = Farewell::new(close, answer.error_message.clone());
        let farewell = farewell.retry_after(NonZeroU32::new(answer.retry_after_ms));
        self.no_session(handle, farewell, out);
    }

    /// A login can't be brought to its home.
    pub(in crate::machine) fn login_given_up(
        &mut self,
        handle: Handle,
        was_sent: bool,
        out: &mut Outbox,
    ) {
        let Some(session) = self.sessions.get_mut(handle) else { return };
        session.unanswered -= 1;
        let reason = "the user's home can't be reached: connect again later";
        let farewell = Farewell::new(Close::HomeLost, reason);
        if !was_sent {
            return self.no_session(handle, farewell, out);
        }
        // It may have been decided: what it brought is lost with the connection.
        if let Some(conn) = self.conn_of(handle) {
            self.desk.door.dismiss(conn, farewell);
        }
        self.let_go(handle, out);
    }

    /// Closes the connection of a login of which no session came: nobody is told `lost`.
    fn no_session(&mut self, handle: Handle, farewell: Farewell, out: &mut Outbox) {
        let conn = self.conn_of(handle);
        let session = &mut self.sessions[handle];
        (session.state, session.conn) = (State::Over, None);
        if let Some(conn) = conn {
            self.desk.door.dismiss(conn, farewell);
        }
        self.let_go(handle, out);
    }

    fn welcome(&mut self, conn: ConnId, handle: Handle, resumed: bool, out: &mut Outbox) {
        let expires_in_ms = self.desk.left_ms(self.desk.door.expiry_of(conn));
        let session = &mut self.sessions[handle];
        let secret = session.rare().secret.take();
        let welcome = g2c::Welcome {
            session_id: session.id.to_string(),
            secret: secret.map(|secret| secret.reveal()).unwrap_or_default(),
            user: session.user.to_string(),
            generation: Generation::number_or_none(session.generation),
            resumed,
            ping_every_ms: self.desk.settings.ping_every_ms as u32,
            gateway: self.desk.settings.gateway.clone(),
            limits: Some(g2c::Limits {
                frame_bytes: limits::CLIENT_FRAME_BYTES_MAX as u32,
                payload_bytes: limits::PAYLOAD_BYTES_MAX as u32,
                unanswered_per_queue: limits::UNANSWERED_PER_QUEUE_MAX as u32,
                subscriptions: limits::SUBSCRIPTIONS_MAX as u32,
                operations_per_s: self.desk.settings.operations_per_s,
            }),
            expires_in_ms,
        };
        self.desk.send_message(conn, BodyKind::Welcome, &welcome, out);
    }

    /// Keeps frames that came before there was a session, if it came to one.
    pub(in crate::machine) fn keep_waiting(&mut self, conn: ConnId, waiting: Vec<u8>) {
        let handle = self.desk.door.session_of(conn);
        if let (Some(handle), false) = (handle, waiting.is_empty()) {
            self.sessions.with_rare(handle, |rare| rare.waiting = waiting);
        }
    }

    /// Takes up what has waited.
    pub(in crate::machine) fn resume_waiting(
        &mut self,
        conn: ConnId,
        handle: Handle,
        out: &mut Outbox,
    ) {
        if self.sessions.get(handle).is_none_or(|session| session.rare.is_none()) {
            return;
        }
        let waiting = self.sessions.with_rare(handle, |rare| std::mem::take(&mut rare.waiting));
        self.sessions[handle].tidy();
        let waiting = waiting.unwrap_or_default();
        let mut rest = waiting.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            let alive = self.goes_on(handle);
            // Both were read when the frame came.
            if let (true, Ok((number, body))) = (alive, wire::envelope(frame))
                && let Some(kind) = c2g::Kind::from_number(number)
            {
                self.live(conn, handle, kind, body, out);
            }
        }
    }
}

/// Whether what a client says of itself can be what it says; if not, what is wrong.
fn readable(connect: &c2g::Connect) -> Result<(), String> {
    let said = [
        ("client_name", name::showable(&connect.client_name)),
        ("client_version", name::showable(&connect.client_version)),
        ("client_id", name::client_id(&connect.client_id)),
    ];
    for (field, told) in said {
        told.map_err(|error| format!("connect.{field}: {error}"))?;
    }
    if connect.client_id.is_empty() && connect.attempt > 0 {
        return Err("connect.attempt: it counts for a `client_id`: send both, or neither".into());
    }
    Ok(())
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
        | Status::Unimplemented => Close::Forbidden,
    }
}
