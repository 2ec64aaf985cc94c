//! The boss as a process: one thread for the machine and its links, one for the store, one for
//! HTTP.
//!
//! Only the machine's thread decides. The others send it mail: HTTP asks, the store reports.

mod api;
mod fleet;
mod mail;
mod page;
mod store;
mod stream;
mod trace;
mod turn;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use axum::Router;
use link::io::{Hub, Wires, clock, threads};
use member::io::Board;
use member::io::board::tls_files;
use member::io::http::server::{self, Bounds, HostPattern, Hosts, Port};
use member::io::{files, http};
use member::machine::Sample;
use mio::{Poll, Waker};
use proto::document::Problem;
use proto::limits;
use proto::link::Role;
use rand::RngExt;

pub use self::store::StoreError;

use self::api::Keys;
use self::mail::{Letterbox, Mail};
use self::store::{FileStore, Keeper, Stored};
use self::turn::Loop;
use crate::DEFAULT_CLUSTER;
use crate::machine::boss::Found;
use crate::machine::configuration::{Configuration, fingerprint};
use crate::machine::configurations::Configurations;
use crate::machine::kept::{Kept, KeptError};
use crate::machine::{self, Boss, Effect, Input, Outbox};

/// A cluster has one boss, which needs no other name.
pub const ID: &str = "boss";

/// The token of what wakes the loop from other threads; the wires have those above.
const WAKE_TOKEN: mio::Token = mio::Token(0);

/// What a boss is started with.
#[derive(Clone)]
pub struct Settings {
    /// Where nodes dial; none: only by pipe.
    pub link_address: Option<SocketAddr>,
    /// Where page, interface and metrics are served.
    pub http_address: SocketAddr,
    /// The machine's name, under which the page may be asked for.
    pub host: String,
    /// Under which other names.
    pub hosts: Vec<HostPattern>,
    /// Nodes of the same process dial under this name of `hub`.
    pub pipe: Option<String>,
    /// The listeners of this process.
    pub hub: Hub,
    /// Where the state is kept.
    pub data_dir: PathBuf,
    /// The cluster secret.
    pub secret: Vec<u8>,
    /// Who has it may change the cluster; none: nobody may.
    pub admin_key: Option<String>,
    /// Who has it, or the admin key, may read; none: everybody may.
    pub read_key: Option<String>,
    /// The cluster configuration; none: the stored one, or else [`DEFAULT_CLUSTER`].
    pub cluster: Option<String>,
    /// So long after the first queue node registered, the first table is made.
    pub settle_ms: u64,
    /// With so many queue nodes it is made at once.
    pub expected_queue_nodes: Option<usize>,
    /// A link that was silent for so long is dead.
    pub dead_ms: u64,
}

impl Settings {
    /// The defaults: the ports of the manual on all addresses of this host.
    pub fn new(data_dir: PathBuf, secret: Vec<u8>) -> Settings {
        Settings {
            link_address: Some(SocketAddr::from(([0, 0, 0, 0], 7501))),
            http_address: SocketAddr::from(([0, 0, 0, 0], 7500)),
            host: String::new(),
            hosts: Vec::new(),
            pipe: None,
            hub: Hub::default(),
            data_dir,
            secret,
            admin_key: None,
            read_key: None,
            cluster: None,
            settle_ms: 1_000,
            expected_queue_nodes: None,
            dead_ms: limits::DEAD_MS,
        }
    }
}

