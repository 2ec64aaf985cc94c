//! A connection from its beginning to its end.

use std::future::{Future as _, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use link::io::clock;
use proto::codes::Status;
use proto::limits;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::Shared;
use super::bounds::Bounds;
use super::refusal::{self, Refusal};
use super::request::{self, Answer};
use super::slots::{Leave, Reason, Slot};
use super::socket::Socket;
use super::talk::{Due, Phase, Talk};

const LINGER_READ_BYTES: usize = 64 * 1024;

/// How hyper's part of a connection has ended.
enum Ended {
    /// By itself: nothing is left to be written.
    Done(Result<(), hyper::Error>),
    /// The peer is late.
    Due(Due),
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>, talk: Arc<Talk>, slot: Slot) {
    let stall = Duration::from_millis(shared.bounds.stall_ms);
    match prepared(&stream, stall) {
        Ok(here) => converse(stream, &shared, &talk, here).await,
        Err(error) => tracing::debug!("a connection over HTTP ended at once: {error}"),
    }
    drop(slot);
}

/// The address at which the peer has reached us.
fn prepared(stream: &TcpStream, stall: Duration) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    // The kernel ends a connection whose peer takes nothing of what the kernel itself holds.
    SockRef::from(stream).set_tcp_user_timeout(Some(stall))?;
    stream.local_addr()
}

/// Request by request, with hyper only while there is something to do: an idle connection holds no
/// buffers.
async fn converse(stream: TcpStream, shared: &Arc<Shared>, talk: &Arc<Talk>, here: SocketAddr) {
    let mut socket = Socket { stream, ahead: Bytes::new(), talk: Arc::clone(talk) };
    loop {
        if socket.ahead.is_empty() && !wakes(&socket, &shared.bounds).await {
            return end(socket.stream, talk, &shared.bounds, None).await;
        }
        let service = service_fn(|request: Request<Incoming>| {
            request::run(request, Arc::clone(shared), Arc::clone(talk), here.ip())
        });
        let mut http = Builder::new();
        http.half_close(true)
            .header_read_timeout(None)
            .max_header_size(limits::WEB_HEAD_BYTES_MAX)
            .max_buf_size(limits::WEB_HEAD_BYTES_MAX);
        let mut serving = Box::new(http.serve_connection(TokioIo::new(socket), service));
        let ended = poll_until_due(talk, shared, serving.as_mut()).await;
        let parts = (*serving).into_parts();
        socket = parts.io.into_inner();
        let farewell = match ended {
            Ended::Due(Due::Doze) => {
                socket.ahead = unread(parts.read_buf);
                if !socket.ahead.is_empty() {
                    talk.heard(clock::now().ms);
                }
                continue;
            }
            Ended::Due(Due::Stalled) => {
                tracing::debug!(
                    "a peer over HTTP doesn't read its answer: its connection is closed"
                );
                // What the kernel holds for it goes, too.
                SockRef::from(&socket.stream).set_linger(Some(Duration::ZERO)).ok();
                return;
            }
            Ended::Due(Due::Silent) => None,
            Ended::Due(Due::Late) => Some(408),
            Ended::Done(Ok(())) => talk.refused(),
            Ended::Done(Err(error)) => {
                tracing::debug!("a connection over HTTP has ended: {error}");
                let cut_short = matches!(talk.phase(), Phase::Idle | Phase::Head)
                    && (error.is_parse() || error.is_incomplete_message());
                talk.refused().or(cut_short.then_some(400))
            }
        };
        let farewell = farewell.map(|http| refusal::of_head(http).farewell());
        return end(socket.stream, talk, &shared.bounds, farewell).await;
    }
}

/// Waits for a connection's next word; false if it has been silent for too long or has ended.
async fn wakes(socket: &Socket, bounds: &Bounds) -> bool {
    let until_ms = socket.talk.idle_until_ms(bounds);
    let patience = Duration::from_millis(until_ms.saturating_sub(clock::now().ms));
    matches!(tokio::time::timeout(patience, socket.stream.readable()).await, Ok(Ok(())))
}

