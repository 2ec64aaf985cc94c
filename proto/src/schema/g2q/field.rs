//! Generated from `proto/schema/g2q.proto` by `cargo xtask schema`: not to be edited.

pub mod g2q {
    pub const HELLO: u32 = 1;
    pub const PROOF: u32 = 2;
    pub const REFUSE: u32 = 3;
    pub const BEAT: u32 = 4;
    pub const AT: u32 = 5;
    pub const OPERATION: u32 = 6;
    pub const ATTACH: u32 = 7;
    pub const INTRODUCE: u32 = 8;
    pub const FORGET: u32 = 9;
    pub const LOGIN: u32 = 10;
    pub const LOST: u32 = 11;
    pub const REQUEST: u32 = 12;
    pub const PROBE: u32 = 13;
    pub const DETACH: u32 = 14;
    pub const CONFIRMED: u32 = 15;
    pub const RESUME: u32 = 16;
    pub const ACKNOWLEDGE: u32 = 17;
    pub const RECOGNISE: u32 = 18;
    pub const MOVED: u32 = 19;
    pub const CARRY: u32 = 20;
    pub const CARRIED_TAKEN: u32 = 21;
}
pub mod introduce {
    pub const SESSION: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const USER: u32 = 3;
    pub const GENERATION: u32 = 4;
    pub const FLOOR: u32 = 5;
    pub const CONFIRMED: u32 = 6;
    pub const LEAVING: u32 = 7;
    pub const EXPIRES_UNIX_MS: u32 = 8;
}
pub mod forget {
    pub const SESSION: u32 = 1;
}
pub mod operation {
    pub const SESSION: u32 = 1;
    pub const SUB: u32 = 2;
    pub const SUBSCRIBE: u32 = 3;
    pub const UNSUBSCRIBE: u32 = 4;
    pub const SEND_MESSAGE: u32 = 5;
    pub const SEND_STATE: u32 = 6;
    pub const GET_STATE: u32 = 7;
    pub const GET_HISTORY: u32 = 8;
    pub const LIST_MEMBERS: u32 = 9;
    pub const CALL: u32 = 10;
    pub const ASKABLE: u32 = 11;
    pub const VERDICTS: u32 = 12;
}
pub mod verdicts {
    pub const VERDICTS: u32 = 1;
}
pub mod verdict {
    pub const KIND: u32 = 1;
    pub const STATUS: u32 = 2;
    pub const ERROR_MESSAGE: u32 = 3;
    pub const PAYLOAD: u32 = 4;
}
pub mod detach {
    pub const SESSION: u32 = 1;
    pub const QUEUE: u32 = 2;
    pub const SUB: u32 = 3;
}
pub mod attach {
    pub const QUEUE: u32 = 1;
    pub const SUB: u32 = 2;
    pub const EPOCH: u32 = 3;
    pub const AFTER_SEQ: u32 = 4;
    pub const SESSIONS: u32 = 5;
}
pub mod login {
    pub const SESSION: u32 = 1;
    pub const GATEWAY: u32 = 2;
    pub const CLIENT_NAME: u32 = 3;
    pub const CLIENT_VERSION: u32 = 4;
    pub const SECRET: u32 = 5;
    pub const RESUME_SESSION_ID: u32 = 6;
    pub const RESUME_SECRET: u32 = 7;
    pub const RESUME_ONLY: u32 = 8;
    pub const EXPIRES_UNIX_MS: u32 = 9;
    pub const CLIENT_ID: u32 = 10;
    pub const ATTEMPT: u32 = 11;
}
pub mod recognise {
    pub const NUMBER: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const SECRET: u32 = 3;
}
pub mod lost {
    pub const SESSION: u32 = 1;
    pub const BYE: u32 = 2;
    pub const CODE: u32 = 3;
}
pub mod confirmed {
    pub const SESSION: u32 = 1;
}
pub mod resume {
    pub const SESSION: u32 = 1;
    pub const SUB: u32 = 2;
    pub const QUEUE: u32 = 3;
    pub const EPOCH: u32 = 4;
    pub const MARKS: u32 = 5;
    pub const INVITED: u32 = 6;
}
pub mod resume_marks_entry {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}
pub mod acknowledge {
    pub const NUMBERS: u32 = 1;
}
pub mod request {
    pub const NUMBER: u32 = 1;
    pub const KEY_ID: u32 = 2;
    pub const IDEMPOTENCY_KEY: u32 = 3;
    pub const BODY_HASH: u32 = 4;
    pub const REMEMBER_MS: u32 = 5;
    pub const SEND_MESSAGE: u32 = 6;
    pub const SEND_STATE: u32 = 7;
    pub const GET_STATE: u32 = 8;
    pub const GET_HISTORY: u32 = 9;
    pub const LIST_MEMBERS: u32 = 10;
    pub const CREATE_QUEUE: u32 = 11;
    pub const DELETE_QUEUE: u32 = 12;
    pub const GET_QUEUE: u32 = 13;
    pub const LIST_QUEUES: u32 = 14;
    pub const CREATE_MOUNT: u32 = 15;
    pub const DELETE_MOUNT: u32 = 16;
    pub const JOIN_USER: u32 = 17;
    pub const REMOVE_USER: u32 = 18;
    pub const GET_USER: u32 = 19;
    pub const DISCONNECT_USER: u32 = 20;
}
pub mod create_queue {
    pub const QUEUE: u32 = 2;
}
pub mod delete_queue {
    pub const QUEUE: u32 = 2;
}
pub mod get_queue {
    pub const QUEUE: u32 = 2;
}
pub mod list_queues {
    pub const PREFIX: u32 = 1;
    pub const AFTER: u32 = 2;
    pub const LIMIT: u32 = 3;
    pub const PATTERNS: u32 = 4;
}
pub mod create_mount {
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
    pub const KIND: u32 = 4;
}
pub mod delete_mount {
    pub const QUEUE: u32 = 2;
    pub const MOUNT: u32 = 3;
}
pub mod join_user {
    pub const QUEUE: u32 = 2;
    pub const USER: u32 = 3;
    pub const SESSIONS: u32 = 4;
    pub const DISCREET: u32 = 5;
}
pub mod guest {
    pub const SESSION_ID: u32 = 1;
    pub const GENERATION: u32 = 2;
}
pub mod remove_user {
    pub const QUEUE: u32 = 2;
    pub const USER: u32 = 3;
}
pub mod get_user {
    pub const USER: u32 = 2;
}
pub mod disconnect_user {
    pub const USER: u32 = 2;
    pub const REASON: u32 = 3;
}
pub mod carry {
    pub const NUMBER: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const CONNECTION: u32 = 3;
    pub const COUNT: u32 = 4;
    pub const FRAMES: u32 = 5;
}
pub mod carried_taken {
    pub const ASKER: u32 = 1;
    pub const NUMBER: u32 = 2;
    pub const STATUS: u32 = 3;
}
pub mod probe {
    pub const NONCE: u32 = 1;
}
