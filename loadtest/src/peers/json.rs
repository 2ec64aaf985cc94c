//! JSON as servers write it, without spaces, read where it lies.

use memchr::memchr2;

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
    pub(super) fn next(&mut self) -> Result<Option<(&'a [u8], &'a [u8])>, Unread> {
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
        let found = memchr2(b'"', b'\\', rest).ok_or(Unread::Short)?;
        if rest[found] == b'"' {
            return Ok(at + found + 1);
        }
        at += found + 2;
    }
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
