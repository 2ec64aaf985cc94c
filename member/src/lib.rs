//! A process of the cluster: what is the same for a gateway, a queue node and the simulation of
//! both.
//!
//! [`machine`] is its side of the boss, and what it counts. `io` publishes that: on a board that
//! its threads share, and over HTTP, with the server that all roles serve HTTP by.
//!
//! This crate never takes part in the way of a message, and never knows what a role does.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;
