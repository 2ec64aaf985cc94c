//! Generated from `proto/schema/record.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Unit {
    #[prost(uint64, tag = "1")]
    pub n: u64,
    #[prost(uint64, tag = "2")]
    pub at_ms: u64,
    #[prost(message, repeated, tag = "3")]
    pub records: ::prost::alloc::vec::Vec<Record>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Record {
    #[prost(message, optional, tag = "14")]
    pub result: ::core::option::Option<Result>,
    #[prost(bytes = "vec", tag = "15")]
    pub body: ::prost::alloc::vec::Vec<u8>,
    #[prost(oneof = "record::Kind", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35")]
    pub kind: ::core::option::Option<record::Kind>,
}
/// Nested message and enum types in `Record`.
pub mod record {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "1")]
        Event(super::Event),
        #[prost(message, tag = "2")]
        State(super::State),
        #[prost(message, tag = "3")]
        Join(super::Join),
        #[prost(message, tag = "4")]
        Leave(super::Leave),
        #[prost(message, tag = "5")]
        Say(super::Word),
        #[prost(message, tag = "6")]
        Answered(super::Answered),
        #[prost(message, tag = "7")]
        Noted(super::SessionNote),
        #[prost(message, tag = "8")]
        Unnoted(super::SessionNote),
        #[prost(message, tag = "9")]
        Known(super::Known),
        #[prost(message, tag = "10")]
        Create(super::Create),
        #[prost(message, tag = "11")]
        Destroy(super::Destroy),
        #[prost(message, tag = "12")]
        Noop(super::Noop),
        #[prost(message, tag = "13")]
        Passed(super::Passed),
        #[prost(message, tag = "16")]
        Config(super::super::classes::Classes),
        #[prost(message, tag = "17")]
        Barred(super::Barred),
        #[prost(message, tag = "18")]
        Mounts(super::Mounts),
        #[prost(message, tag = "19")]
        Interest(super::Interest),
        #[prost(message, tag = "20")]
        Seat(super::Seat),
        #[prost(message, tag = "21")]
        Begin(super::Begin),
        #[prost(message, tag = "22")]
        Resume(super::Resume),
        #[prost(message, tag = "23")]
        Attached(super::SessionPart),
        #[prost(message, tag = "24")]
        Detached(super::Detached),
        #[prost(message, tag = "25")]
        Confirmed(super::SessionPart),
        #[prost(message, tag = "26")]
        Expires(super::Expires),
        #[prost(message, tag = "27")]
        End(super::End),
        #[prost(message, tag = "28")]
        Swept(super::Swept),
        #[prost(message, tag = "29")]
        Refused(super::Refused),
        #[prost(message, tag = "30")]
        Tell(super::Tell),
        #[prost(message, tag = "31")]
        Taken(super::Taken),
        #[prost(message, tag = "32")]
        Shorten(super::Shorten),
        #[prost(message, tag = "33")]
        Opened(super::Opened),
        #[prost(message, tag = "34")]
        Heard(super::Heard),
        #[prost(message, tag = "35")]
        Renewed(super::Renewed),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Result {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(fixed64, optional, tag = "2")]
    pub queue_hash: ::core::option::Option<u64>,
    #[prost(oneof = "result::What", tags = "3, 4, 5, 6")]
    pub what: ::core::option::Option<result::What>,
}
/// Nested message and enum types in `Result`.
pub mod result {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum What {
        #[prost(bytes, tag = "3")]
        Head(::prost::alloc::vec::Vec<u8>),
        #[prost(bytes, tag = "4")]
        Whole(::prost::alloc::vec::Vec<u8>),
        #[prost(bytes, tag = "5")]
        Cut(::prost::alloc::vec::Vec<u8>),
        #[prost(message, tag = "6")]
        Request(super::Request),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Request {
    #[prost(fixed64, tag = "1")]
    pub key_high: u64,
    #[prost(fixed64, tag = "2")]
    pub key_low: u64,
    #[prost(fixed64, tag = "3")]
    pub api_key: u64,
    #[prost(fixed64, tag = "4")]
    pub body_hash: u64,
    #[prost(bool, tag = "5")]
    pub gateway: bool,
    #[prost(bytes = "vec", tag = "6")]
    pub result: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Event {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    #[prost(uint32, optional, tag = "3")]
    pub mount: ::core::option::Option<u32>,
    #[prost(bytes = "vec", tag = "4")]
    pub exclude: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct State {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub mount: u32,
    #[prost(message, repeated, tag = "3")]
    pub bindings: ::prost::alloc::vec::Vec<Binding>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Binding {
    #[prost(uint32, tag = "1")]
    pub change: u32,
    #[prost(uint64, optional, tag = "2")]
    pub expires_ms: ::core::option::Option<u64>,
    #[prost(bytes = "vec", tag = "3")]
    pub present: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Mounts {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub place: u32,
    #[prost(string, tag = "3")]
    pub name: ::prost::alloc::string::String,
    #[prost(bool, tag = "4")]
    pub state: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Join {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub session: u32,
    #[prost(uint64, tag = "3")]
    pub generation: u64,
    #[prost(bool, tag = "4")]
    pub guest: bool,
    #[prost(message, optional, tag = "5")]
    pub filter: ::core::option::Option<Filter>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Interest {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub session: u32,
    #[prost(message, optional, tag = "3")]
    pub filter: ::core::option::Option<Filter>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Filter {
    #[prost(string, repeated, tag = "1")]
    pub mounts: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "2")]
    pub key_prefix: ::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Seat {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub session: u32,
    #[prost(uint64, tag = "3")]
    pub generation: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Leave {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint32, tag = "2")]
    pub session: u32,
    #[prost(bool, tag = "3")]
    pub ended: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Note {
    #[prost(string, tag = "1")]
    pub room: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    #[prost(uint64, tag = "3")]
    pub join: u64,
    #[prost(bool, tag = "4")]
    pub guest: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Word {
    #[prost(message, optional, tag = "1")]
    pub note: ::core::option::Option<Note>,
    #[prost(string, tag = "7")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "8")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(oneof = "word::What", tags = "2, 3, 4, 5, 6")]
    pub what: ::core::option::Option<word::What>,
}
/// Nested message and enum types in `Word`.
pub mod word {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum What {
        #[prost(bool, tag = "2")]
        Noted(bool),
        #[prost(bool, tag = "3")]
        Unnoted(bool),
        #[prost(bool, tag = "4")]
        Question(bool),
        #[prost(message, tag = "5")]
        Ended(super::Ended),
        #[prost(message, tag = "6")]
        Fence(super::Fence),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Ended {
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub below: u64,
    #[prost(uint64, tag = "3")]
    pub floor: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Fence {
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    #[prost(uint64, tag = "2")]
    pub floor: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Answered {
    #[prost(uint64, tag = "1")]
    pub number: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SessionNote {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(message, optional, tag = "2")]
    pub note: ::core::option::Option<Note>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Known {
    #[prost(bytes = "vec", tag = "1")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "2")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub generation: u64,
    #[prost(uint64, tag = "4")]
    pub floor: u64,
    #[prost(bool, tag = "5")]
    pub over: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Barred {
    #[prost(fixed64, tag = "1")]
    pub queue_hash: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Create {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(uint32, optional, tag = "2")]
    pub class: ::core::option::Option<u32>,
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    #[prost(uint64, tag = "4")]
    pub created_unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Destroy {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Noop {
    #[prost(uint32, optional, tag = "1")]
    pub queue: ::core::option::Option<u32>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Passed {
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Begin {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub inbox: u32,
    #[prost(message, optional, tag = "3")]
    pub login: ::core::option::Option<Login>,
    #[prost(uint32, repeated, tag = "4")]
    pub losers: ::prost::alloc::vec::Vec<u32>,
    #[prost(uint64, tag = "5")]
    pub unix_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Resume {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub inbox: u32,
    #[prost(message, optional, tag = "3")]
    pub login: ::core::option::Option<Login>,
    #[prost(uint64, tag = "4")]
    pub floor: u64,
    #[prost(bytes = "vec", tag = "5")]
    pub by: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "6")]
    pub due_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Login {
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub drawn: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub secret: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub expires_unix_ms: u64,
    #[prost(message, optional, tag = "5")]
    pub client: ::core::option::Option<Client>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Client {
    #[prost(string, tag = "1")]
    pub gateway: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub version: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint32, tag = "5")]
    pub attempt: u32,
    #[prost(uint64, tag = "6")]
    pub since_unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SessionPart {
    #[prost(uint32, tag = "1")]
    pub session: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Detached {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub code: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Expires {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint64, tag = "2")]
    pub unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct End {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, optional, tag = "2")]
    pub inbox: ::core::option::Option<u32>,
    #[prost(uint32, tag = "3")]
    pub close: u32,
    #[prost(uint64, tag = "4")]
    pub floor: u64,
    #[prost(uint64, tag = "5")]
    pub unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Swept {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint64, tag = "2")]
    pub below: u64,
    #[prost(message, optional, tag = "3")]
    pub next: ::core::option::Option<Sweep>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Sweep {
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    #[prost(uint64, tag = "2")]
    pub due_ms: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Refused {
    #[prost(bytes = "vec", tag = "1")]
    pub drawn: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub close: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Tell {
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    #[prost(string, tag = "2")]
    pub target: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub epoch: u64,
    #[prost(uint64, tag = "5")]
    pub seq: u64,
    #[prost(string, tag = "6")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "7")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "8")]
    pub generation: u64,
    #[prost(uint64, tag = "9")]
    pub at_unix_ms: u64,
    #[prost(string, tag = "10")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Taken {
    #[prost(uint64, repeated, tag = "1")]
    pub numbers: ::prost::alloc::vec::Vec<u64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Shorten {
    #[prost(uint64, tag = "1")]
    pub bytes_max: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Opened {
    #[prost(uint64, tag = "1")]
    pub reign: u64,
    #[prost(uint64, tag = "2")]
    pub loss: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Heard {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(uint64, tag = "4")]
    pub reign: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Renewed {
    #[prost(uint32, tag = "1")]
    pub queue: u32,
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
}
/// The numbers of the fields, a module per message.
pub mod field;
