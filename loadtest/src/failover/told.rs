//! What clients were told that those who use them would notice.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of `closing` that says that the home of the user was lost.
pub(super) const HOME_LOST: u32 = 3002;

/// Reasons of `unsubscribed`: the queue was lost with its node, or the session with its home.
const LOST: [&str; 2] = ["node lost", "lost"];

/// What some clients were told, in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// How often a subscription ended, by reason.
    pub unsubscribed: BTreeMap<String, u64>,
    /// How often messages were left out.
    pub gaps: u64,
    /// How often a room began anew in a subscription that went on.
    pub anew: u64,
    /// How often connections were closed, by code.
    pub closed: BTreeMap<u32, u64>,
    /// Connections that ended without a word.
    pub cut: u64,
    /// Clients that weren't whole at the end.
    pub away: u64,
}

impl Notices {
    /// Whether nothing was amiss: all are there, and nobody was sent away or left for another
    /// reason than that something was lost, or that a gateway died if `cuts` are expected.
    pub fn sound(&self, cuts: bool) -> bool {
        let Self { unsubscribed, closed, cut, away, .. } = self;
        (cuts || *cut == 0)
            && *away == 0
            && unsubscribed.keys().all(|reason| LOST.contains(&reason.as_str()))
            && closed.keys().all(|code| *code == HOME_LOST)
    }

    /// How often it was said that a node was lost with what it held.
    pub fn losses(&self) -> u64 {
        let unsubscribed = LOST.iter().filter_map(|reason| self.unsubscribed.get(*reason));
        let closed = self.closed.get(&HOME_LOST);
        unsubscribed.chain(closed).sum::<u64>() + self.anew
    }
}

impl fmt::Display for Notices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unsubscribed, gaps, anew, closed, cut, away } = self;
        write!(formatter, "gaps {gaps}, anew {anew}, cut {cut}, away {away}")?;
        for (reason, times) in unsubscribed {
            write!(formatter, ", unsubscribed {times} ({reason})")?;
        }
        for (code, times) in closed {
            write!(formatter, ", closed {times} ({code})")?;
        }
        Ok(())
    }
}
