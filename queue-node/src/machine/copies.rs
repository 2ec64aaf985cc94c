//! Copies of a bucket: what a primary sends them, and what they make of it.
//!
//! A primary writes each record as bytes (`state/codec.rs`). The records of a bucket in one turn
//! are a unit, gathered in its `stream` while somebody follows. A `learner` is a copy: made of a
//! snapshot, then of units, and of nothing else. `forget` has planted bugs. Between two nodes,
//! `followers` is what the primary's node knows of those who have copies, and `copied` what such a
//! node has. Nobody waits for them; whom a bucket waits for is `played` by scripts and the
//! simulation.

mod copied;
mod copy;
mod entry;
mod fellow;
mod fellows;
mod followers;
mod forget;
mod kept;
mod learner;
mod played;
mod prefix;
mod sent;
mod stream;
mod streams;
mod tail;

pub use copied::Compared;
pub(crate) use copied::Copied;
pub(crate) use fellows::Fellows;
pub(crate) use followers::Followers;
pub use forget::Forgets;
pub(crate) use kept::Copies;
pub use learner::{Broken, Learner};
pub(crate) use played::Batches;
pub use played::Played;
pub use stream::Unit;
pub(crate) use stream::{Reader, Stream};
pub(crate) use streams::Streams;
