//! A process as its cluster and its operators see it, without sockets and clocks.
//!
//! In reading order: [`Member`] is what a thread is to the cluster, of which `boss` is the part
//! that speaks with the boss and `dials` the part that knows whom to dial; [`Target`] is such a
//! one; [`KnownRows`] is what it knows of who has which bucket; [`Sample`] is something counted;
//! [`trace`] follows a queue or a user.

mod boss;
mod dials;
mod member;
mod metric;
mod rows;
mod target;
pub mod trace;

pub use boss::{Faults, Health};
pub use member::{Dial, Input, Member, News, Notice, Outbox};
pub use metric::{BOUNDS_US, Histogram, Sample, Value};
pub use rows::{KnownRows, Told};
pub use target::Target;
