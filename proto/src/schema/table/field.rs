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
    pub const TERM: u32 = 8;
    pub const VERSION: u32 = 9;
}
pub mod table {
    pub const TERM: u32 = 1;
    pub const VERSION: u32 = 2;
    pub const BITS: u32 = 3;
    pub const ROWS: u32 = 4;
    pub const PLACES: u32 = 5;
}
pub mod rows {
    pub const TERM: u32 = 1;
    pub const VERSION: u32 = 2;
    pub const FROM_TERM: u32 = 3;
    pub const FROM_VERSION: u32 = 4;
    pub const ROWS: u32 = 5;
    pub const PLACES: u32 = 6;
    pub const GONE: u32 = 7;
}
pub mod moved {
    pub const BITS: u32 = 1;
    pub const ROW: u32 = 2;
    pub const PLACE: u32 = 3;
}
pub mod place {
    pub const ID: u32 = 1;
    pub const INCARNATION: u32 = 2;
    pub const HOST: u32 = 3;
    pub const ADDRESS: u32 = 4;
}
