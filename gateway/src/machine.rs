//! A lane of a gateway, without sockets, clock or threads.
//!
//! In the order of a message's way: [`lane`] takes every input; [`connection`] reads a client's
//! frames, [`operation`] those that are for queues; [`door`] believes its credentials or not,
//! tokens by [`token`]; [`login`] makes a session of it, [`resume`] gives that its queues;
//! [`session`] is what the lane knows of one; [`upstream`] brings its operations to their homes and
//! reads what those say; [`delivery`] brings events to clients; [`web`] serves the back end,
//! [`callout`] asks and tells it, [`asking`] what of clients that is about.

mod asking;
pub mod callout;
mod closing;
mod connection;
pub mod counters;
mod delivery;
mod door;
pub mod lane;
mod login;
mod membership;
mod operation;
mod readiness;
mod refusal;
mod resume;
mod session;
pub mod settings;
pub mod token;
mod upstream;
pub mod web;

pub use counters::Counters;
pub use delivery::{Clients, ConnId, Encoding, Ending, Format, Transport};
pub use door::{AddressLimits, Addresses, Authority, Credentials, Prefix, TurnedAway};
pub use lane::{Input, Lane, Outbox};
pub use settings::{Faults, Settings};
pub use web::{WebReply, WebRequest};

#[cfg(test)]
mod tests;
