//! What the records of a bucket say, from the primary to its copies.
//! The schema is `proto/schema/record.proto`.

pub use crate::schema::record::*;
