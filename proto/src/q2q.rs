//! What queue nodes say to each other.
//! The schema is `proto/schema/q2q.proto`.

pub use crate::schema::q2q::*;
