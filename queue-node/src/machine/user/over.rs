//! Ids that logins drew and that are over: what each was closed with.

use std::collections::{HashMap, VecDeque};

use proto::codes::Close;
use proto::ids::SessionId;
use proto::seeded::Seed;

/// The ids, for as long as a lane may send their logins again.
#[derive(Debug)]
pub(super) struct Over {
    codes: HashMap<SessionId, (Close, u64), Seed>,
    order: VecDeque<(u64, SessionId)>,
}

impl Over {
    /// None yet.
    pub(super) fn new(seed: Seed) -> Over {
        Over { codes: HashMap::with_hasher(seed), order: VecDeque::new() }
    }

    /// The id is over from now on.
    pub(super) fn remember(&mut self, now_ms: u64, id: SessionId, close: Close) {
        if self.codes.insert(id, (close, now_ms)) != Some((close, now_ms)) {
            self.order.push_back((now_ms, id));
        }
    }

    /// What the id was closed with.
    pub(super) fn code(&self, id: SessionId) -> Option<Close> {
        self.codes.get(&id).map(|(close, _)| *close)
    }

    /// Forgets those that were remembered last before that moment.
    pub(super) fn trim(&mut self, before_ms: u64) {
        while let Some((at_ms, id)) = self.order.pop_front_if(|(at_ms, _)| *at_ms <= before_ms) {
            if self.codes.get(&id).is_some_and(|(_, newest_ms)| *newest_ms == at_ms) {
                self.codes.remove(&id);
            }
        }
    }
}
