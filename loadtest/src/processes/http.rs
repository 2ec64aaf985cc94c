//! As much HTTP/1.1 as health checks and pipelined calls need.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer longer than this is none of ours.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection that is kept alive.
#[derive(Debug)]
pub(crate) struct Http {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// What it holds.
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// Connects.
    pub(crate) fn connect(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&server, PATIENCE)
            .with_context(|| format!("connecting to {server}"))?;
        stream.set_read_timeout(Some(PATIENCE)).context("setting a time-out")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends requests as they are.
    pub(crate) fn send(&mut self, requests: &[u8]) -> Result<()> {
        self.stream.write_all(requests).context("sending a request")
    }

    /// Gets a text.
    pub(crate) fn get(&mut self, server: SocketAddr, path: &str) -> Result<String> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n").as_bytes())?;
        let answer = self.answer()?;
        if answer.status != 200 {
            bail!("{server}{path} is answered with {}", answer.status);
        }
        String::from_utf8(answer.body).with_context(|| format!("{server}{path} isn't text"))
    }

    /// Calls a method of the RPC.
    pub(crate) fn call(
        &mut self,
        server: SocketAddr,
        key: &str,
        method: &str,
        body: &str,
    ) -> Result<Answer> {
        let length = body.len();
        let request = format!(
            "POST /rpc/v1/{method} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.send(request.as_bytes())?;
        self.answer()
    }

    /// Waits for the next answer.
    pub(crate) fn answer(&mut self) -> Result<Answer> {
        let mut chunk = [0; 64 * 1024];
        loop {
            if let Some((answer, used)) = parse(&self.unread)? {
                self.unread.drain(..used);
                return Ok(answer);
            }
            let read = self.stream.read(&mut chunk).context("waiting for an answer")?;
            if read == 0 || self.unread.len() > ANSWER_BYTES_MAX {
                bail!("an answer without an end");
            }
            self.unread.extend_from_slice(&chunk[..read]);
        }
    }
}

/// Whether a server says that it is ready.
pub(crate) fn ready(server: SocketAddr) -> bool {
    Http::connect(server).and_then(|mut http| http.get(server, "/readyz")).is_ok()
}

/// The counters of a Prometheus page that have this name, by the value of their one label; what has
/// none is under the empty word.
pub(crate) fn samples(page: &str, name: &str) -> BTreeMap<String, u64> {
    let samples = page.lines().filter_map(|line| {
        let (sample, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        let label = match sample {
            "" => "",
            labelled => labelled.strip_prefix('{')?.split('"').nth(1)?,
        };
        Some((label.to_owned(), value.parse::<f64>().ok()? as u64))
    });
    samples.collect()
}

/// Reads one answer from the front; `None` when it isn't whole.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some((head, body)) = message(bytes)? else {
        return Ok(None);
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let Some(status) = status.filter(|_| head.starts_with("HTTP/1.1 ")) else {
        bail!("not an answer of HTTP/1.1: {head}");
    };
    let body = body.to_vec();
    let used = head.len() + END.len() + body.len();
    Ok(Some((Answer { status, body }, used)))
}

/// What ends a head.
pub(crate) const END: &[u8] = b"\r\n\r\n";

/// The head and the body of a request or an answer; `None` when it isn't whole.
pub(crate) fn message(bytes: &[u8]) -> Result<Option<(&str, &[u8])>> {
    let Some(end) = bytes.windows(END.len()).position(|four| four == END) else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("a head that isn't text")?;
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Some(0), |(_, value)| value.trim().parse::<usize>().ok());
    let Some(length @ ..=ANSWER_BYTES_MAX) = length else {
        bail!("not a message of HTTP/1.1: {head}");
    };
    let start = end + END.len();
    Ok(bytes.get(start..start + length).map(|body| (head, body)))
}

#[cfg(test)]
mod tests;
