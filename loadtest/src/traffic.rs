//! A load on any server: its messages, the check of every delivery, and the engine that drives it.

pub(crate) mod checker;
pub(crate) mod crowd;
pub(crate) mod engine;
pub(crate) mod latency;
pub(crate) mod load;
pub(crate) mod messages;
pub(crate) mod opening;
pub(crate) mod outcome;
pub(crate) mod returns;
pub(crate) mod schedule;
pub(crate) mod stamp;
