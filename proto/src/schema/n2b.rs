//! Generated from `proto/schema/n2b.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct N2b {
    #[prost(oneof = "n2b::Body", tags = "1, 2, 3, 4, 6, 7, 8, 9")]
    pub body: ::core::option::Option<n2b::Body>,
}
/// Nested message and enum types in `N2b`.
pub mod n2b {
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
        #[prost(message, tag = "6")]
        Register(super::Register),
        #[prost(message, tag = "7")]
        Report(super::Report),
        #[prost(message, tag = "8")]
        Unreachable(super::Unreachable),
        #[prost(message, tag = "9")]
        Inspected(super::Inspected),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Register {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(enumeration = "super::link::Role", tag = "2")]
    pub role: i32,
    #[prost(string, tag = "3")]
    pub host: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub address: ::prost::alloc::string::String,
    #[prost(uint64, tag = "5")]
    pub incarnation: u64,
    #[prost(string, tag = "6")]
    pub version: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "7")]
    pub buckets: ::prost::alloc::vec::Vec<BucketReport>,
    #[prost(uint64, tag = "8")]
    pub table_term: u64,
    #[prost(uint64, tag = "9")]
    pub table_version: u64,
    #[prost(uint64, tag = "10")]
    pub process: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct BucketReport {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(message, optional, tag = "5")]
    pub row: ::core::option::Option<super::table::Row>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Report {
    #[prost(uint64, tag = "1")]
    pub table_term: u64,
    #[prost(uint64, tag = "2")]
    pub table_version: u64,
    #[prost(message, repeated, tag = "3")]
    pub counters: ::prost::alloc::vec::Vec<Counter>,
    #[prost(string, tag = "4")]
    pub message: ::prost::alloc::string::String,
    #[prost(bool, tag = "5")]
    pub ready: bool,
    #[prost(bool, tag = "6")]
    pub draining: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Counter {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(double, tag = "2")]
    pub value: f64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unreachable {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub incarnation: u64,
    #[prost(bool, tag = "3")]
    pub refused: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Inspected {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(bool, tag = "2")]
    pub found: bool,
    #[prost(message, optional, tag = "3")]
    pub queue: ::core::option::Option<super::q2g::QueueInfo>,
}
/// The numbers of the fields, a module per message.
pub mod field;
