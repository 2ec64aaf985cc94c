//! Scripts against a whole node: what lanes say, and what comes of it.

mod commits;
mod joining;
mod memory;
mod model;
mod recovery;
mod requests;
mod rig;
mod sending;
mod state;
mod users;

use rig::check;
