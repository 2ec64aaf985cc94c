//! Rooms behind two doors, with what a client of the storm needs of a gateway.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MapKey, MessageDescriptor, Value};

use crate::peers::tests::schema::{descriptor, envelope};

/// What happens to the first who comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plant {
    Nothing,
    /// A message that it missed doesn't come,
    Loss,
    /// comes twice,
    Double,
    /// or is announced as missing.
    Gap,
    /// It is told that somebody left.
    Left,
    /// Its session is gone.
    NotResumed,
    /// It is told not to come back.
    Replaced,
}

pub(super) struct Hub {
    state: Mutex<State>,
    published: Condvar,
    c2g: MessageDescriptor,
    g2c: MessageDescriptor,
}

struct State {
    plant: Plant,
    rooms: BTreeMap<String, Room>,
    /// Connections through the door that is closed by `kill`.
    mortal: Vec<TcpStream>,
}

#[derive(Default)]
struct Room {
    log: Vec<Vec<u8>>,
    subscribers: Vec<TcpStream>,
}

impl Hub {
    pub(super) fn new(plant: Plant) -> Arc<Self> {
        let state = State { plant, rooms: BTreeMap::new(), mortal: Vec::new() };
        Arc::new(Self {
            state: Mutex::new(state),
            published: Condvar::new(),
            c2g: descriptor("c2g.proto", "imq.c2g.C2g"),
            g2c: descriptor("g2c.proto", "imq.g2c.G2c"),
        })
    }

