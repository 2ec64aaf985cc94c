//! Scripts: a line is the time and what happens; the log has a line for each thing the client does.

use prost::Message as _;
use proto::c2g::{C2g, c2g::Body as C2gBody};
use proto::codes::STATUSES;
use proto::g2c::{self, G2c, g2c::Body, state_change::Now};
use proto::time::Time;

use crate::machine::{Client, Input, Outbox, Settings, Transport};
use crate::{Answer, Command, Event, Failure, QueueEvent, SubscribeOptions, Ticket};

/// Runs a script and compares the log.
pub(super) fn check(script: &str, expected: &str) {
    let (log, _) = run(script);
    let expected: Vec<&str> = lines(expected).collect();
    assert_eq!(log, expected, "\nthe client did:\n{}\n", log.join("\n"));
}

/// The log of a script, and the client after it.
pub(super) fn run(script: &str) -> (Vec<String>, Client) {
    let mut client = alice();
    let log = lines(script).flat_map(|line| step(&mut client, line)).collect();
    (log, client)
}

/// A client with so many subscriptions, whose names and marks are this long.
pub(super) fn client_with(queues: usize, length: usize) -> Client {
    let mut client = alice();
    step(&mut client, "0 connected");
    step(&mut client, "0 welcome s1");
    for number in 1..=queues {
        let name = format!("/{number}{}", "x".repeat(length));
        step(&mut client, &format!("0 subscribe #{number} {name}"));
        step(&mut client, &format!("0 result {number} ok"));
        step(&mut client, &format!("0 subscribed {number} {name} @9 chat=4"));
    }
    client
}

/// Does one line.
pub(super) fn step(client: &mut Client, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ms: u64 = words[0].parse().unwrap();
    let mut out = Outbox::default();
    let frame;
    let input = match words[1] {
        "connected" => Input::Connected,
        "disconnected" => Input::Disconnected,
        "wake" => Input::Wake,
        "token" => Input::Token(words.get(2).map(|&token| token.to_owned())),
        "garbage" => Input::Received(&[0xff]),
        // Field 99, empty.
        "unknown" => Input::Received(&[0x9a, 0x06, 0x00]),
        _ if words.get(2).is_some_and(|word| word.starts_with('#')) => {
            Input::Command(Ticket(words[2][1..].parse().unwrap()), command(&words))
        }
        _ => {
            frame = G2c { body: Some(body(&words)) }.encode_to_vec();
            Input::Received(&frame)
        }
    };
    client.handle(Time { ms, unix_ms: 0 }, input, &mut out);
    let mut log: Vec<String> = out.events.iter().map(event).collect();
    log.extend(out.wants_token.then(|| "wants a token".to_owned()));
    log.extend(sent(&out.frames));
    log.extend(out.transport.iter().map(|transport| dialled(transport, ms)));
    log.into_iter().map(|entry| format!("{ms} {entry}")).collect()
}

/// A client that has no connection yet.
pub(super) fn alice() -> Client {
    Client::new(Settings { user: "alice".to_owned(), ..Settings::default() }, 7)
}

