//! The wire between two nodes.
//!
//! [`machine`] is the protocol of a link: proof of the cluster secret, beats, what is unsent to a
//! peer and what a peer hasn't answered. `io` moves its bytes: dial, accept, one read and
//! one write per turn, through TCP, plain or with TLS, or through a pipe within the process.
//!
//! This crate never looks into what a link carries beyond the fields that all arrows share, and
//! never decides what is resent: it keeps the list, the role's machine says when.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;
