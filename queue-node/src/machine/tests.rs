//! Scripts against a whole node: what lanes say, and what comes of it.

mod asks;
mod changes;
mod commits;
mod creations;
mod ends;
mod faults;
mod grace;
mod guests;
mod history;
mod inbox;
mod joining;
mod keys;
mod late;
mod limits;
mod logs;
mod memory;
mod model;
mod mounts;
mod over;
mod policy;
mod presence;
mod recognised;
mod recovery;
mod requests;
mod resume;
mod rig;
mod rings;
mod room;
mod sending;
mod state;
mod storm;
mod told;
mod untold;
mod users;

use rig::check;
