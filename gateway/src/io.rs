//! Sockets, threads and HTTP of a gateway.
//!
//! In reading order: [`settings`] says what to open; [`run`] opens it and starts a thread per lane;
//! `turn` is the loop of such a thread; `clients` are its sockets; lane 0 speaks with the boss,
//! serves the back end (`web`) and has no clients; `mail` is what threads tell each
//! other; [`keys`] reads what tokens are verified with; `files` shares out what may be open;
//! [`metrics`] names all that is counted.

pub mod callout;
mod clients;
mod connections;
mod files;
mod hops;
pub mod keys;
mod mail;
mod metrics;
pub mod network;
pub mod origins;
pub mod pages;
mod run;
pub mod settings;
mod turn;
pub mod web;

pub use metrics::metrics;
pub use pages::Page;
pub use run::{Error, Running, run};
pub use settings::Settings;

#[cfg(test)]
mod tests;
