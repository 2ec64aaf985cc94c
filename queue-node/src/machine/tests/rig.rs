//! A node with scripted lanes. `check` runs a script and compares what comes of it.
//!
//! A script is lines `MOMENT LINK VERB …`; lines of the same moment are one turn. Behind `----` is what
//! the node says, a line per frame. Epochs are written as e1, e2 in the order of their appearance.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::bucket::BucketId;
use proto::c2g::{self, change::Act};
use proto::class::*;
use proto::g2c;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::ids::SessionId;
use proto::link::{At, Role};
use proto::q2g;
use proto::q2q;
use proto::table::{BucketTable, Owner, Place, Row, Table};
use proto::time::Time;
use proto::{frame, name, wire};

use crate::machine::{Faults, Input, Node, Outbox, Settings};

pub(crate) const GRACE_MS: u64 = 1000;

/// Runs a script; what the node says must be what stands behind `----`.
pub(crate) fn check(script: &str) {
    check_with(Rig::new(), script);
}

/// The same on a node of one's own making.
pub(crate) fn check_with(mut rig: Rig, script: &str) {
    let (lines, wanted) = script.split_once("----").expect("a script has ----");
    let trim = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let said = rig.run(lines);
    let (said, wanted) = (trim(&said), trim(wanted));
    assert!(said == wanted, "\n--- wanted\n{wanted}\n--- said\n{said}\n");
}

/// A node and its links.
pub(crate) struct Rig {
    pub(crate) node: Node,
    pub(crate) out: Outbox,
    pub(crate) now: Time,
    links: BTreeMap<String, LinkId>,
    next_link: u32,
    epochs: Vec<u64>,
}

/// The configuration of the tests.
pub(crate) fn config() -> ClusterConfig {
    let mount = |name: &str, kind, history| MountClass {
        name: name.to_owned(),
        kind,
        send: Access::Members,
        history,
        history_bytes: 65_536,
        history_ms: 0,
        on_slow: OnSlow::DropOldest,
        echo: true,
    };
    let class = |pattern: &str, idle_ttl_ms| Class {
        pattern: pattern.to_owned(),
        create: Create::Auto,
        join: Access::Open,
        max_members: 100_000,
        presence: Presence::Users,
        idle_ttl_ms,
        mounts: vec![mount("chat", MountKind::Message, 100), mount("scores", MountKind::State, 0)],
    };
    let small = Class { max_members: 1, ..class("/small/*", 5000) };
    let mut quiet = Class { presence: Presence::Count, ..class("/quiet/*", 5000) };
    quiet.mounts[0].echo = false;
    let backend = Class { create: Create::Rpc, join: Access::Server, ..class("/web/*", 5000) };
    let short = class("/short/*", 0);
    ClusterConfig { copies: 1, class: vec![class("/room/*", 5000), small, quiet, backend, short] }
}

/// A table of one bit whose rows belong to these nodes.
pub(crate) fn table(version: u64, owners: [&str; 2], loss: u64, conf: u64) -> Arc<BucketTable> {
    let owner = |id: &str| Some(Owner { id: id.to_owned(), incarnation: 1 });
    let row = |(prefix, id)| Row { prefix, loss, conf, primary: owner(id), ..Row::default() };
    let rows = (0u32..).zip(owners).map(row).collect();
    let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
    let places = vec![place("q1"), place("q2")];
    let wire = Table { term: 1, version, bits: 1, rows, places };
    Arc::new(BucketTable::try_from(wire).expect("a good table"))
}

