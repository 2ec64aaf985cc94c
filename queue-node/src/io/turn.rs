//! The loop: read all that links brought, decide it, write each link once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use link::io::{Wires, clock, threads};
use member::io::http::server::{self, Bounds, Hosts, Open, Port};
use member::io::{Board, Membership, Memory, calls, dial, files, http};
use member::machine::Member;
use mio::{Events, Poll, Token, Waker};
use proto::limits;
use proto::link::Role;

use super::decider::{self, Decider};
use super::looks::{self, Look};
use super::settings::{Error, Listen, Settings};

/// Readiness of so many sockets is taken at once.
const EVENTS_MAX: usize = 1024;
/// Counted bytes are about two thirds of what the process takes; the rest of the memory is the
/// links', the kernel's and other processes'.
const PART_OF_MEMORY: u64 = 2;
/// Where the kernel says nothing.
const UNKNOWN_MEMORY: u64 = 4 * 1024 * 1024 * 1024;
const WAKER: Token = Token(0);
const FIRST_WIRE: usize = 1;

/// A queue node that runs.
#[derive(Debug)]
pub struct Running {
    /// Where links are accepted.
    pub link: SocketAddr,
    /// Where operators look.
    pub http: SocketAddr,
    /// What it has counted, and whether it is ready.
    pub board: Board,
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
    /// The HTTP port is closed with the node.
    #[expect(dead_code, reason = "its end is what it says")]
    open: Open,
}

impl Running {
    /// Ends the thread and waits for it. `None` if it had died of a bug.
    pub fn stop(mut self) -> Option<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.waker.wake().ok()?;
        self.thread.take()?.join().ok()
    }
}

/// Starts a queue node on a thread of its own.
///
/// # Errors
/// If an address can't be had.
pub fn run(settings: Settings) -> Result<Running, Error> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let mut wires =
        Wires::new(poll.registry(), FIRST_WIRE, link_settings(&settings), settings.hub.clone())?;
    let (Listen::Tcp(address) | Listen::Pipe(address, _)) = settings.listen;
    let link = wires.listen(address).map_err(|error| Error::Listen(address, error))?;
    let mut found_at = settings.advertise.clone();
    if let Listen::Pipe(_, name) = &settings.listen {
        wires.listen_pipe(name, waker.clone());
        found_at = format!("pipe:{name}");
    } else if found_at.is_empty() {
        found_at = link.to_string();
    }
    let board = Board::of("queue-node", &settings.id);
    let address = settings.listen_http;
    let routes = http::routes(board.clone());
    let (calls, calling) = calls::open(wakes(&waker));
    let (own, looks) = looks::routes(waker.clone());
    let answering = calling.answer(routes.clone().merge(own), None);
    let port = Port {
        name: settings.id.clone(),
        address,
        routes,
        // What operators see is all there is.
        hosts: Hosts::any(),
        bounds: Bounds::of_files(files::for_http()),
    };
    let (open, closed) = server::until_dropped();
    let beside = async {
        tokio::join!(answering, closed);
    };
    let http = server::serve(port, beside).map_err(|error| Error::ListenHttp(address, error))?;
    let process = rand::random();
    let member = Member::new(&settings.id, Role::QueueNode, &settings.host, &found_at, process);
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, id) = (stop.clone(), settings.id.clone());
    let membership = Membership::new(member, vec![settings.boss], decider::voice(settings.fatal))
        .answering(calls);
    let bytes_max = settings.bytes_max.unwrap_or_else(bytes_max);
    let (hub, faults) = (settings.hub, settings.faults);
    let shown = board.clone();
    let thread = threads::spawn(format!("{} node", settings.id), move || {
        membership.dial_bosses(clock::now(), &mut wires);
        let mut decider = Decider::new(membership, id, board, bytes_max);
        (decider.hub, decider.faults) = (hub, faults);
        Loop { poll, wires, decider, looks, stopped }.run();
    })?;
    Ok(Running { link, http, board: shown, stop, waker, thread: Some(thread), open })
}

/// How much a node may keep where nobody has said it.
fn bytes_max() -> u64 {
    Memory::read().map_or(UNKNOWN_MEMORY, |memory| memory.max()) / PART_OF_MEMORY
}

/// Wakes the machine's thread.
fn wakes(waker: &Arc<Waker>) -> impl Fn() + Send + Sync + 'static {
    let waker = Arc::clone(waker);
    move || {
        if let Err(error) = waker.wake() {
            tracing::error!("the node's thread can't be woken: {error}");
        }
    }
}

fn link_settings(settings: &Settings) -> link::machine::Settings {
    link::machine::Settings {
        role: Role::QueueNode,
        id: settings.id.clone(),
        incarnation: 0,
        cluster_id: 0,
        lane: 0,
        secret: settings.secret.clone(),
        beat_ms: limits::BEAT_MS,
        dead_ms: limits::DEAD_MS,
    }
}

struct Loop {
    poll: Poll,
    wires: Wires,
    decider: Decider,
    looks: Receiver<Look>,
    stopped: Arc<AtomicBool>,
}

impl Loop {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        while !self.stopped.load(Ordering::Relaxed) {
            let wake = [self.wires.wake_at(), self.decider.wake_at()].into_iter().flatten().min();
            match self.poll.poll(&mut events, clock::until(clock::now(), wake)) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                    tracing::error!("waiting for sockets: {error}");
                    return;
                }
                Ok(()) | Err(_) => {}
            }
            let now = clock::now();
            self.decider.begin_turn();
            for event in &events {
                if event.token() != WAKER && self.wires.owns(event.token()) {
                    self.wires.ready(now, event, &mut self.decider);
                }
            }
            self.wires.wake(now, &mut self.decider);
            self.decider.answer_calls(now);
            while let Ok(look) = self.looks.try_recv() {
                self.decider.look(now, look);
            }
            self.decider.end_turn(now);
            let dials = self.decider.membership.dials();
            dial(dials, now, &mut self.wires, &mut self.decider);
            self.wires.flush(now, &mut self.decider);
        }
    }
}
