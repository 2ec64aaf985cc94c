//! Generated from `proto/schema/q2g.proto` by `cargo xtask schema`: not to be edited.

pub mod q2g {
    pub const HELLO: u32 = 1;
    pub const PROOF: u32 = 2;
    pub const REFUSE: u32 = 3;
    pub const BEAT: u32 = 4;
    pub const AT: u32 = 5;
    pub const EVENT: u32 = 6;
    pub const ANSWER: u32 = 7;
    pub const SUBSCRIBED: u32 = 8;
    pub const REPLAY: u32 = 9;
    pub const ATTACHED: u32 = 10;
    pub const UNSUBSCRIBED: u32 = 11;
    pub const LOGGED_IN: u32 = 12;
    pub const LOST_NOTED: u32 = 13;
    pub const REPLY: u32 = 14;
    pub const PROBED: u32 = 15;
    pub const KICK: u32 = 16;
    pub const MOVED: u32 = 17;
    pub const TELL: u32 = 18;
    pub const INVITED: u32 = 19;
    pub const RECOGNISED: u32 = 20;
    pub const CARRIED: u32 = 21;
    pub const CARRY_TAKEN: u32 = 22;
}
pub mod event {
    pub const SUB: u32 = 1;
    pub const SEQ: u32 = 2;
    pub const KIND: u32 = 3;
    pub const BODY: u32 = 4;
    pub const EXCLUDE: u32 = 5;
}
pub mod answer {
    pub const SESSION: u32 = 1;
    pub const RESULT: u32 = 2;
    pub const ASK: u32 = 3;
}
pub mod subscribed {
    pub const SESSION: u32 = 1;
    pub const SUB: u32 = 2;
    pub const EPOCH: u32 = 3;
    pub const SEQ: u32 = 4;
    pub const BODY: u32 = 5;
    pub const MOUNTS: u32 = 6;
    pub const KEY_PREFIX: u32 = 7;
    pub const POLICIES: u32 = 8;
    pub const REPLAYS: u32 = 9;
}
pub mod mount_policy {
    pub const MOUNT: u32 = 1;
    pub const KIND: u32 = 2;
    pub const CLOSE_ON_SLOW: u32 = 3;
}
pub mod replay {
    pub const SESSION: u32 = 1;
    pub const SUB: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const KIND: u32 = 4;
    pub const BODY: u32 = 5;
    pub const HISTORY: u32 = 6;
    pub const EXCLUDE: u32 = 7;
}
pub mod attached {
    pub const SUB: u32 = 1;
    pub const EPOCH: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const RECOVERED: u32 = 4;
    pub const BODY: u32 = 5;
    pub const GAPS: u32 = 6;
    pub const GONE: u32 = 7;
    pub const REASON: u32 = 8;
    pub const ELSEWHERE: u32 = 9;
}
pub mod unsubscribed {
    pub const SUB: u32 = 1;
    pub const SESSIONS: u32 = 2;
    pub const REASON: u32 = 3;
    pub const MAY_RETRY: u32 = 4;
    pub const DETACHED: u32 = 5;
}
pub mod logged_in {
    pub const SESSION: u32 = 1;
    pub const STATUS: u32 = 2;
    pub const ERROR_MESSAGE: u32 = 3;
    pub const MAY_RETRY: u32 = 4;
    pub const GENERATION: u32 = 5;
    pub const RESUMED: u32 = 6;
    pub const SESSION_ID: u32 = 7;
    pub const FLOOR: u32 = 8;
    pub const RETRY_AFTER_MS: u32 = 9;
    pub const CODE: u32 = 10;
}
pub mod recognised {
    pub const NUMBER: u32 = 1;
    pub const USER: u32 = 2;
    pub const EXPIRES_UNIX_MS: u32 = 3;
}
pub mod lost_noted {
    pub const SESSION: u32 = 1;
}
pub mod kick {
    pub const SESSION: u32 = 1;
    pub const CODE: u32 = 2;
    pub const REASON: u32 = 3;
    pub const GENERATION: u32 = 4;
}
pub mod invited {
    pub const SESSION: u32 = 1;
    pub const GENERATION: u32 = 2;
    pub const QUEUE: u32 = 3;
}
pub mod tell {
    pub const NUMBER: u32 = 1;
    pub const TARGET: u32 = 2;
    pub const KIND: u32 = 3;
    pub const QUEUE: u32 = 4;
    pub const EPOCH: u32 = 5;
    pub const SEQ: u32 = 6;
    pub const USER: u32 = 7;
    pub const SESSION_ID: u32 = 8;
    pub const GENERATION: u32 = 9;
    pub const AT_MS: u32 = 10;
    pub const REASON: u32 = 11;
}
pub mod carried {
    pub const ASKER: u32 = 1;
    pub const NUMBER: u32 = 2;
    pub const CONNECTION: u32 = 3;
    pub const COUNT: u32 = 4;
    pub const FRAMES: u32 = 5;
}
pub mod carry_taken {
    pub const NUMBER: u32 = 1;
    pub const STATUS: u32 = 2;
}
pub mod reply {
    pub const NUMBER: u32 = 1;
    pub const RESULT: u32 = 2;
    pub const QUEUE: u32 = 3;
    pub const QUEUES: u32 = 4;
    pub const USER: u32 = 5;
}
pub mod user_info {
    pub const USER: u32 = 1;
    pub const ONLINE: u32 = 2;
    pub const SINCE_MS: u32 = 3;
    pub const SESSIONS: u32 = 4;
    pub const QUEUES: u32 = 5;
}
pub mod session_info {
    pub const SESSION_ID: u32 = 1;
    pub const GATEWAY: u32 = 2;
    pub const CLIENT_NAME: u32 = 3;
    pub const CLIENT_VERSION: u32 = 4;
    pub const SINCE_MS: u32 = 5;
    pub const DETACHED: u32 = 6;
    pub const GENERATION: u32 = 7;
    pub const QUEUES: u32 = 8;
}
pub mod queue_info {
    pub const QUEUE: u32 = 1;
    pub const EPOCH: u32 = 2;
    pub const SEQ: u32 = 3;
    pub const MEMBERS: u32 = 4;
    pub const CREATED_AT_MS: u32 = 5;
    pub const MOUNTS: u32 = 6;
    pub const CLASS: u32 = 7;
}
pub mod mount_info {
    pub const NAME: u32 = 1;
    pub const KIND: u32 = 2;
    pub const ENTRIES: u32 = 3;
    pub const BYTES: u32 = 4;
}
pub mod probed {
    pub const NONCE: u32 = 1;
    pub const EXCEPT: u32 = 2;
}
