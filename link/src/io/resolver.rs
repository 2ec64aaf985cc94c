//! From the names of hosts to their addresses, beside the loops: a name server that doesn't answer
//! holds up the links that wait for it, and nothing else on their threads.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::time::Time;

use super::{clock, threads};

/// What was found counts for this long: all lanes that dial a node are told by one look-up, and a
/// node that has moved is found by the next dial but one.
const KEPT_MS: u64 = 1_000;
/// Threads that look up at a time: a few slow names don't keep the others waiting.
const LOOKUPS_MAX: usize = 8;

/// The names that a process has looked up lately. Clones are the same.
#[derive(Clone)]
pub(super) struct Resolver {
    look_up: Arc<LookUp>,
    names: Arc<Mutex<BTreeMap<String, Name>>>,
}

type LookUp = dyn Fn(&str) -> io::Result<SocketAddr> + Send + Sync;

/// What is known of a name.
#[derive(Debug)]
enum Name {
    /// A thread looks it up.
    Asked,
    /// Since when; or why there is no address.
    Known(u64, Result<SocketAddr, (io::ErrorKind, String)>),
}

impl Name {
    fn is_kept(&self, now: Time) -> bool {
        match self {
            Name::Asked => true,
            Name::Known(since_ms, _) => now.ms < since_ms + KEPT_MS,
        }
    }
}

impl Default for Resolver {
    fn default() -> Resolver {
        Resolver::new(|address| {
            let unknown = || io::Error::new(io::ErrorKind::NotFound, "the address has no host");
            address.to_socket_addrs()?.next().ok_or_else(unknown)
        })
    }
}

impl Resolver {
    pub(super) fn new(
        look_up: impl Fn(&str) -> io::Result<SocketAddr> + Send + Sync + 'static,
    ) -> Resolver {
        Resolver { look_up: Arc::new(look_up), names: Arc::default() }
    }

    /// The address of a host and port, if it is known: otherwise ask again in a moment.
    pub(super) fn find(&self, now: Time, address: &str) -> Option<io::Result<SocketAddr>> {
        if let Ok(literal) = address.parse() {
            return Some(Ok(literal));
        }
        let mut names = self.lock();
        names.retain(|_, name| name.is_kept(now));
        match names.get(address) {
            Some(Name::Known(_, found)) => {
                let failed = |(kind, reason): &(_, String)| io::Error::new(*kind, reason.clone());
                return Some(found.as_ref().copied().map_err(failed));
            }
            Some(Name::Asked) => return None,
            None => {}
        }
        let asked = names.values().filter(|name| matches!(name, Name::Asked)).count();
        if asked >= LOOKUPS_MAX {
            return None;
        }
        let (resolver, wanted) = (self.clone(), address.to_owned());
        match threads::spawn("name look-up", move || resolver.look_up(wanted)) {
            Ok(_) => {
                names.insert(address.to_owned(), Name::Asked);
                None
            }
            Err(error) => Some(Err(error)),
        }
    }

    fn look_up(&self, name: String) {
        let found = (self.look_up)(&name).map_err(|error| (error.kind(), error.to_string()));
        self.lock().insert(name, Name::Known(clock::now().ms, found));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Name>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resolver").field("names", &self.lock()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
