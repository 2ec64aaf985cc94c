//! Generated from `proto/schema/q2g.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Q2g {
    #[prost(oneof = "q2g::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22")]
    pub body: ::core::option::Option<q2g::Body>,
}
/// Nested message and enum types in `Q2g`.
pub mod q2g {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "1")]
        Hello(super::super::link::Hello),
        #[prost(message, tag = "2")]
        Proof(super::super::link::Proof),
        #[prost(message, tag = "3")]
        Refuse(super::super::link::Refuse),
        #[prost(message, tag = "4")]
        Beat(super::super::link::Beat),
        #[prost(message, tag = "5")]
        At(super::super::link::At),
        #[prost(message, tag = "6")]
        Event(super::Event),
        #[prost(message, tag = "7")]
        Answer(super::Answer),
        #[prost(message, tag = "8")]
        Subscribed(super::Subscribed),
        #[prost(message, tag = "9")]
        Replay(super::Replay),
        #[prost(message, tag = "10")]
        Attached(super::Attached),
        #[prost(message, tag = "11")]
        Unsubscribed(super::Unsubscribed),
        #[prost(message, tag = "12")]
        LoggedIn(super::LoggedIn),
        #[prost(message, tag = "13")]
        LostNoted(super::LostNoted),
        #[prost(message, tag = "14")]
        Reply(super::Reply),
        #[prost(message, tag = "15")]
        Probed(super::Probed),
        #[prost(message, tag = "16")]
        Kick(super::Kick),
        #[prost(message, tag = "17")]
        Moved(super::super::table::Moved),
        #[prost(message, tag = "18")]
        Tell(super::Tell),
        #[prost(message, tag = "19")]
        Invited(super::Invited),
        #[prost(message, tag = "20")]
        Recognised(super::Recognised),
        #[prost(message, tag = "21")]
        Carried(super::Carried),
        #[prost(message, tag = "22")]
        CarryTaken(super::CarryTaken),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Event {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(uint64, tag = "2")]
    pub seq: u64,
    #[prost(uint32, tag = "3")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "4")]
    pub body: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint32, tag = "5")]
    pub exclude: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Answer {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub result: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "3")]
    pub ask: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Subscribed {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub sub: u32,
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    #[prost(uint64, tag = "4")]
    pub seq: u64,
    #[prost(bytes = "vec", tag = "5")]
    pub body: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, repeated, tag = "6")]
    pub mounts: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "7")]
    pub key_prefix: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "8")]
    pub policies: ::prost::alloc::vec::Vec<MountPolicy>,
    #[prost(uint32, tag = "9")]
    pub replays: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MountPolicy {
    #[prost(string, tag = "1")]
    pub mount: ::prost::alloc::string::String,
    #[prost(enumeration = "super::g2c::Kind", tag = "2")]
    pub kind: i32,
    #[prost(bool, tag = "3")]
    pub close_on_slow: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Replay {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub sub: u32,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(uint32, tag = "4")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub body: ::prost::alloc::vec::Vec<u8>,
    #[prost(bool, tag = "6")]
    pub history: bool,
    #[prost(uint32, tag = "7")]
    pub exclude: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Attached {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(bool, tag = "4")]
    pub recovered: bool,
    #[prost(bytes = "vec", tag = "5")]
    pub body: ::prost::alloc::vec::Vec<u8>,
    #[prost(message, repeated, tag = "6")]
    pub gaps: ::prost::alloc::vec::Vec<super::g2c::Gap>,
    #[prost(uint32, repeated, tag = "7")]
    pub gone: ::prost::alloc::vec::Vec<u32>,
    #[prost(string, tag = "8")]
    pub reason: ::prost::alloc::string::String,
    #[prost(uint32, repeated, tag = "9")]
    pub elsewhere: ::prost::alloc::vec::Vec<u32>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unsubscribed {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(uint32, repeated, tag = "2")]
    pub sessions: ::prost::alloc::vec::Vec<u32>,
    #[prost(string, tag = "3")]
    pub reason: ::prost::alloc::string::String,
    #[prost(bool, tag = "4")]
    pub may_retry: bool,
    #[prost(bool, tag = "5")]
    pub detached: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LoggedIn {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub status: u32,
    #[prost(string, tag = "3")]
    pub error_message: ::prost::alloc::string::String,
    #[prost(bool, tag = "4")]
    pub may_retry: bool,
    #[prost(uint64, tag = "5")]
    pub generation: u64,
    #[prost(bool, tag = "6")]
    pub resumed: bool,
    #[prost(bytes = "vec", tag = "7")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "8")]
    pub floor: u64,
    #[prost(uint32, tag = "9")]
    pub retry_after_ms: u32,
    #[prost(uint32, tag = "10")]
    pub code: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Recognised {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(string, tag = "2")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub expires_unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LostNoted {
    #[prost(uint32, tag = "1")]
    pub session: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Kick {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub code: u32,
    #[prost(string, tag = "3")]
    pub reason: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub generation: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Invited {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint64, tag = "2")]
    pub generation: u64,
    #[prost(string, tag = "3")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Tell {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(string, tag = "2")]
    pub target: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub kind: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "5")]
    pub epoch: u64,
    #[prost(uint64, tag = "6")]
    pub seq: u64,
    #[prost(string, tag = "7")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "8")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "9")]
    pub generation: u64,
    #[prost(uint64, tag = "10")]
    pub at_ms: u64,
    #[prost(string, tag = "11")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Carried {
    #[prost(uint32, tag = "1")]
    pub asker: u32,
    #[prost(uint64, tag = "2")]
    pub number: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub connection: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub count: u64,
    #[prost(bytes = "vec", tag = "5")]
    pub frames: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct CarryTaken {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint32, tag = "2")]
    pub status: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Reply {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub result: ::prost::alloc::vec::Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub queue: ::core::option::Option<QueueInfo>,
    #[prost(string, repeated, tag = "4")]
    pub queues: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "5")]
    pub user: ::core::option::Option<UserInfo>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct UserInfo {
    #[prost(string, tag = "1")]
    pub user: ::prost::alloc::string::String,
    #[prost(bool, tag = "2")]
    pub online: bool,
    #[prost(uint64, tag = "3")]
    pub since_ms: u64,
    #[prost(message, repeated, tag = "4")]
    pub sessions: ::prost::alloc::vec::Vec<SessionInfo>,
    #[prost(string, repeated, tag = "5")]
    pub queues: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SessionInfo {
    #[prost(string, tag = "1")]
    pub session_id: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub gateway: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub client_name: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub client_version: ::prost::alloc::string::String,
    #[prost(uint64, tag = "5")]
    pub since_ms: u64,
    #[prost(bool, tag = "6")]
    pub detached: bool,
    #[prost(uint64, tag = "7")]
    pub generation: u64,
    #[prost(uint32, tag = "8")]
    pub queues: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct QueueInfo {
    #[prost(string, tag = "1")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(uint32, tag = "4")]
    pub members: u32,
    #[prost(uint64, tag = "5")]
    pub created_at_ms: u64,
    #[prost(message, repeated, tag = "6")]
    pub mounts: ::prost::alloc::vec::Vec<MountInfo>,
    #[prost(string, tag = "7")]
    pub class: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MountInfo {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(enumeration = "super::g2c::Kind", tag = "2")]
    pub kind: i32,
    #[prost(uint32, tag = "3")]
    pub entries: u32,
    #[prost(uint64, tag = "4")]
    pub bytes: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Probed {
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
    #[prost(uint32, repeated, tag = "2")]
    pub except: ::prost::alloc::vec::Vec<u32>,
}
/// The numbers of the fields, a module per message.
pub mod field;
