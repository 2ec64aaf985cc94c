//! The port of the back end's door: bounded in connections, and in how long each may keep others
//! waiting.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use link::io::clock;
use proto::limits;
use proto::seeded::Seed;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::machine::address::Prefix;
use crate::machine::{AddressLimits, Addresses};

/// After a failure to accept, which is mostly a lack of files.
const ACCEPT_AGAIN_MS: u64 = 50;
const LINGER_READ_BYTES: usize = 16 * 1024;

/// What the port bears of its peers, who need no key to connect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at once.
    connections_max: usize,
    /// Of one address, so that none can take them all; this machine's own is not counted.
    address_connections_max: u32,
    /// From a connection's beginning to the end of its first head.
    first_head: Duration,
    /// From an answer to the end of the next head.
    head: Duration,
    /// How long a peer may take nothing of an answer.
    stall: Duration,
}

impl Bounds {
    pub(super) fn new(connections_max: usize) -> Bounds {
        Bounds {
            connections_max,
            address_connections_max: u32::try_from(connections_max / 4).unwrap_or(u32::MAX).max(1),
            first_head: Duration::from_millis(limits::WEB_FIRST_HEAD_MS_MAX),
            head: Duration::from_millis(limits::WEB_HEAD_MS_MAX),
            stall: Duration::from_millis(limits::WEB_STALL_MS_MAX),
        }
    }
}

/// Serves these routes on a thread of their own, which runs `beside` as well.
pub(super) fn serve(
    address: SocketAddr,
    routes: Router,
    bounds: Bounds,
    beside: impl Future<Output = ()> + Send + 'static,
) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("gateway http".to_owned());
    thread.spawn(move || {
        let served = runtime.block_on(async move {
            tokio::spawn(beside);
            accept(TcpListener::from_std(listener)?, routes, bounds).await
        });
        let Err(error) = served;
        tracing::error!("HTTP at {address} has ended: {error}");
    })?;
    Ok(address)
}

/// A connection's place among those that there may be.
#[derive(Debug)]
struct Seat {
    _permit: OwnedSemaphorePermit,
    addresses: Arc<Addresses>,
    counted: Option<Prefix>,
}

impl Seat {
    /// Nothing if the address has as many as it may.
    fn take(
        permit: OwnedSemaphorePermit,
        addresses: &Arc<Addresses>,
        from: IpAddr,
    ) -> Option<Seat> {
        let counted = addresses.knock(clock::now(), from).ok()?;
        Some(Seat { _permit: permit, addresses: Arc::clone(addresses), counted })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(prefix) = self.counted {
            self.addresses.left(prefix);
        }
    }
}

async fn accept(listener: TcpListener, routes: Router, bounds: Bounds) -> io::Result<Infallible> {
    let permits = Arc::new(Semaphore::new(bounds.connections_max));
    let limits =
        AddressLimits { connections_max: bounds.address_connections_max, attempts_per_s: 0 };
    let addresses = Arc::new(Addresses::new(limits, Seed::new(rand::random())));
    loop {
        // Beyond the bound, connections wait in the kernel's queue.
        let permit = Arc::clone(&permits).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, from)) => match Seat::take(permit, &addresses, from.ip()) {
                Some(seat) => drop(tokio::spawn(connection(stream, routes.clone(), bounds, seat))),
                None => turn_away(&stream),
            },
            Err(error) => {
                tracing::warn!("a connection of a back end can't be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
            }
        }
    }
}

/// Tells a peer that its address has too many connections. Nothing is waited for: who has sent
/// something already may miss the words.
fn turn_away(stream: &TcpStream) {
    let sentence =
        "your address has too many connections to this port: keep fewer, and keep them\n";
    let length = sentence.len();
    let words = format!(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{sentence}"
    );
    let told = stream.try_write(words.as_bytes());
    tracing::debug!("an address has too many connections of back ends; told so: {told:?}");
}

async fn connection(stream: TcpStream, routes: Router, bounds: Bounds, seat: Seat) {
    let socket = SockRef::from(&stream);
    let prepared = stream.set_nodelay(true).and_then(|()| {
        // The kernel ends a connection whose peer takes nothing of what it is sent.
        socket.set_tcp_user_timeout(Some(bounds.stall))
    });
    if let Err(error) = prepared {
        return tracing::warn!("a connection of a back end can't be had as it must be: {error}");
    }
    let begun = Arc::new(AtomicBool::new(false));
    let service = TowerToHyperService::new(routes);
    let first = Arc::clone(&begun);
    let service = service_fn(move |request| {
        first.store(true, Ordering::Relaxed);
        service.call(request)
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head)
            .max_buf_size(limits::WEB_HEAD_BYTES_MAX)
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), service)
            .without_shutdown()
    );
    let served = match tokio::time::timeout(bounds.first_head, &mut serving).await {
        Ok(served) => served,
        Err(_) if begun.load(Ordering::Relaxed) => serving.await,
        Err(_) => return tracing::debug!("a back end's connection has said nothing: it is closed"),
    };
    match served {
        Ok(parts) => linger(parts.io.into_inner()).await,
        Err(error) => tracing::debug!("a back end's connection has ended: {error}"),
    }
    drop(seat);
}

/// Ends a connection so that the peer can read the last answer. If it still sends (a body that was
/// refused for its length), closing at once would reset the connection, and the answer with it.
async fn linger(mut stream: TcpStream) {
    let discarded = async {
        stream.shutdown().await?;
        let mut scratch = vec![0; LINGER_READ_BYTES];
        let mut left = limits::WEB_LINGER_BYTES_MAX;
        while left > 0 {
            match stream.read(&mut scratch).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        io::Result::Ok(())
    };
    let patience = Duration::from_millis(limits::WEB_LINGER_MS_MAX);
    match tokio::time::timeout(patience, discarded).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a back end's connection has broken off: {error}"),
        Err(_) => tracing::debug!("a back end doesn't end its connection: it is closed"),
    }
}

#[cfg(test)]
mod tests;
