//! A back end whose bodies are large, and which counts what it is answered.

use super::imq::counting::Outcomes;
use super::{Codec, Event, Violation};
use crate::processes::http;

/// One connection to the RPC of a gateway.
#[derive(Debug)]
pub(crate) struct RpcBodies {
    create: Vec<u8>,
    request: Vec<u8>,
    created: bool,
    waits: bool,
    pub(crate) outcomes: Outcomes,
}

impl RpcBodies {
    /// A back end that sends messages to this room; `head` has host and key. A good body is that of
    /// a message, any other is text that only its length is read of.
    pub(crate) fn new(room: &str, head: &str, bytes: usize, is_good: bool) -> Self {
        let filler = ".".repeat(bytes);
        let body = if is_good {
            format!("{{\"queue\":\"{room}\",\"mount\":\"chat\",\"payload\":\"{filler}\"}}")
        } else {
            filler
        };
        let request = |method: &str, body: &str| {
            let length = body.len();
            let head = format!("POST /rpc/v1/{method} HTTP/1.1\r\n{head}Content-Length: {length}");
            format!("{head}\r\nContent-Type: application/json\r\n\r\n{body}").into_bytes()
        };
        Self {
            create: request("create_queue", &format!("{{\"queue\":\"{room}\"}}")),
            request: request("send_message", &body),
            created: false,
            waits: false,
            outcomes: Outcomes::default(),
        }
    }
}

impl Codec for RpcBodies {
    fn hello(&mut self, out: &mut Vec<u8>) {
        (self.created, self.waits) = (false, false);
        out.extend_from_slice(&self.create);
    }

    /// One more request, unless one is under way.
    fn publish(&mut self, _payload: &[u8], out: &mut Vec<u8>) {
        if !self.waits {
            self.waits = true;
            out.extend_from_slice(&self.request);
        }
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
        if !self.created {
            // That the queue is there already is as well: connections end and come back.
            self.created = true;
            return Ok(Some((Event::Ready, taken)));
        }
        self.waits = false;
        if answer.status == 200 {
            self.outcomes.done += 1;
            return Ok(Some((Event::Acknowledged, taken)));
        }
        *self.outcomes.refused.entry(answer.status.into()).or_default() += 1;
        // The rest of a body that is refused for its length is never read.
        Err(Violation(format!("refused with {}", answer.status)))
    }
}
