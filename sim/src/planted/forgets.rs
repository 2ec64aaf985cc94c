//! Things that a copy of a bucket forgets, one at a time.

use queue_node::machine::Forgets;

use super::{Needs, Planted};
use crate::plan::Faults;

/// Who finds that a copy forgets something, if nobody else does.
const COPY: &[&str] = &[
    "nodes with the same records are the same",
    "who may be promoted has all, and keeps it",
    "what is committed is in the log of everybody in the set",
    // Half of a unit is never there at the end of a turn.
    "who has left is gone soon",
];

/// What a run never makes, or hardly ever: scripts of the queue node find who forgets it.
const BY_SCRIPT: [Forgets; 5] = [
    Forgets::HistoriesUncut,
    Forgets::MountsDeleted,
    Forgets::EventsOfOldMounts,
    Forgets::Renewed,
    // A primary that was a copy has forgotten it, too: nothing differs.
    Forgets::GracesAnew,
];

/// One for each thing.
pub(super) fn all() -> impl Iterator<Item = Planted> {
    Forgets::ALL.iter().filter(|what| !BY_SCRIPT.contains(what)).map(|what| {
        let mut faults = Faults::default();
        faults.node.forgets = Some(*what);
        let name = format!("copy.forgets.{what:?}");
        Planted { name, breaks: COPY, faults, needs: Needs::Nothing }
    })
}
