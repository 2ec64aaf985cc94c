//! From when to when a certificate is good: the only part of it that nothing else here reads. Its
//! shape is in RFC 5280, section 4.1.

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version, which may be absent.
const VERSION: u8 = 0xa0;

/// Not before and not after, in milliseconds since 1970.
pub(super) fn validity(certificate: &[u8]) -> Option<(u64, u64)> {
    let mut outer = Values(Values(certificate).take(SEQUENCE)?);
    let mut signed = Values(outer.take(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.take(VERSION)?;
    }
    signed.take(INTEGER)?; // The serial number.
    signed.take(SEQUENCE)?; // The algorithm.
    signed.take(SEQUENCE)?; // Who has issued it.
    let mut dates = Values(signed.take(SEQUENCE)?);
    Some((dates.time()?, dates.time()?))
}

/// Values in DER, one after the other.
struct Values<'d>(&'d [u8]);

impl<'d> Values<'d> {
    /// What is in the next one, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (&first, rest) = self.0.split_first()?;
        let (&length, mut rest) = rest.split_first()?;
        if first != tag {
            return None;
        }
        let mut length = usize::from(length);
        // Above 127 it is how many bytes the length takes.
        if length > 127 {
            let (digits, behind) = rest.split_at_checked(length - 128)?;
            if digits.len() > 4 {
                return None;
            }
            length = digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit));
            rest = behind;
        }
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    /// The next one as a time, in milliseconds since 1970.
    fn time(&mut self) -> Option<u64> {
        let tag = *self.0.first()?;
        let text = std::str::from_utf8(self.take(tag)?).ok()?.strip_suffix('Z')?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match (tag, text.len()) {
            (UTC_TIME, 12) => {
                let year = text[..2].parse::<u64>().ok()?;
                (if year < 50 { 2000 + year } else { 1900 + year }, &text[2..])
            }
            (GENERALIZED_TIME, 14) => (text[..4].parse().ok()?, &text[4..]),
            (_, _) => return None,
        };
        let mut parts = (0..5).map_while(|at| rest[at * 2..at * 2 + 2].parse::<u64>().ok());
        let (month, day) = (parts.next()?, parts.next()?);
        let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
        let days = days_before(year, month, day)?;
        Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
    }
}

/// Days from 1970-01-01 to this one: Howard Hinnant's `days_from_civil`, which counts years from
/// March so that the leap day is the last of its year. None: it is earlier.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}
