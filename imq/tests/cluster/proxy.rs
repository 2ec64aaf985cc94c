//! A proxy between nodes that hurts what passes through it, at random: it cuts connections, mostly
//! within a frame, ends one direction only, and holds one direction back, often for longer than a
//! silent peer is borne.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

/// A cut comes after at most so many bytes: within what a turn writes, seldom between two frames.
const PASSED_BYTES_MAX: usize = 2000;
/// The longest time that a direction is held back; a link bears 500 ms.
const HELD_MS_MAX: u64 = 900;

/// What happens to one direction of a connection.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// So many more bytes pass, then the whole connection ends.
    Cut { after_bytes: usize },
    /// The receiver is told that no more comes; the other direction goes on.
    End,
    /// What comes is passed on only after this time; the other direction goes on.
    Hold { ms: u64 },
}

/// A running proxy; it ends with the test.
pub(crate) struct Proxy {
    /// Where it listens, for each of the addresses it passes on to.
    pub(crate) addresses: Vec<SocketAddr>,
    faults: Arc<AtomicU64>,
    begin: Option<oneshot::Sender<Hurting>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Passes on to these addresses, at first without a fault.
    pub(crate) fn start(targets: Vec<SocketAddr>) -> Proxy {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let bind = |_: &SocketAddr| std::net::TcpListener::bind(local).expect("a port");
        let listeners: Vec<_> = targets.iter().map(bind).collect();
        let addresses = listeners.iter().map(|one| one.local_addr().expect("bound")).collect();
        let faults = Arc::new(AtomicU64::new(0));
        let (begin, begun) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (runtime, counted) = (runtime.expect("a runtime"), faults.clone());
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let directions = Arc::new(Mutex::new(Vec::new()));
                for (listener, target) in listeners.into_iter().zip(targets) {
                    listener.set_nonblocking(true).expect("it is ours");
                    let listener = TcpListener::from_std(listener).expect("it is ours");
                    tokio::spawn(accept(listener, target, directions.clone()));
                }
                // Whoever drops the proxy before has begun nothing.
                if let Ok(hurting) = begun.await {
                    hurt(&directions, hurting, &counted).await;
                }
            });
        });
        Proxy { addresses, faults, begin: Some(begin), stop: None, thread: Some(thread) }
    }

    /// From now on some connection meets a fault every `pause_ms`, in the mean.
    pub(crate) fn hurt(&mut self, pause_ms: u64, seed: u64) {
        let (stop, stopped) = oneshot::channel();
        let begin = self.begin.take().expect("faults begin once");
        assert!(begin.send(Hurting { stopped, pause_ms, seed }).is_ok(), "the proxy has ended");
        self.stop = Some(stop);
    }

    /// How many faults there have been.
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

/// Where the faults of each direction of each connection are told.
type Directions = Arc<Mutex<Vec<mpsc::Sender<Fault>>>>;

async fn accept(listener: TcpListener, target: SocketAddr, directions: Directions) {
    while let Ok((dialler, _)) = listener.accept().await {
        // A target that isn't there refuses whoever dials.
        let Ok(acceptor) = TcpStream::connect(target).await else { continue };
        tokio::spawn(carry(dialler, acceptor, directions.clone()));
    }
}

/// Passes on in both directions, until both have ended or one has cut the connection.
async fn carry(dialler: TcpStream, acceptor: TcpStream, directions: Directions) {
    dialler.set_nodelay(true).ok();
    acceptor.set_nodelay(true).ok();
    let (there, heard) = (mpsc::channel(4), mpsc::channel(4));
    directions.lock().expect("nobody panics with it").extend([there.0, heard.0]);
    let (from_dialler, to_dialler) = dialler.into_split();
    let (from_acceptor, to_acceptor) = acceptor.into_split();
    let cut = Notify::new();
    tokio::select! {
        _ = async { tokio::join!(
            pass(from_dialler, to_acceptor, there.1, &cut),
            pass(from_acceptor, to_dialler, heard.1, &cut),
        ) } => {}
        () = cut.notified() => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut faults: mpsc::Receiver<Fault>,
    cut: &Notify,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut bytes_left = usize::MAX;
    loop {
        let read = tokio::select! {
            fault = faults.recv() => {
                match fault {
                    Some(Fault::Cut { after_bytes }) => bytes_left = after_bytes,
                    Some(Fault::End) | None => return to.shutdown().await,
                    Some(Fault::Hold { ms }) => wait(ms).await,
                }
                continue;
            }
            read = from.read(&mut buffer) => read?,
        };
        if read == 0 {
            return to.shutdown().await;
        }
        let passed = read.min(bytes_left);
        bytes_left -= passed;
        to.write_all(&buffer[..passed]).await?;
        if bytes_left == 0 {
            cut.notify_one();
        }
    }
}

/// How faults are drawn, and until when.
struct Hurting {
    stopped: oneshot::Receiver<()>,
    pause_ms: u64,
    seed: u64,
}

/// Draws a fault after each pause, until the proxy is stopped.
async fn hurt(directions: &Directions, hurting: Hurting, count: &AtomicU64) {
    let Hurting { mut stopped, pause_ms, seed } = hurting;
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        let pause = Duration::from_millis(random.random_range(0..=pause_ms * 2));
        if timeout(pause, &mut stopped).await.is_ok() {
            return;
        }
        let fault = match random.random_range(0..10) {
            0..5 => Fault::Cut { after_bytes: random.random_range(0..PASSED_BYTES_MAX) },
            5..7 => Fault::End,
            _ => Fault::Hold { ms: random.random_range(0..=HELD_MS_MAX) },
        };
        let mut directions = directions.lock().expect("nobody panics with it");
        directions.retain(|direction| !direction.is_closed());
        if !directions.is_empty() {
            let victim = random.random_range(0..directions.len());
            count.fetch_add(
                u64::from(directions[victim].try_send(fault).is_ok()),
                Ordering::Relaxed,
            );
        }
    }
}

/// Time is what this fault is made of.
async fn wait(ms: u64) {
    timeout(Duration::from_millis(ms), std::future::pending::<()>()).await.ok();
}
