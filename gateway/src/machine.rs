//! A lane of a gateway, without sockets, clock or threads.
//!
//! In the order of a message's way: [`lane`] takes every input; [`door`] reads a client's frames
//! and believes its credentials or not, tokens by [`token`]; [`sessions`] are what comes of them;
//! [`upstream`] brings their operations to the homes of queues and reads what those say;
//! [`delivery`] brings events to clients; [`web`] serves the back end, [`application`] asks and
//! tells it.

mod application;
pub mod counters;
mod delivery;
mod desk;
mod door;
pub mod lane;
mod parts;
mod readiness;
mod sessions;
pub mod settings;
pub mod token;
mod upstream;
pub mod web;

pub use application::callout;
pub use counters::Counters;
pub use delivery::{Clients, ConnId, Encoding, Ending, Format, Transport};
pub use door::{AddressLimits, Addresses, Authority, Credentials, Prefix, TurnedAway};
pub use lane::{Input, Lane, Outbox};
pub use settings::{Faults, Settings};
pub use web::{WebReply, WebRequest};

#[cfg(test)]
mod tests;
