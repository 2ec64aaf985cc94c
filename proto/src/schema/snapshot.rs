//! Generated from `proto/schema/snapshot.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Snapshot {
    #[prost(message, repeated, tag = "1")]
    pub items: ::prost::alloc::vec::Vec<Item>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Item {
    #[prost(oneof = "item::What", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19")]
    pub what: ::core::option::Option<item::What>,
}
/// Nested message and enum types in `Item`.
pub mod item {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum What {
        #[prost(message, tag = "1")]
        Head(super::Head),
        #[prost(message, tag = "2")]
        Config(super::Config),
        #[prost(message, tag = "3")]
        User(super::User),
        #[prost(message, tag = "4")]
        Session(super::Session),
        #[prost(message, tag = "5")]
        Queue(super::Queue),
        #[prost(message, tag = "6")]
        Event(super::Event),
        #[prost(message, tag = "7")]
        History(super::History),
        #[prost(message, tag = "8")]
        Cell(super::Cell),
        #[prost(message, tag = "9")]
        Member(super::Member),
        #[prost(message, tag = "10")]
        Login(super::Login),
        #[prost(message, tag = "11")]
        Online(super::Online),
        #[prost(message, tag = "12")]
        Over(super::Over),
        #[prost(message, tag = "13")]
        Attempt(super::Attempt),
        #[prost(message, tag = "14")]
        Cohort(super::Cohort),
        #[prost(message, tag = "15")]
        Remembered(super::Remembered),
        #[prost(message, tag = "16")]
        Key(super::Key),
        #[prost(message, tag = "17")]
        Word(super::Word),
        #[prost(message, tag = "18")]
        Tell(super::Tell),
        #[prost(message, tag = "19")]
        Heard(super::super::record::Heard),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Head {
    #[prost(uint64, tag = "1")]
    pub n: u64,
    #[prost(uint64, tag = "2")]
    pub at_ms: u64,
    #[prost(fixed64, tag = "3")]
    pub keys_seed: u64,
    #[prost(uint64, tag = "4")]
    pub newest_word: u64,
    #[prost(message, repeated, tag = "5")]
    pub openings: ::prost::alloc::vec::Vec<Opening>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Opening {
    #[prost(uint64, tag = "1")]
    pub reign: u64,
    #[prost(uint64, tag = "2")]
    pub n: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Config {
    #[prost(message, optional, tag = "1")]
    pub classes: ::core::option::Option<super::classes::Classes>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct User {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub floor: u64,
    #[prost(uint32, repeated, tag = "3")]
    pub sessions: ::prost::alloc::vec::Vec<u32>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Session {
    #[prost(uint32, tag = "1")]
    pub place: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub generation: u64,
    #[prost(fixed64, tag = "4")]
    pub least: u64,
    #[prost(uint64, tag = "5")]
    pub unused_ms: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Queue {
    #[prost(uint32, tag = "1")]
    pub place: u32,
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    #[prost(uint32, optional, tag = "3")]
    pub class: ::core::option::Option<u32>,
    #[prost(message, optional, tag = "4")]
    pub old_class: ::core::option::Option<super::classes::Class>,
    #[prost(bool, tag = "5")]
    pub own_class: bool,
    #[prost(uint64, tag = "6")]
    pub epoch: u64,
    #[prost(uint64, tag = "7")]
    pub seq: u64,
    #[prost(uint64, tag = "8")]
    pub created_unix_ms: u64,
    #[prost(uint64, tag = "9")]
    pub log_floor: u64,
    #[prost(uint64, repeated, tag = "10")]
    pub floors: ::prost::alloc::vec::Vec<u64>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Event {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint64, tag = "2")]
    pub seq: u64,
    #[prost(uint64, tag = "3")]
    pub at_ms: u64,
    #[prost(uint32, tag = "4")]
    pub kind: u32,
    #[prost(uint32, optional, tag = "5")]
    pub mount: ::core::option::Option<u32>,
    #[prost(bytes = "vec", tag = "6")]
    pub exclude: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub body: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct History {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub mount: u32,
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    #[prost(message, optional, tag = "4")]
    pub event: ::core::option::Option<Event>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Cell {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub mount: u32,
    #[prost(string, tag = "3")]
    pub key: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "4")]
    pub value: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub version: u64,
    #[prost(uint64, optional, tag = "6")]
    pub expires_ms: ::core::option::Option<u64>,
    #[prost(bytes = "vec", tag = "7")]
    pub present: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Member {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub place: u32,
    #[prost(uint32, tag = "3")]
    pub session: u32,
    #[prost(bool, tag = "4")]
    pub guest: bool,
    #[prost(uint64, tag = "5")]
    pub generation: u64,
    #[prost(uint64, tag = "6")]
    pub join: u64,
    #[prost(uint64, tag = "7")]
    pub join_seq: u64,
    #[prost(message, optional, tag = "8")]
    pub filter: ::core::option::Option<super::record::Filter>,
    #[prost(message, optional, tag = "9")]
    pub recent: ::core::option::Option<Recent>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Recent {
    #[prost(uint32, tag = "1")]
    pub highest: u32,
    #[prost(bool, tag = "2")]
    pub over: bool,
    #[prost(message, repeated, tag = "3")]
    pub results: ::prost::alloc::vec::Vec<super::record::Result>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Login {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint64, tag = "2")]
    pub generation: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub drawn: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub secret: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub before: ::prost::alloc::vec::Vec<u8>,
    #[prost(bool, tag = "6")]
    pub confirmed: bool,
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub left_behind: ::prost::alloc::vec::Vec<::prost::alloc::vec::Vec<u8>>,
    #[prost(uint64, tag = "8")]
    pub expires_unix_ms: u64,
    #[prost(uint64, optional, tag = "9")]
    pub detached_ms: ::core::option::Option<u64>,
    #[prost(uint32, tag = "10")]
    pub closed_by: u32,
    #[prost(message, optional, tag = "11")]
    pub client: ::core::option::Option<super::record::Client>,
    #[prost(message, repeated, tag = "12")]
    pub notes: ::prost::alloc::vec::Vec<super::record::Note>,
    #[prost(uint32, tag = "13")]
    pub ending: u32,
    #[prost(message, optional, tag = "14")]
    pub sweep: ::core::option::Option<super::record::Sweep>,
    #[prost(uint64, tag = "15")]
    pub below: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Online {
    #[prost(uint32, tag = "1")]
    pub inbox: u32,
    #[prost(uint32, repeated, tag = "2")]
    pub sessions: ::prost::alloc::vec::Vec<u32>,
    #[prost(uint64, tag = "3")]
    pub since_unix_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Over {
    #[prost(bytes = "vec", tag = "1")]
    pub drawn: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub close: u32,
    #[prost(uint64, tag = "3")]
    pub at_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Attempt {
    #[prost(string, tag = "1")]
    pub client: ::prost::alloc::string::String,
    #[prost(uint32, tag = "2")]
    pub attempt: u32,
    #[prost(uint64, tag = "3")]
    pub at_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Cohort {
    #[prost(uint32, tag = "1")]
    pub place: u32,
    #[prost(uint64, tag = "2")]
    pub begun_ms: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Remembered {
    #[prost(uint32, tag = "1")]
    pub cohort: u32,
    #[prost(fixed64, tag = "2")]
    pub place: u64,
    #[prost(fixed64, tag = "3")]
    pub session: u64,
    #[prost(message, optional, tag = "4")]
    pub recent: ::core::option::Option<Recent>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Key {
    #[prost(message, optional, tag = "1")]
    pub request: ::core::option::Option<super::record::Request>,
    #[prost(uint64, tag = "2")]
    pub until_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Word {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(message, optional, tag = "2")]
    pub word: ::core::option::Option<super::record::Word>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Tell {
    #[prost(uint64, tag = "1")]
    pub n: u64,
    #[prost(message, optional, tag = "2")]
    pub tell: ::core::option::Option<super::record::Tell>,
}
/// The numbers of the fields, a module per message.
pub mod field;
