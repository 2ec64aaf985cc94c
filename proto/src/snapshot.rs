//! The state of a bucket, as a new copy of it begins with.
//! The schema is `proto/schema/snapshot.proto`.

pub use crate::schema::snapshot::*;
