//! What every process shows to operators: `/metrics`, `/healthz` and `/readyz`, on a thread of its
//! own.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;

use super::board::Board;
use super::threads;

/// The routes that every process has.
pub fn routes(board: Board) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .with_state(board)
}

async fn metrics(State(board): State<Board>) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], board.render())
}

async fn readyz(State(board): State<Board>) -> (StatusCode, String) {
    let unready = board.unready();
    if unready.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", unready.join("; ")))
    }
}

/// Serves these routes on a thread of their own; says at which address, for port 0.
///
/// # Errors
/// If the address can't be had.
pub fn serve(name: &str, address: SocketAddr, routes: Router) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads::spawn(format!("{name} http"), move || {
        runtime.block_on(async move {
            let served = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => axum::serve(listener, routes).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::error!("HTTP at {address} has ended: {error}");
            }
        });
    })?;
    Ok(address)
}