/// Lets hyper work until it has ended or something is due. An idle connection keeps its buffers
/// for a while, if not too many do.
async fn poll_until_due<S>(
    talk: &Talk,
    shared: &Shared,
    serving: &mut Connection<TokioIo<Socket>, S>,
) -> Ended
where
    S: HttpService<Incoming, ResBody = Answer>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut alarm = Alarm::default();
    let mut awake = None;
    poll_fn(|cx| {
        if let Poll::Ready(done) = Pin::new(&mut *serving).poll(cx) {
            return Poll::Ready(Ended::Done(done));
        }
        let due = talk.due(&shared.bounds);
        if !matches!(due, Some((_, Due::Doze))) {
            awake = None;
        } else if awake.is_none() {
            awake = shared.awake.try_acquire().ok();
            if awake.is_none() {
                return Poll::Ready(Ended::Due(Due::Doze));
            }
        }
        match due {
            Some((at_ms, due)) => alarm.poll(at_ms, cx).map(|()| Ended::Due(due)),
            None => Poll::Pending,
        }
    })
    .await
}

/// Rings at a time. It is set anew only for an earlier one, or when it has rung: mostly the time
/// moves on meanwhile.
#[derive(Default)]
struct Alarm(Option<(u64, Pin<Box<Sleep>>)>);

impl Alarm {
    fn poll(&mut self, at_ms: u64, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now_ms = clock::now().ms;
            if at_ms <= now_ms {
                return Poll::Ready(());
            }
            let (_, sleep) = match &mut self.0 {
                Some(set) if set.0 <= at_ms => set,
                unset => {
                    let sleep = tokio::time::sleep(Duration::from_millis(at_ms - now_ms));
                    unset.insert((at_ms, Box::pin(sleep)))
                }
            };
            ready!(sleep.as_mut().poll(cx));
            self.0 = None;
        }
    }
}

/// What hyper has read ahead, without the empty lines that may stand before a request.
fn unread(mut ahead: Bytes) -> Bytes {
    let empty = ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    ahead.split_off(empty)
}

/// Ends a connection so that the peer can read what it was told last. If it still sends (a body
/// that was refused for its length), closing at once would reset the connection, and take the
/// answer with it.
async fn end(stream: TcpStream, talk: &Talk, bounds: &Bounds, farewell: Option<Vec<u8>>) {
    talk.ends(clock::now().ms);
    match tokio::time::timeout(bounds.linger, part(stream, bounds.linger_silent, farewell)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a connection over HTTP has broken off: {error}"),
        Err(_) => tracing::debug!("a peer over HTTP keeps sending: its connection is closed"),
    }
}

/// Says the last words, ends the own half, and reads until the peer has ended its own, or says
/// nothing more.
async fn part(
    mut stream: TcpStream,
    silent: Duration,
    farewell: Option<Vec<u8>>,
) -> io::Result<()> {
    if let Some(farewell) = farewell {
        stream.write_all(&farewell).await?;
    }
    stream.shutdown().await?;
    let (mut scratch, mut left) = (Vec::new(), limits::WEB_LINGER_BYTES_MAX);
    while left > 0 {
        let Ok(readable) = tokio::time::timeout(silent, stream.readable()).await else { break };
        readable?;
        scratch.resize(LINGER_READ_BYTES, 0);
        match stream.read(&mut scratch).await? {
            0 => break,
            count => left = left.saturating_sub(count),
        }
    }
    Ok(())
}

/// Tells a newcomer why there is no place.
pub(super) async fn send_away(stream: TcpStream, reason: Reason, bounds: Bounds, leave: Leave) {
    let (status, http, message) = match reason {
        Reason::Address => (
            Status::Limit,
            429,
            "your address has too many connections to this port: open fewer, and reuse them",
        ),
        Reason::Full => (
            Status::Unavailable,
            503,
            "all connections of this port are busy: try again in a moment",
        ),
    };
    let farewell = Refusal { status, http, message }.farewell();
    let stall = Duration::from_millis(bounds.stall_ms);
    if prepared(&stream, stall).is_ok() {
        end(stream, &Talk::new(clock::now().ms), &bounds, Some(farewell)).await;
    }
    drop(leave);
}
