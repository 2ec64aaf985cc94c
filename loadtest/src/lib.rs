//! The cluster under load, beside its peers.
//!
//! In reading order: what a peer speaks (`peers`), the load and the check of every delivery
//! (`traffic`), the processes it runs on (`processes`, `servers`), and the plans, each with options, a
//! report and `run`. The generator is one thread and knows nothing of the cluster's own code: it
//! shares no type with what it measures.

pub mod compare;

mod clock;
mod interrupt;
mod peers;
mod processes;
mod servers;
mod statistics;
mod traffic;
