//! Which gateways have room for clients, told to all of them: those that are full or shut down send
//! their clients there. Nothing of it is stored.

use std::collections::BTreeMap;

use proto::b2n::{B2n, Door, Doors, b2n};
use proto::limits;
use proto::name::NodeId;
use proto::time::Time;
use proto::wire;

use super::super::outbox::Outbox;
use super::super::roster::NodeRole;
use super::Boss;

/// Free places that have changed by less than one in so many are no news.
const PART: u64 = 8;

/// What gateways have been told.
#[derive(Debug, Default)]
pub(super) struct Told {
    doors: Doors,
    told_ms: u64,
    looked_ms: u64,
    /// Something may have changed since the last look.
    review: bool,
    /// A gateway has come that hasn't been told.
    has_newcomer: bool,
}

impl Told {
    /// A gateway has reported, or is gone.
    pub(super) fn review(&mut self) {
        self.review = true;
    }

    /// A gateway has been registered on a new link.
    pub(super) fn newcomer(&mut self) {
        (self.review, self.has_newcomer) = (true, true);
    }

    /// When the next look is due, if ever.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let review = self.review.then_some(self.looked_ms + limits::DOORS_PAUSE_MS);
        let again = self.told_ms + limits::DOORS_EVERY_MS;
        let again = (!self.doors.doors.is_empty()).then_some(again);
        [review, again].into_iter().flatten().min()
    }

    /// Whether these that have room, the one with most first, are news.
    fn differs_from(&self, present: &[Door]) -> bool {
        let told = &self.doors.doors;
        let by_id: BTreeMap<&str, &Door> =
            present.iter().map(|door| (door.id.as_str(), door)).collect();
        let is_other = |told: &Door| match by_id.get(told.id.as_str()) {
            None => true,
            Some(door) => door.addresses != told.addresses || is_apart(door.free, told.free),
        };
        let first = &present[..present.len().min(limits::DOORS_MAX)];
        let least = told.iter().map(|door| door.free).min().unwrap_or_default();
        let is_better = |door: &Door| {
            let is_told = told.iter().any(|told| told.id == door.id);
            !is_told && door.free > least && is_apart(door.free, least)
        };
        first.len() != told.len() || told.iter().any(is_other) || first.iter().any(is_better)
    }
}

/// Whether the difference between two numbers of free places is worth saying.
fn is_apart(one: u64, other: u64) -> bool {
    one.abs_diff(other) > one.max(other) / PART
}

impl Boss {
    /// Tells gateways who has room, if that is news or was told long ago.
    pub(super) fn tell_doors(&mut self, now: Time, out: &mut Outbox) {
        if self.doors.wake_at().is_none_or(|at| now.ms < at) {
            return;
        }
        let mut present = self.doors_with_room();
        present.sort_by(|a, b| b.free.cmp(&a.free).then_with(|| a.id.cmp(&b.id)));
        let told = &mut self.doors;
        (told.looked_ms, told.review) = (now.ms, false);
        let is_old = told.told_ms + limits::DOORS_EVERY_MS <= now.ms && !present.is_empty();
        let has_newcomer = std::mem::take(&mut told.has_newcomer) && !present.is_empty();
        if !told.differs_from(&present) && !is_old && !has_newcomer {
            return;
        }
        present.truncate(limits::DOORS_MAX);
        told.doors = Doors { doors: present };
        told.told_ms = now.ms;
        let body = B2n { body: Some(b2n::Body::Doors(told.doors.clone())) };
        for (link, line) in &self.links {
            let of_gateway = line.node.as_ref().is_some_and(|id| self.is_gateway(id));
            if of_gateway && line.sent.registered {
                wire::put_message(out.links.routine(*link), &body);
            }
        }
    }

    /// All gateways that clients can be sent to.
    fn doors_with_room(&self) -> Vec<Door> {
        let gateways = self.kept.roster.iter().filter(|node| node.role == NodeRole::Gateway);
        let doors = gateways.filter_map(|node| {
            let is_linked = self.lives.get(&node.id).is_some_and(|life| life.link().is_some());
            let reported = self.reports.of(&node.id).filter(|it| it.ready && !it.draining)?;
            let door = reported.door.as_ref().filter(|door| !door.addresses.is_empty())?;
            let free = door.connections_max.saturating_sub(door.connections);
            let (id, addresses) = (node.id.as_str().to_owned(), door.addresses.clone());
            (is_linked && free > 0).then_some(Door { id, addresses, free })
        });
        doors.collect()
    }

    /// Who was told to have room last.
    #[cfg(test)]
    pub(super) fn doors_told(&self) -> &[Door] {
        &self.doors.doors.doors
    }

    /// Whether this is a gateway.
    pub(super) fn is_gateway(&self, id: &NodeId) -> bool {
        self.kept.roster.get(id).is_some_and(|node| node.role == NodeRole::Gateway)
    }
}
