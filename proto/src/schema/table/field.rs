//! Generated from `proto/schema/table.proto` by `cargo xtask schema`: not to be edited.

pub mod owner {
    pub const ID: u32 = 1;
    pub const INCARNATION: u32 = 2;
}
pub mod row {
    pub const PREFIX: u32 = 1;
    pub const LOSS: u32 = 2;
    pub const CONF: u32 = 3;
    pub const PRIMARY: u32 = 4;
    pub const IN_SYNC: u32 = 5;
    pub const LEARNERS: u32 = 6;
    pub const REIGN: u32 = 7;
}
pub mod table {
    pub const TERM: u32 = 1;
    pub const VERSION: u32 = 2;
    pub const BITS: u32 = 3;
    pub const ROWS: u32 = 4;
    pub const PLACES: u32 = 5;
}
pub mod place {
    pub const ID: u32 = 1;
    pub const INCARNATION: u32 = 2;
    pub const HOST: u32 = 3;
    pub const ADDRESS: u32 = 4;
}
