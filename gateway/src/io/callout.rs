//! Runs the HTTP requests of call-outs, for all lanes of a gateway, on a thread of their own: a
//! slow application, or a slow name server, holds up neither clients nor the back end's requests.
//!
//! In reading order: [`Caller`] is what lanes have of it; `post` runs one request; `address` says
//! which addresses of the inner network are closed to it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use link::io::threads;
use proto::limits;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::machine::callout::{Failure, HttpRequest, Outcome};

mod address;
mod secrets;

use address::{Guard, InnerAddress};
pub(super) use secrets::Secrets;

/// A connection is kept this long for the next request: less than the 5 seconds after which common
/// servers close it, so that no request meets its end.
const IDLE: Duration = Duration::from_secs(4);
/// Connections to one application that are kept.
const IDLE_MAX: usize = 64;

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
struct Clients {
    inner: Client,
    outer: Client,
}

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
            tracing::warn!("a call-out is dropped: {waiting} wait to be begun");
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
                .tcp_nodelay(true)
        };
        let outer = builder().dns_resolver(Arc::new(Guard)).build()?;
        Ok(Clients { inner: builder().build()?, outer })
    }
}

/// TLS with the operating system's certificates. Without any, no `https` target can be reached, and
/// the log says why.
fn tls() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!("no root certificates are found here: call-outs by https will fail");
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
        let client = if request.inner { clients.inner.clone() } else { clients.outer.clone() };
        // Whoever started it learns its outcome by `answer`.
        drop(tokio::spawn(async move {
            let number = request.request;
            answer(number, post(client, request).await);
            drop(place);
        }));
    }
}

async fn post(client: Client, request: HttpRequest) -> Outcome {
    let url = match Url::parse(&request.url) {
        Ok(url) => url,
        Err(error) => return Outcome::Failed(Failure::Unreachable(error.to_string())),
    };
    // An address that is written as a number is never resolved, so the guard doesn't see it.
    if !request.inner && url.host_str().is_some_and(address::is_inner_literal) {
        return Outcome::Failed(Failure::InnerAddress);
    }
    let mut post = client.post(url).timeout(Duration::from_millis(request.timeout_ms));
    for (name, value) in request.headers {
        post = post.header(name, value);
    }
    match post.body(request.body).send().await {
        Ok(response) => read(response).await,
        Err(error) => failed(error),
    }
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
    Outcome::Failed(Failure::Unreachable(text))
}

#[cfg(test)]
mod tests;
