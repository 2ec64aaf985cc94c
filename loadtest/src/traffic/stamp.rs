//! What a payload carries: who sent it, which of the sender's messages it is, and when it was due.
//!
//! A payload is a JSON string, so that every protocol carries the same bytes.

use crate::clock::Nanoseconds;

/// Marks a payload of a load, so that a stray one is told from a wrong one.
const MAGIC: [u8; 5] = *b"\"load";

/// Ends a payload.
const QUOTE: u8 = b'"';

/// Magic, sender, counter and intended time in letters, and the quote at the end.
pub(crate) const STAMP_BYTES: usize = HEAD_BYTES + 1;

const HEAD_BYTES: usize = 5 + 8 + 8 + 16;

/// The head of a payload; the rest is filler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The sending connection's number in the run.
    pub(crate) sender: u32,
    /// Counts the sender's messages from zero.
    pub(crate) counter: u32,
    /// When the message was to be sent.
    pub(crate) intended: Nanoseconds,
}

impl Stamp {
    /// Writes the stamp over the front of a payload of at least `STAMP_BYTES`, whose filler has
    /// neither quotes nor backslashes, and makes it a JSON string.
    pub(crate) fn write(self, payload: &mut [u8]) {
        let numbers =
            [self.sender, self.counter, self.intended as u32, (self.intended >> 32) as u32];
        payload[..5].copy_from_slice(&MAGIC);
        for (place, number) in payload[5..HEAD_BYTES].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&letters(number));
        }
        if let Some(last) = payload.last_mut() {
            *last = QUOTE;
        }
    }

    /// Reads the stamp back; `None` for a payload that no load wrote.
    #[inline]
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (magic, rest) = payload.split_first_chunk::<5>()?;
        let (sender, rest) = rest.split_first_chunk()?;
        let (counter, rest) = rest.split_first_chunk()?;
        let (low, rest) = rest.split_first_chunk()?;
        let (high, rest) = rest.split_first_chunk()?;
        if *magic != MAGIC || *rest.last()? != QUOTE {
            return None;
        }
        let intended = u64::from(number(*high)?) << 32 | u64::from(number(*low)?);
        Some(Self { sender: number(*sender)?, counter: number(*counter)?, intended })
    }
}

/// `a` in each byte.
const LETTERS: u64 = 0x6161_6161_6161_6161;

/// A number in letters from `a` to `p`, four bits each, the lowest first. All eight at once, since
/// one is read with each delivery.
fn letters(number: u32) -> [u8; 8] {
    let wide = u64::from(number);
    let wide = (wide | wide << 16) & 0x0000_ffff_0000_ffff;
    let wide = (wide | wide << 8) & 0x00ff_00ff_00ff_00ff;
    let wide = (wide | wide << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    (wide + LETTERS).to_le_bytes()
}

/// The number in these letters; `None` if there is another among them.
#[inline]
fn number(letters: [u8; 8]) -> Option<u32> {
    let wide = u64::from_le_bytes(letters).wrapping_sub(LETTERS);
    if wide & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let wide = (wide | wide >> 4) & 0x00ff_00ff_00ff_00ff;
    let wide = (wide | wide >> 8) & 0x0000_ffff_0000_ffff;
    Some((wide | wide >> 16) as u32)
}

#[cfg(test)]
mod tests;
