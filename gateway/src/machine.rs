//! A lane of a gateway, without sockets, clock or threads.
//!
//! In the order of a message's way: [`lane`] takes every input; [`connection`] reads a client's
//! frames, [`operation`] those that are for queues; [`authority`] believes its credentials or not,
//! tokens by [`token`]; [`login`] makes a session of it, [`resume`] gives that its queues;
//! [`session`] is what the lane knows of one; [`hearing`] says when its operations go on; [`route`]
//! brings them to their homes; [`home`] reads what homes say; [`interest`] knows who wants which
//! queue; [`fanout`] turns one event into the bytes of each [`format`]; [`clients`] holds what
//! sockets are owed; [`slow`] keeps the rest for those who lag, [`held`] for those who want to wait;
//! [`recover`] comes back after lost links,
//! [`table`] follows buckets that move; [`web`] serves the back end, [`callout`] asks and tells it,
//! [`asking`] what of clients that is about. Beside the lanes, [`address`] counts who comes from
//! where.

pub mod address;
mod asking;
pub mod authority;
pub mod callout;
pub mod clients;
mod closing;
mod connection;
pub mod counters;
mod fanout;
pub mod format;
mod hearing;
mod held;
mod home;
mod interest;
pub mod lane;
mod login;
mod membership;
mod operation;
mod readiness;
mod recover;
mod refusal;
mod resume;
mod route;
mod session;
pub mod settings;
mod slow;
mod table;
pub mod token;
pub mod web;
mod wheel;

pub use address::{AddressLimits, Addresses, TurnedAway};
pub use authority::{Authority, Credentials};
pub use clients::{Clients, ConnId, Ending};
pub use counters::Counters;
pub use format::{Encoding, Format, Transport};
pub use lane::{Input, Lane, Outbox};
pub use settings::{Faults, Settings};
pub use web::{WebReply, WebRequest};

#[cfg(test)]
mod tests;
