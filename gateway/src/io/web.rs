//! The back end's door: HTTP on a thread of its own, requests on lane 0.
//!
//! In reading order: [`methods`] is the table of all that can be called; `serve` opens the port and
//! bounds its connections; `keys` says who may call what; `call` runs one method and `batch` many;
//! `exchange` carries requests to the lane and answers back; `answer` is what a back end gets;
//! [`openapi`] is the table as a document for programs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use link::io::Board;
use proto::codes::Status;

mod answer;
mod batch;
mod call;
mod exchange;
mod keys;
pub mod methods;
pub mod openapi;
mod serve;

pub use keys::{ApiKey, Scope};

pub(super) use exchange::Exchange;

use super::settings::Settings;
use answer::Refusal;
use keys::Keyring;

/// What every request meets.
struct Door {
    keys: Keyring,
    exchange: Exchange,
    document: Bytes,
}

/// Opens the door at the address of the settings, for so many connections; says at which address,
/// for port 0.
pub(super) fn serve(
    settings: &Settings,
    connections_max: usize,
    exchange: Exchange,
    board: Board,
) -> io::Result<SocketAddr> {
    let routes = routes(settings, exchange.clone()).merge(link::io::http::routes(board));
    let bounds = serve::Bounds::new(connections_max);
    serve::serve(settings.web, routes, bounds, exchange.deliver())
}

fn routes(settings: &Settings, exchange: Exchange) -> Router {
    let keys = Keyring::new(&settings.rpc_keys);
    let document = Bytes::from(openapi::document().to_string());
    Router::new()
        .route("/rpc/v1/{method}", any(call::call))
        .route("/openapi.json", any(document_of))
        .fallback(async || {
            let sentence = "nothing is here: methods are at /rpc/v1/<method>, what they are is at \
                            /openapi.json";
            Refusal::new(Status::NotFound, sentence)
        })
        .with_state(Arc::new(Door { keys, exchange, document }))
}

async fn document_of(State(door): State<Arc<Door>>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Refusal::method("GET, HEAD", "the document is read by GET").into_response();
    }
    answer::respond(Status::Ok.row().http, door.document.clone())
}
