//! The words of the scripts: frames from text and text from frames.

use prost::Message as _;
use proto::c2g;
use proto::g2q::{g2q::Body as G, operation};
use proto::ids::{Secret, SessionId};
use proto::q2g;
use proto::{frame, g2c, json, name};

use crate::machine::{Codec, ConnId};

pub(super) fn conn(word: &str) -> ConnId {
    ConnId(number(word.strip_prefix('c').expect("a client")) as u32)
}

pub(super) fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

pub(super) fn message(seq: u64, text: &str) -> Vec<u8> {
    let payload = text.as_bytes().to_vec();
    let mount = "chat".to_owned();
    g2c::Message { mount, seq, payload, ..g2c::Message::default() }.encode_to_vec()
}

/// `connect USER [hold | token | resume ID SECRET QUEUE…]`; the id stands for one of this user.
pub(super) fn connect(words: &[&str]) -> c2g::Connect {
    let text = |at: usize| words.get(at).copied().unwrap_or("").to_owned();
    let seen = |queue: &&str| {
        let (queue, epoch) = queue.split_once('@').unwrap_or((queue, "0"));
        let marks = [("chat".to_owned(), 3)].into();
        c2g::Seen { queue: queue.to_owned(), epoch: number(epoch), marks }
    };
    let resume = (words.get(2) == Some(&"resume")).then(|| c2g::Resume {
        session_id: session_id(words[1], number(words[3])).to_string(),
        secret: Secret([words[4].parse().expect("a byte"); 16]).reveal(),
        seen: words[5..].iter().map(seen).collect(),
    });
    let by_token = words.get(2) == Some(&"token");
    c2g::Connect {
        protocol: 1,
        user: if by_token { String::new() } else { text(1) },
        token: if by_token { text(1) } else { String::new() },
        hold: words.get(2) == Some(&"hold"),
        resume,
        ..c2g::Connect::default()
    }
}

/// A session id of a user.
fn session_id(user: &str, number: u64) -> SessionId {
    SessionId::new(name::hash(format!("/user/{user}").as_bytes()), number)
}

/// `logged_in SESSION STATUS [REASON…]`, or `logged_in SESSION 0 resumed USER ID GENERATION`, or
/// `logged_in SESSION STATUS code CODE RETRY-AFTER-MS`.
pub(super) fn logged_in(words: &[&str]) -> q2g::LoggedIn {
    let mut answer = q2g::LoggedIn {
        session: number(words[1]) as u32,
        status: number(words[2]) as u32,
        generation: 7,
        ..q2g::LoggedIn::default()
    };
    match words.get(3).copied() {
        Some("resumed") => {
            answer.resumed = true;
            answer.session_id = session_id(words[4], number(words[5])).0.to_vec();
            answer.generation = number(words[6]);
            answer.floor = 2;
        }
        Some("code") => {
            answer.code = number(words[4]) as u32;
            answer.retry_after_ms = number(words[5]) as u32;
        }
        Some(_) => answer.error_message = words[3..].join(" "),
        None => {}
    }
    answer
}

/// `subscribed SESSION SUB SEQ [FILTERED-MOUNT | close]`.
pub(super) fn subscribed(words: &[&str]) -> q2g::Subscribed {
    let queue = g2c::Subscribed { queue: "q".to_owned(), epoch: 5, ..g2c::Subscribed::default() };
    let closes = words.get(4) == Some(&"close");
    let mounts = words.get(4).filter(|_| !closes).map(|mount| (*mount).to_owned());
    q2g::Subscribed {
        session: number(words[1]) as u32,
        sub: number(words[2]) as u32,
        epoch: 5,
        seq: number(words[3]),
        body: queue.encode_to_vec(),
        mounts: mounts.into_iter().collect(),
        key_prefix: String::new(),
        replays: words.get(5).map_or(0, |count| number(count) as u32),
        policies: vec![q2g::MountPolicy {
            mount: "chat".to_owned(),
            kind: 0,
            close_on_slow: closes,
        }],
    }
}

