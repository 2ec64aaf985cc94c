//! Clients whose session has ended: the number of the `connect` that came last of each. An earlier
//! one of theirs may still be on its way.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use proto::seeded::Seed;

/// The numbers, for as long as ids that are over are known.
#[derive(Debug)]
pub(super) struct Attempts {
    newest: HashMap<Rc<str>, (u32, u64), Seed>,
    order: VecDeque<(u64, Rc<str>)>,
}

impl Attempts {
    /// None yet.
    pub(super) fn new(seed: Seed) -> Attempts {
        Attempts { newest: HashMap::with_hasher(seed), order: VecDeque::new() }
    }

    /// A client of this user, which last came by this number, has no session from now on.
    pub(super) fn remember(&mut self, now_ms: u64, user: &str, client: &str, attempt: u32) {
        if client.is_empty() {
            return;
        }
        let name = name_of(user, client);
        let before = self.newest.get(&name).map_or(0, |(attempt, _)| *attempt);
        self.order.push_back((now_ms, name.clone()));
        self.newest.insert(name, (attempt.max(before), now_ms));
    }

    /// Whether the client has come by a later `connect` than this one.
    pub(super) fn has_outrun(&self, user: &str, client: &str, attempt: u32) -> bool {
        let newest = self.newest.get(&name_of(user, client));
        newest.is_some_and(|(newest, _)| attempt < *newest)
    }

    /// Forgets those that were remembered last before that moment.
    pub(super) fn trim(&mut self, before_ms: u64) {
        while let Some((at_ms, name)) = self.order.pop_front_if(|(at_ms, _)| *at_ms <= before_ms) {
            if self.newest.get(&name).is_some_and(|(_, newest_ms)| *newest_ms == at_ms) {
                self.newest.remove(&name);
            }
        }
    }
}

/// A client's id is its own only together with its user: neither has a byte 0.
fn name_of(user: &str, client: &str) -> Rc<str> {
    format!("{client}\0{user}").into()
}
