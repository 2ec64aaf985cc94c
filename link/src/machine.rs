//! The protocol of a link, without sockets and clocks.

mod link;
mod member;
mod outbox;
mod proof;
mod redial;
mod unanswered;

pub use link::{Link, LinkError, Peer, Received, Settings};
pub use member::{Faults, Member, Word};
pub use outbox::{LinkId, Outbox};
pub use redial::Redial;
pub use unanswered::{Moving, Unanswered};
