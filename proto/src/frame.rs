//! Cuts a stream of bytes into frames: each a varint length and that many bytes.

use crate::wire::{self, WireError};

/// Why a stream can't be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is no varint.
    #[error("the frame's length is not a varint")]
    Length,
    /// The frame is longer than allowed.
    #[error("a frame of {length} bytes, at most {max} are allowed")]
    TooLarge {
        /// What the frame's head says.
        length: u64,
        /// What is allowed.
        max: usize,
    },
}

/// The first frame in `bytes` and how many bytes it took; nothing if it isn't whole yet.
///
/// # Errors
/// As soon as the head shows that the frame is too large, not only when it is whole.
#[inline]
pub fn split(bytes: &[u8], max: usize) -> Result<Option<(&[u8], usize)>, FrameError> {
    let head = wire::varint(bytes).map_err(|WireError| FrameError::Length)?;
    let Some((length, head_bytes)) = head else { return Ok(None) };
    if length > max as u64 {
        return Err(FrameError::TooLarge { length, max });
    }
    let end = head_bytes + length as usize;
    Ok(bytes.get(head_bytes..end).map(|frame| (frame, end)))
}

/// Keeps what is left of a stream between two reads: nothing while no frame is half there.
#[derive(Debug, Default)]
pub struct FrameReader {
    partial: Vec<u8>,
}

impl FrameReader {
    /// Hands each frame that `input` completes to `each`, which may end it with an error of its
    /// own.
    ///
    /// # Errors
    /// Of the stream, or of `each`; nothing more can be read from this stream then.
    pub fn feed<E: From<FrameError>>(
        &mut self,
        input: &[u8],
        max: usize,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = input;
        if !self.partial.is_empty() {
            self.partial.extend_from_slice(input);
            rest = &self.partial;
        }
        while let Some((frame, end)) = split(rest, max)? {
            each(frame)?;
            rest = &rest[end..];
        }
        self.partial = if rest.len() == self.partial.len() && !rest.is_empty() {
            std::mem::take(&mut self.partial)
        } else {
            rest.to_vec()
        };
        Ok(())
    }

    /// How many bytes wait for the rest of their frame.
    pub fn waiting(&self) -> usize {
        self.partial.len()
    }
}

#[cfg(test)]
mod tests;
