//! A back end that sends messages of any bytes to a room over HTTP, one at a time, and hears what
//! became of each.

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Codec, Event, Violation};
use crate::processes::http;

/// One connection to the RPC of a gateway.
#[derive(Debug)]
pub(crate) struct RpcWriter {
    /// Host and key.
    head: String,
    room: String,
    /// The status that the newest answer has; 0: it was done.
    pub(crate) status: u32,
}

#[derive(Deserialize)]
struct Refused {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    status: u32,
}

impl RpcWriter {
    /// A back end that writes to this room, which it doesn't create.
    pub(crate) fn new(room: String, host: &str, key: &str) -> Self {
        let head = format!(
            "Host: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        );
        Self { head, room, status: 0 }
    }
}

impl Codec for RpcWriter {
    /// HTTP has no greeting.
    fn hello(&mut self, _out: &mut Vec<u8>) {}

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let payload = STANDARD.encode(payload);
        let body = format!(
            "{{\"queue\":\"{}\",\"mount\":\"chat\",\"payload_base64\":\"{payload}\"}}",
            self.room
        );
        let request = format!(
            "POST /rpc/v1/send_message HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        out.extend_from_slice(request.as_bytes());
    }

    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        _out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let answer = http::parse(bytes).map_err(|error| Violation(error.to_string()))?;
        let Some((answer, taken)) = answer else {
            return Ok(None);
        };
        self.status = match answer.status {
            200 => 0,
            _ => match serde_json::from_slice::<Refused>(&answer.body) {
                Ok(Refused { error }) => error.status,
                Err(_) => return Err(Violation::at("no answer of the RPC", &answer.body)),
            },
        };
        Ok(Some((Event::Acknowledged, taken)))
    }
}
