//! The web application behind its call-outs: what it is asked, and what it is told.
//!
//! [`Verdicts`] are what it said of an operation, [`AskKind`] what it can be asked; `call` is the
//! operation that is its alone. `tell` is what happens that it wants to hear of, and [`Couriers`]
//! keep that until it has heard.

mod ask;
mod call;
mod courier;
mod tell;

pub(crate) use ask::{AskKind, Ruling, Verdicts, too_late};
pub(crate) use courier::{Cause, Couriers, Happened};
pub(crate) use tell::About;
