//! The sessions of a lane, from login to end.
//!
//! In the order of a session's life: [`session`] is what the lane knows of one; [`login`] makes it,
//! [`resume`] gives it its queues again; [`membership`] is its part in each queue; [`closing`] is
//! the end of its connection.

mod closing;
mod login;
mod membership;
mod resume;
mod session;

pub(super) use closing::is_of_over;
pub(super) use login::{close_of, resumed};
pub(super) use session::{Asks, Part, Session, Sessions, State};
