//! Clients that are turned away: what they are told, how many, and why.

use std::io::{self, Write as _};
use std::net::Shutdown;

use link::io::clock;
use member::machine::Sample;
use mio::net::TcpStream;
use proto::codes::Close;
use proto::g2c::{self, g2c::Body};
use proto::time::Time;
use proto::wire;

use super::handshake;
use crate::machine::TurnedAway;

/// Who is told to come later comes after at least this long.
const RETRY_MS_MIN: u64 = 1_000;
/// So that they don't all come at once, some come later by up to this long.
const RETRY_SPREAD_MS: u64 = 4_000;
/// What goes wrong for many clients at once is logged this often.
const COMPLAIN_EVERY_MS: u64 = 1_000;
/// What anybody can bring about from far away is logged this often.
pub(super) const COMPLAIN_OF_STRANGERS_EVERY_MS: u64 = 10_000;

/// Why a client isn't let in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refusal {
    /// The gateway has as many connections as it may, or no file is free.
    Full,
    /// Its address has or does too much.
    Address(TurnedAway),
}

impl Refusal {
    fn close(self) -> Close {
        match self {
            Refusal::Full | Refusal::Address(TurnedAway::TooMany { .. }) => Close::Overloaded,
            Refusal::Address(TurnedAway::TooOften { .. }) => Close::Rate,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Refusal::Full => "this gateway is full: try another, or later",
            Refusal::Address(TurnedAway::TooMany { .. }) => {
                "your address has too many connections: close some, or ask the operator for more"
            }
            Refusal::Address(TurnedAway::TooOften { .. }) => {
                "your address connects too often: wait between attempts"
            }
        }
    }

    fn retry_after_ms(self) -> u64 {
        let at_least_ms = match self {
            Refusal::Full => 0,
            Refusal::Address(
                TurnedAway::TooMany { retry_after_ms } | TurnedAway::TooOften { retry_after_ms },
            ) => retry_after_ms,
        };
        at_least_ms.max(RETRY_MS_MIN) + clock::micros() % RETRY_SPREAD_MS
    }

    /// What a client is told that has only just come.
    fn bytes(self, http: bool) -> Vec<u8> {
        let retry_after_ms = self.retry_after_ms();
        if http {
            let status = match self {
                Refusal::Full => "503 Service Unavailable",
                Refusal::Address(_) => "429 Too Many Requests",
            };
            let seconds = retry_after_ms.div_ceil(1_000);
            return handshake::refusal(
                status,
                &format!("Retry-After: {seconds}\r\n"),
                self.reason(),
            )
            .into_bytes();
        }
        let close = self.close();
        let closing = g2c::Closing {
            code: u32::from(close.number()),
            reason: self.reason().to_owned(),
            may_retry: close.may_retry(),
            retry_after_ms: u32::try_from(retry_after_ms).unwrap_or(u32::MAX),
            address: String::new(),
        };
        let mut bytes = Vec::new();
        wire::put_message(&mut bytes, &g2c::G2c { body: Some(Body::Closing(closing)) });
        bytes
    }

    /// Tells the client, and that nothing more will come. Closed at once, the socket may take the
    /// words with it if the client has sent something already.
    pub(super) fn tell(self, socket: &mut TcpStream, http: bool) -> io::Result<()> {
        let told = socket.write(&self.bytes(http)).and_then(|_| socket.shutdown(Shutdown::Write));
        told.inspect_err(|error| {
            let address = socket.peer_addr();
            tracing::debug!(
                "a client at {address:?} was refused and couldn't be told why: {error}"
            );
        })
    }
}

/// How many connections were refused, by reason.
#[derive(Debug, Default)]
pub(in crate::io) struct Refused {
    /// As many connections are there as may be.
    pub(super) full: u64,
    /// No file was free.
    pub(super) files: u64,
    /// Their address has too many connections or connects too often.
    pub(super) address: u64,
    /// They asked for something other than our WebSocket.
    pub(super) request: u64,
    /// They are pages of an origin that isn't one of the gateway's.
    pub(super) origin: u64,
    /// They speak no TLS, or not ours.
    pub(super) tls: u64,
    /// A proxy didn't say for whom it connects.
    pub(super) proxy: u64,
    /// They said nothing of use in time.
    pub(super) silent: u64,
}

impl Refused {
    /// As metrics.
    pub(in crate::io) fn samples(&self) -> impl Iterator<Item = Sample> {
        let Refused { full, files, address, request, origin, tls, proxy, silent } = *self;
        let all = [
            ("full", full),
            ("files", files),
            ("address", address),
            ("request", request),
            ("origin", origin),
            ("tls", tls),
            ("proxy", proxy),
            ("silent", silent),
        ];
        all.into_iter().map(|(reason, count)| {
            let help = "Connections refused before the client was accepted, by reason.";
            let name = "imq_gateway_connections_refused_total";
            Sample::counter(name, help, count).with("reason", reason)
        })
    }
}

/// Keeps the log short when the same happens to many.
#[derive(Debug)]
pub(super) struct Complaint {
    every_ms: u64,
    again_ms: u64,
    unsaid: u64,
}

impl Default for Complaint {
    fn default() -> Complaint {
        Complaint::every(COMPLAIN_EVERY_MS)
    }
}

impl Complaint {
    /// Said at once, and again after so long at the earliest.
    pub(super) fn every(every_ms: u64) -> Complaint {
        Complaint { every_ms, again_ms: 0, unsaid: 0 }
    }

    /// Whether it is time to say it again.
    pub(super) fn is_due(&mut self, now: Time) -> bool {
        let due = self.again_ms <= now.ms;
        if due {
            self.again_ms = now.ms + self.every_ms;
        } else {
            self.unsaid += 1;
        }
        due
    }

    /// How often it wasn't said since this was asked.
    pub(super) fn take_unsaid(&mut self) -> u64 {
        std::mem::take(&mut self.unsaid)
    }
}
