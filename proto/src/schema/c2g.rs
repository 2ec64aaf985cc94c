//! Generated from `proto/schema/c2g.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct C2g {
    #[prost(oneof = "c2g::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14")]
    pub body: ::core::option::Option<c2g::Body>,
}
/// Nested message and enum types in `C2g`.
pub mod c2g {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "1")]
        Connect(super::Connect),
        #[prost(message, tag = "2")]
        Open(super::Open),
        #[prost(message, tag = "3")]
        Subscribe(super::Subscribe),
        #[prost(message, tag = "4")]
        Unsubscribe(super::Unsubscribe),
        #[prost(message, tag = "5")]
        SendMessage(super::SendMessage),
        #[prost(message, tag = "6")]
        SendState(super::SendState),
        #[prost(message, tag = "7")]
        GetState(super::GetState),
        #[prost(message, tag = "8")]
        GetHistory(super::GetHistory),
        #[prost(message, tag = "9")]
        ListMembers(super::ListMembers),
        #[prost(message, tag = "10")]
        Call(super::Call),
        #[prost(message, tag = "11")]
        Refresh(super::Refresh),
        #[prost(message, tag = "12")]
        Ping(super::Ping),
        #[prost(message, tag = "13")]
        Pong(super::Pong),
        #[prost(message, tag = "14")]
        Bye(super::Bye),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Connect {
    #[prost(uint32, tag = "1")]
    pub protocol: u32,
    #[prost(string, tag = "2")]
    pub token: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub user: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub client_name: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub client_version: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "6")]
    pub resume: ::core::option::Option<Resume>,
    #[prost(bool, tag = "7")]
    pub hold: bool,
    #[prost(string, tag = "8")]
    pub client_id: ::prost::alloc::string::String,
    #[prost(uint32, tag = "9")]
    pub attempt: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Resume {
    #[prost(string, tag = "1")]
    pub session_id: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub secret: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "3")]
    pub seen: ::prost::alloc::vec::Vec<Seen>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Seen {
    #[prost(string, tag = "1")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    #[prost(btree_map = "string, uint64", tag = "3")]
    pub marks: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Open {
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Since {
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    #[prost(btree_map = "string, uint64", tag = "2")]
    pub marks: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Subscribe {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "3")]
    pub since: ::core::option::Option<Since>,
    #[prost(uint32, tag = "4")]
    pub history: u32,
    #[prost(string, repeated, tag = "5")]
    pub mounts: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "6")]
    pub key_prefix: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unsubscribe {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SendMessage {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub payload: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(bool, tag = "5")]
    pub exclude_self: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SendState {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "4")]
    pub changes: ::prost::alloc::vec::Vec<Change>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Change {
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(uint64, optional, tag = "5")]
    pub if_version: ::core::option::Option<u64>,
    #[prost(bool, tag = "6")]
    pub if_absent: bool,
    #[prost(uint64, tag = "7")]
    pub ttl_ms: u64,
    #[prost(bool, tag = "8")]
    pub while_present: bool,
    #[prost(oneof = "change::Act", tags = "2, 3, 4")]
    pub act: ::core::option::Option<change::Act>,
}
/// Nested message and enum types in `Change`.
pub mod change {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Act {
        #[prost(bytes, tag = "2")]
        Set(::prost::alloc::vec::Vec<u8>),
        #[prost(bool, tag = "3")]
        Delete(bool),
        #[prost(int64, tag = "4")]
        Add(i64),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GetState {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub key_prefix: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub after: ::prost::alloc::string::String,
    #[prost(uint32, tag = "6")]
    pub limit: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GetHistory {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub before_seq: u64,
    #[prost(uint32, tag = "5")]
    pub limit: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListMembers {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub after: ::prost::alloc::string::String,
    #[prost(uint32, tag = "4")]
    pub limit: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Call {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub method: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "4")]
    pub payload: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Refresh {
    #[prost(uint32, tag = "1")]
    pub op_id: u32,
    #[prost(string, tag = "3")]
    pub token: ::prost::alloc::string::String,
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Bye {
}
/// The numbers of the fields, a module per message.
pub mod field;
