//! From the names of hosts to their addresses, beside the loops: a name server that doesn't answer
//! holds up the links that wait for it, and nothing else on their threads.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::{DashMap, Entry};
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
    names: Arc<DashMap<String, Name>>,
    /// How many of them are looked up now.
    asked: Arc<AtomicUsize>,
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
        Resolver { look_up: Arc::new(look_up), names: Arc::default(), asked: Arc::default() }
    }

    /// The address of a host and port, if it is known: otherwise ask again in a moment.
    pub(super) fn find(&self, now: Time, address: &str) -> Option<io::Result<SocketAddr>> {
        if let Ok(literal) = address.parse() {
            return Some(Ok(literal));
        }
        self.names.retain(|_, name| name.is_kept(now));
        match self.names.entry(address.to_owned()) {
            Entry::Occupied(name) => match name.get() {
                Name::Asked => return None,
                Name::Known(_, found) => {
                    let failed =
                        |(kind, reason): &(_, String)| io::Error::new(*kind, reason.clone());
                    return Some(found.as_ref().copied().map_err(failed));
                }
            },
            Entry::Vacant(name) => {
                let one_more = |asked: usize| (asked < LOOKUPS_MAX).then_some(asked + 1);
                self.asked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
                name.insert(Name::Asked);
            }
        }
        let (resolver, wanted) = (self.clone(), address.to_owned());
        match threads::spawn("name look-up", move || resolver.look_up(wanted)) {
            Ok(_) => None,
            Err(error) => {
                self.names.remove(address);
                self.asked.fetch_sub(1, Ordering::Relaxed);
                Some(Err(error))
            }
        }
    }

    fn look_up(&self, name: String) {
        let found = (self.look_up)(&name).map_err(|error| (error.kind(), error.to_string()));
        self.names.insert(name, Name::Known(clock::now().ms, found));
        self.asked.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resolver").field("names", &self.names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
