//! Generated from `proto/schema/snapshot.proto` by `cargo xtask schema`: not to be edited.

pub mod snapshot {
    pub const ITEMS: u32 = 1;
}
pub mod item {
    pub const HEAD: u32 = 1;
    pub const CONFIG: u32 = 2;
    pub const USER: u32 = 3;
    pub const SESSION: u32 = 4;
    pub const QUEUE: u32 = 5;
    pub const EVENT: u32 = 6;
    pub const HISTORY: u32 = 7;
    pub const CELL: u32 = 8;
    pub const MEMBER: u32 = 9;
    pub const LOGIN: u32 = 10;
    pub const ONLINE: u32 = 11;
    pub const OVER: u32 = 12;
    pub const ATTEMPT: u32 = 13;
    pub const COHORT: u32 = 14;
    pub const REMEMBERED: u32 = 15;
    pub const KEY: u32 = 16;
    pub const WORD: u32 = 17;
    pub const TELL: u32 = 18;
    pub const HEARD: u32 = 19;
}
pub mod head {
    pub const N: u32 = 1;
    pub const AT_MS: u32 = 2;
    pub const KEYS_SEED: u32 = 3;
    pub const NEWEST_WORD: u32 = 4;
    pub const OPENINGS: u32 = 5;
}
pub mod opening {
    pub const REIGN: u32 = 1;
    pub const N: u32 = 2;
}
pub mod config {
    pub const CLASSES: u32 = 1;
}
pub mod user {
    pub const NAME: u32 = 1;
    pub const FLOOR: u32 = 2;
    pub const SESSIONS: u32 = 3;
}
pub mod session {
    pub const PLACE: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const GENERATION: u32 = 3;
    pub const LEAST: u32 = 4;
    pub const UNUSED_MS: u32 = 5;
}
pub mod queue {
    pub const PLACE: u32 = 1;
    pub const NAME: u32 = 2;
    pub const CLASS: u32 = 3;
    pub const OLD_CLASS: u32 = 4;
    pub const OWN_CLASS: u32 = 5;
    pub const EPOCH: u32 = 6;
    pub const SEQ: u32 = 7;
    pub const CREATED_UNIX_MS: u32 = 8;
    pub const LOG_FLOOR: u32 = 9;
    pub const FLOORS: u32 = 10;
}
pub mod event {
    pub const QUEUE: u32 = 1;
    pub const SEQ: u32 = 2;
    pub const AT_MS: u32 = 3;
    pub const KIND: u32 = 4;
    pub const MOUNT: u32 = 5;
    pub const EXCLUDE: u32 = 6;
    pub const BODY: u32 = 7;
}
pub mod history {
    pub const QUEUE: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const EVENT: u32 = 4;
}
pub mod cell {
    pub const QUEUE: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const KEY: u32 = 3;
    pub const VALUE: u32 = 4;
    pub const VERSION: u32 = 5;
    pub const EXPIRES_MS: u32 = 6;
    pub const PRESENT: u32 = 7;
}
pub mod member {
    pub const QUEUE: u32 = 1;
    pub const PLACE: u32 = 2;
    pub const SESSION: u32 = 3;
    pub const GUEST: u32 = 4;
    pub const GENERATION: u32 = 5;
    pub const JOIN: u32 = 6;
    pub const JOIN_SEQ: u32 = 7;
    pub const FILTER: u32 = 8;
    pub const RECENT: u32 = 9;
}
pub mod recent {
    pub const HIGHEST: u32 = 1;
    pub const OVER: u32 = 2;
    pub const RESULTS: u32 = 3;
}
pub mod login {
    pub const SESSION: u32 = 1;
    pub const GENERATION: u32 = 2;
    pub const DRAWN: u32 = 3;
    pub const SECRET: u32 = 4;
    pub const BEFORE: u32 = 5;
    pub const CONFIRMED: u32 = 6;
    pub const LEFT_BEHIND: u32 = 7;
    pub const EXPIRES_UNIX_MS: u32 = 8;
    pub const DETACHED_MS: u32 = 9;
    pub const CLOSED_BY: u32 = 10;
    pub const CLIENT: u32 = 11;
    pub const NOTES: u32 = 12;
    pub const ENDING: u32 = 13;
    pub const SWEEP: u32 = 14;
    pub const BELOW: u32 = 15;
}
pub mod online {
    pub const INBOX: u32 = 1;
    pub const SESSIONS: u32 = 2;
    pub const SINCE_UNIX_MS: u32 = 3;
}
pub mod over {
    pub const DRAWN: u32 = 1;
    pub const CLOSE: u32 = 2;
    pub const AT_MS: u32 = 3;
}
pub mod attempt {
    pub const CLIENT: u32 = 1;
    pub const ATTEMPT: u32 = 2;
    pub const AT_MS: u32 = 3;
}
pub mod cohort {
    pub const PLACE: u32 = 1;
    pub const BEGUN_MS: u32 = 2;
}
pub mod remembered {
    pub const COHORT: u32 = 1;
    pub const PLACE: u32 = 2;
    pub const SESSION: u32 = 3;
    pub const RECENT: u32 = 4;
}
pub mod key {
    pub const REQUEST: u32 = 1;
    pub const UNTIL_MS: u32 = 2;
}
pub mod word {
    pub const NUMBER: u32 = 1;
    pub const WORD: u32 = 2;
}
pub mod tell {
    pub const N: u32 = 1;
    pub const TELL: u32 = 2;
}
