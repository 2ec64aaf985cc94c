//! Copies of a bucket: what a primary sends them, and what they make of it.
//!
//! A primary writes each record as bytes (`state/codec.rs`). The records of a bucket in one turn
//! are a unit, gathered in its `stream` while somebody follows. A `learner` is a copy: made of a
//! snapshot, then of units, and of nothing else. `forget` has planted bugs. Between two nodes,
//! `followers` is what the primary's node knows of those who have copies, and `copied` what such a
//! node has. Nobody waits for them; whom a bucket waits for is `played` by scripts and the
//! simulation.

mod batches;
mod copied;
mod copy;
mod entry;
mod followers;
mod forget;
mod kept;
mod learner;
mod played;
mod prefix;
mod stream;
mod tail;

pub use copied::Compared;
pub(crate) use copied::Copied;
pub(crate) use followers::Followers;
pub use forget::Forgets;
pub use learner::{Broken, Learner};
pub(crate) use played::Batches;
pub use played::Played;
pub use stream::Unit;
pub(crate) use stream::{Reader, Stream};
