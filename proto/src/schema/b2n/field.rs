//! Generated from `proto/schema/b2n.proto` by `cargo xtask schema`: not to be edited.

pub mod b2n {
    pub const HELLO: u32 = 1;
    pub const PROOF: u32 = 2;
    pub const REFUSE: u32 = 3;
    pub const BEAT: u32 = 4;
    pub const REGISTERED: u32 = 6;
    pub const TABLE: u32 = 7;
    pub const CONFIG: u32 = 8;
    pub const INSPECT: u32 = 9;
    pub const REFUSED: u32 = 10;
    pub const WAIT: u32 = 11;
    pub const ROWS: u32 = 12;
    pub const NOT_NOW: u32 = 13;
    pub const TELL_ALL: u32 = 14;
    pub const CALL: u32 = 15;
    pub const DOORS: u32 = 16;
}
pub mod registered {
    pub const INCARNATION: u32 = 1;
    pub const CLUSTER_ID: u32 = 2;
}
pub mod refused {
    pub const REASON: u32 = 1;
    pub const FOR_GOOD: u32 = 2;
}
pub mod wait {
    pub const REASON: u32 = 1;
}
pub mod config {
    pub const VERSION: u32 = 1;
    pub const TOML: u32 = 2;
}
pub mod inspect {
    pub const NUMBER: u32 = 1;
    pub const QUEUE: u32 = 2;
}
pub mod not_now {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const CONF: u32 = 3;
    pub const REASON: u32 = 4;
}
pub mod tell_all {
}
pub mod call {
    pub const NUMBER: u32 = 1;
    pub const METHOD: u32 = 2;
    pub const PATH: u32 = 3;
    pub const BODY: u32 = 4;
}
pub mod doors {
    pub const DOORS: u32 = 1;
}
pub mod door {
    pub const ID: u32 = 1;
    pub const ADDRESSES: u32 = 2;
    pub const FREE: u32 = 3;
}
