//! The one way in which all roles serve HTTP: hyper and axum, with bounds around them.
//!
//! In reading order: [`Port`] is what is served; [`Hosts`] says under which names; `slots` bounds
//! the connections; `connection` is one of them from its beginning to its end, `talk` where its
//! peer and we stand, `socket` what hyper reads and writes; `request` runs one request; [`body`]
//! reads its body; [`refusal`] is what one looks like.
//!
//! What holds, whatever a peer sends or doesn't read: a connection has one request under way, and
//! reads no further request before that is written; every request that was run is answered; each
//! end is said, and listened to until the peer has had its chance to read it; whoever keeps others
//! waiting is let go.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use link::io::{clock, threads};
use proto::limits;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

pub mod body;
mod bounds;
mod connection;
mod hosts;
pub mod refusal;
mod request;
mod slots;
mod socket;
mod talk;

pub use bounds::Bounds;
pub use hosts::{HostPattern, Hosts, NotAHost};

use slots::{NoSlot, Slots};
use talk::Talk;

/// After a failure to accept, which is mostly a lack of files.
const ACCEPT_AGAIN_MS: u64 = 50;
/// Failures to accept are logged at most this often.
const LOG_EVERY_MS: u64 = 1_000;
/// As many as may come while the thread is at other work.
const BACKLOG: i32 = 1024;

/// A port and what is served there.
#[derive(Debug)]
pub struct Port {
    /// Whose it is, in logs and as its thread's name.
    pub name: String,
    /// Where; port 0: any.
    pub address: SocketAddr,
    /// What is served.
    pub routes: Router,
    /// Under which names.
    pub hosts: Hosts,
    /// How many connections, and how long each may keep others waiting.
    pub bounds: Bounds,
}

/// What all connections of a port share.
#[derive(Debug)]
struct Shared {
    routes: Router,
    hosts: Hosts,
    bounds: Bounds,
    slots: Arc<Slots>,
    /// A permit for each idle connection that keeps its buffers.
    awake: Semaphore,
}

/// Keeps a port open until it is dropped.
#[derive(Debug)]
pub struct Open(
    #[expect(dead_code, reason = "its end is what it says")] oneshot::Sender<Infallible>,
);

/// What keeps a port open, and what is to run beside it: it ends when the other is dropped.
pub fn until_dropped() -> (Open, impl Future<Output = ()> + Send + 'static) {
    let (open, closed) = oneshot::channel();
    (Open(open), async { drop(closed.await) })
}

/// Serves a port on a thread of its own, as long as `beside` runs there; says at which address, for
/// port 0. Its end is that of all connections.
///
/// # Errors
/// If the address can't be had.
pub fn serve(
    port: Port,
    beside: impl Future<Output = ()> + Send + 'static,
) -> io::Result<SocketAddr> {
    let listener = listen(port.address)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads::spawn(format!("{} http", port.name), move || {
        let served = runtime.block_on(async move {
            let slots = Arc::new(Slots::new(port.bounds));
            let Port { routes, hosts, bounds, .. } = port;
            let awake = Semaphore::new(bounds.awake_max);
            let shared = Arc::new(Shared { routes, hosts, bounds, slots, awake });
            let listener = TcpListener::from_std(listener)?;
            tokio::select! {
                failed = accept(&listener, &shared) => failed.map(|never| match never {}),
                () = beside => Ok(()),
            }
        });
        if let Err(error) = served {
            tracing::error!("HTTP at {address} has ended: {error}");
        }
    })?;
    Ok(address)
}

/// A listener whose connections inherit a small send buffer.
fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(limits::WEB_SEND_BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>) -> io::Result<Infallible> {
    let mut logged_ms = 0;
    loop {
        match listener.accept().await {
            Ok((stream, from)) => slot(stream, from, shared),
            // The peer has gone before it was its turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                let now = clock::now();
                if now.ms >= logged_ms + LOG_EVERY_MS {
                    logged_ms = now.ms;
                    tracing::warn!("a connection over HTTP can't be accepted: {error}");
                }
                tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
            }
        }
    }
}

/// Serves a newcomer, or sends it away.
fn slot(stream: TcpStream, from: SocketAddr, shared: &Arc<Shared>) {
    let now_ms = clock::now().ms;
    let talk = Arc::new(Talk::new(now_ms));
    match shared.slots.take(now_ms, from.ip(), &talk) {
        Ok(slot) => {
            let number = slot.number();
            let task = connection::serve(stream, Arc::clone(shared), talk, slot);
            shared.slots.started(number, tokio::spawn(task).abort_handle());
        }
        Err(NoSlot { reason, leave }) => {
            tracing::debug!("a connection over HTTP from {} is refused: {reason:?}", from.ip());
            if let Some(leave) = leave {
                drop(tokio::spawn(connection::send_away(stream, reason, shared.bounds, leave)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
