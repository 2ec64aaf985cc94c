//! Queues in RAM: the role that orders operations, keeps what they change and tells who is there.
//!
//! [`machine`] is the queue node without a socket: [`machine::Node`] takes what came on its links
//! and appends what is to be said to them. `io` is its thread.
//!
//! A queue node never speaks to a client, never asks the boss on the way of a message, and never
//! shows anything that isn't on every in-sync copy.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;

#[cfg(feature = "io")]
pub use io::{Error, Listen, Running, Settings, run};
