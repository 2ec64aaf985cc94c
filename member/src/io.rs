//! What a process shows: figures, whether it is ready, and all that is HTTP.

pub mod board;
mod exposition;
pub mod files;
pub mod http;
pub mod process;

pub use board::Board;
