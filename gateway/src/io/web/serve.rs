//! The port of the back end's door: bounded in connections, and in how long a head may take.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use proto::limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Heads of requests: a key, an Idempotency-Key, and what proxies add.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// After a failure to accept, which is mostly a lack of files.
const ACCEPT_AGAIN_MS: u64 = 50;
/// How long, and how much, a connection is listened to that has had its last answer.
const LINGER_MS_MAX: u64 = 2_000;
const LINGER_BYTES_MAX: usize = 8 * 1024 * 1024;
const LINGER_READ_BYTES: usize = 16 * 1024;

/// Serves these routes on a thread of their own, which runs `beside` as well.
pub(super) fn serve(
    address: SocketAddr,
    routes: Router,
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
            accept(TcpListener::from_std(listener)?, routes).await
        });
        let Err(error) = served;
        tracing::error!("HTTP at {address} has ended: {error}");
    })?;
    Ok(address)
}

async fn accept(listener: TcpListener, routes: Router) -> io::Result<Infallible> {
    let seats = Arc::new(Semaphore::new(limits::WEB_CONNECTIONS_MAX));
    loop {
        // Beyond the bound, connections wait in the kernel's queue.
        let seat = Arc::clone(&seats).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, routes.clone(), seat));
            }
            Err(error) => {
                tracing::warn!("a connection of a back end can't be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, routes: Router, seat: OwnedSemaphorePermit) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("answers to a back end may wait for each other: {error}");
    }
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits::WEB_HEAD_MS_MAX))
        .max_buf_size(HEAD_BYTES_MAX)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .without_shutdown()
        .await;
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
        let mut left = LINGER_BYTES_MAX;
        while left > 0 {
            match stream.read(&mut scratch).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        io::Result::Ok(())
    };
    let patience = Duration::from_millis(LINGER_MS_MAX);
    match tokio::time::timeout(patience, discarded).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a back end's connection has broken off: {error}"),
        Err(_) => tracing::debug!("a back end doesn't end its connection: it is closed"),
    }
}
