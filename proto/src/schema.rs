//! The types that the schemas under `proto/schema/` give, a module per file, as
//! `cargo xtask schema` writes them.

#[rustfmt::skip]
pub mod b2n;
#[rustfmt::skip]
pub mod c2g;
#[rustfmt::skip]
pub mod classes;
#[rustfmt::skip]
pub mod g2c;
#[rustfmt::skip]
pub mod g2q;
#[rustfmt::skip]
pub mod link;
#[rustfmt::skip]
pub mod n2b;
#[rustfmt::skip]
pub mod q2g;
#[rustfmt::skip]
pub mod q2q;
#[rustfmt::skip]
pub mod record;
#[rustfmt::skip]
pub mod snapshot;
#[rustfmt::skip]
pub mod table;
