//! Sockets, the clock, and the loop's tools: one thread, one epoll, one read and one write per
//! turn.

pub mod clock;
mod peers;
mod pipe;
mod resolver;
mod socket;
pub mod threads;
mod throttled;
pub mod tls;
mod wires;

pub use peers::Peers;
pub use pipe::Hub;
pub use throttled::Throttled;
pub use wires::{Event, Sink, Wires};
