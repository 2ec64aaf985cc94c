//! What a line of a script makes lanes and nodes say.

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::{self, change::Act};
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::ids::Handle;
use proto::q2q;
use proto::table::{Moved, Place};
use proto::{frame, name};

use super::Rig;
use super::cluster::{configured, row, session_id, table};
use crate::machine::Input;

/// Where somebody stands who has seen nothing.
const NOWHERE: &str = "0:chat=0";

impl Rig {
    pub(super) fn line(&mut self, words: &[&str]) {
        let name = words[0];
        if ["table", "config", "loud", "rows", "reign", "tell_all"].contains(&name) {
            return self.setting(words);
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
            "introduce" => self.introduction(link, words),
            "forget" => self.lane(link, Body::Forget(g2q::Forget { session: number(2) })),
            "login" | "lost" | "confirmed" | "recognise" => self.home(link, words),
            "carry" | "carried_taken" => self.carry(link, words),
            "resume" => {
                self.at(link, words[3]);
                let invited = words.contains(&"invited");
                let since = words.get(5).filter(|_| !invited).unwrap_or(&NOWHERE);
                let since = self.since(since);
                let (session, queue, sub) = (number(2), words[3].to_owned(), number(4));
                let (epoch, marks) = (since.epoch, since.marks);
                let resume = g2q::Resume { session, sub, queue, epoch, marks, invited };
                self.lane(link, Body::Resume(resume));
            }
            "detach" => {
                self.at(link, words[3]);
                let (session, queue, sub) = (number(2), words[3].to_owned(), number(4));
                self.lane(link, Body::Detach(g2q::Detach { session, queue, sub }));
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
            "acknowledge" => {
                let numbers = words[2..].iter().map(|n| n.parse().expect("a number")).collect();
                self.lane(link, Body::Acknowledge(g2q::Acknowledge { numbers }));
            }
            "row" => self.row(link, words),
            "note" | "unnote" | "question" | "ended" | "fence" | "answer" => {
                self.queue_node(link, words)
            }
            "raw" => self.raw(link, words),
            _ => self.client(link, words),
        }
    }

    /// `g1 raw QUEUE`: an operation that nobody can read.
    fn raw(&mut self, link: LinkId, words: &[&str]) {
        self.at(link, words[2]);
        let (kind, session) = (c2g::Kind::SendState, Handle::named(1));
        let (body, mut bytes) = (&[0xff; 3][..], Vec::new());
        g2q::OperationRef { session, sub: 0, kind, body, askable: false, verdicts: &[] }
            .put(&mut bytes);
        let (_, end) = frame::split(&bytes, 1000).expect("fits").expect("is whole");
        let frame = bytes[end - (end - 1)..end].to_vec();
        self.handle(Input::Frame { link, frame: &frame });
    }

    /// `g1 row PREFIX NODE LOSS REIGN CONF`, or of another node
    fn row(&mut self, link: LinkId, words: &[&str]) {
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        let row = row(number(2) as u32, words[3], (number(4), number(5), number(6)));
        let place = Place { id: words[3].to_owned(), incarnation: 1, ..Place::default() };
        let moved = Moved { bits: 1, row: Some(row), place: Some(place) };
        match words[0].starts_with('g') {
            true => self.lane(link, Body::Moved(moved)),
            false => self.frame(link, &q2q::Q2q { body: Some(q2q::q2q::Body::Moved(moved)) }),
        }
    }

    /// `table VERSION NODE NODE LOSS REIGN`, `config CHANGE PATTERN VALUE …`, `loud`, `rows`,
    /// `reign REIGN`, `tell_all`
    fn setting(&mut self, words: &[&str]) {
        match words[0] {
            "table" => {
                let number = |at: usize| words[at].parse().expect("a number");
                let owners = [words[2], words[3]];
                self.handle(Input::Table(table(number(1), owners, number(4), number(5))));
            }
            "config" => self.configure(configured(&words[1..])),
            "rows" => self.rows = true,
            "tell_all" => drop(self.node.tell_all()),
            "reign" => self.reign = words[1].parse().expect("a number"),
            _ => self.loud = true,
        }
    }

    /// `g1 introduce HANDLE USER [gen=N] [floor=N] [id=NUMBER] [confirmed] [leaving]`
    fn introduction(&mut self, link: LinkId, words: &[&str]) {
        let session: u32 = words[2].parse().expect("a handle");
        let drawn = match option(words, "id=") {
            0 => u64::from(session),
            drawn => drawn,
        };
        let id = session_id(words[3], drawn);
        let generation = match option(words, "gen=") {
            0 => self.generations.get(&id).copied().unwrap_or(0),
            generation => generation,
        };
        let word = g2q::Introduce {
            session,
            session_id: id.0.to_vec(),
            user: words[3].to_owned(),
            generation,
            floor: option(words, "floor="),
            confirmed: words.contains(&"confirmed"),
            leaving: words.contains(&"leaving"),
            expires_unix_ms: option(words, "until="),
        };
        self.lane(link, Body::Introduce(word));
    }

    /// `g1 carry NUMBER USER ID CONNECTION COUNT TEXT`, `g1 carried_taken NUMBER USER ASKER STATUS`
    fn carry(&mut self, link: LinkId, words: &[&str]) {
        let n = |at: usize| words[at].parse::<u64>().expect("a number");
        self.at(link, &format!("/user/{}", words[3]));
        self.lane(
            link,
            match words[1] {
                "carry" => Body::Carry(g2q::Carry {
                    number: n(2),
                    session_id: session_id(words[3], n(4)).0.to_vec(),
                    connection: vec![n(5) as u8; 16],
                    count: n(6),
                    frames: words[7].as_bytes().to_vec(),
                }),
                _ => {
                    let (number, asker, status) = (n(2), n(4) as u32, n(5) as u32);
                    Body::CarriedTaken(g2q::CarriedTaken { asker, number, status })
                }
            },
        );
    }

    /// `g1 recognise NUMBER USER ID SECRET`
    fn recognise(&mut self, link: LinkId, words: &[&str]) {
        let n = |at: usize| words[at].parse::<u64>().expect("a number");
        self.at(link, &format!("/user/{}", words[3]));
        let session_id = session_id(words[3], n(4)).0.to_vec();
        let word = g2q::Recognise { number: n(2), session_id, secret: vec![n(5) as u8; 16] };
        self.lane(link, Body::Recognise(word));
    }

    /// `g1 login HANDLE USER [secret=N] [resume=ID,SECRET [only]] [until=MS] [client=ID,ATTEMPT]`,
    ///  `g1 lost HANDLE USER [bye]`,
    /// `g1 confirmed HANDLE USER`
    fn home(&mut self, link: LinkId, words: &[&str]) {
        if words[1] == "recognise" {
            return self.recognise(link, words);
        }
        self.at(link, &format!("/user/{}", words[3]));
        let session = words[2].parse().expect("a handle");
        let secret = |number: u8| vec![number; 16];
        let resume = words.iter().find_map(|word| word.strip_prefix("resume="));
        let body = match words[1] {
            "login" => {
                let mut login = g2q::Login { session, ..g2q::Login::default() };
                (login.gateway, login.client_name) = ("g".to_owned(), "test".to_owned());
                login.secret = secret(option(words, "secret=") as u8);
                login.resume_only = words.contains(&"only");
                login.expires_unix_ms = option(words, "until=");
                let client = words.iter().find_map(|word| word.strip_prefix("client="));
                if let Some((id, attempt)) = client.and_then(|client| client.split_once(',')) {
                    login.client_id = id.to_owned();
                    login.attempt = attempt.parse().expect("a number");
                }
                if let Some((id, used)) = resume.and_then(|resume| resume.split_once(',')) {
                    let id = session_id(words[3], id.parse().expect("an id"));
                    login.resume_session_id = id.0.to_vec();
                    login.resume_secret = secret(used.parse().expect("a secret"));
                }
                Body::Login(login)
            }
            "lost" => {
                let (bye, code) = (words.get(4) == Some(&"bye"), option(words, "code=") as u32);
                Body::Lost(g2q::Lost { session, bye, code })
            }
            _ => Body::Confirmed(g2q::Confirmed { session }),
        };
        self.lane(link, body);
    }

    fn queue_node(&mut self, link: LinkId, words: &[&str]) {
        if words[1] == "answer" {
            let number = words[2].parse().expect("a number");
            let ended = words.get(3) == Some(&"ended");
            let of = |name| option(words, name);
            let (floor, generation, below) = (of("floor="), of("gen="), of("below="));
            let loss = of("loss=");
            let (bits, reign) = (1, self.reign);
            let answer = q2q::Answer { number, loss, bits, reign, ended, floor, generation, below };
            return self.frame(link, &q2q::Q2q { body: Some(q2q::q2q::Body::Answer(answer)) });
        }
        // q2 note 5 ann 1 /room/x 9 3
        let number = words[2].parse().expect("a number");
        let (user, handle) = (words[3].to_owned(), words[4].parse().expect("a number"));
        let session_id = session_id(&user, handle).0.to_vec();
        let room = words[5].to_owned();
        let room_epoch = self.epoch_of(words[6]);
        let join_seq = words[7].parse().expect("a number");
        let is_for_room = ["ended", "fence"].contains(&words[1]);
        let about = if is_for_room { room.clone() } else { format!("/user/{user}") };
        let (floor, generation) = (option(words, "floor="), option(words, "gen="));
        self.at(link, &about);
        use q2q::word::Body;
        let body = match words[1] {
            "note" => {
                let guest = words.contains(&"guest");
                Body::Note(q2q::Note { user, session_id, room, room_epoch, join_seq, guest })
            }
            "unnote" => Body::Unnote(q2q::Unnote { user, session_id, room, room_epoch, join_seq }),
            "question" => {
                Body::Question(q2q::Question { user, session_id, room, room_epoch, join_seq })
            }
            "fence" => {
                Body::Fence(q2q::Fence { room, user, floor, session_id, generation, room_epoch })
            }
            _ => {
                let (reason, below) = ("lost".to_owned(), option(words, "below="));
                Body::Ended(q2q::Ended {
                    room,
                    room_epoch,
                    join_seq,
                    session_id,
                    reason,
                    below,
                    user,
                    floor,
                })
            }
        };
        // Any number is one of some bucket of theirs.
        let reign = option(words, "reign=").max(1);
        let word = q2q::Word { number, loss: 0, bits: 16, reign, body: Some(body) };
        self.frame(link, &q2q::Q2q { body: Some(q2q::q2q::Body::Word(word)) });
    }

    /// `g1 request NUMBER VERB QUEUE … [key=… [remember=MS]]`
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
                payload: Some(words[6].into()),
                ..c2g::SendMessage::default()
            }),
            "mount" => Ask::CreateMount(g2q::CreateMount {
                queue: queue.clone(),
                mount: words[5].to_owned(),
                kind: words[6].to_owned(),
            }),
            "unmount" => Ask::DeleteMount(g2q::DeleteMount {
                queue: queue.clone(),
                mount: words[5].to_owned(),
            }),
            "remove" => {
                Ask::RemoveUser(g2q::RemoveUser { queue: queue.clone(), user: words[5].to_owned() })
            }
            "join" => Ask::JoinUser(join_user(&queue, words)),
            "members" => {
                let queue = queue.clone();
                Ask::ListMembers(c2g::ListMembers { queue, ..c2g::ListMembers::default() })
            }
            "user" => Ask::GetUser(g2q::GetUser { user: queue[6..].to_owned() }),
            "disconnect" => Ask::DisconnectUser(g2q::DisconnectUser {
                user: queue[6..].to_owned(),
                reason: words.get(5).map_or(String::new(), |&reason| reason.to_owned()),
            }),
            other => panic!("no request {other}"),
        };
        // Of the guests who join, the back end's own body says nothing.
        let end = if words[3] == "send" { 7 } else { 6 };
        let body_hash = name::hash(words[3..end.min(words.len())].join(" ").as_bytes());
        let idempotency_key = option("key=").unwrap_or("").into();
        let number = words[2].parse().expect("a number");
        let remember_ms = option("remember=").map_or(10_000, |ms| ms.parse().expect("a time"));
        let request = g2q::Request {
            number,
            key_id: option("api=").map_or(1, |id| id.parse().expect("an API key's number")),
            idempotency_key,
            body_hash,
            remember_ms,
            body: Some(body),
        };
        self.at(link, &queue);
        self.lane(link, Body::Request(request));
    }

    /// `g1 HANDLE OP_ID VERB QUEUE … [ask] [ok=KIND] [say=KIND,PAYLOAD] [no=KIND,STATUS]`
    fn client(&mut self, link: LinkId, words: &[&str]) {
        let handle = words[1].parse().expect("a handle");
        let op_id = words[2].parse().expect("an op_id");
        let queue = words[4].to_owned();
        let option = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
        let number = |name: &str| option(name).map_or(0, |n| n.parse().expect("a number"));
        let sub = number("sub=");
        let mounts =
            option("mounts=").map_or(Vec::new(), |m| m.split(',').map(Into::into).collect());
        let is_change = |word: &&&str| **word != "ask" && !is_verdict(word);
        let changes: Vec<&&str> = words.iter().skip(5).filter(is_change).collect();
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
                payload: payload(words[6]),
                exclude_self: words.contains(&"exclude"),
            }),
            "set" => Op::SendState(c2g::SendState {
                op_id,
                queue: queue.clone(),
                mount: "scores".to_owned(),
                changes: changes.iter().map(|word| change(word)).collect(),
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
            // The queue in its line is the user's own.
            "call" => {
                let (method, payload) = (words[5].to_owned(), words[6].into());
                let queue = option("in=").unwrap_or("").to_owned();
                Op::Call(c2g::Call { op_id, queue, method, payload })
            }
            other => panic!("no operation {other}"),
        };
        self.at(link, &queue);
        let (session, body, askable) = (handle, Some(op), words.contains(&"ask"));
        let verdicts = verdicts(words);
        let operation = g2q::Operation { session, sub, body, askable, verdicts };
        self.lane(link, Body::Operation(operation));
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
}

