//! Generated from `proto/schema/link.proto` by `cargo xtask schema`: not to be edited.

pub mod hello {
    pub const VERSION: u32 = 1;
    pub const VERSION_MIN: u32 = 2;
    pub const ROLE: u32 = 3;
    pub const ID: u32 = 4;
    pub const INCARNATION: u32 = 5;
    pub const CLUSTER_ID: u32 = 6;
    pub const NONCE: u32 = 7;
    pub const LANE: u32 = 8;
}
pub mod proof {
    pub const PROOF: u32 = 1;
    pub const HELLO: u32 = 2;
}
pub mod refuse {
    pub const REASON: u32 = 1;
    pub const FOR_GOOD: u32 = 2;
}
pub mod beat {
    pub const ASKS: u32 = 3;
    pub const HOPS: u32 = 4;
}
pub mod at {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const REIGN: u32 = 5;
}
