//! Copies of a bucket: what a primary sends them, and what they make of it.
//!
//! A primary writes each record as bytes (`state/codec.rs`). The records of a bucket in one turn
//! are a unit, gathered in its `stream` while somebody follows. A `learner` is a copy: made of a
//! snapshot, then of units, and of nothing else. `forget` has planted bugs.

mod forget;
mod learner;
mod stream;

pub use forget::Forgets;
pub use learner::{Broken, Learner};
pub(crate) use stream::Stream;
pub use stream::Unit;