/// Why a boss can't start. The texts are for its operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was stored makes no sense.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The given cluster configuration has these problems.
    #[error("the cluster configuration is not valid:{}", lines(.0))]
    Cluster(Vec<Problem>),
    /// An address can't be had.
    #[error("the boss can't listen for {what} at {address}: {error}")]
    Listen {
        /// Links or HTTP.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The operating system refuses something else.
    #[error("the boss can't start: {0}")]
    System(#[from] io::Error),
}

/// A boss that runs.
#[derive(Debug)]
pub struct Running {
    /// Where nodes dial it, if they can.
    pub link_address: Option<SocketAddr>,
    /// Where its page is.
    pub http_address: SocketAddr,
    /// What it has counted, and whether it is ready.
    pub board: Board,
    letterbox: Letterbox,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Ends the boss: its links end, its last step is in the store. HTTP answers `unavailable`
    /// then.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.letterbox.post(Mail::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the boss's thread has panicked");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Each metric of a boss, as it is before anything has happened.
pub fn metrics() -> Vec<Sample> {
    let config = Configuration::parse(DEFAULT_CLUSTER).expect("the default is good");
    let found = Found {
        kept: Kept::new(0, Configurations::new(&config, 0, 0)),
        is_older: false,
        chance: 0,
    };
    let settings = Settings::new(PathBuf::new(), Vec::new()).machine();
    let mut all = Boss::new(clock::now(), settings, found).samples();
    all.push(tls_files("links", false));
    all
}

/// Starts a boss. When this returns, its term is in the store and it listens.
///
/// # Errors
/// Each a sentence for the operator.
pub fn run(settings: Settings) -> Result<Running, Error> {
    let store = FileStore::open(&settings.data_dir)?;
    let now = clock::now();
    let boss = Boss::new(now, settings.machine(), find(&store, settings.cluster.as_deref())?);
    let (boss, out) = begin(boss, &store)?;
    let poll = Poll::new()?;
    let waker = std::sync::Arc::new(Waker::new(poll.registry(), WAKE_TOKEN)?);
    let wires = settings.wires(boss.cluster_id());
    let mut wires = Wires::new(poll.registry(), WAKE_TOKEN.0 + 1, wires, settings.hub.clone())?;
    let link_address = match settings.link_address {
        Some(address) => Some(wires.listen(address).map_err(failed("links", address))?),
        None => None,
    };
    if let Some(name) = &settings.pipe {
        wires.listen_pipe(name, waker.clone());
    }
    let (letterbox, mailbox) = mail::open(waker);
    let board = Board::of("boss", ID);
    let routes = http::routes(board.clone())
        .merge(page::routes())
        .merge(api::routes(letterbox.clone(), settings.keys()));
    let http_address = server::serve(settings.http(routes), std::future::pending())
        .map_err(failed("HTTP", settings.http_address))?;
    let keeper = Keeper::start(store, letterbox.clone())?;
    let turns = Loop::new(boss, out, poll, wires, mailbox, keeper, board.clone());
    let thread = Some(threads::spawn("boss", move || turns.run())?);
    Ok(Running { link_address, http_address, board, letterbox, thread })
}

impl Settings {
    fn keys(&self) -> Keys {
        Keys::new(self.admin_key.as_deref(), self.read_key.as_deref())
    }

    fn http(&self, routes: Router) -> Port {
        let ip = self.http_address.ip().to_string();
        let own = [self.host.as_str(), ip.as_str()];
        Port {
            name: "boss".to_owned(),
            address: self.http_address,
            routes,
            hosts: Hosts::of(&self.hosts, "`hosts` in [boss] (--hosts)", &own),
            bounds: Bounds::of_files(files::for_http()),
        }
    }

    fn machine(&self) -> machine::Settings {
        machine::Settings {
            settle_ms: self.settle_ms,
            expected_queue_nodes: self.expected_queue_nodes,
            dead_ms: self.dead_ms,
        }
    }

    fn wires(&self, cluster_id: u64) -> link::machine::Settings {
        link::machine::Settings {
            role: Role::Boss,
            id: ID.to_owned(),
            incarnation: 0,
            cluster_id,
            lane: 0,
            secret: self.secret.clone(),
            beat_ms: limits::BEAT_MS,
            dead_ms: self.dead_ms,
        }
    }
}

/// What the store has, with the configuration that this process was given.
fn find(store: &FileStore, cluster: Option<&str>) -> Result<Found, Error> {
    let (now_unix_ms, chance) = (clock::now().unix_ms, rand::rng().random());
    match store.read()? {
        Stored::Nothing => {
            let toml = cluster.unwrap_or(DEFAULT_CLUSTER);
            let config = Configuration::parse(toml).map_err(Error::Cluster)?;
            let config = Configurations::new(&config, fingerprint(toml), now_unix_ms);
            let kept = Kept::new(rand::rng().random(), config);
            Ok(Found { kept, is_older: false, chance })
        }
        Stored::Something { bytes, unreadable } => {
            let mut kept = Kept::decode(&bytes)?;
            if let Some(toml) = cluster {
                let present = &kept.config.present().toml;
                let config = Configuration::parse_over(toml, present).map_err(Error::Cluster)?;
                kept.config.give(&config, fingerprint(toml), now_unix_ms);
            }
            if let Some(reason) = &unreadable {
                tracing::error!("{reason}; the boss continues from the step before it");
            }
            Ok(Found { kept, is_older: unreadable.is_some(), chance })
        }
    }
}

/// Begins the boss's term: nobody hears of it before the store has it.
fn begin(mut boss: Boss, store: &FileStore) -> Result<(Boss, Outbox), Error> {
    let mut out = Outbox::default();
    boss.handle(clock::now(), Input::Wake, &mut out);
    for effect in std::mem::take(&mut out.effects) {
        match effect {
            Effect::Store(bytes) => {
                store.write(&bytes)?;
                boss.handle(clock::now(), Input::Stored, &mut out);
            }
            Effect::Answer { .. } => {}
        }
    }
    Ok((boss, out))
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

fn failed(what: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::Listen { what, address, error }
}