pub(crate) fn session_id(user: &str, number: u64) -> SessionId {
    SessionId::new(name::hash(format!("/user/{user}").as_bytes()), number)
}

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with(false, Faults::default())
    }

    pub(crate) fn with(hold_commits: bool, faults: Faults) -> Rig {
        let (id, incarnation, grace_ms) = ("q1".to_owned(), 1, GRACE_MS);
        let settings = Settings { id, incarnation, grace_ms, hold_commits, faults };
        let mut rig = Rig {
            node: Node::new(settings, 7),
            out: Outbox::default(),
            now: Time { ms: 0, unix_ms: 1_000_000 },
            links: BTreeMap::new(),
            next_link: 0,
            epochs: Vec::new(),
        };
        rig.handle(Input::Config(Arc::new(config())));
        rig.handle(Input::Table(table(1, ["q1", "q1"], 0, 1)));
        rig
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) {
        self.node.handle(self.now, input, &mut self.out);
    }

    pub(crate) fn run(&mut self, script: &str) -> String {
        let mut said = String::new();
        let lines: Vec<Vec<&str>> = script
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| !words.is_empty())
            .collect();
        for turn in lines.chunk_by(|one, other| one[0] == other[0]) {
            let ms: u64 = turn[0][0].parse().expect("a line begins with its moment");
            self.advance(ms);
            for words in turn {
                self.line(&words[1..]);
            }
            self.handle(Input::TurnEnd);
            self.hear(&mut said);
        }
        said
    }

    fn advance(&mut self, ms: u64) {
        while let Some(at) = self.node.wake_at().filter(|at| *at <= ms) {
            self.now.unix_ms += at.max(self.now.ms) - self.now.ms;
            self.now.ms = at.max(self.now.ms);
            self.handle(Input::Wake);
            self.handle(Input::TurnEnd);
        }
        self.now.unix_ms += ms - self.now.ms;
        self.now.ms = ms;
    }

    pub(crate) fn link(&self, name: &str) -> LinkId {
        self.links[name]
    }

    pub(crate) fn up(&mut self, name: &str, dialled: bool) -> LinkId {
        let link = LinkId(self.next_link);
        self.next_link += 1;
        self.links.insert(name.to_owned(), link);
        self.out.links.up(link);
        let role = if name.starts_with('g') { Role::Gateway } else { Role::QueueNode };
        let id = name.trim_end_matches('~').to_owned();
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        self.handle(Input::LinkUp { link, peer, dialled });
        link
    }

    pub(crate) fn frame(&mut self, link: LinkId, message: &impl prost::Message) {
        let bytes = message.encode_to_vec();
        self.handle(Input::Frame { link, frame: &bytes });
    }

    pub(crate) fn lane(&mut self, link: LinkId, body: Body) {
        self.frame(link, &g2q::G2q { body: Some(body) });
    }

    /// Names the bucket of a queue.
    pub(crate) fn at(&mut self, link: LinkId, queue: &str) {
        let bucket = BucketId::of(name::hash(queue.as_bytes()), 1);
        let at = At { bits: 1, prefix: bucket.prefix(), loss: 0, conf: 1 };
        self.lane(link, Body::At(at));
    }

    pub(crate) fn introduce(&mut self, link: LinkId, handle: u32, user: &str) {
        let id = session_id(user, u64::from(handle));
        let session_id = id.0.to_vec();
        let (session, user) = (handle, user.to_owned());
        self.lane(
            link,
            Body::Introduce(g2q::Introduce { session, session_id, user, generation: 0 }),
        );
    }

    pub(crate) fn operation(&mut self, link: LinkId, session: u32, queue: &str, sub: u32, op: Op) {
        self.at(link, queue);
        self.lane(link, Body::Operation(g2q::Operation { session, sub, body: Some(op) }));
    }

    fn line(&mut self, words: &[&str]) {
        let name = words[0];
        if name == "table" {
            let number = |at: usize| words[at].parse().expect("a number");
            let owners = [words[2], words[3]];
            return self.handle(Input::Table(table(number(1), owners, number(4), number(5))));
        }
        match words[1] {
            "up" => {
                self.up(name, words.get(2) == Some(&"dialled"));
                return;
            }
            "down" => {
                let link = self.link(name);
                self.out.links.down(link);
                return self.handle(Input::LinkDown { link });
            }
            _ => {}
        }
        let link = self.link(name);
        let number = |at: usize| words[at].parse::<u32>().expect("a number");
        match words[1] {
            "introduce" => self.introduce(link, number(2), words[3]),
            "login" | "lost" => {
                self.at(link, &format!("/user/{}", words[3]));
                let session = number(2);
                let body = match words[1] {
                    "login" => Body::Login(g2q::Login { session, ..g2q::Login::default() }),
                    _ => Body::Lost(g2q::Lost { session, bye: words.get(4) == Some(&"bye") }),
                };
                self.lane(link, body);
            }
            "detach" => {
                self.at(link, words[3]);
                let queue = words[3].to_owned();
                self.lane(link, Body::Detach(g2q::Detach { session: number(2), queue }));
            }
            "attach" => {
                self.at(link, words[2]);
                let epoch = self.epoch_of(words[4]);
                let sessions = words[6..].iter().map(|h| h.parse().expect("a handle")).collect();
                let (queue, sub) = (words[2].to_owned(), number(3));
                let after_seq = u64::from(number(5));
                let attach = g2q::Attach { queue, sub, epoch, after_seq, sessions };
                self.lane(link, Body::Attach(attach));
            }
            "request" => self.request(link, words),
            "note" | "unnote" | "ended" | "told" => self.tell(link, words),
            "raw" => {
                let operation = vec![0xff; 3];
                self.at(link, words[2]);
                let mut bytes = Vec::new();
                let body = &operation[..];
                let kind = c2g::Kind::SendState;
                g2q::OperationRef { session: 1, sub: 0, kind, body }.put(&mut bytes);
                let (_, end) = frame::split(&bytes, 1000).expect("fits").expect("is whole");
                let frame = bytes[end - (end - 1)..end].to_vec();
                self.handle(Input::Frame { link, frame: &frame });
            }
            _ => self.client(link, words),
        }
    }

    fn tell(&mut self, link: LinkId, words: &[&str]) {
        if words[1] == "told" {
            let number = words[2].parse().expect("a number");
            let ended = words.get(3) == Some(&"ended");
            let told = q2q::Told { number, ended, ..q2q::Told::default() };
            return self.frame(link, &q2q::Q2q { body: Some(q2q::q2q::Body::Told(told)) });
        }
        // q2 note 5 ann 1 /room/x 9 3
        let number = words[2].parse().expect("a number");
        let (user, handle) = (words[3].to_owned(), words[4].parse().expect("a number"));
        let session_id = session_id(&user, handle).0.to_vec();
        let room = words[5].to_owned();
        let room_epoch = self.epoch_of(words[6]);
        let join_seq = words[7].parse().expect("a number");
        let about = if words[1] == "ended" { room.clone() } else { format!("/user/{user}") };
        self.at(link, &about);
        use q2q::tell::Body;
        let body = match words[1] {
            "note" => Body::Note(q2q::Note { user, session_id, room, room_epoch, join_seq }),
            "unnote" => Body::Unnote(q2q::Unnote { user, session_id, room, room_epoch, join_seq }),
            _ => {
                let reason = "lost".to_owned();
                Body::Ended(q2q::Ended { room, room_epoch, join_seq, session_id, reason })
            }
        };
        let tell = q2q::Tell { number, body: Some(body) };
        self.frame(link, &q2q::Q2q { body: Some(q2q::q2q::Body::Tell(tell)) });
    }

    /// `g1 request NUMBER VERB QUEUE … [key=…]`
    fn request(&mut self, link: LinkId, words: &[&str]) {
        let queue = words[4].to_owned();
        let option = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
        use g2q::request::Body as Ask;
        let body = match words[3] {
            "create" => Ask::CreateQueue(g2q::CreateQueue { queue: queue.clone() }),
            "delete" => Ask::DeleteQueue(g2q::DeleteQueue { queue: queue.clone() }),
            "get" => Ask::GetQueue(g2q::GetQueue { queue: queue.clone() }),
            "list" => {
                let prefix = queue.clone();
                Ask::ListQueues(g2q::ListQueues { prefix, ..g2q::ListQueues::default() })
            }
            "send" => Ask::SendMessage(c2g::SendMessage {
                queue: queue.clone(),
                mount: words[5].to_owned(),
                payload: words[6].into(),
                ..c2g::SendMessage::default()
            }),
            other => panic!("no request {other}"),
        };
        let body_hash = name::hash(words[3..6.min(words.len())].join(" ").as_bytes());
        let idempotency_key = option("key=").unwrap_or("").into();
        let number = words[2].parse().expect("a number");
        let request = g2q::Request {
            number,
            key_id: 1,
            idempotency_key,
            body_hash,
            remember_ms: 10_000,
            body: Some(body),
        };
        self.at(link, &queue);
        self.lane(link, Body::Request(request));
    }

    /// `g1 HANDLE OP_ID VERB QUEUE …`
    fn client(&mut self, link: LinkId, words: &[&str]) {
        let handle = words[1].parse().expect("a handle");
        let op_id = words[2].parse().expect("an op_id");
        let queue = words[4].to_owned();
        let option = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
        let number = |name: &str| option(name).map_or(0, |n| n.parse().expect("a number"));
        let sub = number("sub=");
        let mounts =
            option("mounts=").map_or(Vec::new(), |m| m.split(',').map(Into::into).collect());
        let op = match words[3] {
            "subscribe" => Op::Subscribe(c2g::Subscribe {
                op_id,
                queue: queue.clone(),
                since: option("since=").map(|since| self.since(since)),
                history: number("history="),
                mounts,
                key_prefix: option("prefix=").unwrap_or("").to_owned(),
            }),
            "unsubscribe" => Op::Unsubscribe(c2g::Unsubscribe { op_id, queue: queue.clone() }),
            "send" => Op::SendMessage(c2g::SendMessage {
                op_id,
                queue: queue.clone(),
                mount: words[5].to_owned(),
                payload: words[6].into(),
                exclude_self: words.contains(&"exclude"),
            }),
            "set" => Op::SendState(c2g::SendState {
                op_id,
                queue: queue.clone(),
                mount: "scores".to_owned(),
                changes: words[5..].iter().map(|word| change(word)).collect(),
            }),
            "get" => Op::GetState(c2g::GetState {
                op_id,
                queue: queue.clone(),
                mount: "scores".to_owned(),
                key_prefix: option("prefix=").unwrap_or("").to_owned(),
                after: option("after=").unwrap_or("").to_owned(),
                limit: number("limit="),
            }),
            "history" => Op::GetHistory(c2g::GetHistory {
                op_id,
                queue: queue.clone(),
                mount: "chat".to_owned(),
                before_seq: number("before=").into(),
                limit: number("limit="),
            }),
            "members" => Op::ListMembers(c2g::ListMembers {
                op_id,
                queue: queue.clone(),
                after: option("after=").unwrap_or("").to_owned(),
                limit: number("limit="),
            }),
            other => panic!("no operation {other}"),
        };
        self.operation(link, handle, &queue, sub, op);
    }

    /// `e1:chat:3,scores:5`
    fn since(&self, text: &str) -> c2g::Since {
        let (epoch, marks) = text.split_once(':').expect("an epoch and marks");
        let mark = |part: &str| {
            let (mount, mark) = part.split_once('=').expect("a mount and its mark");
            (mount.to_owned(), mark.parse().expect("a mark"))
        };
        c2g::Since { epoch: self.epoch_of(epoch), marks: marks.split(',').map(mark).collect() }
    }

    fn epoch_of(&self, text: &str) -> u64 {
        match text.strip_prefix('e').and_then(|at| at.parse::<usize>().ok()) {
            Some(at) => self.epochs.get(at - 1).copied().unwrap_or(at as u64),
            None => text.parse().expect("an epoch"),
        }
    }

    fn epoch(&mut self, epoch: u64) -> String {
        if epoch == 0 {
            return "e0".to_owned();
        }
        let at = self.epochs.iter().position(|known| *known == epoch).unwrap_or_else(|| {
            self.epochs.push(epoch);
            self.epochs.len() - 1
        });
        format!("e{}", at + 1)
    }

    /// All that the node has said since, a line per frame.
    pub(crate) fn hear(&mut self, said: &mut String) {
        for (link, reason) in self.out.links.ended() {
            let name = self.name(link);
            writeln!(said, "{}: {name} END {reason}", self.now.ms).expect("fits");
        }
        for link in self.out.links.dirty() {
            let bytes = self.out.links.take(link);
            let mut rest = &bytes[..];
            while let Some((frame, end)) = frame::split(rest, usize::MAX).expect("a good frame") {
                rest = &rest[end..];
                let name = self.name(link);
                let text = if name.starts_with('g') { self.word(frame) } else { self.peer(frame) };
                if !text.is_empty() {
                    writeln!(said, "{}: {name} {text}", self.now.ms).expect("fits");
                }
            }
            assert!(rest.is_empty(), "half a frame");
        }
    }

    fn name(&self, link: LinkId) -> String {
        let found = self.links.iter().find(|(_, other)| **other == link);
        found.map_or("?".to_owned(), |(name, _)| name.clone())
    }

    fn peer(&mut self, frame: &[u8]) -> String {
        use q2q::q2q::Body;
        let message = q2q::Q2q::decode(frame).expect("a message");
        match message.body.expect("a body") {
            Body::At(_) => String::new(),
            Body::Told(told) => format!("told {} ended={}", told.number, told.ended),
            Body::Tell(tell) => {
                use q2q::tell::Body;
                let n = tell.number;
                match tell.body.expect("a word") {
                    Body::Note(w) => format!("tell {n} note {} {} {}", w.user, w.room, w.join_seq),
                    Body::Unnote(w) => {
                        format!("tell {n} unnote {} {} {}", w.user, w.room, w.join_seq)
                    }
                    Body::Ask(w) => format!("tell {n} ask {} {} {}", w.user, w.room, w.join_seq),
                    Body::Ended(w) => format!("tell {n} ended {} {}", w.room, w.reason),
                    Body::Fence(_) => "fence".to_owned(),
                }
            }
            Body::Moved(moved) => format!("moved {}", moved.row.expect("a row").prefix),
            other => format!("{other:?}"),
        }
    }

    fn word(&mut self, frame: &[u8]) -> String {
        use q2g::q2g::Body;
        let message = q2g::Q2g::decode(frame).expect("a message");
        match message.body.expect("a body") {
            Body::At(_) => String::new(),
            Body::Answer(answer) => format!("answer {} {}", answer.session, result(&answer.result)),
            Body::Reply(reply) => {
                let mut text = format!("reply {} {}", reply.number, result(&reply.result));
                if let Some(queue) = reply.queue {
                    write!(text, " {} seq={} members={}", queue.queue, queue.seq, queue.members)
                        .expect("fits");
                }
                if !reply.queues.is_empty() {
                    write!(text, " {}", reply.queues.join(",")).expect("fits");
                }
                text
            }
            Body::Event(event) => {
                let exclude = match event.exclude {
                    0 => String::new(),
                    handle => format!(" but {}", handle - 1),
                };
                let body = body(event.kind, &event.body);
                format!("event {} #{} {body}{exclude}", event.sub, event.seq)
            }
            Body::Replay(replay) => {
                let exclude = match replay.exclude {
                    0 => String::new(),
                    handle => format!(" but {}", handle - 1),
                };
                let whom = match replay.session {
                    0 => "all".to_owned(),
                    handle => (handle - 1).to_string(),
                };
                let old = if replay.history { "history" } else { "missed" };
                let body = body(replay.kind, &replay.body);
                format!("{old} {whom} {} #{} {body}{exclude}", replay.sub, replay.seq)
            }
            Body::Subscribed(s) => {
                let epoch = self.epoch(s.epoch);
                let body = subscribed(&s.body);
                format!("subscribed {} {} {epoch} #{} {body}", s.session, s.sub, s.seq)
            }
            Body::Attached(a) => {
                let epoch = self.epoch(a.epoch);
                let mut text = format!("attached {} {epoch} #{}", a.sub, a.seq);
                text.push_str(if a.recovered { " recovered" } else { "" });
                if !a.body.is_empty() {
                    write!(text, " {}", subscribed(&a.body)).expect("fits");
                }
                for gap in a.gaps {
                    let (mount, after, before) = (gap.mount, gap.after_seq, gap.before_seq);
                    write!(text, " gap {mount} {after}-{before}").expect("fits");
                }
                if !a.gone.is_empty() {
                    write!(text, " gone {:?} {}", a.gone, a.reason).expect("fits");
                }
                text
            }
            Body::Unsubscribed(u) => {
                let retry = if u.may_retry { " retry" } else { "" };
                format!("unsubscribed {} {:?} '{}'{retry}", u.sub, u.sessions, u.reason)
            }
            Body::LoggedIn(l) => {
                format!("logged_in {} {} {}", l.session, l.status, l.generation)
            }
            Body::LostNoted(l) => format!("lost_noted {}", l.session),
            Body::Probed(p) => format!("probed {}", p.nonce),
            Body::Moved(m) => {
                let row = m.row.expect("a row");
                format!("moved {} {}", row.prefix, row.primary.expect("an owner").id)
            }
            other => format!("{other:?}"),
        }
    }
}

