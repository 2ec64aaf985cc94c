//! What is looked at in the machine, each second.

use proto::time::Time;

use crate::machine::events::Event;
use crate::machine::trend::Moment;
use crate::machine::{Boss, view};

/// What readers know of what only grows, or is long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// So many events.
    pub(super) events: u64,
    /// The newest moment's time.
    pub(super) moment_ms: u64,
    /// The table as it was at this look of the boss; none: not at all.
    pub(super) looks: Option<u64>,
}

/// The cluster as the machine shows it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at_ms: u64,
    pub(super) status: view::Status,
    pub(super) nodes: view::Nodes,
    /// Those that aren't known.
    pub(super) events: Vec<Event>,
    /// The same.
    pub(super) moments: Vec<Moment>,
    /// If it may have changed.
    pub(super) table: Option<Option<view::Table>>,
    pub(super) known: Known,
}

impl Seen {
    pub(super) fn of(boss: &Boss, now: Time, known: Known) -> Seen {
        let looks = Some(boss.looks());
        let moments: Vec<Moment> = boss.moments_after(known.moment_ms).cloned().collect();
        let moment_ms = moments.last().map_or(known.moment_ms, |moment| moment.at_ms);
        Seen {
            at_ms: now.unix_ms,
            status: boss.status(),
            nodes: boss.nodes(now),
            events: boss.events_after(known.events).cloned().collect(),
            moments,
            table: (looks != known.looks).then(|| boss.table_view()),
            known: Known { events: boss.events_count(), moment_ms, looks },
        }
    }
}
