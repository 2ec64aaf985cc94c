//! Generated from `proto/schema/classes.proto` by `cargo xtask schema`: not to be edited.

pub mod classes {
    pub const CLASSES: u32 = 1;
    pub const VERSION: u32 = 2;
}
pub mod class {
    pub const PATTERN: u32 = 1;
    pub const CREATE: u32 = 2;
    pub const JOIN: u32 = 3;
    pub const MAX_MEMBERS: u32 = 4;
    pub const PRESENCE: u32 = 5;
    pub const IDLE_TTL_MS: u32 = 6;
    pub const SESSIONS: u32 = 7;
    pub const SESSIONS_MAX: u32 = 8;
    pub const CALLOUT: u32 = 9;
    pub const TELLS: u32 = 10;
    pub const MOUNTS: u32 = 11;
}
pub mod mount_class {
    pub const NAME: u32 = 1;
    pub const STATE: u32 = 2;
    pub const SEND: u32 = 3;
    pub const HISTORY: u32 = 4;
    pub const HISTORY_BYTES: u32 = 5;
    pub const HISTORY_MS: u32 = 6;
    pub const CLOSE_SLOW: u32 = 7;
    pub const ECHO: u32 = 8;
}
