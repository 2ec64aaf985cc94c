//! The parts of a run: trouble, calm, audit, farewell, silence.

use crate::plan::GRACE_MS;

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Clients come and things go wrong.
    Trouble,
    /// Nothing goes wrong any more, and clients ask for nothing new; everybody comes back.
    Calm,
    /// A newcomer reads everything.
    Audit,
    /// All but the auditors leave.
    Farewell,
    /// The auditors ask who is there.
    Roster,
    /// The auditors leave, too.
    Silence,
    /// Nothing may be left.
    End,
}

impl Phase {
    /// How long the phase lasts, in milliseconds, and what follows.
    pub(crate) fn next(self, active_ms: u64) -> Option<(u64, Phase)> {
        Some(match self {
            Phase::Trouble => (active_ms, Phase::Calm),
            // The longest back-off of a client is 10 s.
            Phase::Calm => (14_000, Phase::Audit),
            Phase::Audit => (1_500, Phase::Farewell),
            // Less than a grace: rooms must have heard of the end of sessions, not have asked.
            Phase::Farewell => (1_800, Phase::Roster),
            Phase::Roster => (500, Phase::Silence),
            // Who is between two connections can't say that it goes: its session ends a grace
            // later, and is known for three more. Nodes look each quarter of a grace for what to
            // forget; the rest is for words between them and what timers are rounded by.
            Phase::Silence => (4 * GRACE_MS + GRACE_MS / 2, Phase::End),
            Phase::End => return None,
        })
    }
}
