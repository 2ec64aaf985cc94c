//! Who is in the cluster and who holds which bucket: beside the way of a message, on none of its
//! arrows.
//!
//! In reading order: [`machine`] decides (placement, roster, liveness, and the boss that ties
//! them), without clock, socket or file; `io` keeps its decisions in a file, carries them over
//! links, and shows them on a page. [`DEFAULT_CLUSTER`] is the cluster configuration when none is
//! given.
//!
//! The boss never sees a message of a queue, never decides about a user, and never pushes a table
//! that its store doesn't hold.

#[cfg(feature = "io")]
pub mod io;
pub mod machine;

#[cfg(feature = "io")]
pub use io::{Error, ID, Running, Settings, metrics, run};

/// The cluster configuration when none is given: two classes, and the manual of all options.
pub const DEFAULT_CLUSTER: &str = include_str!("default-cluster.toml");
