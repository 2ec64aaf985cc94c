//! The classes of queues, as the copies of a bucket know them.
//! The schema is `proto/schema/classes.proto`.

pub use crate::schema::classes::*;
