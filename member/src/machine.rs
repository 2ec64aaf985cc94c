//! A process as its boss and its operators see it, without sockets and clocks.

mod member;
mod metric;

pub use member::{Faults, Health, Member, Word};
pub use metric::{BOUNDS_US, Histogram, Sample, Value};
