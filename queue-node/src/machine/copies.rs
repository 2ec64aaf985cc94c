//! Copies of a bucket: what a primary sends them, and what they make of it.
//!
//! A primary writes each record as bytes (`state/codec.rs`). The records of a bucket in one turn
//! are a unit, gathered in its `stream` while somebody follows. A `learner` is a copy: made of a
//! snapshot, then of units, and of nothing else. `forget` has planted bugs.
//!
//! Who has copies is said by rows. On the primary's side a bucket has `fellows`: of each `fellow`,
//! how far it is, and a `tail` of the newest entries. `streams` are what goes over links: batches,
//! of which `sent` knows what is acknowledged, slices and digests. On the other side a node has
//! `kept` copies; a `copy` is a learner and a tail of what isn't committed. An `entry` is what a
//! bucket records in a turn, and `prefix` how far two logs are the same.
//!
//! Ten times a second a bucket is `shown`, so that copies compare themselves with it.
//!
//! Whom a bucket `waits` for is said by its row, with those whom it has made a `proposal` to add.
//! The nodes of all fellows are its node's `peers`, and by how much they are
//! behind is its `lag`. Scripts and the simulation may have copies
//! `played` by the caller.

mod copy;
mod entry;
mod fellow;
mod fellows;
mod forget;
mod head;
mod heritage;
mod kept;
mod lag;
mod learner;
mod peers;
mod played;
mod prefix;
mod proposal;
mod sent;
mod shown;
mod stream;
mod streams;
mod tail;
mod waits;

pub(crate) use fellow::Rank;
pub(crate) use fellows::Fellows;
pub use forget::Forgets;
pub(crate) use heritage::{Heritage, Inherited};
pub(crate) use kept::Copies;
pub(crate) use lag::Lag;
pub use learner::{Broken, Learner};
pub(crate) use played::Batches;
pub use played::Played;
pub use shown::Compared;
pub use stream::Unit;
pub(crate) use stream::{Reader, Stream};
pub(crate) use streams::Streams;
pub use waits::Waits;
