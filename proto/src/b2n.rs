//! What the boss says to gateways and queue nodes.
//! The schema is `proto/schema/b2n.proto`.

pub use crate::schema::b2n::*;
