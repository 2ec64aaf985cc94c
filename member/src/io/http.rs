//! What every process shows to operators: `/metrics`, `/healthz` and `/readyz`; and [`server`], by
//! which all that is HTTP is served.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;

use super::board::Board;

pub mod server;

/// The routes that every process has.
pub fn routes(board: Board) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/copies", get(copies))
        .with_state(board)
}

async fn metrics(State(board): State<Board>) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], board.render())
}

async fn copies(State(board): State<Board>) -> (StatusCode, String) {
    match board.copies() {
        Some(page) => (StatusCode::OK, page),
        None => {
            (StatusCode::NOT_FOUND, "this node has no copies of another's buckets\n".to_owned())
        }
    }
}

async fn readyz(State(board): State<Board>) -> (StatusCode, String) {
    let unready = board.unready();
    if unready.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", unready.join("; ")))
    }
}
