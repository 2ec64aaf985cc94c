//! The queue node as a plain state machine.
//!
//! In reading order: [`Node`] takes inputs and finds the bucket (`node`, `links`), by the `rows`
//! that it knows; a bucket decides, numbers and keeps (`bucket`, `record`), lets out (`outputs`) or
//! holds until copies have it (`held`), and refuses what panics (`caught`); `state` is what its
//! records made of it, `copies` what other processes get of it, `promote` goes on with what a copy
//! has, `depose` makes a copy of what a primary had, and `local` is what this process alone has of
//! a queue; operations are told apart in `operation` and decided in `send`, `read`, `join`,
//! `resume`, `attach`, `renew`, `mounts` and `requests`; `application` asks and tells who is behind
//! call-outs; `user` decides who is logged in, `member` what rooms hear of it, `peer` and
//! `unanswered` what queues say to each other; `capacity` bounds all of it, `cells` by whom;
//! `stopped` says when nothing new is decided; `reports`, `inspect` and `busy` say what the boss
//! hears; `clock` is a bucket's, and `timers` say when to wake.

mod allowance;
mod application;
mod asker;
mod attach;
mod bucket;
mod buckets;
mod busy;
mod capacity;
mod caught;
mod cells;
mod clock;
mod configure;
mod copies;
mod counters;
mod depose;
mod faults;
mod guests;
mod hashing;
mod held;
mod inspect;
mod join;
mod lane;
mod links;
mod local;
mod member;
mod mounts;
mod node;
mod operation;
mod outputs;
mod peer;
mod promote;
mod read;
mod record;
mod renew;
mod reports;
mod requests;
mod resume;
mod rows;
mod run;
mod send;
mod state;
mod stopped;
mod stranger;
mod subscribe_ref;
mod subscribed;
mod timers;
mod traced;
mod turn;
mod unanswered;
mod user;
mod wake;

pub use busy::Busy;
pub use caught::Caught;
pub use copies::{Broken, Compared, Forgets, Learner, Played, Unit, Waits};
pub use counters::Counters;
pub use faults::{Faults, Panics};
pub use held::Fellow;
pub use node::{Input, Node, Settings};
pub use promote::Promotion;
pub use turn::{Inspected, Outbox};

#[cfg(test)]
mod tests;
