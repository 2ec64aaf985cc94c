//! Values that are their own compact form, as nearly all are: found in one pass, without a library.
//! What isn't plain may still be JSON; the readers and writers of every text decide then.

use super::any::DEPTH_MAX;

/// The index behind the value at `at`, if the value is plain: JSON without whitespace around its
/// parts and without `\u`, not too deep. The text is UTF-8.
pub(super) fn value_end(text: &[u8], at: usize) -> Option<usize> {
    value(text, at, DEPTH_MAX)
}

/// The index behind the string at `at`, if nothing in it is escaped. The text is UTF-8.
pub(super) fn text_end(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let end = stop(text, at + 1);
    (text.get(end) == Some(&b'"')).then_some(end + 1)
}

/// Whether a string needs no escapes.
pub(super) fn is_unescaped(text: &str) -> bool {
    stop(text.as_bytes(), 0) == text.len()
}

fn value(text: &[u8], at: usize, deeper: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => string(text, at),
        b'{' => object(text, at, deeper.checked_sub(1)?),
        b'[' => array(text, at, deeper.checked_sub(1)?),
        b't' => word(text, at, b"true"),
        b'f' => word(text, at, b"false"),
        b'n' => word(text, at, b"null"),
        _ => number(text, at),
    }
}

fn object(text: &[u8], mut at: usize, deeper: usize) -> Option<usize> {
    if text.get(at + 1) == Some(&b'}') {
        return Some(at + 2);
    }
    loop {
        at = string(text, at + 1)?;
        at = value(text, word(text, at, b":")?, deeper)?;
        match text.get(at)? {
            b',' => {}
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn array(text: &[u8], mut at: usize, deeper: usize) -> Option<usize> {
    if text.get(at + 1) == Some(&b']') {
        return Some(at + 2);
    }
    loop {
        at = value(text, at + 1, deeper)?;
        match text.get(at)? {
            b',' => {}
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn string(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at = stop(text, at);
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn word(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn number(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + usize::from(text[at] == b'-');
    at = match text.get(at) {
        Some(b'0') => at + 1,
        Some(_) | None => digits(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = digits(text, at + 1 + usize::from(sign))?;
    }
    Some(at)
}

/// The index behind the digits at `at`, of which there is one at least.
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// The index of the first quote, backslash or control character from `at` on, or the text's
/// length. Eight bytes at a time: a borrow can mark a byte only behind one that is marked rightly.
fn stop(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let below = |word: u64, least: u64| word.wrapping_sub(least * ONES) & !word & HIGH;
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*bytes);
        let quotes = below(word ^ (u64::from(b'"') * ONES), 1);
        let slashes = below(word ^ (u64::from(b'\\') * ONES), 1);
        let stops = quotes | slashes | below(word, 0x20);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_stop = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(is_stop).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;