/// `a=1`, `a+2`, `-a`, each with `@VERSION`, `?` (if absent), `~MS` (ttl), `!` (while present).
fn change(word: &str) -> c2g::Change {
    let mut change = c2g::Change::default();
    let mut word = word;
    if let Some((rest, version)) = word.split_once('@') {
        (word, change.if_version) = (rest, Some(version.parse().expect("a version")));
    }
    if let Some((rest, ttl)) = word.split_once('~') {
        (word, change.ttl_ms) = (rest, ttl.parse().expect("a time"));
    }
    if let Some(rest) = word.strip_suffix('!') {
        (word, change.while_present) = (rest, true);
    }
    if let Some(rest) = word.strip_suffix('?') {
        (word, change.if_absent) = (rest, true);
    }
    if let Some(key) = word.strip_prefix('-') {
        (change.key, change.act) = (key.to_owned(), Some(Act::Delete(true)));
    } else if let Some((key, value)) = word.split_once('=') {
        (change.key, change.act) = (key.to_owned(), Some(Act::Set(value.into())));
    } else if let Some((key, by)) = word.split_once('+') {
        let by = by.parse().expect("a number");
        (change.key, change.act) = (key.to_owned(), Some(Act::Add(by)));
    }
    change
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn result(bytes: &[u8]) -> String {
    let result = g2c::Result::decode(bytes).expect("a result");
    let mut said = format!("op={} status={}", result.op_id, result.status);
    if result.seq > 0 {
        write!(said, " seq={}", result.seq).expect("fits");
    }
    for entry in result.entries {
        write!(said, " {}={}v{}", entry.key, text(&entry.value), entry.version).expect("fits");
    }
    for message in result.messages {
        write!(said, " #{}:{}", message.seq, text(&message.payload)).expect("fits");
    }
    for member in result.members {
        write!(said, " {member}").expect("fits");
    }
    if let Some(count) = result.member_count {
        write!(said, " count={count}").expect("fits");
    }
    if !result.next.is_empty() {
        write!(said, " next={}", result.next).expect("fits");
    }
    said
}

fn body(kind: u32, bytes: &[u8]) -> String {
    match kind {
        5 => {
            let m = g2c::Message::decode(bytes).expect("a message");
            format!("{} {}:{}", m.mount, m.from, text(&m.payload))
        }
        6 => {
            let s = g2c::State::decode(bytes).expect("a state");
            let change = |c: &g2c::StateChange| match &c.now {
                Some(g2c::state_change::Now::Value(value)) => format!("{}={}", c.key, text(value)),
                _ => format!("-{}", c.key),
            };
            let changes: Vec<String> = s.changes.iter().map(change).collect();
            format!("{} {}:{}", s.mount, s.from, changes.join(","))
        }
        7 => format!("joined {}", g2c::Joined::decode(bytes).expect("joined").users.join(",")),
        8 => {
            let left = g2c::Left::decode(bytes).expect("left");
            let reason =
                if left.reason.is_empty() { String::new() } else { format!(" ({})", left.reason) };
            format!("left {}{reason}", left.users.join(","))
        }
        11 => {
            let gap = g2c::Gap::decode(bytes).expect("a gap");
            format!("gap {} {}-{}", gap.mount, gap.after_seq, gap.before_seq)
        }
        other => format!("kind {other}"),
    }
}

fn subscribed(bytes: &[u8]) -> String {
    let s = g2c::Subscribed::decode(bytes).expect("subscribed");
    let marks: Vec<String> =
        s.marks.iter().map(|(mount, mark)| format!("{mount}={mark}")).collect();
    let mut said = format!("marks[{}]", marks.join(","));
    if s.recovered {
        said.push_str(" recovered");
    }
    if s.gap {
        said.push_str(" gap");
    }
    for mount in s.mounts {
        for entry in mount.entries {
            let value = text(&entry.value);
            write!(said, " {}.{}={value}v{}", mount.name, entry.key, entry.version).expect("fits");
        }
    }
    if !s.members.is_empty() {
        write!(said, " {}", s.members.join(",")).expect("fits");
    }
    if let Some(count) = s.member_count {
        write!(said, " count={count}").expect("fits");
    }
    said
}

/// The frames of a buffer, without looking into them.
pub(crate) fn frames(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while let Some((frame, end)) = frame::split(rest, usize::MAX).expect("a good frame") {
        let (number, body) = wire::envelope(frame).expect("an envelope");
        frames.push((number, body.to_vec()));
        rest = &rest[end..];
    }
    frames
}
