//! What the web application can be asked, and how the question looks.

use prost::Message as _;
use proto::c2g::c2g::Body as Operation;
use proto::c2g::{C2g, Call, Change, SendMessage, SendState};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::machine::door::Prefix;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "docs/callouts.md says what each means")]
pub enum AskKind {
    Connect,
    CreateQueue,
    Subscribe,
    SendMessage,
    SendState,
    Call,
}

impl AskKind {
    const ALL: [AskKind; 6] = [
        AskKind::Connect,
        AskKind::CreateQueue,
        AskKind::Subscribe,
        AskKind::SendMessage,
        AskKind::SendState,
        AskKind::Call,
    ];

    /// As it stands in `q2g.Answer.ask`, in `g2q.Verdict.kind` and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            AskKind::Connect => "connect",
            AskKind::CreateQueue => "create_queue",
            AskKind::Subscribe => "subscribe",
            AskKind::SendMessage => "send_message",
            AskKind::SendState => "send_state",
            AskKind::Call => "call",
        }
    }

    /// The kind of this name, or nothing.
    pub fn named(name: &str) -> Option<AskKind> {
        AskKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A question to the web application.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The same whenever the same is asked: `<session id>/<op_id>`; of `connect` one at random.
    pub id: String,
    /// Whose operation it is. Of who connects: nobody's yet.
    pub user: Option<String>,
    /// Where somebody who connects comes from, if that counts; nobody is told.
    pub from: Option<Prefix>,
    /// The session's id as text. Of who connects: none yet.
    pub session: Option<String>,
    /// The operation.
    pub asked: Asked,
}

/// The operation that is asked about.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of the operation, and the class's pattern")]
pub enum Asked {
    Connect {
        token: String,
        client_name: String,
        client_version: String,
    },
    CreateQueue {
        queue: String,
        class: String,
    },
    Subscribe {
        queue: String,
        class: String,
    },
    SendMessage {
        queue: String,
        class: String,
        mount: String,
        payload: Vec<u8>,
    },
    SendState {
        queue: String,
        class: String,
        mount: String,
        changes: Vec<Change>,
    },
    /// Without a queue it is none's, and the class that of user queues.
    Call {
        queue: String,
        class: String,
        method: String,
        payload: Vec<u8>,
    },
}

impl Asked {
    /// What is asked of this operation, on a queue of this class. Nothing, if such an operation
    /// isn't asked about so: the queue node that said so is broken.
    pub fn of(kind: AskKind, class: &str, operation: Operation) -> Option<Asked> {
        let class = class.to_owned();
        match (kind, operation) {
            (AskKind::CreateQueue, Operation::Subscribe(subscribe)) => {
                Some(Asked::CreateQueue { queue: subscribe.queue, class })
            }
            (AskKind::Subscribe, Operation::Subscribe(subscribe)) => {
                Some(Asked::Subscribe { queue: subscribe.queue, class })
            }
            (AskKind::SendMessage, Operation::SendMessage(send)) => {
                let SendMessage { queue, mount, payload, .. } = send;
                let payload = payload.unwrap_or_default();
                Some(Asked::SendMessage { queue, class, mount, payload })
            }
            (AskKind::SendState, Operation::SendState(send)) => {
                let SendState { queue, mount, changes, .. } = send;
                Some(Asked::SendState { queue, class, mount, changes })
            }
            (AskKind::Call, Operation::Call(call)) => {
                let Call { queue, method, payload, .. } = call;
                Some(Asked::Call { queue, class, method, payload })
            }
            (
                AskKind::Connect
                | AskKind::CreateQueue
                | AskKind::Subscribe
                | AskKind::SendMessage
                | AskKind::SendState
                | AskKind::Call,
                _,
            ) => None,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> AskKind {
        match self {
            Asked::Connect { .. } => AskKind::Connect,
            Asked::CreateQueue { .. } => AskKind::CreateQueue,
            Asked::Subscribe { .. } => AskKind::Subscribe,
            Asked::SendMessage { .. } => AskKind::SendMessage,
            Asked::SendState { .. } => AskKind::SendState,
            Asked::Call { .. } => AskKind::Call,
        }
    }

    /// The operation's payload or changes, as the client protocol's JSON has them.
    fn content(&self) -> String {
        let body = match self {
            Asked::Connect { .. } | Asked::CreateQueue { .. } | Asked::Subscribe { .. } => {
                return String::new();
            }
            Asked::SendMessage { payload, .. } => Operation::SendMessage(SendMessage {
                payload: Some(payload.clone()),
                ..SendMessage::default()
            }),
            Asked::SendState { changes, .. } => {
                Operation::SendState(SendState { changes: changes.clone(), ..SendState::default() })
            }
            Asked::Call { payload, .. } => {
                Operation::Call(Call { payload: payload.clone(), ..Call::default() })
            }
        };
        let mut text = Vec::new();
        proto::json::c2g_to_json(&mut text, &C2g { body: Some(body) }.encode_to_vec())
            .expect("a message that was just encoded can be read");
        String::from_utf8(text).expect("JSON is written as UTF-8")
    }
}

impl Ask {
    /// The body of the request.
    pub(super) fn body(&self, gateway: &str) -> Vec<u8> {
        let content = self.asked.content();
        let content = if content.is_empty() { Content::default() } else { Content::of(&content) };
        let mut body = Body {
            r#type: "ask",
            kind: self.asked.kind().name(),
            id: &self.id,
            user: self.user.as_deref(),
            session: self.session.as_deref(),
            payload: content.payload,
            payload_base64: content.payload_base64,
            changes: content.changes,
            gateway,
            ..Body::default()
        };
        match &self.asked {
            Asked::Connect { token, client_name, client_version } => {
                body.token = Some(token);
                body.client_name = some(client_name);
                body.client_version = some(client_version);
            }
            Asked::CreateQueue { queue, class } | Asked::Subscribe { queue, class } => {
                body.queue = Some(queue);
                body.class = Some(class);
            }
            Asked::SendMessage { queue, class, mount, .. }
            | Asked::SendState { queue, class, mount, .. } => {
                body.queue = Some(queue);
                body.class = Some(class);
                body.mount = Some(mount);
            }
            Asked::Call { queue, class, method, .. } => {
                body.queue = some(queue);
                body.class = some(class).filter(|_| !queue.is_empty());
                body.method = Some(method);
            }
        }
        serde_json::to_vec(&body).expect("texts and JSON values are JSON")
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[derive(Serialize, Default)]
struct Body<'a> {
    r#type: &'a str,
    kind: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mount: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a RawValue>,
    gateway: &'a str,
}

/// What of an operation's JSON goes into the question as it is.
#[derive(Deserialize, Default)]
struct Content<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload_base64: Option<&'a RawValue>,
    #[serde(borrow, default)]
    changes: Option<&'a RawValue>,
}

/// A `null` that is there is a payload, too.
fn present<'a, D: Deserializer<'a>>(value: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

impl<'a> Content<'a> {
    fn of(envelope: &'a str) -> Content<'a> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow, alias = "send_message", alias = "send_state", alias = "call")]
            operation: Content<'a>,
        }
        let envelope: Envelope<'_> =
            serde_json::from_str(envelope).expect("an operation of ours is an object in an object");
        envelope.operation
    }
}
