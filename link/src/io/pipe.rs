//! What the links of a process share: TLS, the names of hosts, and the pipes that take the place of
//! sockets where the whole cluster runs in one process, with the same code above them.

use std::io;
use std::sync::Arc;

use dashmap::DashMap;
use mio::Waker;
use mio::net::UnixStream;
use proto::time::Time;

use super::resolver::Resolver;
use super::tls::Tls;

/// Addresses of this scheme are names of listeners in the same process.
pub(super) const SCHEME: &str = "pipe:";
/// Ends that nobody has accepted yet, per listener: a thread that takes none is broken.
const WAITING_MAX: usize = 1024;

/// The listeners of a process, its TLS, and its look-ups of names. Clones are the same hub.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    listeners: Arc<DashMap<String, Listener>>,
    tls: Option<Tls>,
    pub(super) resolver: Resolver,
}

#[derive(Debug)]
struct Listener {
    waker: Arc<Waker>,
    waiting: Vec<UnixStream>,
}

impl Hub {
    /// A hub whose links over TCP all speak TLS, both ways.
    pub fn secured(tls: Tls) -> Hub {
        Hub { tls: Some(tls), ..Hub::default() }
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether the links' TLS has files that can't be used as they are now, if they speak it.
    pub fn has_unusable_files(&self, now: Time) -> Option<bool> {
        self.tls.as_ref().map(|tls| tls.has_unusable_files(now))
    }

    pub(super) fn listen(&self, name: &str, waker: Arc<Waker>) {
        let listener = Listener { waker, waiting: Vec::new() };
        self.listeners.insert(name.to_owned(), listener);
    }

    pub(super) fn connect(&self, name: &str) -> io::Result<UnixStream> {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let (here, there) = UnixStream::pair()?;
        let mut listener = self.listeners.get_mut(name).ok_or_else(refused)?;
        if listener.waiting.len() >= WAITING_MAX {
            return Err(refused());
        }
        listener.waiting.push(there);
        listener.waker.wake()?;
        Ok(here)
    }

    pub(super) fn accept(&self, name: &str) -> Vec<UnixStream> {
        let listener = self.listeners.get_mut(name);
        listener.map(|mut one| std::mem::take(&mut one.waiting)).unwrap_or_default()
    }

    pub(super) fn close(&self, name: &str) {
        self.listeners.remove(name);
    }
}
