//! From a connection to a session: `connect`, the login on the user's queue, `welcome`.

use prost::Message as _;
use proto::c2g;
use proto::codes::{Close, Status};
use proto::g2c::{self, BodyKind};
use proto::g2q::{self, G2q};
use proto::ids::{Secret, SessionId};
use proto::limits;
use proto::name::{self, UserId};
use proto::q2g;
use proto::wire;
use rand::Rng as _;

use super::clients::{ConnId, HELD};
use super::lane::{Lane, Outbox};
use super::route::Pending;
use super::session::{Handle, NONE, Phase, Session, State};

/// The version of the client protocol that is spoken here.
const PROTOCOL: u32 = 1;

impl Lane {
    pub(super) fn connect(&mut self, conn: ConnId, body: &[u8], out: &mut Outbox) {
        let Ok(connect) = c2g::Connect::decode(body) else {
            let reason = "`connect` is not a message of this protocol";
            return self.close(conn, Close::BadFrame, reason, out);
        };
        let user = match self.admit(&connect) {
            Ok(user) => user,
            Err((close, reason)) => return self.close(conn, close, &reason, out),
        };
        let name = name::user_queue(user);
        let hash = name::hash(name.as_bytes());
        let Some(bucket) = self.routes.bucket_of(hash) else {
            let reason = "this gateway has no bucket table yet: try again in a moment";
            return self.close(conn, Close::Overloaded, reason, out);
        };
        let session = Session {
            id: SessionId::new(hash, self.random.next_u64()),
            user: user.as_str().into(),
            generation: 0,
            introduced: 0,
            queues: Vec::new(),
            rare: None,
            conn: conn.0,
            op_id: 0,
            unanswered: 0,
            state: State::LoggingIn,
        };
        let handle = self.sessions.insert(session) as Handle;
        if connect.hold {
            self.sessions[handle as usize].rare().hold = true;
        }
        if let Some(connection) = self.connections.get(conn) {
            (connection.session, connection.phase) = (handle, Phase::LoggingIn);
        }
        let end = connect.client_name.floor_char_boundary(limits::CLIENT_NAME_BYTES_MAX);
        let body = Some(g2q::g2q::Body::Login(g2q::Login {
            session: handle,
            gateway: self.settings.gateway.clone(),
            client_name: connect.client_name[..end].to_owned(),
            ..g2q::Login::default()
        }));
        let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
        if !self.push(bucket, Pending::Login { session: handle }, write, out) {
            self.forget(handle, out);
            let reason = "too many operations wait for the user's home: try again later";
            self.close(conn, Close::Overloaded, reason, out);
        }
    }

