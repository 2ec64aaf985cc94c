//! What a payload carries: who sent it, which of the sender's messages it is, and when it was due.

use crate::clock::Nanoseconds;

/// Marks a payload of a load, so that a stray one is told from a wrong one.
const MAGIC: [u8; 4] = *b"load";

/// Magic, sender, counter and intended time.
pub(crate) const STAMP_BYTES: usize = 4 + 4 + 4 + 8;

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
    /// Writes the stamp over the front of a payload of at least `STAMP_BYTES`.
    pub(crate) fn write(self, payload: &mut [u8]) {
        payload[..4].copy_from_slice(&MAGIC);
        payload[4..8].copy_from_slice(&self.sender.to_le_bytes());
        payload[8..12].copy_from_slice(&self.counter.to_le_bytes());
        payload[12..20].copy_from_slice(&self.intended.to_le_bytes());
    }

    /// Reads the stamp back; `None` for a payload that no load wrote.
    #[inline]
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let head = payload.first_chunk::<STAMP_BYTES>()?;
        let [m0, m1, m2, m3, s0, s1, s2, s3, c0, c1, c2, c3, intended @ ..] = *head;
        ([m0, m1, m2, m3] == MAGIC).then(|| Self {
            sender: u32::from_le_bytes([s0, s1, s2, s3]),
            counter: u32::from_le_bytes([c0, c1, c2, c3]),
            intended: Nanoseconds::from_le_bytes(intended),
        })
    }
}
