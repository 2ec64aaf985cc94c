//! The machine's thread: sockets, the clock, and what operators see.

mod decider;
mod looks;
mod settings;
mod turn;

use member::io::board::tls_files;
use member::machine::{Sample, trace};

pub use settings::{Error, Listen, Settings};
pub use turn::{Running, run};

use crate::machine::Counters;

/// Each metric of a queue node, as it is before anything has happened.
pub fn metrics() -> Vec<Sample> {
    let mut all = Counters::default().list();
    all.push(tls_files("links", false));
    all.push(trace::armed(0));
    all
}

#[cfg(test)]
mod tests;
