//! Generated from `proto/schema/c2g.proto` by `cargo xtask schema`: not to be edited.

pub mod c2g {
    pub const CONNECT: u32 = 1;
    pub const OPEN: u32 = 2;
    pub const SUBSCRIBE: u32 = 3;
    pub const UNSUBSCRIBE: u32 = 4;
    pub const SEND_MESSAGE: u32 = 5;
    pub const SEND_STATE: u32 = 6;
    pub const GET_STATE: u32 = 7;
    pub const GET_HISTORY: u32 = 8;
    pub const LIST_MEMBERS: u32 = 9;
    pub const CALL: u32 = 10;
    pub const REFRESH: u32 = 11;
    pub const PING: u32 = 12;
    pub const PONG: u32 = 13;
    pub const BYE: u32 = 14;
}
pub mod connect {
    pub const PROTOCOL: u32 = 1;
    pub const TOKEN: u32 = 2;
    pub const USER: u32 = 3;
    pub const CLIENT_NAME: u32 = 4;
    pub const CLIENT_VERSION: u32 = 5;
    pub const RESUME: u32 = 6;
    pub const HOLD: u32 = 7;
    pub const CLIENT_ID: u32 = 8;
    pub const ATTEMPT: u32 = 9;
}
pub mod resume {
    pub const SESSION_ID: u32 = 1;
    pub const SECRET: u32 = 2;
    pub const SEEN: u32 = 3;
}
pub mod seen {
    pub const QUEUE: u32 = 1;
    pub const EPOCH: u32 = 2;
    pub const MARKS: u32 = 3;
}
pub mod seen_marks_entry {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}
pub mod open {
}
pub mod since {
    pub const EPOCH: u32 = 1;
    pub const MARKS: u32 = 2;
}
pub mod since_marks_entry {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}
pub mod subscribe {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const SINCE: u32 = 3;
    pub const HISTORY: u32 = 4;
    pub const MOUNTS: u32 = 5;
    pub const KEY_PREFIX: u32 = 6;
}
pub mod unsubscribe {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
}
pub mod send_message {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const PAYLOAD: u32 = 4;
    pub const EXCLUDE_SELF: u32 = 5;
}
pub mod send_state {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const CHANGES: u32 = 4;
}
pub mod change {
    pub const KEY: u32 = 1;
    pub const SET: u32 = 2;
    pub const DELETE: u32 = 3;
    pub const ADD: u32 = 4;
    pub const IF_VERSION: u32 = 5;
    pub const IF_ABSENT: u32 = 6;
    pub const TTL_MS: u32 = 7;
    pub const WHILE_PRESENT: u32 = 8;
}
pub mod get_state {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const KEY_PREFIX: u32 = 4;
    pub const AFTER: u32 = 5;
    pub const LIMIT: u32 = 6;
}
pub mod get_history {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const BEFORE_SEQ: u32 = 4;
    pub const LIMIT: u32 = 5;
}
pub mod list_members {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const AFTER: u32 = 3;
    pub const LIMIT: u32 = 4;
}
pub mod call {
    pub const OP_ID: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const METHOD: u32 = 3;
    pub const PAYLOAD: u32 = 4;
}
pub mod refresh {
    pub const OP_ID: u32 = 1;
    pub const TOKEN: u32 = 3;
}
pub mod ping {
    pub const NONCE: u32 = 1;
}
pub mod pong {
    pub const NONCE: u32 = 1;
}
pub mod bye {
}