    /// Opens a door.
    pub(super) fn open(hub: &Arc<Self>, mortal: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let hub = Arc::clone(hub);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (hub, stream) = (Arc::clone(&hub), stream.unwrap());
                if mortal {
                    hub.state.lock().unwrap().mortal.push(stream.try_clone().unwrap());
                }
                std::thread::spawn(move || hub.serve(stream));
            }
        });
        address
    }

    /// Ends all connections of the mortal door.
    pub(super) fn kill(hub: &Self) {
        let state = hub.state.lock().unwrap();
        for stream in &state.mortal {
            stream.shutdown(Shutdown::Both).unwrap();
        }
    }

    fn serve(&self, mut stream: TcpStream) {
        let (mut unread, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            unread.extend_from_slice(&chunk[..read]);
            // Frames of the storm's clients are shorter than two bytes of length can say.
            while let Some((length, head)) = match unread.as_slice() {
                [length @ ..0x80, ..] => Some((usize::from(*length), 1)),
                [low, high, ..] => Some((usize::from(low & 0x7f) | usize::from(*high) << 7, 2)),
                [] | [_] => None,
            } && unread.len() >= head + length
            {
                let frame: Vec<u8> = unread.drain(..head + length).skip(head).collect();
                let frame = DynamicMessage::decode(self.c2g.clone(), &*frame).unwrap();
                self.hear(&frame, &mut stream);
            }
        }
    }

    fn hear(&self, frame: &DynamicMessage, stream: &mut TcpStream) {
        if let Some(connect) = part(frame, "connect") {
            match part(&connect, "resume") {
                Some(resume) => self.resume(&connect, &resume, stream),
                None => self.login(&connect, stream),
            }
        }
        if let Some(subscribe) = part(frame, "subscribe") {
            let mut state = self.state.lock().unwrap();
            let room = state.rooms.entry(text(&subscribe, "queue")).or_default();
            let op_id = value(&subscribe, "op_id");
            self.say(stream, "result", &[("op_id", op_id)]);
            self.subscribed(stream, 2, value(&subscribe, "queue"), room.log.len(), false);
            room.subscribers.push(stream.try_clone().unwrap());
        }
        if let Some(sent) = part(frame, "send_message") {
            let mut state = self.state.lock().unwrap();
            let room = state.rooms.get_mut(&text(&sent, "queue")).unwrap();
            self.say(stream, "result", &[("op_id", value(&sent, "op_id"))]);
            room.log.push(value(&sent, "payload").as_bytes().unwrap().to_vec());
            let (seq, payload) = (room.log.len(), room.log.last().unwrap());
            room.subscribers.retain_mut(|subscriber| self.message(subscriber, seq, payload));
            self.published.notify_all();
        }
    }

    fn login(&self, connect: &DynamicMessage, stream: &mut TcpStream) {
        let id = value(connect, "user");
        self.say(stream, "welcome", &[("session_id", id), ("secret", Value::String("s".into()))]);
        self.say(stream, "ping", &[("nonce", Value::U64(7))]);
        let own = Value::String(format!("/user/{}", text(connect, "user")));
        self.subscribed(stream, 1, own, 0, false);
    }

    /// Waits until something was missed, and then does as planted.
    fn resume(&self, connect: &DynamicMessage, resume: &DynamicMessage, stream: &mut TcpStream) {
        let seen = value(resume, "seen");
        let seen: Vec<_> =
            seen.as_list().unwrap().iter().map(|s| s.as_message().unwrap()).collect();
        let room = seen.iter().find(|seen| text(seen, "queue").starts_with("/room/")).unwrap();
        let (name, mark) = (text(room, "queue"), mark(room));
        let missed = |state: &mut State| state.rooms[&name].log.len() <= mark;
        let state = self.state.lock().unwrap();
        let mut state = self.published.wait_while(state, missed).unwrap();
        match std::mem::replace(&mut state.plant, Plant::Nothing) {
            Plant::Replaced => {
                self.say(stream, "closing", &[("code", Value::U32(3500))]);
            }
            Plant::NotResumed => self.login(connect, stream),
            plant @ (Plant::Nothing | Plant::Loss | Plant::Double | Plant::Gap | Plant::Left) => {
                let fields = [
                    ("session_id", value(resume, "session_id")),
                    ("secret", Value::String("t".into())),
                    ("resumed", Value::Bool(true)),
                ];
                self.say(stream, "welcome", &fields);
                let own = Value::String(format!("/user/{}", text(connect, "user")));
                self.subscribed(stream, 1, own, 0, true);
                self.subscribed(stream, 2, value(room, "queue"), mark, true);
                let room = state.rooms.get_mut(&name).unwrap();
                self.replay(stream, room, mark, plant);
                room.subscribers.push(stream.try_clone().unwrap());
            }
        }
    }

    fn replay(&self, stream: &mut TcpStream, room: &Room, mark: usize, plant: Plant) {
        let number = |number: usize| Value::U64(number as u64);
        let mut first = mark;
        match plant {
            Plant::Loss => first += 1,
            Plant::Double => assert!(self.message(stream, mark + 1, &room.log[mark])),
            Plant::Gap => {
                first += 1;
                let (after, before) = (number(mark), number(mark + 2));
                let chat = Value::String("chat".into());
                let fields = [("mount", chat), ("after_seq", after), ("before_seq", before)];
                self.say(stream, "gap", &[&[("sub", Value::U32(2))], &fields[..]].concat());
            }
            Plant::Left => {
                let users = Value::List(vec![Value::String("u".into())]);
                self.say(stream, "left", &[("sub", Value::U32(2)), ("users", users)]);
            }
            Plant::Nothing | Plant::NotResumed | Plant::Replaced => {}
        }
        for (at, payload) in room.log.iter().enumerate().skip(first) {
            assert!(self.message(stream, at + 1, payload));
        }
    }

    fn message(&self, stream: &mut TcpStream, seq: usize, payload: &[u8]) -> bool {
        let fields = [
            ("sub", Value::U32(2)),
            ("mount", Value::String("chat".into())),
            ("seq", Value::U64(seq as u64)),
            ("payload", Value::Bytes(payload.to_vec().into())),
        ];
        self.say(stream, "message", &fields)
    }

    fn subscribed(
        &self,
        stream: &mut TcpStream,
        sub: u32,
        queue: Value,
        mark: usize,
        recovered: bool,
    ) {
        let marks = HashMap::from([(MapKey::String("chat".into()), Value::U64(mark as u64))]);
        let fields = [
            ("sub", Value::U32(sub)),
            ("queue", queue),
            ("marks", Value::Map(marks)),
            ("recovered", Value::Bool(recovered)),
        ];
        self.say(stream, "subscribed", &fields);
    }

    /// Whether somebody was there to hear it.
    fn say(&self, stream: &mut TcpStream, body: &str, fields: &[(&str, Value)]) -> bool {
        let frame = envelope(&self.g2c, body, fields).encode_length_delimited_to_vec();
        stream.write_all(&frame).is_ok()
    }
}

fn part(message: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    message.has_field_by_name(name).then(|| value(message, name).as_message().unwrap().clone())
}

fn value(message: &DynamicMessage, name: &str) -> Value {
    message.get_field_by_name(name).unwrap().into_owned()
}

fn text(message: &DynamicMessage, name: &str) -> String {
    value(message, name).as_str().unwrap().to_owned()
}

/// How far a client got in the chat.
fn mark(seen: &DynamicMessage) -> usize {
    let marks = value(seen, "marks");
    let mark = marks.as_map().unwrap().get(&MapKey::String("chat".into())).map(Value::as_u64);
    usize::try_from(mark.flatten().unwrap()).unwrap()
}
