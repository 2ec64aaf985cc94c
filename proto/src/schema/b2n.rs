//! Generated from `proto/schema/b2n.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct B2n {
    #[prost(oneof = "b2n::Body", tags = "1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16")]
    pub body: ::core::option::Option<b2n::Body>,
}
/// Nested message and enum types in `B2n`.
pub mod b2n {
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
        Registered(super::Registered),
        #[prost(message, tag = "7")]
        Table(super::super::table::Table),
        #[prost(message, tag = "8")]
        Config(super::Config),
        #[prost(message, tag = "9")]
        Inspect(super::Inspect),
        #[prost(message, tag = "10")]
        Refused(super::Refused),
        #[prost(message, tag = "11")]
        Wait(super::Wait),
        #[prost(message, tag = "12")]
        Rows(super::super::table::Rows),
        #[prost(message, tag = "13")]
        NotNow(super::NotNow),
        #[prost(message, tag = "14")]
        TellAll(super::TellAll),
        #[prost(message, tag = "15")]
        Call(super::Call),
        #[prost(message, tag = "16")]
        Doors(super::Doors),
    }
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Registered {
    #[prost(uint64, tag = "1")]
    pub incarnation: u64,
    #[prost(uint64, tag = "2")]
    pub cluster_id: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Refused {
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
    #[prost(bool, tag = "2")]
    pub for_good: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Wait {
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Config {
    #[prost(uint64, tag = "1")]
    pub version: u64,
    #[prost(string, tag = "2")]
    pub toml: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Inspect {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct NotNow {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub conf: u64,
    #[prost(string, tag = "4")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct TellAll {
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Call {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(string, tag = "2")]
    pub method: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub path: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "4")]
    pub body: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Doors {
    #[prost(message, repeated, tag = "1")]
    pub doors: ::prost::alloc::vec::Vec<Door>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Door {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(string, repeated, tag = "2")]
    pub addresses: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(uint64, tag = "3")]
    pub free: u64,
}
/// The numbers of the fields, a module per message.
pub mod field;
