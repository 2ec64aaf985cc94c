//! A lane on a bench: steps in, outcomes out, as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::c2g::{self, C2g, c2g::Body as C};
use proto::class::ClusterConfig;
use proto::g2q::{G2q, g2q::Body as G};
use proto::ids::ConnectionName;
use proto::link::{At, Role};
use proto::q2g::{self, Q2g, q2g::Body as Q};
use proto::time::Time;
use proto::{frame, g2c, json};

use super::frames::{
    attached, client_frames, conn, connect, format_of, logged_in, message, number, post, seldom,
    subscribed, to_application, to_node,
};
use crate::machine::application::callout::Outcome;
use crate::machine::parts::LaneParts;
use crate::machine::settings::Settings;
use crate::machine::upstream::{Probe, unheard};
use crate::machine::{Authority, ConnId, Ending, Input, Lane, Outbox, Transport, WebRequest};

/// The link of `n1`; that of `n2` is the next.
const N1: LinkId = LinkId(0);
/// The ping behind `welcome`, of generation 7.
const CONFIRMING: &str = r#"{"ping":{"nonce":7}}"#;

pub(super) struct Bench {
    pub(super) lane: Lane,
    pub(super) out: Outbox,
    pub(super) log: String,
    pub(super) now: Time,
    /// The other clock stands still unless it is set.
    unix_ms: u64,
    stuck: BTreeSet<u32>,
    closed: BTreeSet<u32>,
    pub(super) version: u64,
    /// What comes of inboxes and confirmations is logged, and answered by the script.
    loud: bool,
    /// What nodes are told of rows is logged, too.
    rows: bool,
    /// The numbers of what was to be carried, in its order.
    carries: Vec<u64>,
}

impl Bench {
    pub(super) fn new(settings: Settings) -> Bench {
        Bench {
            out: Outbox::new(&settings),
            lane: Lane::new(settings, 1),
            log: String::new(),
            now: Time::default(),
            unix_ms: 0,
            stuck: BTreeSet::new(),
            closed: BTreeSet::new(),
            version: 0,
            loud: false,
            rows: false,
            carries: Vec::new(),
        }
    }

    /// A node has answered a probe that was sent at that moment.
    fn heard(&mut self, link: LinkId, sent_ms: u64) {
        if let Some(node) = self.lane.parts.desk.upstream.node_of(link) {
            let telling = self.lane.parts.desk.upstream.telling();
            let probe = Probe { nonce: 0, telling, sent_ms, is_answered: false };
            unheard::heard(&mut self.lane.parts, (node, probe), &[], &mut self.out);
        }
    }

    pub(super) fn step(&mut self, line: &str) {
        let (time, step) = line.split_once(' ').expect("a time and a step");
        let until: u64 = time.parse().expect("a time in milliseconds");
        self.wait(until);
        let words: Vec<&str> = step.split(' ').collect();
        match words[0] {
            "ready" => {
                self.table(1, 0, "n1");
                self.up(N1);
                self.end_turn();
                let sent_ms = self.now.ms;
                self.heard(N1, sent_ms);
                self.node(N1, Q::At(At { bits: 0, prefix: 0, loss: 0, reign: 1 }));
            }
            "table" => self.table(number(words[1]), number(words[2]), words[3]),
            "copies" => self.copies(number(words[1]), number(words[2])),
            "split" => self.split(number(words[1]), words.get(2).map(|word| number(word))),
            "halves" => self.halves(number(words[1]), [words[2], words[3]]),
            "up" => {
                self.up(link_of(&words[1..]));
                // It is probed behind what the turn's end tells it.
                self.end_turn();
                let sent_ms = self.now.ms;
                self.heard(link_of(&words[1..]), sent_ms);
            }
            "awakes" => self.up(link_of(&words[1..])),
            "again" => self.up_to("n1", LinkId(2)),
            "down" => self.down(link_of(&words[1..])),
            "web" => self.web(&words[1..]),
            "post" => self.handle(Input::Posted(post(&words[1..]))),
            "n1" | "n2" => self.node_says(link_of(&words), &words[1..]),
            "stuck" => drop(self.stuck.insert(conn(words[1]).number())),
            "unstuck" => drop(self.stuck.remove(&conn(words[1]).number())),
            "loud" => self.loud = true,
            "rows" => self.rows = true,
            "clock" => self.unix_ms = number(words[1]),
            "heard" => {
                let sent_ms = number(words[1]);
                self.heard(link_of(&words[2..]), sent_ms);
            }
            "authority" => self.handle(Input::Authority(Authority::Plain)),
            "drain" => self.handle(Input::Drain),
            "doors" => self.handle(Input::Doors(Arc::new(super::elsewhere::doors(&words[1..])))),
            "config" => self.configure(words.get(1).copied()),
            "called" => {
                let (request, status) = (number(words[1]), number(words[2]) as u16);
                let body = words[3..].join(" ").into_bytes();
                let outcome = Outcome::Response { status, body };
                self.handle(Input::Called { request, outcome });
            }
            "stopped" => {
                self.quiet_step(&words[2..]);
                self.now = Time { ms: number(words[1]), unix_ms: self.unix_ms };
            }
            "wait" => {}
            "twice" => {
                self.quiet_step(&words[1..]);
                self.quiet_step(&words[1..]);
            }
            _ => self.quiet_step(&words),
        }
        self.end_turn();
    }

