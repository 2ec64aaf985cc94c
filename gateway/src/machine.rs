//! A lane of a gateway, without sockets, clock or threads.
//!
//! In the order of a message's way: [`lane`] takes every input; [`connection`] reads a client's
//! frames; [`login`] makes a session of a connection; [`session`] is what the lane knows of one;
//! [`route`] brings operations to their homes; [`home`] reads what homes say; [`interest`] knows
//! who wants which queue; [`fanout`] turns one event into the bytes of each codec; [`clients`]
//! holds what sockets are owed; [`slow`] keeps the rest for those who don't keep up; [`recover`]
//! comes back after lost links and moved buckets; [`web`] serves the back end; [`token`] says who
//! somebody is.

pub mod callout;
pub mod clients;
mod closing;
mod connection;
pub mod counters;
mod fanout;
mod home;
mod interest;
pub mod lane;
mod login;
mod membership;
mod recover;
mod refusal;
mod route;
mod session;
pub mod settings;
mod slow;
pub mod token;
pub mod web;
mod wheel;

pub use clients::{Clients, Codec, ConnId, Ending};
pub use counters::Counters;
pub use lane::{Input, Lane, Outbox};
pub use settings::{Faults, Settings};
pub use web::{WebReply, WebRequest};

#[cfg(test)]
mod tests;
