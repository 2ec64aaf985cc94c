//! Runs the HTTP requests of call-outs, for all lanes of a gateway, on a thread of their own: a
//! slow application, or a slow name server, holds up neither clients nor the back end's requests.
//!
//! In reading order: [`Caller`] is what lanes have of it; `post` runs one request; `address` says
//! which addresses of the inner network are closed to it.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use link::io::threads;
use proto::limits;
use proto::text::Foreign;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::machine::callout::{Failure, HttpRequest, Outcome};

mod address;
mod secrets;

use address::{Guard, InnerAddress};
pub(super) use secrets::Secrets;

/// A connection is kept this long for the next request: less than the time after which any common
/// server closes it, so that no request meets its end. They wait 2 s (gunicorn), 5 s (Node, Apache,
/// uvicorn) and more (nginx 75 s).
const IDLE: Duration = Duration::from_secs(1);
/// Connections to one application that are kept.
const IDLE_MAX: usize = 64;
/// Servers that are known to close early: more than a cluster has call-outs.
const HASTY_MAX: usize = 1024;

/// Takes the outcome of a request with this number.
pub type Answer = Box<dyn FnOnce(u64, Outcome) + Send>;

/// The way to the thread that runs call-outs. When all clones are gone it ends, and what is under
/// way with it.
#[derive(Debug, Clone)]
pub struct Caller {
    requests: Sender<Call>,
}

struct Call {
    request: HttpRequest,
    answer: Answer,
}

/// Connections to targets that may be in the inner network, and to those that may not.
#[derive(Clone)]
struct Clients {
    inner: Pair,
    outer: Pair,
    hasty: Hasty,
}

/// Connections that are kept for the next request, and such that are for one alone.
#[derive(Clone)]
struct Pair {
    kept: Client,
    single: Client,
}

/// Where no connection is kept: servers that close it sooner than others.
#[derive(Debug, Clone, Default)]
struct Hasty(Arc<Mutex<BTreeSet<String>>>);

impl Caller {
    /// Starts the thread, which runs so many requests at a time: each may take a file.
    ///
    /// # Errors
    /// If the operating system has no thread or no tools for it.
    pub fn start(under_way_max: usize) -> io::Result<Caller> {
        let (requests, calls) = channel(limits::CALLOUTS_UNBEGUN_MAX);
        let clients = Clients::new().map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        threads::spawn("call-outs", move || {
            runtime.block_on(run(clients, calls, under_way_max));
            // A name server that never answers holds up nobody's end.
            runtime.shutdown_background();
        })?;
        Ok(Caller { requests })
    }

    /// Runs a request; `answer` is called on the thread of the call-outs, and must not wait. If
    /// more have come than it can begin, the request is dropped, and the lane's deadline ends it.
    pub fn call(&self, request: HttpRequest, answer: Answer) {
        if self.requests.try_send(Call { request, answer }).is_err() {
            let waiting = limits::CALLOUTS_UNBEGUN_MAX;
            tracing::warn!("a call-out is dropped: {waiting} are waiting to be started");
        }
    }
}

impl Clients {
    fn new() -> reqwest::Result<Clients> {
        let tls = tls();
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .user_agent(concat!("imq/", env!("CARGO_PKG_VERSION")))
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_MAX)
                // What is sent once more is our matter: hyper doesn't know what may be.
                .retry(reqwest::retry::never())
                .tcp_nodelay(true)
        };
        let guarded = || builder().dns_resolver(Arc::new(Guard));
        let pair = |kept: ClientBuilder, single: ClientBuilder| {
            Ok(Pair { kept: kept.build()?, single: single.pool_max_idle_per_host(0).build()? })
        };
        let (inner, outer) = (pair(builder(), builder())?, pair(guarded(), guarded())?);
        Ok(Clients { inner, outer, hasty: Hasty::default() })
    }
}

