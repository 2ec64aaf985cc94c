//! Generated from `proto/schema/n2b.proto` by `cargo xtask schema`: not to be edited.

pub mod n2b {
    pub const HELLO: u32 = 1;
    pub const PROOF: u32 = 2;
    pub const REFUSE: u32 = 3;
    pub const BEAT: u32 = 4;
    pub const REGISTER: u32 = 6;
    pub const REPORT: u32 = 7;
    pub const UNREACHABLE: u32 = 8;
    pub const INSPECTED: u32 = 9;
    pub const REACHED: u32 = 10;
    pub const PROPOSE: u32 = 11;
    pub const KNOWN: u32 = 12;
    pub const CALLED: u32 = 13;
}
pub mod register {
    pub const ID: u32 = 1;
    pub const ROLE: u32 = 2;
    pub const HOST: u32 = 3;
    pub const ADDRESS: u32 = 4;
    pub const INCARNATION: u32 = 5;
    pub const VERSION: u32 = 6;
    pub const BUCKETS: u32 = 7;
    pub const TABLE_TERM: u32 = 8;
    pub const TABLE_VERSION: u32 = 9;
    pub const PROCESS: u32 = 10;
    pub const AHEAD: u32 = 11;
    pub const CONFIG_VERSION: u32 = 12;
}
pub mod bucket_report {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const ROW: u32 = 5;
    pub const ROLE: u32 = 6;
    pub const N: u32 = 7;
    pub const STATE_N: u32 = 8;
    pub const PROPOSED: u32 = 9;
}
pub mod report {
    pub const TABLE_TERM: u32 = 1;
    pub const TABLE_VERSION: u32 = 2;
    pub const COUNTERS: u32 = 3;
    pub const MESSAGE: u32 = 4;
    pub const READY: u32 = 5;
    pub const DRAINING: u32 = 6;
    pub const BUCKETS: u32 = 7;
    pub const FULL: u32 = 8;
    pub const DOOR: u32 = 9;
}
pub mod door {
    pub const ADDRESSES: u32 = 1;
    pub const CONNECTIONS: u32 = 2;
    pub const CONNECTIONS_MAX: u32 = 3;
}
pub mod counter {
    pub const NAME: u32 = 1;
    pub const VALUE: u32 = 2;
}
pub mod unreachable {
    pub const ID: u32 = 1;
    pub const INCARNATION: u32 = 2;
    pub const REFUSED: u32 = 3;
}
pub mod reached {
    pub const ID: u32 = 1;
    pub const INCARNATION: u32 = 2;
}
pub mod propose {
    pub const BITS: u32 = 1;
    pub const ROW_CONF: u32 = 2;
    pub const PREFIX: u32 = 3;
    pub const WHAT: u32 = 4;
    pub const OWNER: u32 = 5;
    pub const WHY: u32 = 6;
}
pub mod known {
    pub const TABLE: u32 = 1;
    pub const AHEAD: u32 = 2;
    pub const CONFIG_VERSION: u32 = 3;
    pub const CONFIG: u32 = 4;
}
pub mod inspected {
    pub const NUMBER: u32 = 1;
    pub const FOUND: u32 = 2;
    pub const QUEUE: u32 = 3;
}
pub mod called {
    pub const NUMBER: u32 = 1;
    pub const STATUS: u32 = 2;
    pub const BODY: u32 = 3;
}
