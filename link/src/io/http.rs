//! What every process shows to operators: `/metrics`, `/healthz` and `/readyz`, on a thread of its
//! own.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusBuilder;

/// A counter or gauge with its value now.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its name: `imq_…`, with the unit at its end; a counter's ends in `_total`.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// From a closed set; never a queue or a user.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// What the loop's thread last published, for the threads that answer HTTP. Clones are the same
/// board.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Posted>>);

#[derive(Debug, Default)]
struct Posted {
    groups: Vec<(String, Vec<Sample>)>,
    unready: Vec<(String, String)>,
    heard: bool,
}

impl Board {
    /// Replaces what `who` (a lane, say) has published: its samples, and why it isn't ready, if so.
    pub fn publish(&self, who: &str, samples: Vec<Sample>, unready: Option<String>) {
        let mut posted = self.lock();
        posted.heard = true;
        posted.groups.retain(|(other, _)| other != who);
        posted.groups.push((who.to_owned(), samples));
        posted.groups.sort_by(|a, b| a.0.cmp(&b.0));
        posted.unready.retain(|(other, _)| other != who);
        posted.unready.extend(unready.map(|reason| (who.to_owned(), reason)));
    }

    /// Why the process isn't ready, a sentence each; none: it is.
    pub fn unready(&self) -> Vec<String> {
        let posted = self.lock();
        if !posted.heard {
            return vec!["it has just been started".to_owned()];
        }
        posted.unready.iter().map(|(who, reason)| format!("{who}: {reason}")).collect()
    }

    /// All samples, those of one name and labels added up over who published them. Of times, which
    /// can't be added up, it is the longest.
    pub fn samples(&self) -> Vec<Sample> {
        let mut sums: Vec<Sample> = Vec::new();
        for sample in self.lock().groups.iter().flat_map(|(_, samples)| samples) {
            let same = |sum: &&mut Sample| sum.name == sample.name && sum.labels == sample.labels;
            match sums.iter_mut().find(same) {
                Some(sum) if sum.name.ends_with("_milliseconds") => {
                    sum.value = sum.value.max(sample.value);
                }
                Some(sum) => sum.value += sample.value,
                None => sums.push(sample.clone()),
            }
        }
        sums
    }

    /// The samples in Prometheus' text format.
    pub fn render(&self) -> String {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metadata = Metadata::new("imq", Level::INFO, None);
        for sample in self.samples() {
            let name = KeyName::from_const_str(sample.name);
            let labels: Vec<Label> = sample
                .labels
                .iter()
                .map(|(name, value)| Label::new(*name, value.clone()))
                .collect();
            let key = Key::from_parts(sample.name, labels);
            if sample.name.ends_with("_total") {
                recorder.describe_counter(name, None, sample.help.into());
                recorder.register_counter(&key, &metadata).absolute(sample.value as u64);
            } else {
                recorder.describe_gauge(name, None, sample.help.into());
                recorder.register_gauge(&key, &metadata).set(sample.value);
            }
        }
        recorder.handle().render()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Posted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
    let thread = std::thread::Builder::new().name(format!("{name} http"));
    thread.spawn(move || {
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

#[cfg(test)]
mod tests;
