//! How long to leave somebody alone who doesn't answer.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// A back-off that doubles, from a second to this.
const LONGEST_MS: u64 = 30_000;

/// How long after so many failures in a row, at least 1: between half of the back-off and the
/// whole, so that the lanes of many gateways don't come back in step.
pub(super) fn after_ms(failures: u32, random: &mut StdRng) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = (1_000u64 << doublings).min(LONGEST_MS);
    whole / 2 + random.random_range(0..=whole / 2)
}
