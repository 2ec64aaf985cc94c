//! The protocol of a link, without sockets and clocks.

mod link;
mod outbox;
mod pace;
mod redial;
mod throttle;
mod unanswered;
mod unproven;

pub use link::{Link, LinkError, Peer, Received, Settings};
pub use outbox::{LinkId, Outbox};
pub use pace::Pace;
pub use redial::Redial;
pub use throttle::Throttle;
pub use unanswered::{Moving, Unanswered};
pub use unproven::{Origin, Place, Unproven};
