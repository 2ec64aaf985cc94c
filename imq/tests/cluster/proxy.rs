//! A proxy between processes that does to what passes what networks do: it holds back each
//! direction for itself, delays it or lets little through, resets connections and refuses new
//! ones, when it is told to; or it hurts connections at random.

mod passing;
mod random;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use passing::{Told, pass};
use random::{Fault, Hurting, hurt};

/// A direction of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From who dials to whom they dial.
    There,
    /// The other one.
    Back,
}

/// What happens to what passes in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Nothing passes, not even an end, and nobody is told: what was said before the direction is
    /// let go again comes then, as TCP would send it again. Who dials waits likewise.
    pub(crate) is_held: bool,
    /// What comes passes after this time.
    pub(crate) delay_ms: u64,
    /// So much passes in a second at most.
    pub(crate) bytes_per_s: Option<u64>,
}

impl Rule {
    /// Nothing passes.
    pub(crate) const HELD: Rule = Rule { is_held: true, delay_ms: 0, bytes_per_s: None };
}

/// A running proxy; it ends with the test.
pub(crate) struct Proxy {
    /// Where it listens, for each of the addresses it passes on to.
    pub(crate) addresses: Vec<SocketAddr>,
    /// For each of them, too.
    switches: Vec<Switches>,
    faults: Arc<AtomicU64>,
    begin: Option<oneshot::Sender<Hurting>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// By which the connections to one address are told what happens to them.
struct Switches {
    there: watch::Sender<Rule>,
    back: watch::Sender<Rule>,
    is_refused: watch::Sender<bool>,
    resets: watch::Sender<()>,
    connections: Arc<AtomicU64>,
}

impl Proxy {
    /// Passes on to these addresses, at first without a fault.
    pub(crate) fn start(targets: Vec<SocketAddr>) -> Proxy {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let bind = |_: &SocketAddr| std::net::TcpListener::bind(local).expect("a port");
        let listeners: Vec<_> = targets.iter().map(bind).collect();
        let addresses = listeners.iter().map(|one| one.local_addr().expect("bound")).collect();
        let switches: Vec<_> = targets.iter().map(|_| Switches::new()).collect();
        let faults = Arc::new(AtomicU64::new(0));
        let (begin, begun) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (runtime, counted) = (runtime.expect("a runtime"), faults.clone());
        let wires: Vec<_> = switches.iter().map(Switches::wire).collect();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let directions = Arc::new(Mutex::new(Vec::new()));
                for ((listener, target), wire) in listeners.into_iter().zip(targets).zip(wires) {
                    tokio::spawn(accept(listener, target, wire, directions.clone()));
                }
                // Whoever drops the proxy before has begun nothing.
                if let Ok(hurting) = begun.await {
                    hurt(&directions, hurting, &counted).await;
                }
            });
        });
        let (begin, thread) = (Some(begin), Some(thread));
        Proxy { addresses, switches, faults, begin, stop: None, thread }
    }

    /// From now on this happens to what passes on the way to an address, or from there, on the
    /// connections that stand and on new ones.
    pub(crate) fn rule(&self, target: usize, way: Way, rule: Rule) {
        let Switches { there, back, .. } = &self.switches[target];
        match way {
            Way::There => there.send_replace(rule),
            Way::Back => back.send_replace(rule),
        };
    }

    /// From now on nothing passes, in neither direction; the sockets stay open.
    pub(crate) fn lose(&self, target: usize) {
        self.rule(target, Way::There, Rule::HELD);
        self.rule(target, Way::Back, Rule::HELD);
    }

    /// What was held, and all that comes, passes again.
    pub(crate) fn find(&self, target: usize) {
        self.rule(target, Way::There, Rule::default());
        self.rule(target, Way::Back, Rule::default());
    }

    /// Resets all connections to an address on both sides; of one that doesn't stand yet the side
    /// of who dials.
    pub(crate) fn reset(&self, target: usize) {
        self.switches[target].resets.send_replace(());
    }

    /// Refuses who dials, as a port does at which nobody listens, or takes them again. It is so a
    /// moment later.
    pub(crate) fn refuse(&self, target: usize, is_refused: bool) {
        self.switches[target].is_refused.send_replace(is_refused);
    }

    /// Whether somebody went this way.
    pub(crate) fn is_used(&self, target: usize) -> bool {
        self.switches[target].connections.load(Ordering::Relaxed) > 0
    }

    /// From now on some connection meets a fault every `pause_ms`, in the mean.
    pub(crate) fn hurt(&mut self, pause_ms: u64, seed: u64) {
        let (stop, stopped) = oneshot::channel();
        let begin = self.begin.take().expect("faults begin once");
        assert!(begin.send(Hurting { stopped, pause_ms, seed }).is_ok(), "the proxy has ended");
        self.stop = Some(stop);
    }

    /// How many faults there have been by chance.
    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop((self.begin.take(), self.stop.take()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Switches {
    fn new() -> Switches {
        let rule = || watch::Sender::new(Rule::default());
        Switches {
            there: rule(),
            back: rule(),
            is_refused: watch::Sender::new(false),
            resets: watch::Sender::new(()),
            connections: Arc::default(),
        }
    }

    fn wire(&self) -> Wire {
        Wire {
            there: self.there.subscribe(),
            back: self.back.subscribe(),
            is_refused: self.is_refused.subscribe(),
            resets: self.resets.subscribe(),
            connections: self.connections.clone(),
        }
    }
}

/// The other end of the switches.
#[derive(Clone)]
struct Wire {
    there: watch::Receiver<Rule>,
    back: watch::Receiver<Rule>,
    is_refused: watch::Receiver<bool>,
    resets: watch::Receiver<()>,
    connections: Arc<AtomicU64>,
}

/// Where the random faults of each direction of each connection are told.
type Directions = Arc<Mutex<Vec<mpsc::Sender<Fault>>>>;

/// Takes who dials, unless they are refused: then nobody listens.
async fn accept(
    listener: std::net::TcpListener,
    target: SocketAddr,
    wire: Wire,
    directions: Directions,
) -> std::io::Result<()> {
    let mut is_refused = wire.is_refused.clone();
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let mut listener = Some(TcpListener::from_std(listener)?);
    loop {
        match &listener {
            Some(open) => tokio::select! {
                accepted = open.accept() => {
                    tokio::spawn(dial(accepted?.0, target, wire.clone(), directions.clone()));
                }
                refused = is_refused.wait_for(|is_refused| *is_refused) => {
                    if refused.is_err() {
                        return Ok(());
                    }
                    listener = None;
                }
            },
            None => {
                if is_refused.wait_for(|is_refused| !is_refused).await.is_err() {
                    return Ok(());
                }
                listener = Some(TcpListener::bind(address).await?);
            }
        }
    }
}

/// Dials for somebody, and carries until the connection ends.
async fn dial(dialler: TcpStream, target: SocketAddr, mut wire: Wire, directions: Directions) {
    wire.connections.fetch_add(1, Ordering::Relaxed);
    let mut resets = wire.resets.clone();
    resets.mark_unchanged();
    let dialled = async {
        wire.there.wait_for(|rule| !rule.is_held).await.ok();
        // A target that isn't there ends whoever dials.
        TcpStream::connect(target).await
    };
    let acceptor = tokio::select! {
        dialled = dialled => dialled,
        _ = resets.changed() => return reset(&dialler),
    };
    let (mut dialler, Ok(mut acceptor)) = (dialler, acceptor) else { return };
    dialler.set_nodelay(true).ok();
    acceptor.set_nodelay(true).ok();
    tokio::select! {
        () = carry(&mut dialler, &mut acceptor, &wire, &directions) => return,
        _ = resets.changed() => {}
    }
    reset(&dialler);
    reset(&acceptor);
}

/// Passes on in both directions, until both have ended or one has cut the connection.
async fn carry(
    dialler: &mut TcpStream,
    acceptor: &mut TcpStream,
    wire: &Wire,
    directions: &Directions,
) {
    let (there, heard) = (mpsc::channel(4), mpsc::channel(4));
    directions.lock().expect("nobody panics with it").extend([there.0, heard.0]);
    let (from_dialler, to_dialler) = dialler.split();
    let (from_acceptor, to_acceptor) = acceptor.split();
    let cut = Notify::new();
    let there = Told { rule: wire.there.clone(), faults: there.1 };
    let back = Told { rule: wire.back.clone(), faults: heard.1 };
    tokio::select! {
        _ = async { tokio::join!(
            pass(from_dialler, to_acceptor, there, &cut),
            pass(from_acceptor, to_dialler, back, &cut),
        ) } => {}
        () = cut.notified() => {}
    }
}

/// Whoever is at the other end reads a reset once the socket is closed.
fn reset(stream: &TcpStream) {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).ok();
}
