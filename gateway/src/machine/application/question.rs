//! What a queue's home wants asked about an operation, as a question to the application.

use prost::Message as _;
use proto::c2g::c2g::Body;
use proto::c2g::{Call, GetHistory, GetState, Head, Kind, ListMembers};
use proto::c2g::{SendMessage, SendState, Subscribe, Unsubscribe};
use proto::name::{self, UserId};

use super::line::{Key, Operation};
use super::{Application, Whose};
use crate::machine::application::callout::{Ask, AskKind, Asked};
use crate::machine::desk::Desk;
use crate::machine::door::Refusal;
use crate::machine::lane::Outbox;
use crate::machine::sessions::{Session, Sessions};

/// A question, and whose it is.
struct Question {
    kind: AskKind,
    /// The call-out's name, if the queue's class has one.
    target: Option<String>,
    ask: Ask,
}

impl Application {
    /// A queue's home has answered that the application must be asked about an operation, which is
    /// the front of its bucket's list no more.
    pub(in crate::machine) fn asked(
        &mut self,
        key: Key,
        (op_id, kind): (u32, Kind),
        ask: &[u8],
        sessions: &mut Sessions,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let (handle, hash) = key;
        let is_over = sessions.get(handle).is_none_or(|session| session.is_over());
        if is_over {
            return self.settle(key, kind, false, sessions, desk, out);
        }
        let Some(Question { kind: asked, target, ask }) = self.question(key, op_id, ask, sessions)
        else {
            desk.counters.broken_peers += 1;
            if let Some(conn) = sessions.conn_of(handle) {
                let refusal = Refusal::Unaskable;
                desk.refuse_as(conn, op_id, refusal, out);
            }
            return self.settle(key, kind, false, sessions, desk, out);
        };
        let whose = Whose::Operation { session: handle, hash, kind: asked };
        let number = self.number(whose);
        if let Some(line) = self.line(key) {
            line.set_asked(number);
        }
        self.callouts.ask(desk.now, number, target.as_deref(), &ask, &mut out.callouts);
        self.take_verdicts(sessions, desk, out);
    }

    /// Nothing if such an operation can't be asked about so: the home is broken.
    fn question(
        &mut self,
        key: Key,
        op_id: u32,
        ask: &[u8],
        sessions: &mut Sessions,
    ) -> Option<Question> {
        let kind = str::from_utf8(ask).ok().and_then(AskKind::named)?;
        let session = sessions.get(key.0)?;
        let operation = self.line(key)?.sent(op_id)?;
        if operation.verdicts.iter().any(|verdict| verdict.kind == kind.name()) {
            return None;
        }
        let body = body_of(operation)?;
        let queue = queue_of(session, operation)?;
        let class = self.class_of(&queue);
        let target = class.and_then(|class| class.callout.clone());
        let pattern = class.map_or("", |class| &class.pattern);
        let ask = Ask {
            id: format!("{}/{op_id}", session.id()),
            user: Some(session.user().to_owned()),
            from: None,
            session: Some(session.id().to_string()),
            asked: Asked::of(kind, pattern, body)?,
        };
        Some(Question { kind, target, ask })
    }
}

/// The queue whose class says who is asked: that of the operation; of a call that names none, the
/// user's.
fn queue_of(session: &Session, operation: &Operation) -> Option<String> {
    let head = Head::of(&operation.body).ok()?;
    if operation.kind == Kind::Call && head.queue.is_empty() {
        return UserId::try_from(session.user()).ok().map(name::user_queue);
    }
    str::from_utf8(head.queue).ok().map(str::to_owned)
}

/// The operation's message; nothing if it can't be read, or isn't an operation on a queue.
fn body_of(operation: &Operation) -> Option<Body> {
    let bytes = &operation.body[..];
    let body = match operation.kind {
        Kind::Subscribe => Body::Subscribe(Subscribe::decode(bytes).ok()?),
        Kind::Unsubscribe => Body::Unsubscribe(Unsubscribe::decode(bytes).ok()?),
        Kind::SendMessage => Body::SendMessage(SendMessage::decode(bytes).ok()?),
        Kind::SendState => Body::SendState(SendState::decode(bytes).ok()?),
        Kind::GetState => Body::GetState(GetState::decode(bytes).ok()?),
        Kind::GetHistory => Body::GetHistory(GetHistory::decode(bytes).ok()?),
        Kind::ListMembers => Body::ListMembers(ListMembers::decode(bytes).ok()?),
        Kind::Call => Body::Call(Call::decode(bytes).ok()?),
        Kind::Connect | Kind::Open | Kind::Refresh | Kind::Ping | Kind::Pong | Kind::Bye => {
            return None;
        }
    };
    Some(body)
}
