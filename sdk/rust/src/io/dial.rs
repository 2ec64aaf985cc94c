//! Which gateway is dialled, and the socket that comes of it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest, Ready};
use tokio::net::TcpStream;

use super::TokenSource;
use super::clock::Clock;

/// Output that the socket has not taken: from here on nothing is read that would make more of it.
const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long the application may take to give a token.
const TOKEN: Duration = Duration::from_secs(10);

/// What dialling comes to: the socket, with a token if one was asked for.
pub(super) type Dialled = Result<(TcpStream, Option<String>), Undialled>;

/// Why there is no connection.
pub(super) enum Undialled {
    /// The application has given no token.
    Token(String),
    Socket(io::Error),
}

type Dialling = Pin<Box<dyn Future<Output = Dialled> + Send>>;

/// The gateways, one after the other.
pub(super) struct Addresses {
    all: Vec<String>,
    next: usize,
}

impl Addresses {
    /// At least one; chance says which is the first.
    pub(super) fn new(all: Vec<String>, seed: u64) -> Addresses {
        let next = (seed % all.len().max(1) as u64) as usize;
        Addresses { all, next }
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    pub(super) fn take(&mut self) -> String {
        let address = self.all[self.next % self.all.len()].clone();
        self.next = (self.next + 1) % self.all.len();
        address
    }
}

/// The transport in its stages.
pub(super) enum Line {
    /// To be dialled then.
    Waiting {
        at_ms: u64,
        address: Option<String>,
    },
    Dialling(Dialling),
    Open(TcpStream),
    /// Never again.
    Stopped,
}

/// What came over a line.
pub(super) enum Arrived {
    /// It is time to dial.
    Due,
    Dialled(Dialled),
    Ready(io::Result<Ready>),
}

impl Line {
    /// Asks for a token where they come from somewhere, then dials this address.
    pub(super) fn dial(address: String, tokens: Option<&TokenSource>) -> Line {
        let tokens = tokens.cloned();
        Line::Dialling(Box::pin(async move {
            let token = match tokens {
                Some(tokens) => Some(given(tokens).await.map_err(Undialled::Token)?),
                None => None,
            };
            let stream = connected(address).await.map_err(Undialled::Socket)?;
            Ok((stream, token))
        }))
    }

    /// Waits for the line's next news. May be dropped and called anew.
    pub(super) async fn next(&mut self, clock: &Clock, unsent: usize) -> Arrived {
        match self {
            Line::Waiting { at_ms, .. } => {
                clock.sleep_until(*at_ms).await;
                Arrived::Due
            }
            Line::Dialling(dialled) => Arrived::Dialled(dialled.await),
            Line::Open(stream) => {
                let interest = match unsent {
                    0 => Interest::READABLE,
                    OUTPUT_BYTES_MAX.. => Interest::WRITABLE,
                    _ => Interest::READABLE | Interest::WRITABLE,
                };
                Arrived::Ready(stream.ready(interest).await)
            }
            Line::Stopped => std::future::pending().await,
        }
    }
}

/// The token, or why there is none; it has to come in time.
pub(super) async fn given(tokens: TokenSource) -> Result<String, String> {
    match tokio::time::timeout(TOKEN, tokens.give()).await {
        Ok(given) => given.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the application didn't give a token within {} s", TOKEN.as_secs())),
    }
}

async fn connected(address: String) -> io::Result<TcpStream> {
    let limit = Duration::from_millis(proto::limits::CONNECT_MS_MAX);
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no connection in time");
    let dialled = tokio::time::timeout(limit, TcpStream::connect(address));
    let stream = dialled.await.map_err(late)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends what is left, and waits until the other end has read it: a socket that is closed with
/// input unread takes its output back.
pub(super) async fn farewell(mut stream: TcpStream, frames: &[u8]) -> io::Result<()> {
    let said = async {
        stream.write_all(frames).await?;
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(FAREWELL, said).await.unwrap_or(Ok(()))
}
