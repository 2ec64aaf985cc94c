//! Sockets, the clock, and the loop's tools: one thread, one epoll, one read and one write per
//! turn.

pub mod clock;
pub mod http;
pub mod names;
mod pipe;
mod resolver;
mod socket;
pub mod tls;
mod wires;

pub use pipe::Hub;
pub use wires::{Event, Sink, Wires};
