//! Times as commands print them.

use proto::calendar::utc;

/// Date and time in UTC, to the second.
pub(crate) fn date(unix_ms: u64) -> String {
    utc(unix_ms).replace('T', " ")
}

/// The time of day in UTC, to the millisecond.
pub(crate) fn clock(unix_ms: u64) -> String {
    let text = utc(unix_ms);
    let second = text.split(['T', 'Z']).nth(1).unwrap_or_default();
    format!("{second}.{:03}Z", unix_ms % 1_000)
}
