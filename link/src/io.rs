//! Sockets, the clock, and the loop's tools: one thread, one epoll, one read and one write per
//! turn.

pub mod board;
pub mod clock;
mod exposition;
pub mod files;
pub mod http;
pub mod names;
mod peers;
mod pipe;
pub mod process;
mod resolver;
mod socket;
pub mod threads;
mod throttled;
pub mod tls;
mod wires;

pub use board::Board;
pub use peers::Peers;
pub use pipe::Hub;
pub use throttled::Throttled;
pub use wires::{Event, Sink, Wires};
