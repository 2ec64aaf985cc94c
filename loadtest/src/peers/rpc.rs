//! The back end's requests over HTTP, one at a time on a connection that is kept alive.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::{Codec, Event, Member, Violation};
use crate::processes::http;

/// How an answer of a batch shows an item that was carried out.
const DONE: &[u8] = b"\"status\":200";

/// One connection to the RPC of a gateway: it creates its queue and then sends messages there.
#[derive(Debug)]
pub(crate) struct Rpc {
    /// What all requests have in their heads: host and key.
    head: String,
    queue: String,
    /// Messages in a request; 1 is sent as it is, not as a batch.
    batch: usize,
    created: bool,
}

impl Rpc {
    /// A connection that sends `batch` messages with each request to the member's room.
    pub(crate) fn new(member: Member, host: &str, key: &str, batch: usize) -> Self {
        let head = format!(
            "Host: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        );
        Self { head, queue: member.room, batch, created: false }
    }

    fn request(&self, method: &str, body: &str, out: &mut Vec<u8>) {
        let head = format!(
            "POST /rpc/v1/{method} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n",
            self.head,
            body.len()
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body.as_bytes());
    }

    /// A batch must have been carried out whole.
    fn check(&self, body: &[u8]) -> Result<(), Violation> {
        let done = body.windows(DONE.len()).filter(|part| *part == DONE).count();
        if self.batch > 1 && done != self.batch {
            return Err(Violation::at("of a batch not all was carried out", body));
        }
        Ok(())
    }
}

impl Codec for Rpc {
    fn hello(&mut self, out: &mut Vec<u8>) {
        self.request("create_queue", &format!("{{\"queue\":\"{}\"}}", self.queue), out);
    }

    /// The payload is text without quotes and control characters.
    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let payload = String::from_utf8_lossy(payload);
        let message = format!(
            "{{\"queue\":\"{}\",\"mount\":\"chat\",\"payload\":\"{payload}\"}}",
            self.queue
        );
        if self.batch == 1 {
            self.request("send_message", &message, out);
            return;
        }
        let mut items = String::new();
        for at in 0..self.batch {
            let comma = if at == 0 { "" } else { "," };
            write!(items, "{comma}{{\"method\":\"send_message\",\"body\":{message}}}")
                .expect("a String takes all that is written");
        }
        self.request("batch", &format!("{{\"items\":[{items}]}}"), out);
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
        if answer.status != 200 {
            let what = format!("the gateway answers with {}", answer.status);
            return Err(Violation::at(&what, &answer.body));
        }
        if !self.created {
            self.created = true;
            return Ok(Some((Event::Ready, taken)));
        }
        self.check(&answer.body)?;
        Ok(Some((Event::Acknowledged, taken)))
    }
}