/// TLS with the operating system's certificates. Without any, no `https` target can be reached, and
/// the log says why.
fn tls() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!("no root certificates were found: call-outs over https will fail");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn run(clients: Clients, mut calls: Receiver<Call>, under_way_max: usize) {
    let places = Arc::new(Semaphore::new(under_way_max));
    while let Some(Call { request, answer }) = calls.recv().await {
        // Nobody closes it.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let clients = clients.clone();
        // Whoever started it learns its outcome by `answer`.
        drop(tokio::spawn(async move {
            let number = request.request;
            let patience = Duration::from_millis(request.timeout_ms);
            let outcome = tokio::time::timeout(patience, post(&clients, request)).await;
            answer(number, outcome.unwrap_or(Outcome::TimedOut));
            drop(place);
        }));
    }
}

async fn post(clients: &Clients, request: HttpRequest) -> Outcome {
    let url = match Url::parse(&request.url) {
        Ok(url) => url,
        Err(error) => return Outcome::Failed(Failure::Unreachable(error.to_string())),
    };
    // An address that is written as a number is never resolved, so the guard doesn't see it.
    if !request.inner && url.host_str().is_some_and(address::is_inner_literal) {
        return Outcome::Failed(Failure::InnerAddress);
    }
    let Pair { kept, single } = if request.inner { &clients.inner } else { &clients.outer };
    let authority = url.authority().to_owned();
    let body = Bytes::from(request.body);
    let send = |client: &Client| {
        let mut post = client.post(url.clone());
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        post.body(body.clone()).send()
    };
    let first = if clients.hasty.holds(&authority) { single } else { kept };
    let sent = match send(first).await {
        // The application closes a connection that was kept just when it is used again, or it was
        // started anew: nobody has read the request, or nobody is there any more who had.
        Err(error) if request.again && is_closed_unread(&error) => send(single).await,
        sent => sent,
    };
    match sent {
        Ok(response) => {
            clients.hasty.note(authority, response.headers());
            read(response).await
        }
        Err(error) => failed(error),
    }
}

impl Hasty {
    fn holds(&self, authority: &str) -> bool {
        self.0.lock().is_ok_and(|hasty| hasty.contains(authority))
    }

    /// Heeds how long the server says that it keeps connections (`Keep-Alive: timeout=5`).
    fn note(&self, authority: String, headers: &HeaderMap) {
        let (Some(seconds), Ok(mut hasty)) = (kept_s(headers), self.0.lock()) else { return };
        if seconds > IDLE.as_secs() {
            hasty.remove(&authority);
        } else if hasty.len() < HASTY_MAX {
            hasty.insert(authority);
        }
    }
}

/// So many seconds the server keeps the connection, if it says so.
fn kept_s(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get("keep-alive")?.to_str().ok()?;
    let mut parameters = text.split(',').filter_map(|parameter| parameter.split_once('='));
    let (_, seconds) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
    seconds.trim().parse().ok()
}

/// Whether a connection that was there has ended before anything of an answer came.
fn is_closed_unread(error: &reqwest::Error) -> bool {
    if error.is_timeout() || error.is_connect() {
        return false;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let is_hyper = error
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_canceled());
        let is_io = error.downcast_ref::<io::Error>().is_some_and(|error| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            let ended = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
            ended.contains(&error.kind())
        });
        if is_hyper || is_io {
            return true;
        }
        cause = error.source();
    }
    false
}

async fn read(mut response: reqwest::Response) -> Outcome {
    let status = response.status().as_u16();
    let announced = response.content_length().unwrap_or(0);
    if announced > limits::CALLOUT_ANSWER_BYTES_MAX as u64 {
        return Outcome::Failed(Failure::Huge);
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limits::CALLOUT_ANSWER_BYTES_MAX => {
                return Outcome::Failed(Failure::Huge);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Outcome::Response { status, body },
            Err(error) => return failed(error),
        }
    }
}

fn failed(error: reqwest::Error) -> Outcome {
    // The URL may hold a password.
    let error = error.without_url();
    if error.is_timeout() {
        return Outcome::TimedOut;
    }
    let mut cause = std::error::Error::source(&error);
    let mut text = error.to_string();
    while let Some(error) = cause {
        if error.is::<InnerAddress>() {
            return Outcome::Failed(Failure::InnerAddress);
        }
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Outcome::Failed(Failure::Unreachable(Foreign::new(&text).as_str().to_owned()))
}

#[cfg(test)]
mod tests;