    fn quiet_step(&mut self, words: &[&str]) {
        match words[0] {
            "n1" | "n2" => self.node_says(link_of(words), &words[1..]),
            _ => self.client_says(conn(words[0]), &words[1..]),
        }
    }

    /// Wakes the lane whenever it wants, until then.
    fn wait(&mut self, until: u64) {
        while let Some(at) = self.lane.wake_at().filter(|at| *at <= until) {
            self.now = Time { ms: at.max(self.now.ms), unix_ms: self.unix_ms };
            self.handle(Input::Wake);
            self.end_turn();
        }
        self.now = Time { ms: until, unix_ms: self.unix_ms };
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        self.lane.handle(self.now, input, &mut self.out);
    }

    /// An application is asked about `/ask/*` and called; with `connect` also about newcomers; with
    /// `none` there is none.
    fn configure(&mut self, more: Option<&str>) {
        let mut config: ClusterConfig = toml::from_str(super::asks::CONFIG).expect("TOML");
        match more {
            Some("connect") => config.connect = Some("app".to_owned()),
            Some("none") => config = ClusterConfig::default(),
            Some(other) => panic!("no such configuration: {other}"),
            None => {}
        }
        self.handle(Input::Config(Arc::new(config)));
    }

    fn up(&mut self, link: LinkId) {
        self.up_to(&format!("n{}", link.0 + 1), link);
    }

    fn up_to(&mut self, node: &str, link: LinkId) {
        self.out.links.up(link);
        let peer = Peer {
            role: Role::QueueNode,
            id: node.to_owned(),
            incarnation: 1,
            lane: 0,
            version: 1,
            cluster_id: 1,
        };
        self.handle(Input::LinkUp { link, peer });
    }

    fn down(&mut self, link: LinkId) {
        self.out.links.down(link);
        self.handle(Input::LinkDown { link });
    }

    fn node(&mut self, link: LinkId, body: Q) {
        let frame = Q2g { body: Some(body) }.encode_to_vec();
        self.handle(Input::LinkFrame { link, frame: &frame });
    }

    /// `NUMBER [as=API_KEY] METHOD BODY`
    fn web(&mut self, words: &[&str]) {
        let api_key = words.get(1).and_then(|word| word.strip_prefix("as="));
        let words =
            if api_key.is_some() { [&words[..1], &words[2..]].concat() } else { words.into() };
        let body = json::operation(words[1], &words[2..].join(" ")).expect("a method's body");
        let named = words[2..].join(" ");
        let named = named.split_once("\"queue\":\"").and_then(|(_, rest)| rest.split_once('"'));
        let queue = named.map(|(name, _)| name.to_owned());
        self.handle(Input::Web(WebRequest {
            number: number(words[0]),
            body,
            queue,
            key_id: api_key.map_or(1, number),
            idempotency_key: None,
            body_hash: 1,
        }));
    }

    fn client_says(&mut self, conn: ConnId, words: &[&str]) {
        let address = IpAddr::from([127, 0, 0, 1]);
        let text = |at: usize| words.get(at).copied().unwrap_or("").to_owned();
        let body = match words[0] {
            "open" | "open-json" | "open-ws" | "open-events" => {
                let format = format_of(words[0]);
                self.closed.remove(&conn.number());
                // A stream's name is its number.
                let name = ConnectionName([conn.number() as u8; 16]);
                let name = (format.transport == Transport::Events).then_some(name);
                return self.handle(Input::Opened { conn, format, address, name });
            }
            "gone" => {
                self.closed.insert(conn.number());
                return self.handle(Input::Closed { conn });
            }
            "hangup" => return self.handle(Input::Hangup { conn }),
            "one-too-many" => return self.handle(Input::HandOn { conn }),
            "raw" => {
                let bytes: Vec<u8> = words[1..].iter().map(|word| number(word) as u8).collect();
                return self.handle(Input::Frame { conn, frame: &bytes });
            }
            "connect" => C::Connect(connect(words)),
            "version" => C::Connect(c2g::Connect::default()),
            "floodgates" => C::Open(c2g::Open {}),
            "bye" => C::Bye(c2g::Bye {}),
            "ping" => C::Ping(c2g::Ping { nonce: number(words[1]) }),
            "pong" => C::Pong(c2g::Pong { nonce: number(words[1]) }),
            "refresh" => {
                C::Refresh(c2g::Refresh { op_id: number(words[1]) as u32, token: text(2) })
            }
            "subscribe" => C::Subscribe(c2g::Subscribe {
                op_id: number(words[1]) as u32,
                queue: text(2),
                ..c2g::Subscribe::default()
            }),
            "unsubscribe" => {
                C::Unsubscribe(c2g::Unsubscribe { op_id: number(words[1]) as u32, queue: text(2) })
            }
            "send" => C::SendMessage(c2g::SendMessage {
                op_id: number(words[1]) as u32,
                queue: text(2),
                mount: text(3),
                payload: Some(text(4).into_bytes()),
                exclude_self: false,
            }),
            "call" => C::Call(c2g::Call {
                op_id: number(words[1]) as u32,
                method: text(2),
                queue: text(3),
                payload: b"1".to_vec(),
            }),
            other => panic!("no such step of a client: {other}"),
        };
        let frame = C2g { body: Some(body) }.encode_to_vec();
        self.handle(Input::Frame { conn, frame: &frame });
    }

