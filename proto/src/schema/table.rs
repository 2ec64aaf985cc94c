//! Generated from `proto/schema/table.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Owner {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub incarnation: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Row {
    #[prost(uint32, tag = "1")]
    pub prefix: u32,
    #[prost(uint64, tag = "2")]
    pub loss: u64,
    #[prost(uint64, tag = "3")]
    pub conf: u64,
    #[prost(message, optional, tag = "4")]
    pub primary: ::core::option::Option<Owner>,
    #[prost(message, repeated, tag = "5")]
    pub in_sync: ::prost::alloc::vec::Vec<Owner>,
    #[prost(message, repeated, tag = "6")]
    pub learners: ::prost::alloc::vec::Vec<Owner>,
    #[prost(uint64, tag = "7")]
    pub reign: u64,
    #[prost(uint64, tag = "8")]
    pub term: u64,
    #[prost(uint64, tag = "9")]
    pub version: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Table {
    #[prost(uint64, tag = "1")]
    pub term: u64,
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(uint32, tag = "3")]
    pub bits: u32,
    #[prost(message, repeated, tag = "4")]
    pub rows: ::prost::alloc::vec::Vec<Row>,
    #[prost(message, repeated, tag = "5")]
    pub places: ::prost::alloc::vec::Vec<Place>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Rows {
    #[prost(uint64, tag = "1")]
    pub term: u64,
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(uint64, tag = "3")]
    pub from_term: u64,
    #[prost(uint64, tag = "4")]
    pub from_version: u64,
    #[prost(message, repeated, tag = "5")]
    pub rows: ::prost::alloc::vec::Vec<Row>,
    #[prost(message, repeated, tag = "6")]
    pub places: ::prost::alloc::vec::Vec<Place>,
    #[prost(message, repeated, tag = "7")]
    pub gone: ::prost::alloc::vec::Vec<Owner>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Moved {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(message, optional, tag = "2")]
    pub row: ::core::option::Option<Row>,
    #[prost(message, optional, tag = "3")]
    pub place: ::core::option::Option<Place>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Place {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub incarnation: u64,
    #[prost(string, tag = "3")]
    pub host: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub address: ::prost::alloc::string::String,
}
/// The numbers of the fields, a module per message.
pub mod field;
