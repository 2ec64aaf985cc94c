//! Generated from `proto/schema/g2c.proto` by `cargo xtask schema`: not to be edited.

pub mod g2c {
    pub const WELCOME: u32 = 1;
    pub const RESULT: u32 = 2;
    pub const SUBSCRIBED: u32 = 3;
    pub const UNSUBSCRIBED: u32 = 4;
    pub const MESSAGE: u32 = 5;
    pub const STATE: u32 = 6;
    pub const JOINED: u32 = 7;
    pub const LEFT: u32 = 8;
    pub const MOUNT_CREATED: u32 = 9;
    pub const MOUNT_DELETED: u32 = 10;
    pub const GAP: u32 = 11;
    pub const CLOSING: u32 = 12;
    pub const PING: u32 = 13;
    pub const PONG: u32 = 14;
}
pub mod welcome {
    pub const SESSION_ID: u32 = 1;
    pub const SECRET: u32 = 2;
    pub const USER: u32 = 3;
    pub const GENERATION: u32 = 4;
    pub const RESUMED: u32 = 5;
    pub const PING_EVERY_MS: u32 = 6;
    pub const GATEWAY: u32 = 7;
    pub const LIMITS: u32 = 8;
    pub const EXPIRES_IN_MS: u32 = 9;
}
pub mod limits {
    pub const FRAME_BYTES: u32 = 1;
    pub const PAYLOAD_BYTES: u32 = 2;
    pub const UNANSWERED_PER_QUEUE: u32 = 3;
    pub const SUBSCRIPTIONS: u32 = 4;
    pub const OPERATIONS_PER_S: u32 = 5;
}
pub mod result {
    pub const OP_ID: u32 = 1;
    pub const STATUS: u32 = 2;
    pub const ERROR_MESSAGE: u32 = 3;
    pub const MAY_RETRY: u32 = 4;
    pub const PAYLOAD: u32 = 5;
    pub const SEQ: u32 = 6;
    pub const NEXT: u32 = 7;
    pub const ENTRIES: u32 = 8;
    pub const MESSAGES: u32 = 9;
    pub const MEMBERS: u32 = 10;
    pub const MEMBER_COUNT: u32 = 11;
    pub const EXPIRES_IN_MS: u32 = 12;
}
pub mod subscribed {
    pub const SUB: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const EPOCH: u32 = 3;
    pub const MARKS: u32 = 4;
    pub const MOUNTS: u32 = 5;
    pub const MEMBERS: u32 = 6;
    pub const MEMBER_COUNT: u32 = 7;
    pub const RECOVERED: u32 = 8;
    pub const GAP: u32 = 9;
}
pub mod subscribed_marks_entry {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}
pub mod mount {
    pub const NAME: u32 = 1;
    pub const KIND: u32 = 2;
    pub const ENTRIES: u32 = 3;
}
pub mod entry {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
    pub const VERSION: u32 = 3;
}
pub mod unsubscribed {
    pub const SUB: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const REASON: u32 = 3;
    pub const MAY_RETRY: u32 = 4;
}
pub mod message {
    pub const SUB: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const FROM: u32 = 4;
    pub const PAYLOAD: u32 = 5;
    pub const SENT_AT_MS: u32 = 6;
    pub const HISTORY: u32 = 7;
}
pub mod state {
    pub const SUB: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const FROM: u32 = 4;
    pub const CHANGES: u32 = 5;
    pub const CONFLATED: u32 = 6;
}
pub mod state_change {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
    pub const DELETED: u32 = 3;
    pub const VERSION: u32 = 4;
}
pub mod joined {
    pub const SUB: u32 = 1;
    pub const SEQ: u32 = 3;
    pub const USERS: u32 = 4;
    pub const REASON: u32 = 5;
}
pub mod left {
    pub const SUB: u32 = 1;
    pub const SEQ: u32 = 3;
    pub const USERS: u32 = 4;
    pub const REASON: u32 = 5;
}
pub mod mount_created {
    pub const SUB: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const KIND: u32 = 4;
}
pub mod mount_deleted {
    pub const SUB: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const KIND: u32 = 4;
}
pub mod gap {
    pub const SUB: u32 = 1;
    pub const MOUNT: u32 = 2;
    pub const AFTER_SEQ: u32 = 3;
    pub const BEFORE_SEQ: u32 = 4;
}
pub mod closing {
    pub const CODE: u32 = 1;
    pub const REASON: u32 = 2;
    pub const MAY_RETRY: u32 = 3;
    pub const RETRY_AFTER_MS: u32 = 4;
    pub const ADDRESS: u32 = 5;
}
pub mod ping {
    pub const NONCE: u32 = 1;
}
pub mod pong {
    pub const NONCE: u32 = 1;
}
