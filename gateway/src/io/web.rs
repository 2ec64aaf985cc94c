//! The back end's door: HTTP on a thread of its own, requests on lane 0.
//!
//! In reading order: [`methods`] is the table of all that can be called; `keys` says who may call
//! what; `call` runs one method and `batch` many; `exchange` carries requests to the lane and
//! answers back; `answer` is what a back end gets; [`openapi`] is the table as a document for
//! programs. The port itself is `member::io::http::server`.
//!
//! What a call costs is charged to its key's account: requests and their order in `exchange`, work
//! of this thread in `scheduler`, memory in `shares`. All who have shown no key are one account.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use member::io::http::server::{self, Bounds, Hosts, Open, Port};
use member::io::{Board, Calling};
use proto::codes::Status;

mod answer;
mod batch;
mod call;
mod exchange;
mod keys;
pub mod methods;
pub mod openapi;
mod scheduler;
mod shares;

pub use keys::{ApiKey, Scope};

pub(super) use exchange::Exchange;

use super::mail::Letterbox;
use super::settings::Settings;
use answer::Refusal;
use keys::Keyring;
use scheduler::{NOBODY, Scheduler};
use shares::Shares;

/// What a path costs whoever asks without a key, in bytes of JSON: the documents are long.
const DOCUMENT_COST: usize = 32 * 1024;
const REFUSAL_COST: usize = 4 * 1024;

/// What every request meets.
struct Door {
    keys: Keyring,
    exchange: Exchange,
    scheduler: Scheduler,
    shares: Shares,
    document: Bytes,
}

/// How back ends' requests come to this lane and their answers back.
pub(super) fn exchange(settings: &Settings, lane: Letterbox) -> Exchange {
    let mut keys = settings.rpc_keys.clone();
    keys.push(ApiKey::of_boss());
    Exchange::new(lane, Keyring::new(&keys).accounts())
}

/// Opens the door at the address of the settings, for so many files; says at which address, for
/// port 0, and what keeps it open. What the boss asks is answered as well, and it may ask more.
pub(super) fn serve(
    settings: &Settings,
    files: usize,
    exchange: Exchange,
    board: Board,
    (calling, for_boss): (Calling, Router),
) -> io::Result<(SocketAddr, Open)> {
    let boss = ApiKey::of_boss();
    let mut keys = settings.rpc_keys.clone();
    keys.push(boss.clone());
    let keys = Keyring::new(&keys);
    let (scheduler, shares) = (Scheduler::new(keys.accounts()), Shares::new(keys.accounts()));
    let (open, closed) = server::until_dropped();
    let (deliver, give) = (exchange.clone().deliver(), scheduler.clone().give());
    let document = Bytes::from(openapi::document().to_string());
    let door = Arc::new(Door { keys, exchange, scheduler, shares, document });
    let routes = routes(&door, board);
    let answering = calling.answer(routes.clone().merge(for_boss), Some(boss.key));
    let work = async { tokio::join!(deliver, give, answering) };
    let beside = async {
        tokio::select! {
            _ = work => {}
            () = closed => {}
        }
    };
    let ip = settings.web.ip().to_string();
    let own = [settings.host.as_str(), ip.as_str()];
    let port = Port {
        name: "gateway".to_owned(),
        address: settings.web,
        routes,
        hosts: Hosts::of(&settings.hosts, "`hosts` in [gateway] (--hosts)", &own),
        bounds: Bounds::of_files(files),
    };
    Ok((server::serve(port, beside)?, open))
}

fn routes(door: &Arc<Door>, board: Board) -> Router {
    let open = Router::new()
        .route("/openapi.json", any(document_of))
        .fallback(async || {
            let sentence = "there is nothing at this path: methods are at /rpc/v1/<method>, their \
                            description at /openapi.json";
            Refusal::new(Status::NotFound, sentence)
        })
        .with_state(Arc::clone(door))
        .merge(member::io::http::routes(board))
        .layer(middleware::from_fn_with_state(Arc::clone(door), wait));
    Router::new()
        .route("/rpc/v1/{method}", any(call::call))
        .with_state(Arc::clone(door))
        .merge(open)
}

/// Has whoever asks without a key wait for the turn of all who do.
async fn wait(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let cost = match request.uri().path() {
        "/metrics" | "/openapi.json" => DOCUMENT_COST,
        _ => REFUSAL_COST,
    };
    door.scheduler.wait(NOBODY, cost).await;
    next.run(request).await
}

async fn document_of(State(door): State<Arc<Door>>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Refusal::method("GET, HEAD", "use GET to read the document").into_response();
    }
    answer::respond(Status::Ok.row().http, door.document.clone())
}
