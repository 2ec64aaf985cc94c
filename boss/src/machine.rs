//! The decisions: who is in, who is dead, who holds what. No clock, socket, thread or file.
//!
//! [`boss`] is the machine that ties the others: it takes what links bring, and lets out frames,
//! what is to be stored, and answers. [`placement`] spreads buckets, [`roster`] knows the nodes,
//! [`table`] the rows, [`liveness`] tells the dead from the cut off,
//! [`holdings`] is what nodes have of buckets, [`kept`] is what survives the
//! process. A boss whose store has lost steps is [`frozen`]: it knows them by its [`history`], and
//! [`adopt`] decides what it takes of what nodes know. [`safety`] is how many hosts may die,
//! [`changes`] what steps have changed in rows, [`view`], [`totals`] and
//! [`trend`] what operators see.

pub mod adopt;
pub mod boss;
pub mod changes;
pub mod configuration;
pub mod configurations;
mod counters;
pub mod events;
pub mod frozen;
pub mod history;
pub mod holdings;
pub mod jumps;
pub mod kept;
pub mod liveness;
mod outbox;
pub mod placement;
pub mod registration;
pub mod roster;
pub mod safety;
pub mod table;
pub mod totals;
pub mod trend;
pub mod view;

pub use boss::{Boss, Faults, Input, Settings};
pub use counters::Counters;
pub use outbox::{Answer, Effect, Outbox};
