//! Generated from `proto/schema/q2q.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Q2q {
    #[prost(oneof = "q2q::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16, 17, 18")]
    pub body: ::core::option::Option<q2q::Body>,
}
/// Nested message and enum types in `Q2q`.
pub mod q2q {
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
        Word(super::Word),
        #[prost(message, tag = "7")]
        Answer(super::Answer),
        #[prost(message, tag = "8")]
        Records(super::Records),
        #[prost(message, tag = "10")]
        Slice(super::Slice),
        #[prost(message, tag = "11")]
        Moved(super::super::table::Moved),
        #[prost(message, tag = "13")]
        Digest(super::Digest),
        #[prost(message, tag = "14")]
        Again(super::Again),
        #[prost(message, tag = "15")]
        Lead(super::Lead),
        #[prost(message, tag = "16")]
        Have(super::Have),
        #[prost(message, tag = "17")]
        Batch(super::Batch),
        #[prost(message, tag = "18")]
        Ack(super::Ack),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Word {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint64, tag = "7")]
    pub loss: u64,
    #[prost(uint32, tag = "8")]
    pub bits: u32,
    #[prost(uint64, tag = "9")]
    pub reign: u64,
    #[prost(oneof = "word::Body", tags = "2, 3, 4, 5, 6")]
    pub body: ::core::option::Option<word::Body>,
}
/// Nested message and enum types in `Word`.
pub mod word {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "2")]
        Note(super::Note),
        #[prost(message, tag = "3")]
        Unnote(super::Unnote),
        #[prost(message, tag = "4")]
        Ended(super::Ended),
        #[prost(message, tag = "5")]
        Question(super::Question),
        #[prost(message, tag = "6")]
        Fence(super::Fence),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Note {
    #[prost(string, tag = "1")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "3")]
    pub room: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub room_epoch: u64,
    #[prost(uint64, tag = "5")]
    pub join_seq: u64,
    #[prost(bool, tag = "6")]
    pub guest: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unnote {
    #[prost(string, tag = "1")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "3")]
    pub room: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub room_epoch: u64,
    #[prost(uint64, tag = "5")]
    pub join_seq: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Ended {
    #[prost(string, tag = "1")]
    pub room: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub room_epoch: u64,
    #[prost(uint64, tag = "3")]
    pub join_seq: u64,
    #[prost(bytes = "vec", tag = "4")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "5")]
    pub reason: ::prost::alloc::string::String,
    #[prost(uint64, tag = "6")]
    pub below: u64,
    #[prost(string, tag = "7")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "8")]
    pub floor: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Question {
    #[prost(string, tag = "1")]
    pub user: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "3")]
    pub room: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub room_epoch: u64,
    #[prost(uint64, tag = "5")]
    pub join_seq: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Fence {
    #[prost(string, tag = "1")]
    pub room: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "3")]
    pub floor: u64,
    #[prost(bytes = "vec", tag = "4")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub generation: u64,
    #[prost(uint64, tag = "6")]
    pub room_epoch: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Answer {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint64, tag = "6")]
    pub loss: u64,
    #[prost(uint32, tag = "7")]
    pub bits: u32,
    #[prost(uint64, tag = "8")]
    pub reign: u64,
    #[prost(bool, tag = "2")]
    pub ended: bool,
    #[prost(uint64, tag = "3")]
    pub floor: u64,
    #[prost(uint64, tag = "4")]
    pub generation: u64,
    #[prost(uint64, tag = "5")]
    pub below: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Slice {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(bool, tag = "4")]
    pub first: bool,
    #[prost(bool, tag = "5")]
    pub last: bool,
    #[prost(bytes = "vec", tag = "6")]
    pub items: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "7")]
    pub reign: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Records {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub unit: ::prost::alloc::vec::Vec<::prost::alloc::vec::Vec<u8>>,
    #[prost(uint64, tag = "5")]
    pub reign: u64,
    #[prost(uint64, tag = "6")]
    pub committed: u64,
    #[prost(uint64, optional, tag = "7")]
    pub after: ::core::option::Option<u64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Digest {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(uint64, tag = "4")]
    pub n: u64,
    #[prost(uint64, tag = "5")]
    pub at_ms: u64,
    #[prost(fixed64, tag = "6")]
    pub high: u64,
    #[prost(fixed64, tag = "7")]
    pub low: u64,
    #[prost(uint64, tag = "8")]
    pub reign: u64,
    #[prost(uint32, tag = "9")]
    pub part: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Again {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(uint64, tag = "4")]
    pub reign: u64,
    #[prost(enumeration = "Why", tag = "5")]
    pub why: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Lead {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(message, optional, tag = "2")]
    pub row: ::core::option::Option<super::table::Row>,
    #[prost(message, optional, tag = "3")]
    pub place: ::core::option::Option<super::table::Place>,
    #[prost(sint64, tag = "4")]
    pub offset_ms: i64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Have {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(uint64, tag = "4")]
    pub reign: u64,
    #[prost(uint64, tag = "5")]
    pub conf: u64,
    #[prost(uint64, tag = "6")]
    pub n: u64,
    #[prost(uint64, tag = "7")]
    pub state_n: u64,
    #[prost(message, repeated, tag = "8")]
    pub openings: ::prost::alloc::vec::Vec<super::snapshot::Opening>,
    #[prost(bool, tag = "9")]
    pub full: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Batch {
    #[prost(uint64, tag = "1")]
    pub k: u64,
    #[prost(uint64, tag = "2")]
    pub now_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Ack {
    #[prost(uint64, tag = "1")]
    pub k: u64,
    #[prost(bool, tag = "2")]
    pub full: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Why {
    None = 0,
    Unfit = 1,
    Differs = 2,
    Lacks = 3,
}
impl Why {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unfit => "unfit",
            Self::Differs => "differs",
            Self::Lacks => "lacks",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "none" => Some(Self::None),
            "unfit" => Some(Self::Unfit),
            "differs" => Some(Self::Differs),
            "lacks" => Some(Self::Lacks),
            _ => None,
        }
    }
}
/// The numbers of the fields, a module per message.
pub mod field;
