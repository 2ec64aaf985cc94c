//! Generated from `proto/schema/record.proto` by `cargo xtask schema`: not to be edited.

pub mod unit {
    pub const N: u32 = 1;
    pub const AT_MS: u32 = 2;
    pub const RECORDS: u32 = 3;
}
pub mod record {
    pub const EVENT: u32 = 1;
    pub const STATE: u32 = 2;
    pub const JOIN: u32 = 3;
    pub const LEAVE: u32 = 4;
    pub const SAY: u32 = 5;
    pub const ANSWERED: u32 = 6;
    pub const NOTED: u32 = 7;
    pub const UNNOTED: u32 = 8;
    pub const KNOWN: u32 = 9;
    pub const CREATE: u32 = 10;
    pub const DESTROY: u32 = 11;
    pub const NOOP: u32 = 12;
    pub const PASSED: u32 = 13;
    pub const CONFIG: u32 = 16;
    pub const BARRED: u32 = 17;
    pub const MOUNTS: u32 = 18;
    pub const INTEREST: u32 = 19;
    pub const SEAT: u32 = 20;
    pub const BEGIN: u32 = 21;
    pub const RESUME: u32 = 22;
    pub const ATTACHED: u32 = 23;
    pub const DETACHED: u32 = 24;
    pub const CONFIRMED: u32 = 25;
    pub const EXPIRES: u32 = 26;
    pub const END: u32 = 27;
    pub const SWEPT: u32 = 28;
    pub const REFUSED: u32 = 29;
    pub const TELL: u32 = 30;
    pub const TAKEN: u32 = 31;
    pub const SHORTEN: u32 = 32;
    pub const OPENED: u32 = 33;
    pub const HEARD: u32 = 34;
    pub const RENEWED: u32 = 35;
    pub const RESULT: u32 = 14;
    pub const BODY: u32 = 15;
}
pub mod result {
    pub const SESSION: u32 = 1;
    pub const QUEUE_HASH: u32 = 2;
    pub const HEAD: u32 = 3;
    pub const WHOLE: u32 = 4;
    pub const CUT: u32 = 5;
    pub const REQUEST: u32 = 6;
}
pub mod request {
    pub const KEY_HIGH: u32 = 1;
    pub const KEY_LOW: u32 = 2;
    pub const API_KEY: u32 = 3;
    pub const BODY_HASH: u32 = 4;
    pub const GATEWAY: u32 = 5;
    pub const RESULT: u32 = 6;
}
pub mod event {
    pub const QUEUE: u32 = 1;
    pub const KIND: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const EXCLUDE: u32 = 4;
}
pub mod state {
    pub const QUEUE: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const BINDINGS: u32 = 3;
}
pub mod binding {
    pub const CHANGE: u32 = 1;
    pub const EXPIRES_MS: u32 = 2;
    pub const PRESENT: u32 = 3;
}
pub mod mounts {
    pub const QUEUE: u32 = 1;
    pub const PLACE: u32 = 2;
    pub const NAME: u32 = 3;
    pub const STATE: u32 = 4;
}
pub mod join {
    pub const QUEUE: u32 = 1;
    pub const SESSION: u32 = 2;
    pub const GENERATION: u32 = 3;
    pub const GUEST: u32 = 4;
    pub const FILTER: u32 = 5;
}
pub mod interest {
    pub const QUEUE: u32 = 1;
    pub const SESSION: u32 = 2;
    pub const FILTER: u32 = 3;
}
pub mod filter {
    pub const MOUNTS: u32 = 1;
    pub const KEY_PREFIX: u32 = 2;
}
pub mod seat {
    pub const QUEUE: u32 = 1;
    pub const SESSION: u32 = 2;
    pub const GENERATION: u32 = 3;
}
pub mod leave {
    pub const QUEUE: u32 = 1;
    pub const SESSION: u32 = 2;
    pub const ENDED: u32 = 3;
}
pub mod note {
    pub const ROOM: u32 = 1;
    pub const EPOCH: u32 = 2;
    pub const JOIN: u32 = 3;
    pub const GUEST: u32 = 4;
}
pub mod word {
    pub const NOTE: u32 = 1;
    pub const NOTED: u32 = 2;
    pub const UNNOTED: u32 = 3;
    pub const QUESTION: u32 = 4;
    pub const ENDED: u32 = 5;
    pub const FENCE: u32 = 6;
    pub const USER: u32 = 7;
    pub const SESSION_ID: u32 = 8;
}
pub mod ended {
    pub const REASON: u32 = 1;
    pub const BELOW: u32 = 2;
    pub const FLOOR: u32 = 3;
}
pub mod fence {
    pub const GENERATION: u32 = 1;
    pub const FLOOR: u32 = 2;
}
pub mod answered {
    pub const NUMBER: u32 = 1;
}
pub mod session_note {
    pub const SESSION: u32 = 1;
    pub const NOTE: u32 = 2;
}
pub mod known {
    pub const SESSION_ID: u32 = 1;
    pub const USER: u32 = 2;
    pub const GENERATION: u32 = 3;
    pub const FLOOR: u32 = 4;
    pub const OVER: u32 = 5;
}
pub mod barred {
    pub const QUEUE_HASH: u32 = 1;
    pub const SESSION_ID: u32 = 2;
}
pub mod create {
    pub const NAME: u32 = 1;
    pub const CLASS: u32 = 2;
    pub const EPOCH: u32 = 3;
    pub const CREATED_UNIX_MS: u32 = 4;
}
pub mod destroy {
    pub const QUEUE: u32 = 1;
}
pub mod noop {
    pub const QUEUE: u32 = 1;
}
pub mod passed {
}
pub mod begin {
    pub const SESSION: u32 = 1;
    pub const INBOX: u32 = 2;
    pub const LOGIN: u32 = 3;
    pub const LOSERS: u32 = 4;
    pub const UNIX_MS: u32 = 5;
}
pub mod resume {
    pub const SESSION: u32 = 1;
    pub const INBOX: u32 = 2;
    pub const LOGIN: u32 = 3;
    pub const FLOOR: u32 = 4;
    pub const BY: u32 = 5;
    pub const DUE_MS: u32 = 6;
}
pub mod login {
    pub const GENERATION: u32 = 1;
    pub const DRAWN: u32 = 2;
    pub const SECRET: u32 = 3;
    pub const EXPIRES_UNIX_MS: u32 = 4;
    pub const CLIENT: u32 = 5;
}
pub mod client {
    pub const GATEWAY: u32 = 1;
    pub const NAME: u32 = 2;
    pub const VERSION: u32 = 3;
    pub const ID: u32 = 4;
    pub const ATTEMPT: u32 = 5;
    pub const SINCE_UNIX_MS: u32 = 6;
}
pub mod session_part {
    pub const SESSION: u32 = 1;
}
pub mod detached {
    pub const SESSION: u32 = 1;
    pub const CODE: u32 = 2;
}
pub mod expires {
    pub const SESSION: u32 = 1;
    pub const UNIX_MS: u32 = 2;
}
pub mod end {
    pub const SESSION: u32 = 1;
    pub const INBOX: u32 = 2;
    pub const CLOSE: u32 = 3;
    pub const FLOOR: u32 = 4;
    pub const UNIX_MS: u32 = 5;
}
pub mod swept {
    pub const SESSION: u32 = 1;
    pub const BELOW: u32 = 2;
    pub const NEXT: u32 = 3;
}
pub mod sweep {
    pub const GENERATION: u32 = 1;
    pub const DUE_MS: u32 = 2;
}
pub mod refused {
    pub const DRAWN: u32 = 1;
    pub const CLOSE: u32 = 2;
}
pub mod tell {
    pub const KIND: u32 = 1;
    pub const TARGET: u32 = 2;
    pub const QUEUE: u32 = 3;
    pub const EPOCH: u32 = 4;
    pub const SEQ: u32 = 5;
    pub const USER: u32 = 6;
    pub const SESSION_ID: u32 = 7;
    pub const GENERATION: u32 = 8;
    pub const AT_UNIX_MS: u32 = 9;
    pub const REASON: u32 = 10;
}
pub mod taken {
    pub const NUMBERS: u32 = 1;
}
pub mod shorten {
    pub const BYTES_MAX: u32 = 1;
}
pub mod opened {
    pub const REIGN: u32 = 1;
    pub const LOSS: u32 = 2;
}
pub mod heard {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const REIGN: u32 = 4;
}
pub mod renewed {
    pub const QUEUE: u32 = 1;
    pub const EPOCH: u32 = 2;
}
