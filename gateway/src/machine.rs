//! A lane of a gateway, without sockets, clock or threads.
//!
//! In the order of a message's way: [`lane`] takes every input and gives it to a part; [`door`]
//! owns the connections of clients and believes their credentials or not, tokens by [`token`];
//! [`sessions`] owns what comes of them; [`upstream`] owns the way to the homes of queues;
//! [`delivery`] owns the interest in queues and brings events to clients; [`application`] owns what
//! the web application is asked and told, [`web`] what a back end asks for.
//!
//! Door, upstream and delivery know no other part but the sessions' backlogs; they lie on the
//! [`desk`], which the others get. [`parts`] says which part knows which.

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
pub mod survey;
pub mod token;
mod traced;
mod upstream;
pub mod web;

pub use application::callout;
pub use counters::Counters;
pub use delivery::{Clients, ConnId, Encoding, Ending, Format, Pace, Transport};
pub use door::{AddressLimits, Addresses, Authority, ClientUrl, Credentials, NotAClientUrl};
pub use door::{Post, Prefix, TurnedAway};
pub use lane::{Input, Lane, Outbox};
pub use settings::{Faults, Settings};
pub use web::{WebReply, WebRequest};

#[cfg(test)]
mod tests;
