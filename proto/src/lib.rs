//! What is said between clients, gateways, queue nodes and the boss, and the words all of them
//! share.
//!
//! In reading order: the names things have ([`name`], [`ids`]), where a name lives ([`bucket`],
//! [`table`], [`rows`]), what is allowed ([`limits`], [`class`], [`page`]), what is answered
//! ([`codes`]), how bytes are cut and read ([`frame`], [`wire`]), and one module per arrow:
//! [`c2g`], [`g2c`], [`g2q`], [`q2g`], [`q2q`], [`n2b`], [`b2n`]. What copies of a bucket are
//! made of is in [`record`], [`snapshot`] and [`classes`]. [`json`] is the client protocol as
//! text; [`filter`] decides what a subscription receives; [`seeded`] is how a process hashes what
//! comes from outside, [`share`] how what is bounded is shared out. [`document`] reads what
//! operators write, [`text`] is what may be shown of what others wrote, and [`secret`] keeps out
//! of sight what nobody is to see in it.
//!
//! This crate never opens a socket, reads a clock or keeps state between calls.

pub mod b2n;
pub mod bucket;
pub mod c2g;
pub mod class;
pub mod classes;
pub mod codes;
pub mod document;
pub mod filter;
pub mod frame;
pub mod g2c;
pub mod g2q;
pub mod ids;
pub mod json;
pub mod limits;
pub mod link;
pub mod n2b;
pub mod name;
pub mod page;
pub mod posted;
pub mod q2g;
pub mod q2q;
pub mod record;
pub mod rows;
#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated from the schemas")]
mod schema;
pub mod secret;
pub mod seeded;
pub mod share;
pub mod snapshot;
pub mod table;
pub mod text;
pub mod time;
pub mod wire;
