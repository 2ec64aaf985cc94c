//! A client by hand over TCP, which hides nothing: a test says each frame, and sees what comes.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use link::io::clock::micros;
use proto::{frame, json, wire};
use serde_json::{Value, json};

use crate::http::until;
use crate::process::PATIENCE;
use crate::seen::Seen;

/// What a socket says when nothing came in time.
const WAITING: [ErrorKind; 3] =
    [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];

/// A frame that came: the name of its body, and its fields.
pub(crate) type Frame = (String, Value);

/// Why nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection has ended.
    Closed,
    /// It is there, and nothing came in time.
    Silent,
}

/// What a client keeps of its session when its connection is gone.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) welcome: Value,
    seen: Seen,
    op_id: u64,
}

impl Kept {
    /// Names this queue no more when it resumes.
    pub(crate) fn forget(&mut self, queue: &str) {
        self.seen.forget(queue);
    }

    fn connect(&self) -> Value {
        json!({ "connect": { "protocol": 1, "user": self.welcome["user"], "resume": {
            "session_id": self.welcome["session_id"], "secret": self.welcome["secret"],
            "seen": self.seen.fields() } } })
    }
}

/// One connection. What comes and isn't what the test waits for is held for later.
pub(crate) struct Talker {
    stream: TcpStream,
    unread: Vec<u8>,
    held: VecDeque<Frame>,
    /// Of this connection; null before it has come.
    pub(crate) welcome: Value,
    seen: Seen,
    op_id: u64,
}

impl Talker {
    /// A connection that hasn't said anything yet.
    pub(crate) fn connect(address: &str) -> Talker {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let (seen, welcome) = (Seen::default(), Value::Null);
        Talker { stream, unread: Vec::new(), held: VecDeque::new(), welcome, seen, op_id: 0 }
    }

    /// A user who is logged in, where user ids are believed. Who is told to come back, does so: a
    /// gateway that has just started may not know yet where users are at home.
    pub(crate) fn login(address: &str, user: &str) -> Talker {
        let mut talker = Talker::answered(address, &json!({ "protocol": 1, "user": user }));
        talker.welcomed();
        talker
    }

    /// The same by a token.
    pub(crate) fn login_by(address: &str, token: &str) -> Talker {
        let mut talker = Talker::answered(address, &json!({ "protocol": 1, "token": token }));
        talker.welcomed();
        talker
    }

    /// A connection that has said this, and has got an answer other than to come back.
    pub(crate) fn answered(address: &str, connect: &Value) -> Talker {
        let mut talker = Talker::connect(address);
        until("the gateway has made up its mind", || {
            talker.say(json!({ "connect": connect }));
            let first = talker.read(PATIENCE).expect("an answer to connect");
            let is_early = first.1["code"] == json!(3004);
            if is_early {
                talker = Talker::connect(address);
            } else {
                talker.held.push_front(first);
            }
            !is_early
        });
        talker
    }

    /// A connection that asked to go on with a session, whatever came of it.
    pub(crate) fn resume(address: &str, kept: &Kept) -> Talker {
        let mut talker = Talker::resuming(address, kept);
        talker.welcomed();
        talker
    }

    /// The same before an answer has come.
    pub(crate) fn resuming(address: &str, kept: &Kept) -> Talker {
        let mut talker = Talker::connect(address);
        (talker.seen, talker.op_id) = (kept.seen.elsewhere(), kept.op_id);
        talker.say(kept.connect());
        talker
    }

    /// A connection that went on with a session at another gateway, under a new generation.
    pub(crate) fn resumed(address: &str, kept: &Kept) -> Talker {
        let talker = Talker::resume(address, kept);
        let (now, before) = (&talker.welcome, &kept.welcome);
        assert_eq!((&now["resumed"], &now["session_id"]), (&json!(true), &before["session_id"]));
        assert!(now["generation"].as_u64() > before["generation"].as_u64(), "{now} {before}");
        assert_ne!(now["secret"], before["secret"]);
        talker
    }