    fn node_says(&mut self, link: LinkId, words: &[&str]) {
        let n = |at: usize| words.get(at).map_or(0, |word| number(word));
        let body = match words[0] {
            "at" => {
                let (bits, prefix) = (n(3) as u32, n(4) as u32);
                Q::At(At { bits, prefix, loss: n(2), reign: n(1) })
            }
            "logged_in" => Q::LoggedIn(logged_in(words)),
            "answer" => {
                let op_id = n(2) as u32;
                let (status, error_message) =
                    (n(3) as u32, words.get(4).map(|_| words[4..].join(" ")));
                let result = g2c::Result { op_id, status, error_message, ..g2c::Result::default() };
                let (session, result) = (n(1) as u32, result.encode_to_vec());
                Q::Answer(q2g::Answer { session, result, ask: String::new() })
            }
            "subscribed" => Q::Subscribed(subscribed(words)),
            "message" | "state" | "joined" | "left" => return self.event(link, words),
            "replay" => {
                let message = message(n(3), "old");
                Q::Replay(q2g::Replay {
                    session: n(1) as u32 + 1,
                    sub: n(2) as u32,
                    seq: n(3),
                    kind: 5,
                    body: message,
                    history: true,
                    exclude: 0,
                })
            }
            "unsubscribed" | "detached" => Q::Unsubscribed(q2g::Unsubscribed {
                detached: words[0] == "detached",
                sub: n(1) as u32,
                sessions: words
                    .get(2)
                    .and_then(|session| session.parse().ok())
                    .into_iter()
                    .collect(),
                reason: words.get(3).map_or_else(String::new, |_| words[3..].join(" ")),
                may_retry: false,
            }),
            "attached" => Q::Attached(attached(words)),
            "probed" => {
                let except = words[2..].iter().map(|word| number(word) as u32).collect();
                Q::Probed(q2g::Probed { nonce: n(1), except })
            }
            "lost_noted" => Q::LostNoted(q2g::LostNoted { session: n(1) as u32 }),
            "carry_taken" => {
                let number = self.carries.get(n(1) as usize).copied().unwrap_or(0);
                Q::CarryTaken(q2g::CarryTaken { number, status: n(2) as u32 })
            }
            "nonsense" => return self.handle(Input::LinkFrame { link, frame: &[0xff] }),
            _ => seldom(words),
        };
        self.node(link, body);
    }

    /// `message SUB SEQ TEXT [EXCLUDED]`, `state SUB SEQ KEY VALUE`, `joined SUB SEQ USER`.
    fn event(&mut self, link: LinkId, words: &[&str]) {
        let seq = number(words[2]);
        let (kind, body) = match words[0] {
            "message" => (5, message(seq, words[3])),
            "state" => {
                let now = Some(g2c::state_change::Now::Value(words[4].as_bytes().to_vec()));
                let change = g2c::StateChange { key: words[3].to_owned(), version: seq, now };
                let mount = "scores".to_owned();
                let changes = vec![change];
                (6, g2c::State { mount, seq, changes, ..g2c::State::default() }.encode_to_vec())
            }
            "joined" => {
                let users = vec![words[3].to_owned()];
                (7, g2c::Joined { seq, users, ..g2c::Joined::default() }.encode_to_vec())
            }
            _ => {
                let users = vec![words[3].to_owned()];
                (8, g2c::Left { seq, users, ..g2c::Left::default() }.encode_to_vec())
            }
        };
        let excluded = (words[0] == "message").then(|| words.get(4)).flatten();
        let event = Q::Event(q2g::Event {
            sub: number(words[1]) as u32,
            seq,
            kind,
            body,
            exclude: excluded.map_or(0, |session| number(session) as u32 + 1),
        });
        self.node(link, event);
    }

