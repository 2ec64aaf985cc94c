//! The door of clients and web back ends.
//!
//! In reading order: [`machine`] decides (a lane: its connections, sessions, interest in queues and
//! the way to their homes); `io` moves bytes between sockets and lanes.
//!
//! This crate never keeps a queue's state, never orders events, and never lets one lane touch the
//! connections of another.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;

#[cfg(feature = "io")]
pub use io::{Error, Page, Running, Settings, run};
