//! Generated from `proto/schema/q2q.proto` by `cargo xtask schema`: not to be edited.

pub mod q2q {
    pub const HELLO: u32 = 1;
    pub const PROOF: u32 = 2;
    pub const REFUSE: u32 = 3;
    pub const BEAT: u32 = 4;
    pub const AT: u32 = 5;
    pub const WORD: u32 = 6;
    pub const ANSWER: u32 = 7;
    pub const RECORDS: u32 = 8;
    pub const SLICE: u32 = 10;
    pub const MOVED: u32 = 11;
    pub const DIGEST: u32 = 13;
    pub const AGAIN: u32 = 14;
    pub const LEAD: u32 = 15;
    pub const HAVE: u32 = 16;
    pub const BATCH: u32 = 17;
    pub const ACK: u32 = 18;
}
pub mod word {
    pub const NUMBER: u32 = 1;
    pub const LOSS: u32 = 7;
    pub const BITS: u32 = 8;
    pub const REIGN: u32 = 9;
    pub const NOTE: u32 = 2;
    pub const UNNOTE: u32 = 3;
    pub const ENDED: u32 = 4;
    pub const QUESTION: u32 = 5;
    pub const FENCE: u32 = 6;
}
pub mod note {
    pub const USER: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const ROOM: u32 = 3;
    pub const ROOM_EPOCH: u32 = 4;
    pub const JOIN_SEQ: u32 = 5;
    pub const GUEST: u32 = 6;
}
pub mod unnote {
    pub const USER: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const ROOM: u32 = 3;
    pub const ROOM_EPOCH: u32 = 4;
    pub const JOIN_SEQ: u32 = 5;
}
pub mod ended {
    pub const ROOM: u32 = 1;
    pub const ROOM_EPOCH: u32 = 2;
    pub const JOIN_SEQ: u32 = 3;
    pub const SESSION_ID: u32 = 4;
    pub const REASON: u32 = 5;
    pub const BELOW: u32 = 6;
    pub const USER: u32 = 7;
    pub const FLOOR: u32 = 8;
}
pub mod question {
    pub const USER: u32 = 1;
    pub const SESSION_ID: u32 = 2;
    pub const ROOM: u32 = 3;
    pub const ROOM_EPOCH: u32 = 4;
    pub const JOIN_SEQ: u32 = 5;
}
pub mod fence {
    pub const ROOM: u32 = 1;
    pub const USER: u32 = 2;
    pub const FLOOR: u32 = 3;
    pub const SESSION_ID: u32 = 4;
    pub const GENERATION: u32 = 5;
    pub const ROOM_EPOCH: u32 = 6;
}
pub mod answer {
    pub const NUMBER: u32 = 1;
    pub const LOSS: u32 = 6;
    pub const BITS: u32 = 7;
    pub const REIGN: u32 = 8;
    pub const ENDED: u32 = 2;
    pub const FLOOR: u32 = 3;
    pub const GENERATION: u32 = 4;
    pub const BELOW: u32 = 5;
}
pub mod slice {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const FIRST: u32 = 4;
    pub const LAST: u32 = 5;
    pub const ITEMS: u32 = 6;
    pub const REIGN: u32 = 7;
}
pub mod records {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const UNIT: u32 = 4;
    pub const REIGN: u32 = 5;
    pub const COMMITTED: u32 = 6;
    pub const AFTER: u32 = 7;
}
pub mod digest {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const N: u32 = 4;
    pub const AT_MS: u32 = 5;
    pub const HIGH: u32 = 6;
    pub const LOW: u32 = 7;
    pub const REIGN: u32 = 8;
    pub const PART: u32 = 9;
}
pub mod again {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const REIGN: u32 = 4;
    pub const WHY: u32 = 5;
}
pub mod lead {
    pub const BITS: u32 = 1;
    pub const ROW: u32 = 2;
    pub const PLACE: u32 = 3;
    pub const OFFSET_MS: u32 = 4;
}
pub mod have {
    pub const BITS: u32 = 1;
    pub const PREFIX: u32 = 2;
    pub const LOSS: u32 = 3;
    pub const REIGN: u32 = 4;
    pub const CONF: u32 = 5;
    pub const N: u32 = 6;
    pub const STATE_N: u32 = 7;
    pub const OPENINGS: u32 = 8;
    pub const FULL: u32 = 9;
}
pub mod batch {
    pub const K: u32 = 1;
    pub const NOW_MS: u32 = 2;
}
pub mod ack {
    pub const K: u32 = 1;
    pub const FULL: u32 = 2;
}
