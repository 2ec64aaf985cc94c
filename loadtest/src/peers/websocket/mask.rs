//! Frames of a client, each under a key of its own (RFC 6455, section 5.3).

use super::{FINAL, MASKED};

/// The keys of a connection. A browser's can't be foreseen; these can, which no server minds.
#[derive(Debug)]
pub(super) struct Masks {
    /// The newest key; never 0, which would hide a server that doesn't unmask.
    key: u32,
}

impl Masks {
    pub(super) fn new() -> Self {
        Self { key: rand::random::<u32>() | 1 }
    }

    /// The next key: xorshift (Marsaglia 2003), which doesn't come to 0.
    #[inline]
    fn next(&mut self) -> [u8; 4] {
        self.key ^= self.key << 13;
        self.key ^= self.key >> 17;
        self.key ^= self.key << 5;
        self.key.to_le_bytes()
    }

    /// Appends a whole frame of this kind.
    #[inline]
    pub(super) fn put_frame(&mut self, kind: u8, content: &[u8], out: &mut Vec<u8>) {
        out.push(FINAL | kind);
        match content.len() {
            length @ 0..126 => out.push(MASKED | length as u8),
            length @ 126..0x1_0000 => {
                out.push(MASKED | 126);
                out.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                out.push(MASKED | 127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        let key = self.next();
        out.extend_from_slice(&key);
        let begin = out.len();
        out.extend_from_slice(content);
        for four in out[begin..].chunks_mut(4) {
            for (byte, key) in four.iter_mut().zip(key) {
                *byte ^= key;
            }
        }
    }
}
