//! What the web application's answer to an ask comes to.

use proto::c2g::SendMessage;
use proto::codes::Status;
use proto::name::UserId;
use proto::{g2q, limits};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::ask::AskKind;
use super::counters::Silence;

/// A reason is a sentence for a person; the rest of a longer one is cut off.
const MESSAGE_BYTES_MAX: usize = 1024;

/// What an ask came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The operation may run.
    Allow,
    /// It may not.
    Refuse {
        /// What the client gets as `status`; never ok.
        status: Status,
        /// What the client gets as `error_message`.
        message: String,
    },
    /// It may, with this payload instead of its own; of `call`: this is the answer.
    Payload(Vec<u8>),
    /// Of `connect`: who it is.
    User {
        /// A good [`UserId`].
        user: String,
        /// How long the credentials are good; nothing: for ever.
        expires_in_s: Option<u64>,
    },
}

/// An answer that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrong;

impl Verdict {
    /// The operation is refused since nobody says whether it may run.
    pub(super) fn unavailable(why: Silence) -> Verdict {
        let message = match why {
            Silence::Busy => "too many asks wait for the web application: try again later",
            Silence::Unconfigured => {
                "this gateway doesn't know the call-out yet: try again in a moment"
            }
            Silence::Late => "the web application didn't answer in time: try again later",
            Silence::Unreachable => "the web application can't be reached: try again later",
            Silence::InnerAddress => {
                "the web application isn't asked: its address is an internal one, and its call-out \
                 isn't configured with `inner = true`"
            }
            Silence::Redirected | Silence::Status | Silence::Huge | Silence::Wrong => {
                "the web application gave no valid answer: try again later"
            }
            Silence::CircuitOpen => {
                "the web application is down or too busy and isn't asked now: try again later"
            }
        };
        Verdict::Refuse { status: Status::Unavailable, message: message.to_owned() }
    }

    /// The application was called, and nobody knows whether it did what it was called for.
    pub(super) fn unknown(why: Silence) -> Verdict {
        let what = match why {
            Silence::Status | Silence::Huge | Silence::Wrong | Silence::Redirected => {
                "gave no valid answer"
            }
            Silence::Late
            | Silence::Unreachable
            | Silence::InnerAddress
            | Silence::CircuitOpen
            | Silence::Busy
            | Silence::Unconfigured => "didn't answer",
        };
        let message = format!(
            "the web application was called and {what}: check whether it was done before you call \
             again"
        );
        Verdict::Refuse { status: Status::OutcomeUnknown, message }
    }

    /// As the queue node gets it.
    pub fn to_wire(self, kind: AskKind) -> g2q::Verdict {
        let mut wire = g2q::Verdict { kind: kind.name().to_owned(), ..g2q::Verdict::default() };
        match self {
            Verdict::Allow | Verdict::User { .. } => {}
            Verdict::Refuse { status, message } => {
                (wire.status, wire.error_message) = (status.number(), message);
            }
            Verdict::Payload(payload) => wire.payload = Some(payload),
        }
        wire
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// If it isn't exactly what this kind of ask is answered with. But whatever says
    /// `"allow":false` is a refusal, however wrong the rest: nothing is let through by mistake.
    pub(super) fn read(kind: AskKind, body: &[u8]) -> Result<Verdict, Wrong> {
        #[derive(Deserialize)]
        struct Denial {
            allow: bool,
        }
        let strict = serde_json::from_slice::<Answer<'_>>(body).map_err(|_| Wrong);
        strict.and_then(|answer| answer.verdict(kind)).or_else(
            |wrong| match serde_json::from_slice::<Denial>(body) {
                Ok(Denial { allow: false }) => Ok(refuse(Status::Forbidden, None)),
                Ok(Denial { allow: true }) | Err(_) => Err(wrong),
            },
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer<'a> {
    allow: Option<bool>,
    status: Option<u32>,
    message: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload_base64: Option<&'a RawValue>,
    user: Option<String>,
    expires_in_s: Option<u64>,
}

impl Answer<'_> {
    fn verdict(self, kind: AskKind) -> Result<Verdict, Wrong> {
        match (self.allow, kind) {
            (Some(false), _) => self.refusal(),
            (Some(true) | None, AskKind::Call) => {
                self.payload()?.ok_or(Wrong).map(Verdict::Payload)
            }
            (Some(true), AskKind::SendMessage) => {
                Ok(self.payload()?.map_or(Verdict::Allow, Verdict::Payload))
            }
            (Some(true), AskKind::Connect) => self.user(),
            (Some(true), AskKind::CreateQueue | AskKind::Subscribe | AskKind::SendState) => {
                self.plain()
            }
            (
                None,
                AskKind::Connect
                | AskKind::CreateQueue
                | AskKind::Subscribe
                | AskKind::SendMessage
                | AskKind::SendState,
            ) => Err(Wrong),
        }
    }

    fn refusal(self) -> Result<Verdict, Wrong> {
        let status = match self.status {
            None => Status::Forbidden,
            Some(number) => match Status::from_number(number).ok_or(Wrong)? {
                // Of the gateway, and of a bug of imq's own.
                Status::Ok | Status::OutcomeUnknown | Status::Internal => return Err(Wrong),
                status @ (Status::Invalid
                | Status::NotFound
                | Status::Forbidden
                | Status::Limit
                | Status::Precondition
                | Status::Conflict
                | Status::Unimplemented
                | Status::Unavailable
                | Status::Unauthenticated) => status,
            },
        };
        Ok(refuse(status, self.message))
    }

    fn plain(self) -> Result<Verdict, Wrong> {
        let more = self.payload.is_some() || self.payload_base64.is_some() || self.user.is_some();
        let extra = self.status.is_some() || self.message.is_some() || self.expires_in_s.is_some();
        if more || extra { Err(Wrong) } else { Ok(Verdict::Allow) }
    }

    /// The payload's bytes, by the same rules as a payload of the back end's.
    fn payload(mut self) -> Result<Option<Vec<u8>>, Wrong> {
        let (name, value) = match (self.payload.take(), self.payload_base64.take()) {
            (None, None) => return self.plain().map(|_| None),
            (Some(value), None) => ("payload", value),
            (None, Some(value)) => ("payload_base64", value),
            (Some(_), Some(_)) => return Err(Wrong),
        };
        self.plain()?;
        let text = format!(r#"{{"queue":"/any","mount":"any","{name}":{value}}}"#);
        match proto::json::operation("send_message", &text) {
            Ok(g2q::request::Body::SendMessage(SendMessage { payload: Some(payload), .. }))
                if payload.len() <= limits::PAYLOAD_BYTES_MAX =>
            {
                Ok(Some(payload))
            }
            Ok(_) | Err(_) => Err(Wrong),
        }
    }

    fn user(mut self) -> Result<Verdict, Wrong> {
        let (user, expires_in_s) = (self.user.take().ok_or(Wrong)?, self.expires_in_s.take());
        self.plain()?;
        let named = UserId::try_from(user.as_str()).is_ok();
        if !named || expires_in_s == Some(0) {
            return Err(Wrong);
        }
        Ok(Verdict::User { user, expires_in_s })
    }
}

fn refuse(status: Status, message: Option<String>) -> Verdict {
    let mut message = message.unwrap_or_else(|| "the web application doesn't allow it".to_owned());
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
    Verdict::Refuse { status, message }
}

/// A `null` that is there is a payload, too.
fn present<'a, D: Deserializer<'a>>(value: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}
