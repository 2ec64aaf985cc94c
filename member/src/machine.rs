//! A process as its boss and its operators see it, without sockets and clocks.

mod boss;
mod metric;

pub use boss::{Faults, Health, Member, Word};
pub use metric::{BOUNDS_US, Histogram, Sample, Value};