/// The same, to whom its application gives tokens.
pub(super) fn renewing() -> Client {
    Client::new(Settings { renews: true, ..Settings::default() }, 7)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn command(words: &[&str]) -> Command {
    let queue = || words[3].to_owned();
    match words[1] {
        "subscribe" => {
            let history = number(words, "history=").unwrap_or(0) as u32;
            let options = SubscribeOptions { history, ..SubscribeOptions::default() };
            Command::Subscribe { queue: queue(), options }
        }
        "unsubscribe" => Command::Unsubscribe { queue: queue() },
        "send" => Command::SendMessage {
            queue: queue(),
            mount: words[4].to_owned(),
            payload: words[5].into(),
            exclude_self: false,
        },
        "close" => Command::Close,
        other => panic!("no command: {other}"),
    }
}

/// A frame of the gateway.
fn body(words: &[&str]) -> Body {
    let at = |index: usize| words[index].parse::<u64>().unwrap();
    let has = |word: &str| words.contains(&word);
    let text = |index: usize| words[index].to_owned();
    match words[1] {
        "welcome" => Body::Welcome(g2c::Welcome {
            session_id: text(2),
            secret: "secret".to_owned(),
            user: "alice".to_owned(),
            resumed: has("resumed"),
            ping_every_ms: number(words, "ping=").unwrap_or(0) as u32,
            expires_in_ms: number(words, "expires=").unwrap_or(0),
            limits: number(words, "frame=").map(|frame_bytes| g2c::Limits {
                frame_bytes: frame_bytes as u32,
                ..g2c::Limits::default()
            }),
            ..g2c::Welcome::default()
        }),
        "result" => {
            let row = STATUSES.iter().find(|row| row.name == words[3]).unwrap();
            Body::Result(g2c::Result {
                op_id: at(2) as u32,
                status: row.status.number(),
                error_message: (row.name != "ok").then(|| "refused".to_owned()),
                may_retry: has("retry"),
                seq: number(words, "seq=").unwrap_or(0),
                expires_in_ms: number(words, "expires=").unwrap_or(0),
                ..g2c::Result::default()
            })
        }
        "subscribed" => Body::Subscribed(subscribed(words)),
        "unsubscribed" => Body::Unsubscribed(g2c::Unsubscribed {
            sub: at(2) as u32,
            queue: text(3),
            reason: text(4),
            may_retry: has("retry"),
        }),
        "message" => Body::Message(g2c::Message {
            sub: at(2) as u32,
            mount: text(3),
            seq: at(4),
            from: "bob".to_owned(),
            payload: words[5].into(),
            sent_at_ms: 1,
            history: has("history"),
        }),
        "state" => {
            let (key, value) = words[5].split_once('=').unwrap();
            let now = Some(Now::Value(value.into()));
            let change = g2c::StateChange { key: key.to_owned(), now, version: at(4) };
            Body::State(g2c::State {
                sub: at(2) as u32,
                mount: text(3),
                seq: at(4),
                from: String::new(),
                changes: vec![change],
                conflated: has("conflated"),
            })
        }
        _ => small_body(words),
    }
}

fn small_body(words: &[&str]) -> Body {
    let at = |index: usize| words[index].parse::<u64>().unwrap();
    let text = |index: usize| words[index].to_owned();
    let sub = || at(2) as u32;
    match words[1] {
        "joined" => {
            let (seq, users, reason) = (at(3), vec![text(4)], String::new());
            Body::Joined(g2c::Joined { sub: sub(), seq, users, reason })
        }
        "left" => {
            let (seq, users, reason) = (at(3), vec![text(4)], String::new());
            Body::Left(g2c::Left { sub: sub(), seq, users, reason })
        }
        "mount_created" => {
            let (seq, mount, kind) = (at(3), text(4), 0);
            Body::MountCreated(g2c::MountCreated { sub: sub(), mount, seq, kind })
        }
        "mount_deleted" => {
            let (seq, mount, kind) = (at(3), text(4), 0);
            Body::MountDeleted(g2c::MountDeleted { sub: sub(), mount, seq, kind })
        }
        "gap" => {
            let (mount, after_seq, before_seq) = (text(3), at(4), at(5));
            Body::Gap(g2c::Gap { sub: sub(), mount, after_seq, before_seq })
        }
        "closing" => Body::Closing(g2c::Closing {
            code: at(2) as u32,
            retry_after_ms: number(words, "after=").unwrap_or(0) as u32,
            address: find(words, "address=").unwrap_or_default().to_owned(),
            ..g2c::Closing::default()
        }),
        "ping" => Body::Ping(g2c::Ping { nonce: at(2) }),
        "pong" => Body::Pong(g2c::Pong { nonce: 0 }),
        other => panic!("no frame: {other}"),
    }
}

fn subscribed(words: &[&str]) -> g2c::Subscribed {
    let mark = |word: &&str| {
        let (mount, seq) = word.split_once('=')?;
        Some((mount.to_owned(), seq.parse().unwrap()))
    };
    let many = number(words, "marks*").unwrap_or(0);
    g2c::Subscribed {
        sub: words[2].parse().unwrap(),
        queue: words[3].to_owned(),
        epoch: number(words, "@").unwrap(),
        marks: words.iter().filter_map(mark).chain((0..many).map(|n| (n.to_string(), n))).collect(),
        recovered: words.contains(&"recovered"),
        gap: words.contains(&"gap"),
        ..g2c::Subscribed::default()
    }
}

fn find<'a>(words: &[&'a str], prefix: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(prefix))
}

fn number(words: &[&str], prefix: &str) -> Option<u64> {
    find(words, prefix).map(|digits| digits.parse().unwrap())
}

fn event(event: &Event) -> String {
    match event {
        Event::Connected { user, resumed, .. } => {
            format!("Connected {user}{}", flag(*resumed, "resumed"))
        }
        Event::Closed { code, may_retry, .. } => {
            let code = code.map_or("-".to_owned(), |code| code.to_string());
            format!("Closed {code} {}", if *may_retry { "retrying" } else { "over" })
        }
        Event::Answer { ticket, result } => format!("Answer #{} {}", ticket.0, answer(result)),
        Event::Queue { queue, event } => format!("{queue} {}", queue_event(event)),
    }
}

fn answer(result: &Result<Answer, Failure>) -> String {
    match result {
        Ok(Answer::Sent { seq }) => format!("Sent {seq}"),
        Ok(answer) => format!("{answer:?}"),
        Err(failure) => format!("{failure:?}"),
    }
}

