//! What the links of a cluster's processes go through, so that what one of them says to another can
//! be held as a network does it: nothing passes, and nobody is told. What was said meanwhile comes
//! once the cut is mended, as TCP would send it again. Nobody dials against a cut of either
//! direction. Or all that is said comes later by a time.
//!
//! Who dials says so first, in the `Hello` of its link, which is read as it passes.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::{Clock, Nanoseconds, nanoseconds};
use crate::peers::protobuf::{Fields, Value};
use crate::peers::wire::varint;

/// What is read at once.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks on their way, small ones for the most part; while there are more, nothing is read.
const CHUNKS_MAX: usize = 4096;
/// A longer first frame is none of a link.
const HELLO_BYTES_MAX: usize = 4096;
/// The field of `Hello` that is the node's id.
const ID: u64 = 4;

/// All wires of a cluster. Their threads end with the process.
#[derive(Debug, Default)]
pub(crate) struct Wires {
    faults: Arc<Faults>,
}

/// Who says something, and to whom, by their ids.
type Way = [String; 2];

/// What happens to what is said.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing passes.
    Cut,
    /// It comes later by so much.
    Late(Duration),
}

/// Where what happens; all else passes at once.
#[derive(Debug, Default)]
struct Faults {
    ways: Mutex<BTreeMap<Way, Fault>>,
    mended: Condvar,
}

impl Wires {
    /// A door that leads to a process, for whoever dials it.
    pub(crate) fn lead_to(&self, id: &str, address: SocketAddr) -> Result<SocketAddr> {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a port of a wire")?;
        let found_at = door.local_addr().context("a port of a wire")?;
        let (faults, id) = (self.faults.clone(), id.to_owned());
        start(move || {
            for dialler in door.incoming().map_while(Result::ok) {
                let (faults, id) = (faults.clone(), id.clone());
                // A link that can't be carried ends, and is dialled again.
                start(move || drop(carry(dialler, address, &id, &faults))).ok();
            }
        })?;
        Ok(found_at)
    }

    /// From now on nothing passes from one to the other.
    pub(crate) fn cut(&self, from: &str, to: &str) {
        self.faults.lock().insert(way(from, to), Fault::Cut);
    }

    /// From now on what one says to the other comes later by so much.
    pub(crate) fn delay(&self, from: &str, to: &str, by: Duration) {
        self.faults.lock().insert(way(from, to), Fault::Late(by));
    }

    /// Ends all of it.
    pub(crate) fn mend(&self) {
        self.faults.lock().clear();
        self.faults.mended.notify_all();
    }
}

impl Faults {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Way, Fault>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when none of these is cut.
    fn wait(&self, ways: &[&Way]) {
        let is_cut = |all: &mut BTreeMap<Way, Fault>| {
            ways.iter().any(|way| matches!(all.get(*way), Some(Fault::Cut)))
        };
        let until = self.mended.wait_while(self.lock(), is_cut);
        drop(until.unwrap_or_else(PoisonError::into_inner));
    }

    /// How much later what is said comes.
    fn late(&self, way: &Way) -> Duration {
        match self.lock().get(way) {
            Some(Fault::Late(by)) => *by,
            Some(Fault::Cut) | None => Duration::ZERO,
        }
    }
}

fn way(from: &str, to: &str) -> Way {
    [from.to_owned(), to.to_owned()]
}

fn start(run: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name("wire".into()).stack_size(256 * 1024).spawn(run);
    thread.map(drop).context("starting a thread of a wire")
}

/// Dials for somebody, and passes on until both have ended.
fn carry(mut dialler: TcpStream, to: SocketAddr, id: &str, faults: &Arc<Faults>) -> Result<()> {
    let mut read = Vec::new();
    let who = loop {
        if let Some(who) = dialler_of(&read)? {
            break who;
        }
        let mut chunk = [0; 1024];
        let length = dialler.read(&mut chunk)?;
        if length == 0 {
            return Ok(());
        }
        read.extend_from_slice(&chunk[..length]);
    };
    let (there, back) = (way(&who, id), way(id, &who));
    faults.wait(&[&there, &back]);
    let mut acceptor = TcpStream::connect(to)?;
    dialler.set_nodelay(true)?;
    acceptor.set_nodelay(true)?;
    acceptor.write_all(&read)?;
    let (from, to) = (acceptor.try_clone()?, dialler.try_clone()?);
    pass(from, to, faults, back)?;
    pass(dialler, acceptor, faults, there)
}

/// What is on its way, and when it is due.
struct Chunk {
    due: Nanoseconds,
    /// None: the end.
    bytes: Option<Vec<u8>>,
}

/// Passes on one direction until its end, which is cut and delayed like the rest.
fn pass(mut from: TcpStream, to: TcpStream, faults: &Arc<Faults>, way: Way) -> Result<()> {
    let (clock, (put, take)) = (Clock::start(), sync_channel(CHUNKS_MAX));
    let (read_faults, read_way) = (faults.clone(), way.clone());
    let source = from.try_clone()?;
    start(move || read_on(&mut from, &put, clock, &read_faults, &read_way))?;
    let faults = faults.clone();
    start(move || write_on(&source, to, &take, clock, &faults, &way))
}

fn read_on(
    from: &mut TcpStream,
    put: &SyncSender<Chunk>,
    clock: Clock,
    faults: &Faults,
    way: &Way,
) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => None,
            Ok(length) => Some(buffer[..length].to_vec()),
            // The writer shuts both down.
            Err(_) => return,
        };
        let is_end = bytes.is_none();
        let due = clock.now() + nanoseconds(faults.late(way));
        if put.send(Chunk { due, bytes }).is_err() || is_end {
            return;
        }
    }
}

fn write_on(
    from: &TcpStream,
    mut to: TcpStream,
    take: &Receiver<Chunk>,
    clock: Clock,
    faults: &Faults,
    way: &Way,
) {
    while let Ok(Chunk { due, bytes }) = take.recv() {
        thread::sleep(Duration::from_nanos(due.saturating_sub(clock.now())));
        faults.wait(&[way]);
        let Some(bytes) = bytes else {
            to.shutdown(Shutdown::Write).ok();
            return;
        };
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    faults.wait(&[way]);
    // Sockets that have ended can't be shut down, and that is as well.
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}

/// Who says the first frame of a link; none: it isn't whole.
fn dialler_of(bytes: &[u8]) -> Result<Option<String>> {
    anyhow::ensure!(bytes.len() <= HELLO_BYTES_MAX, "a link begins with a hello");
    let Some((length, taken)) = varint(bytes)? else {
        return Ok(None);
    };
    let Some(frame) = usize::try_from(length).ok().and_then(|length| bytes[taken..].get(..length))
    else {
        return Ok(None);
    };
    let hello = Fields { bytes: frame }.next()?.map(|field| field.value);
    let Some(Value::Bytes(hello)) = hello else { anyhow::bail!("a link begins with a hello") };
    let mut fields = Fields { bytes: hello };
    while let Some(field) = fields.next()? {
        if let (ID, Value::Bytes(id)) = (field.tag >> 3, field.value) {
            return Ok(Some(String::from_utf8_lossy(id).into_owned()));
        }
    }
    anyhow::bail!("a hello without an id")
}
