//! The cluster under load, beside its peers.
//!
//! In reading order: what a peer speaks (`peers`), what it proves itself with (`credentials`) and
//! where it comes from (`sources`), the load and the check of every delivery (`traffic`), the
//! processes it runs on (`processes`, `secure`, `servers`, `target`), people who are watched while
//! others do something (`neighbours`), a web application that is asked (`application`), and the
//! plans, each with its options, its report and `run`.
//!
//! The generator is one thread with non-blocking sockets. It shares neither a type nor a codec with
//! what it measures: a mistake there is seen here. It never judges: figures that miss their goal
//! and messages that were lost are in the report, and what follows from them is the caller's.

pub mod callout_silent;
pub mod churn;
pub mod compare;
pub mod connect_storm;
pub mod failover;
pub mod guilty;
pub mod idle;
pub mod logins;
pub mod queues;
pub mod resume_storm;
pub mod rooms;
pub mod rpc;

mod application;
mod clock;
mod credentials;
mod interrupt;
mod neighbours;
mod peers;
mod processes;
mod secure;
mod servers;
mod sources;
mod statistics;
mod target;
mod traffic;

pub use credentials::Credentials;
pub use neighbours::{Influence, Phase, Round, Watch};
pub use target::{Nodes, Target, Transport};
pub use traffic::checker::Faults;
pub use traffic::latency::Percentiles;
pub use traffic::load::Pace;
pub use traffic::returns::Tally;
