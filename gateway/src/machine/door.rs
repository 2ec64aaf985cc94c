//! The door of a lane: who comes from where, by which credentials, and how much at once.
//!
//! In the order of a client's way: [`address`] counts who comes from where; [`authority`] believes
//! credentials or not; [`wheel`] looks at connections when it is time, and bounds what they send.

mod address;
mod authority;
mod wheel;

pub use address::{AddressLimits, Addresses, Prefix, TurnedAway};
pub(super) use authority::{Admission, Admitted, Distrust, Expiries};
pub use authority::{Authority, Credentials};
pub(super) use wheel::{Allowance, PER_TURN, Rate, Wheel};