    /// Waits for `welcome`, which comes before all else, and for the user's own queue.
    pub(crate) fn welcomed(&mut self) {
        let (name, body) = self.next(PATIENCE).expect("an answer to connect");
        assert_eq!(name, "welcome", "{body}");
        let own = format!("/user/{}", body["user"].as_str().expect("a user"));
        self.hear_where("subscribed", |subscribed| subscribed["queue"] == own);
    }

    /// What has to be kept for the way back.
    pub(crate) fn kept(&self) -> Kept {
        Kept { welcome: self.welcome.clone(), seen: self.seen.clone(), op_id: self.op_id }
    }

    pub(crate) fn user(&self) -> &str {
        self.welcome["user"].as_str().expect("it is logged in")
    }

    /// Says one frame.
    pub(crate) fn say(&mut self, body: Value) {
        self.try_say(body).expect("the gateway reads");
    }

    /// Says one frame, to somebody who may be gone.
    pub(crate) fn try_say(&mut self, body: Value) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        json::c2g_frames(&body.to_string(), |envelope| {
            wire::put_varint(&mut bytes, envelope.len() as u64);
            bytes.extend_from_slice(envelope);
        })
        .expect("a frame of the protocol");
        self.stream.write_all(&bytes)
    }

    /// The next frame, of those held or from the wire. Pings are answered.
    pub(crate) fn next(&mut self, wait: Duration) -> Result<Frame, End> {
        match self.held.pop_front() {
            Some(frame) => Ok(frame),
            None => self.read(wait),
        }
    }

    /// Waits for a frame; all others are held.
    pub(crate) fn hear(&mut self, name: &str) -> Value {
        self.hear_where(name, |_| true)
    }

    /// Waits for a frame for which this holds; all others are held.
    pub(crate) fn hear_where(&mut self, name: &str, so: impl Fn(&Value) -> bool) -> Value {
        self.try_hear(name, PATIENCE, so).unwrap_or_else(|end| {
            let who = &self.welcome["user"];
            panic!("{who} waited for {name}, and it is {end:?}; held: {:#?}", self.held)
        })
    }

    /// Waits so long for a frame for which this holds; all others are held.
    pub(crate) fn try_hear(
        &mut self,
        name: &str,
        wait: Duration,
        so: impl Fn(&Value) -> bool,
    ) -> Result<Value, End> {
        let is_it = |frame: &Frame| frame.0 == name && so(&frame.1);
        if let Some(at) = self.held.iter().position(is_it) {
            return Ok(self.held.remove(at).expect("it is there").1);
        }
        let end = micros() + wait.as_micros() as u64;
        loop {
            let left = Duration::from_micros(end.saturating_sub(micros()));
            let frame = self.read(left)?;
            if is_it(&frame) {
                return Ok(frame.1);
            }
            self.held.push_back(frame);
        }
    }

    /// Takes what comes up to a frame for which this holds, that one included.
    pub(crate) fn up_to(&mut self, name: &str, so: impl Fn(&Value) -> bool) -> Vec<Frame> {
        let mut taken = Vec::new();
        loop {
            let frame = self.next(PATIENCE).unwrap_or_else(|end| {
                panic!("{} waited for {name}, and it is {end:?}: {taken:#?}", self.welcome["user"])
            });
            taken.push(frame);
            let (came, body) = taken.last().expect("it was put there");
            if came == name && so(body) {
                return taken;
            }
        }
    }

    /// Takes all that the gateway had to send by now.
    pub(crate) fn all_yet(&mut self) -> Vec<Frame> {
        // An echo comes behind everything that was on its way before it.
        let nonce = 1_u64 << 40;
        self.say(json!({ "ping": { "nonce": nonce } }));
        let mut taken = self.up_to("pong", |pong| pong["nonce"] == nonce);
        taken.pop();
        taken
    }

    /// Fails if the gateway has anything else to send than what was heard.
    pub(crate) fn is_quiet(&mut self) {
        let frames = self.all_yet();
        assert!(frames.is_empty(), "out of nowhere: {frames:?}");
    }

    /// Waits for `closing` and for the end of the connection behind it; `closing`.
    pub(crate) fn closing(&mut self, code: u64) -> Value {
        let closing = self.hear("closing");
        assert_eq!(closing["code"], code, "{closing}");
        assert_eq!(closing["may_retry"] == true, code < 3500, "{closing}");
        assert_eq!(self.read(PATIENCE), Err(End::Closed));
        closing
    }

    /// A number for an operation.
    pub(crate) fn op_id(&mut self) -> u64 {
        self.op_id += 1;
        self.op_id
    }

    /// Says an operation with this number and waits for its result.
    pub(crate) fn ask_as(&mut self, op_id: u64, kind: &str, mut fields: Value) -> Value {
        fields["op_id"] = json!(op_id);
        self.say(json!({ kind: fields }));
        self.hear_where("result", |result| result["op_id"] == op_id)
    }

    /// Says an operation and waits for its result, whatever it is.
    pub(crate) fn ask(&mut self, kind: &str, fields: Value) -> Value {
        let op_id = self.op_id();
        self.ask_as(op_id, kind, fields)
    }

    /// Subscribes, which has to succeed; `subscribed`.
    pub(crate) fn subscribe(&mut self, queue: &str) -> Value {
        let result = self.ask("subscribe", json!({ "queue": queue }));
        assert_eq!(result["status"], 0, "{result}");
        self.hear_where("subscribed", |subscribed| subscribed["queue"] == queue)
    }

    /// Sends a message to `chat`, which has to succeed; its `seq`.
    pub(crate) fn send(&mut self, queue: &str, payload: &str) -> u64 {
        let fields = json!({ "queue": queue, "mount": "chat", "payload": payload });
        let result = self.ask("send_message", fields);
        assert_eq!(result["status"], 0, "{result}");
        result["seq"].as_u64().expect("a number")
    }

    /// Ends the connection without a word.
    pub(crate) fn cut(self) {
        self.stream.shutdown(Shutdown::Both).ok();
    }

    /// The next frame from the wire. Pings are answered, and marks are kept.
    fn read(&mut self, wait: Duration) -> Result<Frame, End> {
        let end = micros() + wait.as_micros() as u64;
        loop {
            while let Some((name, body)) = self.split() {
                if name == "ping" {
                    let nonce = &body["nonce"];
                    self.try_say(json!({ "pong": { "nonce": nonce } })).ok();
                    continue;
                }
                self.seen.note(&name, &body);
                if name == "welcome" {
                    self.welcome = body.clone();
                }
                return Ok((name, body));
            }
            let left = end.saturating_sub(micros());
            if left == 0 {
                return Err(End::Silent);
            }
            self.receive(Duration::from_micros(left))?;
        }
    }

    /// Waits for bytes.
    fn receive(&mut self, wait: Duration) -> Result<(), End> {
        self.stream.set_read_timeout(Some(wait)).expect("a socket");
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(End::Closed),
            Ok(length) => {
                self.unread.extend_from_slice(&bytes[..length]);
                Ok(())
            }
            Err(error) if WAITING.contains(&error.kind()) => Ok(()),
            Err(_) => Err(End::Closed),
        }
    }

    /// The first whole frame of what came.
    fn split(&mut self) -> Option<Frame> {
        let (envelope, end) = frame::split(&self.unread, 1 << 24).expect("frames")?;
        let mut text = Vec::new();
        json::put_g2c(&mut text, envelope).expect("a message");
        self.unread.drain(..end);
        let said: Value = serde_json::from_slice(&text).expect("JSON");
        let (name, body) = said.as_object().and_then(|said| said.iter().next()).expect("a body");
        Some((name.clone(), body.clone()))
    }
}
