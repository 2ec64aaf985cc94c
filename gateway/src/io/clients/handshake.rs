//! From HTTP to a WebSocket (RFC 6455, section 4.2), and clear words to whoever asks for anything
//! else.

use crate::machine::Codec;
use proto::limits;

/// Browsers send some twenty headers.
const HEADERS_MAX: usize = 64;
/// Where WebSockets are.
const PATH: &str = "/imq/v1/ws";

/// Which pages may open WebSockets.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    pub(super) any: bool,
    pub(super) listed: Vec<String>,
}

impl Origins {
    /// Programs send no `Origin`; browsers always do.
    fn allow(&self, origin: Option<&str>) -> bool {
        let listed = |origin: &str| self.listed.iter().any(|one| one.eq_ignore_ascii_case(origin));
        self.any || origin.is_none_or(listed)
    }
}

/// What is to be done with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It isn't whole yet.
    More,
    /// Write this; then it is a WebSocket, whose first bytes begin at `used`.
    Open { response: String, codec: Codec, used: usize },
    /// Write this and close.
    Refuse { response: String },
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

/// Reads a request.
pub(super) fn read(bytes: &[u8], origins: &Origins) -> Outcome {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(used)) => answer(&request, used, origins),
        Ok(httparse::Status::Partial) if bytes.len() < limits::UPGRADE_BYTES_MAX => Outcome::More,
        Ok(httparse::Status::Partial) => {
            refuse("431 Request Header Fields Too Large", "", "the request's head is too long")
        }
        Err(error) => refuse("400 Bad Request", "", &format!("this is not HTTP/1.1: {error}")),
    }
}

fn answer(request: &httparse::Request<'_, '_>, used: usize, origins: &Origins) -> Outcome {
    let path = request.path.unwrap_or("").split('?').next().unwrap_or("");
    if path != PATH {
        return refuse("404 Not Found", "", &format!("nothing is here: WebSockets are at {PATH}"));
    }
    if request.method != Some("GET") {
        return refuse("405 Method Not Allowed", "Allow: GET\r\n", "a WebSocket begins with GET");
    }
    let header = |name: &str| {
        let mut named = request.headers.iter().filter(|one| one.name.eq_ignore_ascii_case(name));
        named.next().and_then(|one| std::str::from_utf8(one.value).ok()).map(str::trim)
    };
    let lists = |name: &str, word: &str| {
        header(name).is_some_and(|v| v.split(',').any(|one| one.trim().eq_ignore_ascii_case(word)))
    };
    if !lists("upgrade", "websocket") || !lists("connection", "upgrade") {
        let more = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
        return refuse("426 Upgrade Required", more, "this address speaks WebSocket only");
    }
    if header("sec-websocket-version") != Some("13") {
        let more = "Sec-WebSocket-Version: 13\r\n";
        return refuse("426 Upgrade Required", more, "only version 13 of WebSocket is spoken here");
    }
    if !origins.allow(header("origin")) {
        let origin = header("origin").unwrap_or("");
        let reason =
            format!("pages of {origin:?} may not connect: add it to the gateway's origins");
        return refuse("403 Forbidden", "", &reason);
    }
    let Some(key) = header("sec-websocket-key").filter(|key| key.len() == 24) else {
        return refuse("400 Bad Request", "", "Sec-WebSocket-Key is 16 bytes in base64");
    };
    let offered = header("sec-websocket-protocol").unwrap_or("");
    let spoken = offered.split(',').map(str::trim).find_map(|one| match one {
        "imq.proto.v1" => Some((one, Codec::ProtoWs)),
        "imq.json.v1" => Some((one, Codec::JsonWs)),
        _ => None,
    });
    let Some((protocol, codec)) = spoken else {
        let reason = "ask for the subprotocol imq.json.v1 or imq.proto.v1";
        return refuse("400 Bad Request", "", reason);
    };
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    Outcome::Open { response, codec, used }
}

fn refuse(status: &str, headers: &str, reason: &str) -> Outcome {
    Outcome::Refuse { response: refusal(status, headers, reason) }
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
