//! Pages of reads and listings.

use crate::limits;

/// More was asked for than a page holds. The text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page has at most {} entries: ask for fewer, or for 0", limits::PAGE_MAX)]
pub struct TooMany;

/// So many entries are in a page; a `limit` of 0 asks for as many as there may be.
///
/// # Errors
/// If it asks for more than there may be.
pub fn count(limit: u32) -> Result<usize, TooMany> {
    match limit as usize {
        0 => Ok(limits::PAGE_MAX),
        limit if limit <= limits::PAGE_MAX => Ok(limit),
        _ => Err(TooMany),
    }
}