    /// Counting anew gives what the lane counts all the time, and no session is kept needlessly.
    fn counts(&self) {
        let LaneParts { desk, sessions, .. } = &self.lane.parts;
        let (mut live, mut kept_bytes) = (0, 0);
        for (handle, session) in sessions.iter() {
            assert!(!session.is_done(), "{session:?}");
            live += u64::from(session.is_live());
            kept_bytes += sessions.kept_bytes(handle);
        }
        assert_eq!((desk.counters.sessions, sessions.all_kept_bytes(desk)), (live, kept_bytes));
        assert_eq!(desk.counters.connections, desk.door.open_ones().len() as u64);
    }

    fn end_turn(&mut self) {
        self.handle(Input::TurnEnd);
        self.counts();
        let mut dirty = Vec::new();
        let mut ended = Vec::new();
        while self.out.clients.is_busy() {
            dirty.clear();
            self.out.clients.take_dirty(&mut dirty);
            self.out.clients.take_ended(&mut ended);
            for conn in &dirty {
                if !self.stuck.contains(&conn.number()) {
                    self.write(*conn);
                }
            }
        }
        for conn in (0..8).map(ConnId::at) {
            if self.out.clients.unsent(conn) > 0 && !self.stuck.contains(&conn.number()) {
                self.write(conn);
            }
        }
        for (conn, ending) in ended {
            let word = match ending {
                Ending::Written => "closes when written",
                Ending::AtOnce => "closes at once",
            };
            self.say(&format!("c{} {word}", conn.number()));
        }
        self.write_links();
        if std::mem::take(&mut self.out.wants_keys) {
            self.say("wants newer keys");
        }
        for request in std::mem::take(&mut self.out.callouts.requests) {
            let said = to_application(&request.body);
            self.say(&format!("app {} {said}", request.request));
        }
        for (number, posted) in std::mem::take(&mut self.out.posted) {
            self.say(&format!("post {number}: {}", posted.status()));
        }
        for reply in std::mem::take(&mut self.out.replies) {
            let text = format!(
                "web {} status {} {} next {:?}",
                reply.number,
                reply.result.status,
                reply.about.queues.join(" "),
                reply.result.next
            );
            self.say(&text);
        }
        if self.out.clients.is_busy() {
            self.end_turn();
        }
    }

    fn write(&mut self, conn: ConnId) {
        let mut bytes = Vec::new();
        while self.out.clients.unsent(conn) > 0 {
            let next = self.out.clients.unwritten(conn).to_vec();
            let all = self.out.clients.wrote(conn, next.len());
            assert_eq!(all, self.out.clients.unsent(conn) == 0);
            bytes.extend(next);
        }
        let transport = self.out.clients.format(conn).transport;
        for text in client_frames(&bytes, transport) {
            if self.loud || !(text.contains(r#""queue":"/user/"#) || text.contains(CONFIRMING)) {
                self.say(&format!("c{} {text}", conn.number()));
            }
        }
        if self.out.clients.wants_drained(conn) {
            self.handle(Input::Drained { conn });
        }
    }

    fn write_links(&mut self) {
        let mut inboxes = Vec::new();
        for (link, reason) in self.out.links.ended() {
            self.say(&format!("n{} ended: {reason}", link.0 + 1));
            self.down(link);
        }
        for link in self.out.links.dirty() {
            let bytes = self.out.links.take(link);
            let mut rest = bytes.as_slice();
            while let Ok(Some((frame, end))) = frame::split(rest, 1 << 20) {
                rest = &rest[end..];
                let G2q { body: Some(body) } = G2q::decode(frame).expect("frames of ours") else {
                    panic!("an empty frame");
                };
                let said = to_node(&body);
                if let G::Carry(carry) = &body {
                    self.carries.push(carry.number);
                }
                if let G::Resume(resume) = body
                    && !self.loud
                    && resume.queue.starts_with("/user/")
                {
                    inboxes.push((link, resume.session.to_string()));
                } else if said != "probe" && (self.rows || !said.starts_with("row ")) {
                    self.say(&format!("n{} {said}", link.0 + 1));
                }
            }
        }
        for (link, session) in inboxes {
            self.node_says(link, &["answer", &session, "0", "5"]);
            self.end_turn();
        }
    }

    fn say(&mut self, text: &str) {
        writeln!(self.log, "{}: {text}", self.now.ms).expect("text takes text");
    }
}

/// The link of the node that a step begins with; of `n1` if it names none.
fn link_of(words: &[&str]) -> LinkId {
    if words.first() == Some(&"n2") { LinkId(1) } else { N1 }
}
