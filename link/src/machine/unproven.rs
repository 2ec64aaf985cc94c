//! Accepted links that haven't proven themselves: so many, and so many of one address. The oldest
//! makes space, so that whoever fills the places with silence keeps nobody out: a handshake is over
//! before so many others have come.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proto::limits;

use super::LinkId;

/// Whose link it is: an IPv4 address, or the network of an IPv6 one, of which anybody has as many
/// addresses as he likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(u64);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Origin {
        match address.to_canonical() {
            IpAddr::V4(v4) => Origin(u64::from(u32::from(v4))),
            // No network of the Internet begins with 64 bits that look like an IPv4 address.
            IpAddr::V6(v6) => Origin((u128::from(v6) >> 64) as u64),
        }
    }
}

/// A place among the unproven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

/// All of a thread's.
#[derive(Debug, Default)]
pub struct Unproven {
    newest: u64,
    /// In the order in which they came.
    places: BTreeMap<Place, (LinkId, Origin)>,
    counts: BTreeMap<Origin, usize>,
}

impl Unproven {
    /// Who is to be ended before one from there may come, if anybody.
    pub fn surplus(&self, origin: Origin) -> Option<LinkId> {
        let count = self.counts.get(&origin).copied().unwrap_or_default();
        let mut places = self.places.values();
        let oldest = if count >= limits::UNPROVEN_LINKS_PER_ADDRESS_MAX {
            places.find(|(_, its)| *its == origin)
        } else if self.places.len() >= limits::UNPROVEN_LINKS_MAX {
            places.next()
        } else {
            None
        };
        oldest.map(|(link, _)| *link)
    }

    /// A link from there has come.
    pub fn came(&mut self, link: LinkId, origin: Origin) -> Place {
        self.newest += 1;
        let place = Place(self.newest);
        self.places.insert(place, (link, origin));
        *self.counts.entry(origin).or_default() += 1;
        place
    }

    /// It has proven itself, or has ended.
    pub fn leaves(&mut self, place: Place) {
        let Some((_, origin)) = self.places.remove(&place) else { return };
        if let Some(count) = self.counts.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&origin);
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests;
