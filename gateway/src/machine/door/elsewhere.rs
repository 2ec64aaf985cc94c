//! Where clients are sent that can't stay: which other gateways have room, by the boss's word.

use proto::b2n;
use proto::limits;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::client_url::{ClientUrl, Scheme};
use crate::machine::delivery::Transport;
use crate::machine::settings::Settings;

/// The other gateways that have room.
#[derive(Debug)]
pub(super) struct Elsewhere {
    id: String,
    /// Where this gateway's own clients dial.
    own: Vec<ClientUrl>,
    others: Vec<Other>,
    /// So long the list is believed.
    until_ms: u64,
    /// A stream of its own: how often it is asked doesn't change the lane's draws.
    chance: StdRng,
}

/// A gateway that has room.
#[derive(Debug)]
struct Other {
    urls: Vec<ClientUrl>,
    /// What is left of its free places when those are there that this lane has sent.
    free: u64,
}

impl Other {
    fn address(&self, scheme: Scheme) -> Option<&str> {
        let url = self.urls.iter().find(|url| url.scheme == scheme)?;
        Some(&url.address)
    }
}

impl Elsewhere {
    /// Nobody is known.
    pub(super) fn new(settings: &Settings, seed: u64) -> Elsewhere {
        Elsewhere {
            id: settings.gateway.clone(),
            own: settings.advertise.clone(),
            others: Vec::new(),
            until_ms: 0,
            chance: StdRng::seed_from_u64(seed),
        }
    }

    /// The boss has said who has room.
    pub(super) fn hear(&mut self, now_ms: u64, doors: &b2n::Doors) {
        let others = doors.doors.iter().filter(|door| door.id != self.id);
        let others = others.take(limits::DOORS_MAX).map(|door| Other {
            // What a newer gateway advertises may mean nothing here.
            urls: door.addresses.iter().filter_map(|text| text.parse().ok()).collect(),
            free: door.free.min(u64::from(limits::HANDLES_MAX)),
        });
        self.others = others.collect();
        self.until_ms = now_ms + limits::DOORS_BELIEVED_MS;
    }

    /// Whether a client of this transport can be sent anywhere.
    pub(super) fn has_any(&self, now_ms: u64, transport: Transport) -> bool {
        self.fitting(now_ms, transport).next().is_some()
    }

    /// The address for a client of this transport, if there is any: of a gateway that clients dial
    /// in the same way, the likelier the more room it has.
    pub(super) fn take(&mut self, now_ms: u64, transport: Transport) -> Option<String> {
        let all: u64 = self.fitting(now_ms, transport).map(|(_, free, _)| free).sum();
        if all == 0 {
            return None;
        }
        let mut drawn = self.chance.random_range(0..all);
        let (at, address) = self.fitting(now_ms, transport).find_map(|(at, free, address)| {
            let is_it = drawn < free;
            drawn = drawn.saturating_sub(free);
            is_it.then(|| (at, address.to_owned()))
        })?;
        self.others[at].free -= 1;
        Some(address)
    }

    /// Who has room for clients of this transport: its place, how much, and where.
    fn fitting(
        &self,
        now_ms: u64,
        transport: Transport,
    ) -> impl Iterator<Item = (usize, u64, &str)> {
        let own = self.own.iter().map(|url| url.scheme).find(|scheme| scheme.carries(transport));
        let own = own.filter(|_| now_ms < self.until_ms);
        self.others.iter().enumerate().filter_map(move |(at, other)| {
            let address = other.address(own?)?;
            (other.free > 0).then_some((at, other.free, address))
        })
    }
}

#[cfg(test)]
mod tests;