fn queue_event(event: &QueueEvent) -> String {
    match event {
        QueueEvent::Subscribed(word) => {
            let recovered = flag(word.recovered, "recovered");
            format!("Subscribed @{} {}{recovered}", word.epoch, marks(&word.marks))
        }
        QueueEvent::Message(message) => {
            let text = String::from_utf8_lossy(&message.payload);
            let history = flag(message.history, "history");
            format!("Message {} {} {text}{history}", message.mount, message.seq)
        }
        QueueEvent::State(state) => {
            let change = &state.changes[0];
            let value = String::from_utf8_lossy(change.value.as_deref().unwrap_or(b"-"));
            let conflated = flag(state.conflated, "conflated");
            format!("State {} {} {}={value}{conflated}", state.mount, state.seq, change.key)
        }
        QueueEvent::Joined(roster) => format!("Joined {} {}", roster.seq, roster.users.join(",")),
        QueueEvent::Left(roster) => format!("Left {} {}", roster.seq, roster.users.join(",")),
        QueueEvent::MountCreated(word) => format!("MountCreated {} {}", word.seq, word.mount),
        QueueEvent::MountDeleted(word) => format!("MountDeleted {} {}", word.seq, word.mount),
        QueueEvent::Gap(gap) => format!("Gap {} {}..{}", gap.mount, gap.after_seq, gap.before_seq),
        QueueEvent::Unsubscribed { reason, retrying } => {
            format!("Unsubscribed {}{}", reason.replace(' ', "-"), flag(*retrying, "retrying"))
        }
    }
}

fn flag(set: bool, name: &str) -> String {
    if set { format!(" {name}") } else { String::new() }
}

fn marks(marks: &std::collections::BTreeMap<String, u64>) -> String {
    let marks: Vec<String> = marks.iter().map(|(mount, seq)| format!("{mount}={seq}")).collect();
    format!("{{{}}}", marks.join(" "))
}

/// What the frames say.
fn sent(mut frames: &[u8]) -> Vec<String> {
    let mut log = Vec::new();
    while !frames.is_empty() {
        let (frame, length) = proto::frame::split(frames, usize::MAX).unwrap().unwrap();
        frames = &frames[length..];
        log.push(format!("sends {}", said(C2g::decode(frame).unwrap().body.unwrap())));
    }
    log
}

fn said(body: C2gBody) -> String {
    match body {
        C2gBody::Connect(connect) => {
            let resume = connect.resume.map(|resume| {
                let seen = resume
                    .seen
                    .iter()
                    .map(|seen| format!("{}@{}{}", seen.queue, seen.epoch, marks(&seen.marks)));
                let seen = seen.collect::<Vec<_>>().join(",");
                let seen = if seen.is_empty() { seen } else { format!(" seen={seen}") };
                format!(" resume={}{seen}", resume.session_id)
            });
            let token = match &*connect.token {
                "" => String::new(),
                token => format!(" token={token}"),
            };
            format!("connect {}{token}{}", connect.user, resume.unwrap_or_default())
        }
        C2gBody::Subscribe(subscribe) => {
            let since = subscribe.since.map_or(String::new(), |since| {
                format!(" since=@{}{}", since.epoch, marks(&since.marks))
            });
            let history = match subscribe.history {
                0 => String::new(),
                count => format!(" history={count}"),
            };
            format!("subscribe {} {}{history}{since}", subscribe.op_id, subscribe.queue)
        }
        C2gBody::Unsubscribe(word) => format!("unsubscribe {} {}", word.op_id, word.queue),
        C2gBody::SendMessage(message) => {
            let text = String::from_utf8_lossy(message.payload.as_deref().unwrap_or_default());
            let (op_id, queue) = (message.op_id, message.queue);
            format!("send_message {op_id} {queue} {} {text}", message.mount)
        }
        C2gBody::Refresh(word) => format!("refresh {} {}", word.op_id, word.token),
        C2gBody::Ping(_) => "ping".to_owned(),
        C2gBody::Pong(pong) => format!("pong {}", pong.nonce),
        C2gBody::Bye(_) => "bye".to_owned(),
        C2gBody::Open(_)
        | C2gBody::SendState(_)
        | C2gBody::GetState(_)
        | C2gBody::GetHistory(_)
        | C2gBody::ListMembers(_)
        | C2gBody::Call(_) => panic!("no script has this"),
    }
}

/// A jittered wait is shown by its bounds.
fn dialled(transport: &Transport, ms: u64) -> String {
    match transport {
        Transport::Stop => "stop".to_owned(),
        Transport::Redial { at_ms, address: Some(address) } => {
            format!("redial +{} {address}", at_ms - ms)
        }
        Transport::Redial { at_ms, address: None } if *at_ms == ms => "redial at once".to_owned(),
        Transport::Redial { at_ms, address: None } => {
            let mut whole = 100;
            while at_ms - ms > whole {
                whole *= 2;
            }
            format!("redial in {}..{whole}", whole / 2)
        }
    }
}
