//! Opens what the settings say and starts the threads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use link::io::clock;
use link::io::threads::spawn;
use member::io::http::server::Open;
use member::io::{Board, calls};
use mio::{Poll, Waker};
use proto::limits;

use super::callout::Caller;
use super::clients::door::Door;
use super::clients::listener::{self, Listeners};
use super::connections;
use super::files::Files;
use super::hops;
use super::keys::{self, Keys};
use super::mail::{Letter, Letterbox};
use super::settings::Settings;
use super::turn::{self, Loop};
use super::web;
use crate::machine::token::Tokens;

/// One in so many of a lane's connections may be there beyond them, to be told where else to go.
const HANDED_ON_PART: usize = 16;

/// Why a gateway can't start, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address can't be had.
    #[error("{what} can't listen at {address}: {error}")]
    Listen {
        /// For whom.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The keys of tokens can't be had.
    #[error("[auth]: {0}")]
    Keys(#[from] keys::Error),
    /// A thread can't be started, or the operating system refuses its tools.
    #[error("a lane can't be started: {0}")]
    Lane(#[from] std::io::Error),
}

/// A gateway at work.
#[derive(Debug)]
pub struct Running {
    /// Where clients speak protobuf over TCP.
    pub tcp: SocketAddr,
    /// Where clients open WebSockets.
    pub http: SocketAddr,
    /// Where the back end asks, and metrics are.
    pub web: SocketAddr,
    /// What the lanes have counted, and whether they are ready.
    pub board: Board,
    lanes: Vec<Letterbox>,
    threads: Vec<JoinHandle<()>>,
    /// They are read as long as this is there.
    keys: Option<Keys>,
    /// The back end's door is closed with the gateway.
    #[expect(dead_code, reason = "its end is what it says")]
    open: Open,
}

impl Running {
    /// Tells every client to go elsewhere; they get a moment to hear it.
    pub fn drain(&self) {
        self.tell_all(|| Letter::Drain);
    }

    /// Has newer keys for tokens fetched, if they come from a URL; whether they may come.
    pub fn fetch_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.asks().ask(clock::now()))
    }

    /// Ends all lanes and waits for them. The lane with the boss's link is the last: till then the
    /// boss shows that the gateway drains.
    pub fn stop(mut self) {
        let threads = self.threads.split_off(1);
        end(&self.lanes[1..], threads);
        end(&self.lanes[..1], self.threads);
    }

    /// Ends it as a crash does: its clients and the boss hear nothing but the end of their
    /// connections.
    pub fn kill(self) {
        self.tell_all(|| Letter::Kill);
        wait_for(self.threads);
    }

    fn tell_all(&self, letter: impl Fn() -> Letter) {
        self.lanes.iter().for_each(|lane| tell(lane, letter()));
    }
}

fn tell(lane: &Letterbox, letter: Letter) {
    if lane.put(letter).is_err() {
        tracing::warn!("a lane takes no letters any more");
    }
}

fn end(lanes: &[Letterbox], threads: Vec<JoinHandle<()>>) {
    lanes.iter().for_each(|lane| tell(lane, Letter::Stop));
    wait_for(threads);
}

fn wait_for(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a lane has ended by a bug");
        }
    }
}

/// Starts a gateway.
///
/// # Errors If an address can't be had or a thread can't be started. A boss that doesn't answer is
/// no error: the gateway waits for it and says so.
pub fn run(settings: Settings) -> Result<Running, Error> {
    let lanes = settings.lanes.max(1);
    let (tcp, tcp_listeners) = listen("clients", settings.tcp, lanes)?;
    let (http, http_listeners) = listen("WebSockets", settings.http, lanes)?;
    let files = Files::share(settings.connections_max);
    let connections_max = (files.clients / lanes).max(1);
    let handed_on_max = handed_on_max(connections_max);
    // Where files are the bound, theirs are among them.
    let is_bound = files.clients < settings.connections_max;
    let connections_max = connections_max - if is_bound { handed_on_max } else { 0 };
    let door = Door::new(&settings);
    let settings = Arc::new(settings);
    let board = Board::of("gateway", &settings.id);
    let mut boxes = Vec::new();
    let mut prepared = Vec::new();
    for number in 0..=lanes {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), turn::WAKER)?);
        boxes.push(Letterbox::new(waker));
        prepared.push((number as u32, poll));
        // Whoever asks whether the gateway is ready waits for every lane's word.
        let unready = "it has just been started".to_owned();
        board.set_unready(&turn::board_name(number as u32), Some(unready));
    }
    let back_ends = web::exchange(&settings, boxes[0].clone());
    let (calls, calling) = calls::open(boxes[0].wakes());
    let for_boss =
        (calling, connections::routes(boxes[1..].to_vec()).merge(hops::routes(boxes.clone())));
    let web = web::serve(&settings, files.web, back_ends.clone(), board.clone(), for_boss);
    let (web, open) = web.map_err(|error| Error::Listen {
        what: "the back end's door",
        address: settings.web,
        error,
    })?;
    let mut calls = Some(calls);
    let keys = read_keys(&settings, &board, &boxes[1..])?;
    let caller = Caller::start(files.callouts)?;
    let mut sockets = tcp_listeners.into_iter().zip(http_listeners);
    let mut threads = Vec::new();
    let most = (connections_max, handed_on_max);
    for (number, poll) in prepared {
        let listeners = if number == 0 { None } else { sockets.next() };
        let listeners = listeners.map(|(tcp, http)| Listeners::new(tcp, http, most, door.clone()));
        let lane = Loop {
            number,
            settings: Arc::clone(&settings),
            letterbox: boxes[number as usize].clone(),
            caller: caller.clone(),
            callouts_max: files.callouts,
            calls: if number == 0 { calls.take() } else { None },
            others: if number == 0 { boxes[1..].to_vec() } else { Vec::new() },
            board: board.clone(),
            connections_max: connections_max * lanes,
            client_address: tcp,
            back_ends: back_ends.clone(),
            keys: keys.as_ref().map(Keys::asks),
            listeners,
        };
        threads.push(spawn(format!("lane {number}"), move || lane.run(poll))?);
    }
    Ok(Running { tcp, http, web, board, lanes: boxes, threads, keys, open })
}

/// So many beyond a lane's connections may be there to be told where else to go.
fn handed_on_max(connections_max: usize) -> usize {
    (connections_max / HANDED_ON_PART).clamp(1, limits::HANDED_ON_MAX)
}

/// Has the keys of tokens read, now and when they change, and told to the lanes.
fn read_keys(
    settings: &Settings,
    board: &Board,
    lanes: &[Letterbox],
) -> Result<Option<Keys>, keys::Error> {
    let Some(auth) = settings.auth.clone() else { return Ok(None) };
    let lanes = lanes.to_vec();
    let tell = move |tokens: Arc<Tokens>| {
        for lane in &lanes {
            if lane.put(Letter::Tokens(Arc::clone(&tokens))).is_err() {
                tracing::error!("a lane reads no letters: it keeps the keys it had");
            }
        }
    };
    keys::start(auth, board.clone(), tell).map(Some)
}

type Bound = (SocketAddr, Vec<mio::net::TcpListener>);

fn listen(what: &'static str, address: SocketAddr, lanes: usize) -> Result<Bound, Error> {
    listener::bind(address, lanes).map_err(|error| Error::Listen { what, address, error })
}