/// `attached SUB SEQ recovered | whole [GONE]`.
pub(super) fn attached(words: &[&str]) -> q2g::Attached {
    let recovered = words[3] == "recovered";
    let queue = g2c::Subscribed { queue: "q".to_owned(), gap: true, ..g2c::Subscribed::default() };
    let gap = g2c::Gap { sub: 0, mount: "chat".to_owned(), after_seq: 3, before_seq: 9 };
    q2g::Attached {
        sub: number(words[1]) as u32,
        epoch: 5,
        seq: number(words[2]),
        recovered,
        body: if recovered { Vec::new() } else { queue.encode_to_vec() },
        gaps: if recovered { vec![] } else { vec![gap] },
        gone: words.get(4).map(|session| number(session) as u32).into_iter().collect(),
        reason: "no member".to_owned(),
    }
}

/// The frames of a client's bytes, as JSON.
pub(super) fn client_frames(bytes: &[u8], codec: Codec) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = match codec {
            Codec::ProtoTcp => {
                let (frame, end) = frame::split(rest, 1 << 24).unwrap().expect("whole frames");
                texts.push(text_of(frame));
                end
            }
            Codec::ProtoWs | Codec::JsonWs => {
                let (length, head) = match rest[1] {
                    126 => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
                    length => (usize::from(length), 2),
                };
                let payload = &rest[head..head + length];
                texts.push(match rest[0] {
                    0x88 => format!("ws close {}", u16::from_be_bytes([payload[0], payload[1]])),
                    0x82 => {
                        let split = frame::split(payload, 1 << 24).unwrap();
                        format!("ws {}", text_of(split.expect("a whole frame").0))
                    }
                    _ => format!("text {}", brief(str::from_utf8(payload).unwrap())),
                });
                head + length
            }
        };
        rest = &rest[end..];
    }
    texts
}

pub(super) fn text_of(frame: &[u8]) -> String {
    let mut text = Vec::new();
    json::put_g2c(&mut text, frame).expect("a message of ours");
    brief(&String::from_utf8(text).unwrap())
}

/// A welcome has random numbers.
pub(super) fn brief(text: &str) -> String {
    if text.contains("\"welcome\"") { "welcome".to_owned() } else { text.to_owned() }
}

pub(super) fn to_node(body: &G) -> String {
    match body {
        G::At(at) if at.bits > 0 => format!("at bucket {} conf {}", at.prefix, at.conf),
        G::At(at) => format!("at conf {}", at.conf),
        G::Introduce(one) => format!(
            "introduce {} {} {}{}{}",
            one.session,
            one.user,
            one.generation,
            if one.confirmed { " confirmed" } else { "" },
            if one.leaving { " leaving" } else { "" }
        ),
        G::Forget(one) => format!("forget {}", one.session),
        G::Login(one) if one.resume_session_id.is_empty() => format!("login {}", one.session),
        G::Login(one) => format!(
            "login {} resume {:?} secret {:?}",
            one.session, one.resume_session_id[15], one.resume_secret[0]
        ),
        G::Confirmed(one) => format!("confirmed {}", one.session),
        G::Resume(one) => format!(
            "resume of {} sub {}: {} epoch {} marks {:?}",
            one.session, one.sub, one.queue, one.epoch, one.marks
        ),
        G::Acknowledge(_) => "acknowledge".to_owned(),
        G::Lost(one) => format!("lost {}{}", one.session, if one.bye { " bye" } else { "" }),
        G::Detach(one) => format!("detach {} {}", one.session, one.queue),
        G::Attach(one) => format!(
            "attach {} sub {} epoch {} after {} sessions {:?}",
            one.queue, one.sub, one.epoch, one.after_seq, one.sessions
        ),
        G::Operation(one) => {
            let what = match one.body.as_ref().expect("an operation has a body") {
                operation::Body::Subscribe(op) => format!("subscribe {} {}", op.op_id, op.queue),
                operation::Body::Unsubscribe(op) => {
                    format!("unsubscribe {} {}", op.op_id, op.queue)
                }
                operation::Body::SendMessage(op) => format!("send {} {}", op.op_id, op.queue),
                operation::Body::SendState(_)
                | operation::Body::GetState(_)
                | operation::Body::GetHistory(_)
                | operation::Body::ListMembers(_)
                | operation::Body::Call(_) => "another".to_owned(),
            };
            format!("operation of {} sub {}: {what}", one.session, one.sub)
        }
        G::Request(one) => format!(
            "request {} remembered {} key of {} bytes",
            one.number,
            one.remember_ms,
            one.idempotency_key.len()
        ),
        G::Probe(_) => "probe".to_owned(),
        G::Hello(_) | G::Proof(_) | G::Refuse(_) | G::Beat(_) => "other".to_owned(),
    }
}
