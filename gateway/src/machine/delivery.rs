//! Events on their way to clients: who gets what, in which bytes, and what becomes of it where a
//! client doesn't keep up.
//!
//! In the order of an event's way: [`interest`] knows who wants which queue; [`fanout`] turns one
//! event into the bytes of each [`format`]; [`clients`] holds what sockets are owed; [`slow`] keeps
//! the rest for those who lag, [`held`] for those who want to wait.

mod clients;
mod fanout;
mod format;
mod held;
mod interest;
mod slow;

pub use clients::{Clients, ConnId, Ending};
pub(super) use clients::{Delivery, HELD};
pub(super) use fanout::{Encoded, Encodings, Frame};
pub use format::{Encoding, Format, Transport};
pub(super) use held::Held;
pub(super) use interest::{Filtered, Interest, Policy, Sub, Subscriber};
pub(super) use slow::{Behind, Kept};
