//! imq over HTTP (docs/protocol.md, section 13): events come down a stream, frames go up by POSTs
//! over a second connection.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::json::{ImqJson, field};
use crate::peers::json::Unread;
use crate::peers::{Codec, Event, Member, Violation};

/// An answer's head is shorter than this.
const HEAD_BYTES_MAX: usize = 4096;

/// What a browser says of itself in each request.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like \
                       Gecko) Chrome/126.0.0.0 Safari/537.36\r\nAccept: */*\r\nAccept-Language: \
                       en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
                       Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n";

/// One client, which both of its connections know.
#[derive(Debug)]
struct Client {
    inner: ImqJson,
    /// What the gateway calls its stream, as JSON.
    stream: String,
    /// The same and its session, once it is let in.
    names: Option<(String, String)>,
    /// Frames that wait for a request, with commas between them.
    frames: Vec<u8>,
    /// How many requests there were.
    number: u64,
    /// Whether one has no answer yet.
    is_asking: bool,
}

/// One of the two connections of a client.
#[derive(Debug)]
pub(crate) enum ImqEvents {
    /// The stream.
    Down(Down),
    /// The requests.
    Up(Up),
}

/// The connection that events come by.
#[derive(Debug)]
pub(crate) struct Down {
    client: Rc<RefCell<Client>>,
    begun: bool,
    /// What answers a frame, until a request takes it along.
    said: Vec<u8>,
}

/// The connection that requests go by.
#[derive(Debug)]
pub(crate) struct Up {
    client: Rc<RefCell<Client>>,
    /// Whether its first answer has come.
    ready: bool,
}

impl ImqEvents {
    /// Both connections of this member, the stream first.
    pub(crate) fn pair(member: Member) -> (Self, Self) {
        let client = Client {
            inner: ImqJson::new(member),
            stream: String::new(),
            names: None,
            frames: Vec::new(),
            number: 0,
            is_asking: false,
        };
        let client = Rc::new(RefCell::new(client));
        let down = Down { client: Rc::clone(&client), begun: false, said: Vec::new() };
        (Self::Down(down), Self::Up(Up { client, ready: false }))
    }
}

/// Makes the connections of so many clients: their streams first, then what they speak by, in the
/// same order.
pub(crate) fn pairs(
    clients: usize,
    member: impl Fn(usize) -> Member,
) -> impl FnMut(usize) -> ImqEvents {
    let mut speakers = VecDeque::new();
    move |who| {
        let speaker = if who < clients { None } else { speakers.pop_front() };
        speaker.unwrap_or_else(|| {
            let (hears, speaks) = ImqEvents::pair(member(who));
            speakers.push_back(speaks);
            hears
        })
    }
}

impl Codec for ImqEvents {
    fn hello(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Down(down) => {
                let mut body = Vec::new();
                down.client.borrow_mut().inner.hello(&mut body);
                put_request("POST", "/imq/v1/events", &body, out);
            }
            // That it is answered says that requests can be sent.
            Self::Up(_) => put_request("OPTIONS", "/imq/v1/send", b"", out),
        }
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let (Self::Down(Down { client, .. }) | Self::Up(Up { client, .. })) = self;
        let mut client = client.borrow_mut();
        client.add_frames(|inner, frames| inner.publish(payload, frames));
        client.ask(out);
    }

    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        match self {
            Self::Down(down) if down.begun => Unread::or_none(down.event(bytes)),
            Self::Down(down) => {
                let end = head(bytes, b"HTTP/1.1 200 ")?;
                down.begun = end.is_some();
                Ok(end.map(|end| (Event::Other, end)))
            }
            Self::Up(up) => Ok(head(bytes, b"HTTP/1.1 204 ")?.map(|end| (up.answered(out), end))),
        }
    }
}

impl Client {
    fn add_frames(&mut self, add: impl FnOnce(&mut ImqJson, &mut Vec<u8>)) {
        if !self.frames.is_empty() {
            self.frames.push(b',');
        }
        add(&mut self.inner, &mut self.frames);
    }

    /// Sends what waits, if nothing else is on its way.
    fn ask(&mut self, out: &mut Vec<u8>) {
        let Some((connection, session)) = &self.names else { return };
        if self.is_asking || self.frames.is_empty() {
            return;
        }
        self.is_asking = true;
        self.number += 1;
        let mut body = format!(
            "{{\"connection\":{connection},\"session\":{session},\"number\":{},\"frames\":[",
            self.number
        )
        .into_bytes();
        body.append(&mut self.frames);
        body.extend_from_slice(b"]}");
        put_request("POST", "/imq/v1/send", &body, out);
    }
}

impl Down {
    /// An event or a comment.
    #[inline]
    fn event<'a>(&mut self, bytes: &'a [u8]) -> Result<(Event<'a>, usize), Unread> {
        const DATA: &[u8] = b"data: ";
        match bytes {
            [] => return Err(Unread::Short),
            // The line after a comment, or after an event, is empty.
            [b'\n', ..] => return Ok((Event::Other, 1)),
            [b':', rest @ ..] => {
                let end = rest.iter().position(|&byte| byte == b'\n').ok_or(Unread::Short)?;
                return Ok((Event::Other, 1 + end));
            }
            _ => {}
        }
        let Some(text) = bytes.strip_prefix(DATA) else {
            return Err(match DATA.starts_with(bytes) {
                true => Unread::Short,
                false => Unread::Wrong(Violation::at("not an event", bytes)),
            });
        };
        if !text.starts_with(b"{\"message\":") && self.client.borrow().names.is_none() {
            self.learn(text)?;
        }
        let mut client = self.client.borrow_mut();
        let read = client.inner.next(text, &mut self.said).map_err(Unread::Wrong)?;
        let (event, used) = read.ok_or(Unread::Short)?;
        if !self.said.is_empty() {
            client.add_frames(|_, frames| frames.append(&mut self.said));
        }
        Ok((event, DATA.len() + used))
    }

    /// Takes the names from the events that come first.
    fn learn(&mut self, text: &[u8]) -> Result<(), Unread> {
        let string = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let mut client = self.client.borrow_mut();
        if let Some(connection) = field(text, b"connection")? {
            client.stream = string(connection);
        }
        if let Some(welcome) = field(text, b"welcome")?
            && let Some(session) = field(welcome, b"session_id")?
        {
            client.names = Some((client.stream.clone(), string(session)));
        }
        Ok(())
    }
}

impl Up {
    /// A request was taken; the next one may go.
    fn answered(&mut self, out: &mut Vec<u8>) -> Event<'static> {
        if !self.ready {
            self.ready = true;
            return Event::Ready;
        }
        let mut client = self.client.borrow_mut();
        client.is_asking = false;
        client.ask(out);
        Event::Other
    }
}

/// How long the head of an answer is that has to begin so; `None` when it isn't whole.
fn head(bytes: &[u8], wanted: &[u8]) -> Result<Option<usize>, Violation> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return match bytes.len() > HEAD_BYTES_MAX {
            true => Err(Violation::at("an answer whose head has no end", bytes)),
            false => Ok(None),
        };
    };
    match bytes.starts_with(wanted) {
        true => Ok(Some(end + 4)),
        false => Err(Violation::at("the request was refused", bytes)),
    }
}

fn put_request(method: &str, path: &str, body: &[u8], out: &mut Vec<u8>) {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{BROWSER}Content-Type: text/plain\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}
