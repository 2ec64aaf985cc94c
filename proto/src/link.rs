//! What both ends of every link say: the handshake, beats, and whose bucket the next frames are
//! about. The schema is `proto/schema/link.proto`.

pub use crate::schema::link::*;