    /// Who may come in, by the credentials.
    fn admit<'c>(&self, connect: &'c c2g::Connect) -> Result<UserId<'c>, (Close, String)> {
        if connect.protocol != PROTOCOL {
            let given = connect.protocol;
            let reason =
                format!("protocol {given} is not spoken here: set `protocol` to {PROTOCOL}");
            return Err((Close::Version, reason));
        }
        let reason = if !connect.token.is_empty() {
            "this gateway verifies no tokens yet: connect with `user` to one with development \
             authentication, as `imq dev` is"
        } else if !self.settings.dev_auth {
            "`connect` needs a `token`: development authentication, which takes `user` alone, is \
             off here"
        } else {
            return UserId::try_from(connect.user.as_str())
                .map_err(|error| (Close::BadToken, format!("connect.user: {error}")));
        };
        Err((Close::BadToken, reason.to_owned()))
    }

    /// The user queue's answer to a login.
    pub(super) fn logged_in(&mut self, handle: Handle, answer: &q2g::LoggedIn, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(handle as usize) else { return };
        session.unanswered -= 1;
        if session.state == State::Over {
            return self.let_go(handle, out);
        }
        let conn = ConnId(session.conn);
        if answer.status != Status::Ok.number() {
            let close = match Status::from_number(answer.status) {
                Some(Status::Unavailable | Status::OutcomeUnknown | Status::Limit) => {
                    Close::Overloaded
                }
                Some(Status::Conflict) => Close::AlreadyConnected,
                Some(_) | None => Close::Forbidden,
            };
            return self.close(conn, close, &answer.error_message, out);
        }
        session.generation = answer.generation;
        session.state = State::Live;
        // The nodes that know the handle don't know its generation.
        let known = std::mem::take(&mut session.introduced);
        for (at, node) in (0..).zip(&self.routes.nodes) {
            if let (true, Some(link)) = (known & super::route::node_bit(at) != 0, node.link) {
                super::connection::introduce(at, link, handle, session, out);
            }
        }
        let (user, id) = (session.user.to_string(), session.id);
        let hold = session.rare.as_ref().is_some_and(|rare| rare.hold);
        self.counters.sessions += 1;
        if let Some(connection) = self.connections.get(conn) {
            connection.phase = Phase::Live;
        }
        out.clients.connected(conn);
        if hold {
            out.clients.set(conn, HELD, true);
        }
        self.welcome(conn, id, user, answer.generation, out);
        self.resume_waiting(conn, handle, out);
    }

    fn welcome(
        &mut self,
        conn: ConnId,
        id: SessionId,
        user: String,
        generation: u64,
        out: &mut Outbox,
    ) {
        let mut secret = [0; 16];
        self.random.fill_bytes(&mut secret);
        let welcome = g2c::Welcome {
            session_id: id.to_string(),
            secret: Secret(secret).reveal(),
            user,
            generation,
            resumed: false,
            ping_every_ms: self.settings.ping_every_ms as u32,
            gateway: self.settings.gateway.clone(),
            limits: Some(g2c::Limits {
                frame_bytes: limits::CLIENT_FRAME_BYTES_MAX as u32,
                payload_bytes: limits::PAYLOAD_BYTES_MAX as u32,
                unanswered_per_queue: limits::UNANSWERED_PER_QUEUE_MAX as u32,
                subscriptions: limits::SUBSCRIPTIONS_MAX as u32,
                operations_per_s: self.settings.operations_per_s,
            }),
        };
        self.send_message(conn, BodyKind::Welcome, &welcome, out);
    }

    /// Takes up what came between `connect` and `welcome`.
    fn resume_waiting(&mut self, conn: ConnId, handle: Handle, out: &mut Outbox) {
        let session = &mut self.sessions[handle as usize];
        let Some(rare) = session.rare.as_mut() else { return };
        let waiting = std::mem::take(&mut rare.waiting);
        session.tidy();
        let mut rest = waiting.as_slice();
        while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::CLIENT_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            let alive = self.connections.get(conn).is_some_and(|c| c.phase == Phase::Live);
            // Both were read when the frame came.
            if let (true, Ok((number, body))) = (alive, wire::envelope(frame))
                && let Some(kind) = c2g::Kind::from_number(number)
            {
                self.live(conn, handle, kind, body, out);
            }
        }
    }

    /// The session's socket is gone, or will be: its user queue is told, its queues are let go.
    pub(super) fn end_session(&mut self, handle: Handle, bye: bool, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(handle as usize) else { return };
        if session.state == State::Over {
            return;
        }
        self.counters.sessions -= u64::from(session.state == State::Live);
        session.state = State::Over;
        session.conn = NONE;
        let kept = session.rare.take().map_or(0, |rare| rare.behind.bytes());
        self.kept_bytes -= kept;
        let hash = session.id.user_queue_hash();
        self.leave_all(handle, out);
        if let Some(bucket) = self.routes.bucket_of(hash) {
            let body = Some(g2q::g2q::Body::Lost(g2q::Lost { session: handle, bye }));
            let write = |bytes: &mut Vec<u8>| wire::put_message(bytes, &G2q { body });
            // A full list means that the home is away; it finds out when the lane attaches.
            self.push(bucket, Pending::Lost { session: handle }, write, out);
        }
        self.let_go(handle, out);
    }

    /// Frees the handle once nobody speaks of the session any more.
    pub(super) fn let_go(&mut self, handle: Handle, out: &mut Outbox) {
        if self.sessions.get(handle as usize).is_some_and(Session::is_done) {
            self.forget(handle, out);
        }
    }

    fn forget(&mut self, handle: Handle, out: &mut Outbox) {
        let Some(session) = self.sessions.try_remove(handle as usize) else { return };
        if let Some(connection) = self.connections.get(ConnId(session.conn))
            && connection.session == handle
        {
            connection.session = NONE;
        }
        for (at, node) in (0..).zip(&self.routes.nodes) {
            let knows = at >= 64 || session.introduced & super::route::node_bit(at) != 0;
            if let (true, Some(link)) = (knows, node.link) {
                let body = Some(g2q::g2q::Body::Forget(g2q::Forget { session: handle }));
                wire::put_message(out.links.buffer(link), &G2q { body });
            }
        }
    }
}
