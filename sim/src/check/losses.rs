//! Losses: what is announced as lost has to have been in danger.

use super::Violation;
use crate::journal::Observations;

/// A rise of `loss` has a cause: nobody of the set was there, or somebody had trouble. With one
/// fault at a time there is none at all.
pub(super) fn check(seen: &Observations) -> Vec<Violation> {
    let without =
        seen.raised.iter().filter(|raised| seen.has_single_faults || raised.is_groundless);
    without
        .map(|raised| Violation {
            at_us: raised.at_us,
            rule: "what is announced as lost has to be",
            what: raised.what.clone(),
        })
        .collect()
}