/// `absent` is no payload, `empty` one without bytes.
fn payload(word: &str) -> Option<Vec<u8>> {
    match word {
        "absent" => None,
        "empty" => Some(Vec::new()),
        payload => Some(payload.into()),
    }
}

fn is_verdict(word: &str) -> bool {
    ["ok=", "say=", "no="].iter().any(|what| word.starts_with(what))
}

/// What the application said, as the lane sends it on.
fn verdicts(words: &[&str]) -> Vec<u8> {
    let verdict = |word: &&str| {
        let empty = g2q::Verdict::default();
        let (what, rest) = word.split_once('=')?;
        let (kind, more) = rest.split_once(',').unwrap_or((rest, ""));
        let kind = kind.to_owned();
        match what {
            "ok" => Some(g2q::Verdict { kind, ..empty }),
            "say" => Some(g2q::Verdict { kind, payload: Some(more.into()), ..empty }),
            "no" => {
                let status = more.parse().expect("a status");
                Some(g2q::Verdict { kind, status, ..empty })
            }
            _ => None,
        }
    };
    let verdicts = words.iter().filter_map(verdict).collect();
    g2q::Verdicts { verdicts }.encode_to_vec()
}

/// `g1 request NUMBER join QUEUE USER ID:GENERATION … discreet`
fn join_user(queue: &str, words: &[&str]) -> g2q::JoinUser {
    let guest = |word: &&str| {
        let (id, generation) = word.split_once(':')?;
        let id = session_id(words[5], id.parse().expect("an id"));
        let generation = generation.parse().expect("a generation");
        Some(g2q::Guest { session_id: id.0.to_vec(), generation })
    };
    let sessions = words[6..].iter().filter_map(guest).collect();
    let (user, discreet) = (words[5].to_owned(), words[6..].contains(&"discreet"));
    g2q::JoinUser { queue: queue.to_owned(), user, sessions, discreet }
}

/// The number behind a name; 0 if it isn't there.
fn option(words: &[&str], name: &str) -> u64 {
    let number = words.iter().find_map(|word| word.strip_prefix(name));
    number.map_or(0, |number| number.parse().expect("a number"))
}

/// `a=1`, `a+2`, `-a`, `/a` (delete: false), `.a` (nothing), each with `@VERSION`, `?` (if absent),
/// `~MS` (ttl), `!` (while present).
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
    if let Some(key) = word.strip_prefix('/') {
        (change.key, change.act) = (key.to_owned(), Some(Act::Delete(false)));
    } else if let Some(key) = word.strip_prefix('.') {
        change.key = key.to_owned();
    } else if let Some(key) = word.strip_prefix('-') {
        (change.key, change.act) = (key.to_owned(), Some(Act::Delete(true)));
    } else if let Some((key, value)) = word.split_once('=') {
        (change.key, change.act) = (key.to_owned(), Some(Act::Set(value.into())));
    } else if let Some((key, by)) = word.split_once('+') {
        let by = by.parse().expect("a number");
        (change.key, change.act) = (key.to_owned(), Some(Act::Add(by)));
    }
    change
}
