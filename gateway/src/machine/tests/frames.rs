//! The frames of the scripts: frames from text and text from frames.

use prost::Message as _;
use proto::c2g::{self, c2g::Body as C};
use proto::g2q::{Guest, Login, Operation, Verdict, Verdicts};
use proto::g2q::{g2q::Body as G, operation, request::Body as Request};
use proto::ids::{ConnectionName, Secret, SessionId};
use proto::q2g::{self, q2g::Body as Q};
use proto::table::{Moved, Owner, Row};
use proto::{frame, g2c, json, name, wire};

use crate::machine::{ConnId, Encoding, Format, Post, Transport};

pub(super) fn conn(word: &str) -> ConnId {
    ConnId::at(number(word.strip_prefix('c').expect("a client")) as usize)
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

/// `post NUMBER CONNECTION USER COUNT PING…`, of the user's session 5.
pub(super) fn post(words: &[&str]) -> Post {
    Post {
        number: number(words[0]),
        connection: ConnectionName([number(words[1]) as u8; 16]),
        session: session_id(words[2], 5),
        count: number(words[3]),
        frames: pings(&words[4..]),
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

/// `attached SUB SEQ recovered | whole | gapless | anew [GONE | elsewhere SESSION]`.
pub(super) fn attached(words: &[&str]) -> q2g::Attached {
    let recovered = words[3] == "recovered";
    let queue = g2c::Subscribed { queue: "q".to_owned(), gap: true, ..g2c::Subscribed::default() };
    let gap = g2c::Gap { sub: 0, mount: "chat".to_owned(), after_seq: 3, before_seq: 9 };
    let is_elsewhere = words.get(4) == Some(&"elsewhere");
    let session = |at: usize| words.get(at).map(|session| number(session) as u32);
    q2g::Attached {
        sub: number(words[1]) as u32,
        epoch: if words[3] == "anew" { 6 } else { 5 },
        seq: number(words[2]),
        recovered,
        body: if recovered { Vec::new() } else { queue.encode_to_vec() },
        gaps: if recovered || words[3] == "gapless" { vec![] } else { vec![gap] },
        gone: (!is_elsewhere).then(|| session(4)).flatten().into_iter().collect(),
        reason: "no member".to_owned(),
        elsewhere: is_elsewhere.then(|| session(5)).flatten().into_iter().collect(),
    }
}

/// What a node says seldom: `ask SESSION KIND`, `tell NUMBER KIND QUEUE SEQ`, `kick SESSION CODE
/// GENERATION REASON…`, `invited SESSION GENERATION QUEUE`,
/// `recognised NUMBER [USER [UNTIL]]`, `moved CONF NODE`, `reply NUMBER
/// QUEUE…`, `user NUMBER QUEUES SESSION…`: a reply with sessions that are in so many queues.
pub(super) fn seldom(words: &[&str]) -> Q {
    let n = |at: usize| words.get(at).map_or(0, |word| number(word));
    match words[0] {
        "ask" => Q::Answer(q2g::Answer {
            session: n(1) as u32,
            result: Vec::new(),
            ask: words[2].to_owned(),
        }),
        "tell" => Q::Tell(q2g::Tell {
            number: n(1),
            target: "app".to_owned(),
            kind: words[2].to_owned(),
            queue: words[3].to_owned(),
            epoch: 5,
            seq: n(4),
            ..q2g::Tell::default()
        }),
        "kick" => Q::Kick(q2g::Kick {
            session: n(1) as u32,
            code: n(2) as u32,
            generation: n(3),
            reason: words[4..].join(" "),
        }),
        "recognised" => {
            let user = words.get(2).copied().unwrap_or("").to_owned();
            let (number, expires_unix_ms) = (n(1), n(3));
            Q::Recognised(q2g::Recognised { number, user, expires_unix_ms })
        }
        // `carried NUMBER ASKER CONNECTION COUNT PING…`: what was posted elsewhere, pings.
        "carried" => Q::Carried(q2g::Carried {
            number: n(1),
            asker: n(2) as u32,
            connection: vec![n(3) as u8; 16],
            count: n(4),
            frames: pings(&words[5..]),
        }),
        "invited" => {
            let (session, generation, queue) = (n(1) as u32, n(2), words[3].to_owned());
            Q::Invited(q2g::Invited { session, generation, queue })
        }
        "user" => {
            let one = |word: &&str| q2g::SessionInfo {
                session_id: session_id("ann", number(word)).to_string(),
                generation: number(word) + 10,
                queues: n(2) as u32,
                ..q2g::SessionInfo::default()
            };
            let sessions = words[3..].iter().map(one).collect();
            let user = Some(q2g::UserInfo { sessions, ..q2g::UserInfo::default() });
            let result = g2c::Result::default().encode_to_vec();
            Q::Reply(q2g::Reply { number: n(1), result, user, ..q2g::Reply::default() })
        }
        // `moved REIGN NODE [BITS PREFIX]`
        "moved" => Q::Moved(Moved {
            bits: n(3) as u32,
            row: Some(Row {
                prefix: n(4) as u32,
                reign: n(1),
                conf: n(1),
                primary: Some(Owner { id: words[2].to_owned(), incarnation: 1 }),
                ..Row::default()
            }),
            place: None,
        }),
        "reply" => Q::Reply(q2g::Reply {
            number: n(1),
            result: g2c::Result { seq: 9, ..g2c::Result::default() }.encode_to_vec(),
            queue: None,
            queues: words[2..].iter().map(|name| (*name).to_owned()).collect(),
            user: None,
        }),
        other => panic!("no such step of a node: {other}"),
    }
}

/// `ping`s of these nonces, one behind the other; `bye` is one.
pub(super) fn pings(nonces: &[&str]) -> Vec<u8> {
    let mut frames = Vec::new();
    for nonce in nonces {
        let body = match *nonce {
            "bye" => C::Bye(c2g::Bye {}),
            nonce => C::Ping(c2g::Ping { nonce: number(nonce) }),
        };
        wire::put_message(&mut frames, &c2g::C2g { body: Some(body) });
    }
    frames
}

fn verdicts(bytes: &[u8]) -> String {
    let Verdicts { verdicts } = Verdicts::decode(bytes).expect("verdicts of ours");
    let text = |one: &Verdict| {
        let payload = one.payload.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let status = if one.status == 0 { String::new() } else { one.status.to_string() };
        format!(" {}:{status}{}{payload}", one.kind, one.error_message)
    };
    verdicts.iter().map(text).collect()
}

/// What an application is asked or told.
pub(super) fn to_application(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    let text = |name: &str| body[name].as_str().unwrap_or("-").to_owned();
    if let Some(tells) = body["tells"].as_array() {
        let ids: Vec<&str> = tells.iter().filter_map(|tell| tell["id"].as_str()).collect();
        return format!("told {}", ids.join(" "));
    }
    let op_id = text("id").rsplit_once('/').map_or("-".to_owned(), |(_, op_id)| op_id.to_owned());
    format!(
        "asked {} {op_id} by {} on {} of {}: {}{}{}",
        text("kind"),
        text("user"),
        text("queue"),
        text("class"),
        body["payload"],
        body["method"],
        body["token"]
    )
}

/// The format of a client that opens its connection with this word.
pub(super) fn format_of(word: &str) -> Format {
    match word {
        "open-json" => Format::new(Transport::WebSocket, Encoding::Json),
        "open-ws" => Format::new(Transport::WebSocket, Encoding::Proto),
        "open-events" => Format::new(Transport::Events, Encoding::Json),
        _ => Format::default(),
    }
}

/// The frames of a client's bytes, as JSON.
pub(super) fn client_frames(bytes: &[u8], transport: Transport) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = match transport {
            Transport::Tcp => {
                let (frame, end) = frame::split(rest, 1 << 24).unwrap().expect("whole frames");
                texts.push(text_of(frame));
                end
            }
            Transport::WebSocket => {
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
            Transport::Events => {
                let text = str::from_utf8(rest).unwrap();
                let end = text.find("\n\n").expect("a whole event");
                texts.push(match text[..end].strip_prefix("data: ") {
                    Some(text) => format!("event {}", brief(text)),
                    None => text[..end].to_owned(),
                });
                end + 2
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

/// A welcome has random numbers: only how long it is good is shown.
pub(super) fn brief(text: &str) -> String {
    match text.split_once("\"expires_in_ms\":") {
        _ if !text.contains("\"welcome\"") => text.to_owned(),
        Some((_, ms)) => format!("welcome for {} ms", ms.trim_end_matches('}')),
        None => "welcome".to_owned(),
    }
}

pub(super) fn to_node(body: &G) -> String {
    match body {
        G::At(at) if at.bits > 0 => format!("at bucket {} reign {}", at.prefix, at.reign),
        G::At(at) => format!("at reign {}", at.reign),
        G::Introduce(one) => format!(
            "introduce {} {} {}{}{}",
            one.session,
            one.user,
            one.generation,
            if one.confirmed { " confirmed" } else { "" },
            if one.leaving { " leaving" } else { "" }
        ),
        G::Forget(one) => format!("forget {}", one.session),
        G::Login(one) => login(one),
        G::Moved(Moved { row, .. }) => {
            let row = row.as_ref().expect("a row");
            let home = row.primary.as_ref().map_or("nobody", |owner| owner.id.as_str());
            format!("row {} reign {} conf {} {home}", row.prefix, row.reign, row.conf)
        }
        G::Recognise(one) => {
            let (id, secret) = (one.session_id[15], one.secret[0]);
            format!("recognise {} session {id} secret {secret}", one.number)
        }
        G::Confirmed(one) => format!("confirmed {}", one.session),
        // The number is drawn at random: the script names it by its place.
        G::Carry(one) => format!(
            "carry {} for {} session {}: {} bytes",
            one.count,
            one.connection[0],
            one.session_id[15],
            one.frames.len()
        ),
        G::CarriedTaken(one) => {
            format!("carried_taken {} by {}: {}", one.number, one.asker, one.status)
        }
        G::Resume(one) => format!(
            "resume of {} sub {}: {} epoch {} marks {:?}",
            one.session, one.sub, one.queue, one.epoch, one.marks
        ),
        G::Acknowledge(one) => format!("acknowledge {:?}", one.numbers),
        G::Lost(one) => format!("lost {}{}", one.session, if one.bye { " bye" } else { "" }),
        G::Detach(one) => format!("detach {} {}", one.session, one.queue),
        G::Attach(one) => format!(
            "attach {} sub {} epoch {} after {} sessions {:?}",
            one.queue, one.sub, one.epoch, one.after_seq, one.sessions
        ),
        G::Operation(one) => operation(one),
        G::Request(one) => {
            let guests = match &one.body {
                Some(Request::JoinUser(join)) => {
                    let guest =
                        |guest: &Guest| format!(" {}:{}", guest.session_id[15], guest.generation);
                    join.sessions.iter().map(guest).collect::<String>() + " join"
                }
                Some(Request::GetUser(get)) => format!(" who is {}", get.user),
                Some(_) | None => String::new(),
            };
            format!(
                "request {} remembered {} key of {} bytes{guests}",
                one.number,
                one.remember_ms,
                one.idempotency_key.len()
            )
        }
        G::Probe(_) => "probe".to_owned(),
        G::Hello(_) | G::Proof(_) | G::Refuse(_) | G::Beat(_) => "other".to_owned(),
    }
}

fn login(one: &Login) -> String {
    let client = match &*one.client_id {
        "" => String::new(),
        id => format!(" of {id} attempt {}", one.attempt),
    };
    if one.resume_session_id.is_empty() {
        return format!("login {}{client}", one.session);
    }
    let (id, secret) = (one.resume_session_id[15], one.resume_secret[0]);
    let only = if one.resume_only { " only" } else { "" };
    format!("login {} resume {id} secret {secret}{only}{client}", one.session)
}

fn operation(one: &Operation) -> String {
    let what = match one.body.as_ref().expect("an operation has a body") {
        operation::Body::Subscribe(op) => format!("subscribe {} {}", op.op_id, op.queue),
        operation::Body::Unsubscribe(op) => {
            format!("unsubscribe {} {}", op.op_id, op.queue)
        }
        operation::Body::SendMessage(op) => format!("send {} {}", op.op_id, op.queue),
        operation::Body::SendState(_)
        | operation::Body::GetState(_)
        | operation::Body::GetHistory(_)
        | operation::Body::ListMembers(_) => "another".to_owned(),
        operation::Body::Call(op) => format!("call {} {}", op.op_id, op.method),
    };
    let askable = if one.askable { " askable" } else { "" };
    let verdicts = verdicts(&one.verdicts);
    format!("operation of {} sub {}: {what}{askable}{verdicts}", one.session, one.sub)
}
