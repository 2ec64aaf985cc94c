//! What the lanes of a gateway share at the door: who may come in, and how.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use link::io::tls::Tls;
use mio::net::TcpStream;
use proto::seeded::Seed;
use proto::time::Time;

use super::stream::Stream;
use crate::io::Settings;
use crate::io::network::Network;
use crate::io::origins::Origins;
use crate::io::pages::Page;
use crate::machine::Prefix;
use crate::machine::{Addresses, TurnedAway};

/// One door for all lanes: an address's connections end up in any of them. It is asked when a
/// connection comes and when it goes, never on the way of a message.
#[derive(Debug, Clone)]
pub(in crate::io) struct Door {
    addresses: Arc<Addresses>,
    proxies: Arc<[Network]>,
    tls: Option<Tls>,
    pub(super) origins: Arc<Origins>,
    pub(super) pages: &'static [Page],
}

impl Door {
    pub(in crate::io) fn new(settings: &Settings) -> Door {
        Door {
            addresses: Arc::new(Addresses::new(settings.addresses, Seed::new(rand::random()))),
            proxies: settings.proxies.clone().into(),
            tls: settings.tls.clone(),
            origins: Arc::new(settings.origins.clone()),
            pages: settings.pages,
        }
    }

    /// Whether connections from there begin with the word of a proxy.
    pub(super) fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.has(address))
    }

    /// A client knocks. Who is counted is to be given to [`Door::left`].
    pub(super) fn knock(&self, now: Time, from: IpAddr) -> Result<Option<Prefix>, TurnedAway> {
        self.addresses.knock(now, from)
    }

    /// A client that was counted is gone.
    pub(super) fn left(&self, prefix: Prefix) {
        self.addresses.left(prefix);
    }

    /// The stream of a client's socket.
    pub(super) fn stream(&self, now: Time, socket: TcpStream) -> io::Result<Stream> {
        match &self.tls {
            None => Ok(Stream::Plain(socket)),
            Some(tls) => Ok(Stream::Tls(Box::new(tls.accept(now, socket)?))),
        }
    }

    /// Whether clients speak TLS.
    pub(super) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }
}
