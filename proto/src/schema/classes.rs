//! Generated from `proto/schema/classes.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Classes {
    #[prost(message, repeated, tag = "1")]
    pub classes: ::prost::alloc::vec::Vec<Class>,
    #[prost(uint64, tag = "2")]
    pub version: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Class {
    #[prost(string, tag = "1")]
    pub pattern: ::prost::alloc::string::String,
    #[prost(uint32, tag = "2")]
    pub create: u32,
    #[prost(uint32, tag = "3")]
    pub join: u32,
    #[prost(uint64, tag = "4")]
    pub max_members: u64,
    #[prost(uint32, tag = "5")]
    pub presence: u32,
    #[prost(uint64, tag = "6")]
    pub idle_ttl_ms: u64,
    #[prost(uint32, tag = "7")]
    pub sessions: u32,
    #[prost(uint64, tag = "8")]
    pub sessions_max: u64,
    #[prost(string, optional, tag = "9")]
    pub callout: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(uint32, repeated, tag = "10")]
    pub tells: ::prost::alloc::vec::Vec<u32>,
    #[prost(message, repeated, tag = "11")]
    pub mounts: ::prost::alloc::vec::Vec<MountClass>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct MountClass {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(bool, tag = "2")]
    pub state: bool,
    #[prost(uint32, tag = "3")]
    pub send: u32,
    #[prost(uint64, tag = "4")]
    pub history: u64,
    #[prost(uint64, tag = "5")]
    pub history_bytes: u64,
    #[prost(uint64, tag = "6")]
    pub history_ms: u64,
    #[prost(bool, tag = "7")]
    pub close_slow: bool,
    #[prost(bool, tag = "8")]
    pub echo: bool,
}
/// The numbers of the fields, a module per message.
pub mod field;
