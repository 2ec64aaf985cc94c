//! The cluster on one thread, from a seed: who breaks a promise is found and can be replayed.
//!
//! In reading order: [`plan`] is what a seed stands for; [`world`] lets it happen, with the
//! machines of production on virtual time; [`journal`] is what clients saw of it, and [`check`]
//! judges that; [`run`](mod@run) does one seed; [`planted`] lists the bugs that must be found, and
//! [`gate`] has everything together. Apart from all that, [`model`] is the protocol by which copies
//! are kept, and goes through all of its states.
//!
//! This crate never reads a clock, never opens a socket, and never draws a number that doesn't
//! follow from the seed.

pub mod application;
pub mod call;
mod chance;
pub mod check;
mod crew;
pub mod gate;
pub mod harvest;
pub mod journal;
pub mod model;
mod phase;
pub mod plan;
pub mod planted;
pub mod run;
mod script;
pub mod ways;
pub mod world;
