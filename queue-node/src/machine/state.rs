//! What a bucket replicates: its queues with their mounts and members, who it knows, and what was
//! answered.

pub(crate) mod arena;
pub(crate) mod class;
pub(crate) mod event_ring;
pub(crate) mod idempotency;
pub(crate) mod members;
pub(crate) mod message_mount;
pub(crate) mod people;
pub(crate) mod queue;
pub(crate) mod recent;
pub(crate) mod remember;
pub(crate) mod replay;
pub(crate) mod state_mount;
