//! Times as people read them.

const SECOND_MS: u64 = 1000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Date and time in UTC, to the second.
pub(crate) fn date(unix_ms: u64) -> String {
    let (year, month, day) = civil(unix_ms / DAY_MS);
    let (hour, minute) = (unix_ms % DAY_MS / HOUR_MS, unix_ms % HOUR_MS / MINUTE_MS);
    let second = unix_ms % MINUTE_MS / SECOND_MS;
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The time of day in UTC, to the millisecond.
pub(crate) fn clock(unix_ms: u64) -> String {
    let (hour, minute) = (unix_ms % DAY_MS / HOUR_MS, unix_ms % HOUR_MS / MINUTE_MS);
    let (second, ms) = (unix_ms % MINUTE_MS / SECOND_MS, unix_ms % SECOND_MS);
    format!("{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// A length of time in the unit that fits it.
pub(crate) fn span(ms: u64) -> String {
    match ms {
        0..SECOND_MS => format!("{ms} ms"),
        SECOND_MS..MINUTE_MS => format!("{} s", ms / SECOND_MS),
        MINUTE_MS..HOUR_MS => format!("{} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{} h", ms / HOUR_MS),
        DAY_MS.. => format!("{} d", ms / DAY_MS),
    }
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01: Howard Hinnant's
/// `civil_from_days`, which counts years from March so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
