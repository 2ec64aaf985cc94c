//! Queue nodes die under load, one after the other, and come back.

mod boss;
mod clients;
mod flock;
mod judge;
mod newest;
mod timeline;
mod told;

pub use judge::Verdict;
pub use newest::Differences;
pub use told::Notices;
