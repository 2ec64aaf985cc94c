//! From HTTP to a WebSocket (RFC 6455, section 4.2) or the fallback for those who can't have one,
//! pages, and clear words to whoever asks for anything else.

use proto::limits;

use self::fallback::{Manner, Posting, Purpose};
use self::head::Head;
use crate::io::origins::Origins;
use crate::io::pages::Page;
use crate::machine::Encoding;

pub(super) mod fallback;
mod head;

/// Where WebSockets are.
const PATH: &str = "/imq/v1/ws";

/// What is to be done with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It isn't whole yet.
    More,
    /// Write this; then it is a WebSocket, whose first bytes begin at `used`.
    Open { response: String, encoding: Encoding, used: usize },
    /// A body is to follow that begins at `used`.
    Post { posting: Posting, used: usize },
    /// Write this; another request may begin at `used`.
    Answer { response: String, is_last: bool, used: usize },
    /// Write these, which are a page, and close.
    Page { head: String, body: &'static [u8] },
    /// Write this and close.
    Refuse(Refusal),
}

/// Why there is no WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: &'static str,
    headers: &'static str,
    manner: Manner,
    /// What is wrong, and what to do.
    reason: String,
    /// The `Origin` that may not connect, for the operator: browsers hide the rest.
    pub(super) foreign: Option<String>,
}

impl Refusal {
    fn new(status: &'static str, reason: impl Into<String>) -> Refusal {
        let (headers, manner) = ("", Manner::default());
        Refusal { status, headers, manner, reason: reason.into(), foreign: None }
    }

    fn bad(reason: impl Into<String>) -> Refusal {
        Refusal::new("400 Bad Request", reason)
    }

    /// The page's origin may not connect.
    fn foreign(origin: &str) -> Refusal {
        let mut refusal = Refusal::new("403 Forbidden", Origins::advice(origin));
        refusal.foreign = Some(origin.to_owned());
        refusal
    }

    /// With these header lines.
    fn headed(self, headers: &'static str) -> Refusal {
        Refusal { headers, ..self }
    }

    /// So that its page can read it.
    fn with(self, manner: &Manner) -> Refusal {
        Refusal { manner: manner.clone(), ..self }
    }

    /// The answer that says so.
    pub(super) fn response(&self) -> String {
        let headers = format!("{}{}", self.headers, self.manner.cors());
        refusal(self.status, &headers, &self.reason)
    }
}

/// Whether a request that had so many bytes before is to be read now: at its beginning, which
/// shows what isn't HTTP at all, and once its head is whole. Read at each byte of a client that
/// sends one by one, it would cost as much as hundreds of requests.
pub(super) fn is_due(bytes: &[u8], before: usize) -> bool {
    let new = &bytes[before.saturating_sub(2)..];
    let ends =
        new.windows(2).any(|end| end == b"\n\n") || new.windows(3).any(|end| end == b"\n\r\n");
    before == 0 || ends || bytes.len() >= limits::UPGRADE_BYTES_MAX
}

