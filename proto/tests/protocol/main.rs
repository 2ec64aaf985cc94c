//! What is said is the same in every form: hand-written codecs, JSON, golden data and documents
//! against the schemas.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod borrowed;
mod docs;
mod errors;
mod golden;
mod ids;
mod json;
mod random;
mod rows;
mod schema;
mod table;
