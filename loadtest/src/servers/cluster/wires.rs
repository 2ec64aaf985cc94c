//! What the links of a cluster's processes go through, so that those between two of them can be cut
//! as a network does it: nothing passes in either direction, and nobody is told. What was said
//! meanwhile comes once the cut is mended, as TCP would send it again.
//!
//! Who dials says so first, in the `Hello` of its link, which is read as it passes.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};

use crate::peers::protobuf::{Fields, Value};
use crate::peers::wire::varint;

/// What is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// A longer first frame is none of a link.
const HELLO_BYTES_MAX: usize = 4096;
/// The field of `Hello` that is the node's id.
const ID: u64 = 4;

/// All wires of a cluster. Their threads end with the process.
#[derive(Debug, Default)]
pub(crate) struct Wires {
    cuts: Arc<Cuts>,
}

/// Which pairs are cut, by their ids.
#[derive(Debug, Default)]
struct Cuts {
    pairs: Mutex<BTreeSet<[String; 2]>>,
    mended: Condvar,
}

impl Wires {
    /// A door that leads to a process, for whoever dials it.
    pub(crate) fn lead_to(&self, id: &str, address: SocketAddr) -> Result<SocketAddr> {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a port of a wire")?;
        let found_at = door.local_addr().context("a port of a wire")?;
        let (cuts, id) = (self.cuts.clone(), id.to_owned());
        start(move || {
            for dialler in door.incoming().map_while(Result::ok) {
                let (cuts, id) = (cuts.clone(), id.clone());
                // A link that can't be carried ends, and is dialled again.
                start(move || drop(carry(dialler, address, &id, &cuts))).ok();
            }
        })?;
        Ok(found_at)
    }

    /// From now on nothing passes between these two.
    pub(crate) fn cut(&self, one: &str, other: &str) {
        self.cuts.lock().insert(pair(one, other));
    }

    /// Ends all cuts.
    pub(crate) fn mend(&self) {
        self.cuts.lock().clear();
        self.cuts.mended.notify_all();
    }
}

impl Cuts {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<[String; 2]>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when these aren't cut.
    fn wait(&self, pair: &[String; 2]) {
        let until = self.mended.wait_while(self.lock(), |pairs| pairs.contains(pair));
        drop(until.unwrap_or_else(PoisonError::into_inner));
    }
}

fn pair(one: &str, other: &str) -> [String; 2] {
    let mut pair = [one.to_owned(), other.to_owned()];
    pair.sort();
    pair
}

fn start(run: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name("wire".into()).stack_size(256 * 1024).spawn(run);
    thread.map(drop).context("starting a thread of a wire")
}

/// Dials for somebody, and passes on until both have ended.
fn carry(mut dialler: TcpStream, to: SocketAddr, id: &str, cuts: &Arc<Cuts>) -> Result<()> {
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
    let pair = pair(&who, id);
    cuts.wait(&pair);
    let mut acceptor = TcpStream::connect(to)?;
    dialler.set_nodelay(true)?;
    acceptor.set_nodelay(true)?;
    acceptor.write_all(&read)?;
    let back = (acceptor.try_clone()?, dialler.try_clone()?, cuts.clone(), pair.clone());
    start(move || pass(back.0, back.1, &back.2, &back.3))?;
    pass(dialler, acceptor, cuts, &pair);
    Ok(())
}

/// Passes on one direction until its end; an end waits for a cut's end, too.
fn pass(mut from: TcpStream, mut to: TcpStream, cuts: &Cuts, pair: &[String; 2]) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk);
        cuts.wait(pair);
        let passed = match read {
            Ok(0) => {
                to.shutdown(Shutdown::Write).ok();
                return;
            }
            Ok(length) => to.write_all(&chunk[..length]),
            Err(error) => Err(error),
        };
        if passed.is_err() {
            // Sockets that have ended can't be shut down, and that is as well.
            from.shutdown(Shutdown::Both).ok();
            to.shutdown(Shutdown::Both).ok();
            return;
        }
    }
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
