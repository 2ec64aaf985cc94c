//! A process of the cluster: what is the same for a gateway, a queue node and the simulation of
//! both.
//!
//! [`machine`] decides: who it is to the boss, whom it dials, what it hears and reports. `io`
//! connects that to a thread's wires, and publishes what the process counts and whether it is
//! ready: on a board that its threads share, and over HTTP, with the server of all roles.
//!
//! This crate never takes part in the way of a message, and never knows what a role does.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;
