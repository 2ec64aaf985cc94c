//! Queue nodes die under load, one after the other, and come back.

mod judge;
mod newest;
mod timeline;

pub use judge::Verdict;
pub use newest::Differences;
