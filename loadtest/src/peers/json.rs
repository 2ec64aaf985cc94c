//! JSON as servers write it, without spaces, read where it lies.

use super::Violation;

/// Why something can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The rest of it hasn't come.
    Short,
    /// It isn't what was expected.
    Wrong(Violation),
}

impl Unread {
    /// What isn't whole yet is none.
    pub(super) fn or_none<T>(read: Result<T, Self>) -> Result<Option<T>, Violation> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(Self::Short) => Ok(None),
            Err(Self::Wrong(violation)) => Err(violation),
        }
    }
}

/// A field's name and its value, as they are written.
type Field<'a> = (&'a [u8], &'a [u8]);

/// The fields of an object, in turn.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    /// How much was read.
    pub(super) at: usize,
}

impl<'a> Fields<'a> {
    /// The fields of the object that `bytes` begins with.
    #[inline]
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, Unread> {
        expect(bytes, 0, b'{')?;
        Ok(Self { bytes, at: 1 })
    }

    /// The next field's name and value, both as they are written but for the name's quotes; `None`
    /// after the last.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Field<'a>>, Unread> {
        match self.bytes.get(self.at) {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') => self.at += 1,
            Some(_) => {}
            None => return Err(Unread::Short),
        }
        let name = self.at;
        let colon = string_end(self.bytes, name)?;
        expect(self.bytes, colon, b':')?;
        let end = value_end(self.bytes, colon + 1)?;
        self.at = end;
        Ok(Some((&self.bytes[name + 1..colon - 1], &self.bytes[colon + 1..end])))
    }
}

/// Where the string that begins at `at` ends.
#[inline]
pub(super) fn string_end(bytes: &[u8], at: usize) -> Result<usize, Unread> {
    expect(bytes, at, b'"')?;
    let mut at = at + 1;
    loop {
        let rest = bytes.get(at..).ok_or(Unread::Short)?;
        let found = special(rest).ok_or(Unread::Short)?;
        if rest[found] == b'"' {
            return Ok(at + found + 1);
        }
        at += found + 2;
    }
}

/// Where the first quote or backslash is. Eight bytes at a time, since it goes through all that is
/// delivered and the generator is to have more room than the servers.
#[inline]
fn special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let found =
            zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(is_special).map(|place| at + place)
}

/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The top bit of the lowest byte that is zero; those above it may be wrong.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

/// Where the value that begins at `at` ends.
#[inline]
fn value_end(bytes: &[u8], at: usize) -> Result<usize, Unread> {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => nested_end(bytes, at),
        Some(_) => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
            bytes[at..].iter().position(ends).map(|length| at + length).ok_or(Unread::Short)
        }
        None => Err(Unread::Short),
    }
}

/// Where the object or array that begins at `at` ends.
fn nested_end(bytes: &[u8], mut at: usize) -> Result<usize, Unread> {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            Some(b'"') => {
                at = string_end(bytes, at)?;
                continue;
            }
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') => depth -= 1,
            Some(_) => {}
            None => return Err(Unread::Short),
        }
        at += 1;
        if depth == 0 {
            return Ok(at);
        }
    }
}

#[inline]
pub(super) fn expect(bytes: &[u8], at: usize, wanted: u8) -> Result<(), Unread> {
    match bytes.get(at) {
        Some(&found) if found == wanted => Ok(()),
        Some(_) => {
            let what = format!("not the JSON that was expected at byte {at}");
            Err(Unread::Wrong(Violation::at(&what, bytes)))
        }
        None => Err(Unread::Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_special_is_found_wherever_it_stands() {
        // Next to what differs from it by one bit or a borrow.
        let filler = [b'!', b'#', b'[', b']', 0, 0x80, 0xa2, 0xdc, 0xff];
        for length in 0..40 {
            let plain: Vec<u8> = filler.iter().copied().cycle().take(length).collect();
            assert_eq!(special(&plain), None);
            for place in 0..length {
                for found in [b'"', b'\\'] {
                    let mut bytes = plain.clone();
                    bytes[place..].fill(b'"');
                    bytes[place] = found;
                    assert_eq!(special(&bytes), Some(place));
                }
            }
        }
    }
}
