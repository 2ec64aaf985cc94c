//! Generated from `proto/schema/g2c.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct G2c {
    #[prost(oneof = "g2c::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14")]
    pub body: ::core::option::Option<g2c::Body>,
}
/// Nested message and enum types in `G2c`.
pub mod g2c {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "1")]
        Welcome(super::Welcome),
        #[prost(message, tag = "2")]
        Result(super::Result),
        #[prost(message, tag = "3")]
        Subscribed(super::Subscribed),
        #[prost(message, tag = "4")]
        Unsubscribed(super::Unsubscribed),
        #[prost(message, tag = "5")]
        Message(super::Message),
        #[prost(message, tag = "6")]
        State(super::State),
        #[prost(message, tag = "7")]
        Joined(super::Joined),
        #[prost(message, tag = "8")]
        Left(super::Left),
        #[prost(message, tag = "9")]
        MountCreated(super::MountCreated),
        #[prost(message, tag = "10")]
        MountDeleted(super::MountDeleted),
        #[prost(message, tag = "11")]
        Gap(super::Gap),
        #[prost(message, tag = "12")]
        Closing(super::Closing),
        #[prost(message, tag = "13")]
        Ping(super::Ping),
        #[prost(message, tag = "14")]
        Pong(super::Pong),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Welcome {
    #[prost(string, tag = "1")]
    pub session_id: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub secret: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub generation: u64,
    #[prost(bool, tag = "5")]
    pub resumed: bool,
    #[prost(uint32, tag = "6")]
    pub ping_every_ms: u32,
    #[prost(string, tag = "7")]
    pub gateway: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "8")]
    pub limits: ::core::option::Option<Limits>,
    #[prost(uint64, tag = "9")]
    pub expires_in_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Limits {
    #[prost(uint32, tag = "1")]
    pub frame_bytes: u32,
    #[prost(uint32, tag = "2")]
    pub payload_bytes: u32,
    #[prost(uint32, tag = "3")]
    pub unanswered_per_queue: u32,
    #[prost(uint32, tag = "4")]
    pub subscriptions: u32,
    #[prost(uint32, tag = "5")]
    pub operations_per_s: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Result {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(uint32, tag = "2")]
    pub status: u32,
    #[prost(string, optional, tag = "3")]
    pub error_message: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(bool, tag = "4")]
    pub may_retry: bool,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub payload: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(uint64, tag = "6")]
    pub seq: u64,
    #[prost(string, tag = "7")]
    pub next: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "8")]
    pub entries: ::prost::alloc::vec::Vec<Entry>,
    #[prost(message, repeated, tag = "9")]
    pub messages: ::prost::alloc::vec::Vec<Message>,
    #[prost(string, repeated, tag = "10")]
    pub members: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(uint32, optional, tag = "11")]
    pub member_count: ::core::option::Option<u32>,
    #[prost(uint64, tag = "12")]
    pub expires_in_ms: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Subscribed {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    #[prost(btree_map = "string, uint64", tag = "4")]
    pub marks: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
    #[prost(message, repeated, tag = "5")]
    pub mounts: ::prost::alloc::vec::Vec<Mount>,
    #[prost(string, repeated, tag = "6")]
    pub members: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(uint32, optional, tag = "7")]
    pub member_count: ::core::option::Option<u32>,
    #[prost(bool, tag = "8")]
    pub recovered: bool,
    #[prost(bool, tag = "9")]
    pub gap: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Mount {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(enumeration = "Kind", tag = "2")]
    pub kind: i32,
    #[prost(message, repeated, tag = "3")]
    pub entries: ::prost::alloc::vec::Vec<Entry>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Entry {
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub version: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unsubscribed {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub reason: ::prost::alloc::string::String,
    #[prost(bool, tag = "4")]
    pub may_retry: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Message {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(string, tag = "4")]
    pub from: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "5")]
    pub payload: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "6")]
    pub sent_at_ms: u64,
    #[prost(bool, tag = "7")]
    pub history: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct State {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(string, tag = "4")]
    pub from: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "5")]
    pub changes: ::prost::alloc::vec::Vec<StateChange>,
    #[prost(bool, tag = "6")]
    pub conflated: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StateChange {
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub version: u64,
    #[prost(oneof = "state_change::Now", tags = "2, 3")]
    pub now: ::core::option::Option<state_change::Now>,
}
/// Nested message and enum types in `StateChange`.
pub mod state_change {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Now {
        #[prost(bytes, tag = "2")]
        Value(::prost::alloc::vec::Vec<u8>),
        #[prost(bool, tag = "3")]
        Deleted(bool),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Joined {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(string, repeated, tag = "4")]
    pub users: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "5")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Left {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(string, repeated, tag = "4")]
    pub users: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "5")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MountCreated {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(enumeration = "Kind", tag = "4")]
    pub kind: i32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MountDeleted {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(enumeration = "Kind", tag = "4")]
    pub kind: i32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Gap {
    #[prost(uint32, tag = "1")]
    pub sub: u32,
    #[prost(string, tag = "2")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub after_seq: u64,
    #[prost(uint64, tag = "4")]
    pub before_seq: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Closing {
    #[prost(uint32, tag = "1")]
    pub code: u32,
    #[prost(string, tag = "2")]
    pub reason: ::prost::alloc::string::String,
    #[prost(bool, tag = "3")]
    pub may_retry: bool,
    #[prost(uint32, tag = "4")]
    pub retry_after_ms: u32,
    #[prost(string, tag = "5")]
    pub address: ::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Ping {
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Pong {
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Kind {
    Message = 0,
    State = 1,
}
impl Kind {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::State => "state",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "message" => Some(Self::Message),
            "state" => Some(Self::State),
            _ => None,
        }
    }
}
/// The numbers of the fields, a module per message.
pub mod field;
