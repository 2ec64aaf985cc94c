//! A process's membership at its sockets, and what the process shows: figures, whether it is ready,
//! and all that is HTTP.

pub mod board;
pub mod calls;
mod exposition;
pub mod files;
pub mod http;
mod membership;
mod memory;
pub mod process;
pub mod trace;

pub use board::Board;
pub use calls::{Calling, Calls};
pub use membership::{Membership, Voice, dial};
pub use memory::Memory;
