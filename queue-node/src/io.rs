//! The machine's thread: sockets, the clock, and what operators see.

mod decider;
mod memory;
mod settings;
mod turn;

pub use settings::{Error, Listen, Settings};
pub use turn::{Running, run};

#[cfg(test)]
mod tests;
