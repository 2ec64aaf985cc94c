//! What a gateway or queue node says to the boss.
//! The schema is `proto/schema/n2b.proto`.

pub use crate::schema::n2b::*;
