//! Scripts against a whole node: what lanes say, and what comes of it.

mod commits;
mod ends;
mod faults;
mod joining;
mod memory;
mod model;
mod recovery;
mod requests;
mod rig;
mod rings;
mod sending;
mod state;
mod untold;
mod users;

use rig::check;