/// Reads a request. What comes of it depends on its head alone, not on how much of what follows has
/// come with it.
pub(super) fn read(bytes: &[u8], origins: &Origins, pages: &'static [Page]) -> Outcome {
    let head = &bytes[..bytes.len().min(limits::UPGRADE_BYTES_MAX)];
    let mut headers = [httparse::EMPTY_HEADER; limits::UPGRADE_LINES_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let refusal = match request.parse(head) {
        Ok(httparse::Status::Complete(used)) => {
            match answer(&Head::of(&request), used, origins, pages) {
                Ok(outcome) => return outcome,
                Err(refusal) => refusal,
            }
        }
        Ok(httparse::Status::Partial) if bytes.len() < limits::UPGRADE_BYTES_MAX => {
            return Outcome::More;
        }
        Ok(httparse::Status::Partial) => too_large(&format!(
            "the request's head is longer than {} bytes: send fewer cookies and headers",
            limits::UPGRADE_BYTES_MAX
        )),
        Err(httparse::Error::TooManyHeaders) => too_large(&format!(
            "the request has more than {} header lines: send fewer",
            limits::UPGRADE_LINES_MAX
        )),
        Err(error) => {
            Refusal::bad(format!("this is not HTTP/1.1: {error}; open a WebSocket at {PATH} here"))
        }
    };
    Outcome::Refuse(refusal)
}

fn too_large(reason: &str) -> Refusal {
    Refusal::new("431 Request Header Fields Too Large", reason)
}

/// How a good request is answered.
fn answer(
    head: &Head<'_>,
    used: usize,
    origins: &Origins,
    pages: &'static [Page],
) -> Result<Outcome, Refusal> {
    check_http(head)?;
    if let Some(page) = head.path().and_then(|path| pages.iter().find(|page| page.path == path)) {
        return hand_out(head, page);
    }
    if let Some(purpose) = head.path().and_then(Purpose::of) {
        return fallback::answer(head, used, purpose, origins);
    }
    check_request(head)?;
    check_upgrade(head)?;
    let (encoding, response) = upgrade(head, origins)?;
    Ok(Outcome::Open { response, encoding, used })
}

/// How a request for a page is answered.
fn hand_out(head: &Head<'_>, page: &'static Page) -> Result<Outcome, Refusal> {
    let body = match head.method() {
        "GET" => page.body,
        "HEAD" => &[],
        _ => {
            let refusal = Refusal::new("405 Method Not Allowed", "a page is read with GET");
            return Err(refusal.headed("Allow: GET, HEAD\r\n"));
        }
    };
    if head.has_body()? {
        return Err(Refusal::bad("a request for a page has no body: send none"));
    }
    Ok(Outcome::Page { head: page.head(), body })
}

/// How a good request for a WebSocket is answered.
fn upgrade(head: &Head<'_>, origins: &Origins) -> Result<(Encoding, String), Refusal> {
    if let Some(origin) = head.one("Origin")?
        && !origins.allow(origin)
    {
        return Err(Refusal::foreign(origin));
    }
    let key = head.one("Sec-WebSocket-Key")?.filter(|key| head::is_key(key));
    let Some(key) = key else {
        return Err(Refusal::bad("Sec-WebSocket-Key is missing, or isn't 16 bytes in base64"));
    };
    let spoken = head.list("Sec-WebSocket-Protocol").find_map(|one| match one {
        b"imq.proto.v1" => Some(("imq.proto.v1", Encoding::Proto)),
        b"imq.json.v1" => Some(("imq.json.v1", Encoding::Json)),
        _ => None,
    });
    let Some((protocol, encoding)) = spoken else {
        let reason = "Sec-WebSocket-Protocol names no subprotocol of this gateway: ask for \
                      imq.json.v1 or imq.proto.v1";
        return Err(Refusal::bad(reason));
    };
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    Ok((encoding, response))
}

/// What any request must be.
fn check_http(head: &Head<'_>) -> Result<(), Refusal> {
    if !head.is_http_1_1() {
        return Err(Refusal::bad("HTTP/1.1 is spoken here, and this is HTTP/1.0"));
    }
    if head.one("Host")?.is_none() {
        return Err(Refusal::bad("Host is missing: HTTP/1.1 requires it"));
    }
    Ok(())
}

/// Where a WebSocket is asked for, and how.
fn check_request(head: &Head<'_>) -> Result<(), Refusal> {
    if head.path().is_none_or(|path| path.strip_suffix('/').unwrap_or(path) != PATH) {
        let reason = format!("there is nothing at this path: WebSockets are at {PATH}");
        return Err(Refusal::new("404 Not Found", reason));
    }
    if head.method() != "GET" {
        let refusal = Refusal::new("405 Method Not Allowed", "a WebSocket begins with GET");
        return Err(refusal.headed("Allow: GET\r\n"));
    }
    if head.has_body()? {
        return Err(Refusal::bad("a request for a WebSocket has no body: send none"));
    }
    Ok(())
}

/// What a request for a WebSocket must be.
fn check_upgrade(head: &Head<'_>) -> Result<(), Refusal> {
    let lists = |name: &'static str, word: &str| {
        head.list(name).any(|one| one.eq_ignore_ascii_case(word.as_bytes()))
    };
    let wanted = |headers: &'static str, reason: &str| {
        Err(Refusal::new("426 Upgrade Required", reason).headed(headers))
    };
    if !lists("Upgrade", "websocket") || !lists("Connection", "upgrade") {
        let reason = "this address speaks WebSocket only: send Upgrade: websocket and Connection: \
             Upgrade (a proxy in between may have to be told to pass them on)";
        return wanted("Upgrade: websocket\r\nConnection: Upgrade\r\n", reason);
    }
    if head.one("Sec-WebSocket-Version")? != Some("13") {
        let reason = "only version 13 of WebSocket is supported: send Sec-WebSocket-Version: 13";
        return wanted("Sec-WebSocket-Version: 13\r\n", reason);
    }
    Ok(())
}

/// An answer that says why there is no WebSocket.
pub(super) fn refusal(status: &str, headers: &str, reason: &str) -> String {
    let length = reason.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{reason}\n"
    )
}

#[cfg(test)]
mod tests;
