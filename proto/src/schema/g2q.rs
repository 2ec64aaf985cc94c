//! Generated from `proto/schema/g2q.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct G2q {
    #[prost(oneof = "g2q::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21")]
    pub body: ::core::option::Option<g2q::Body>,
}
/// Nested message and enum types in `G2q`.
pub mod g2q {
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
        Operation(super::Operation),
        #[prost(message, tag = "7")]
        Attach(super::Attach),
        #[prost(message, tag = "8")]
        Introduce(super::Introduce),
        #[prost(message, tag = "9")]
        Forget(super::Forget),
        #[prost(message, tag = "10")]
        Login(super::Login),
        #[prost(message, tag = "11")]
        Lost(super::Lost),
        #[prost(message, tag = "12")]
        Request(super::Request),
        #[prost(message, tag = "13")]
        Probe(super::Probe),
        #[prost(message, tag = "14")]
        Detach(super::Detach),
        #[prost(message, tag = "15")]
        Confirmed(super::Confirmed),
        #[prost(message, tag = "16")]
        Resume(super::Resume),
        #[prost(message, tag = "17")]
        Acknowledge(super::Acknowledge),
        #[prost(message, tag = "18")]
        Recognise(super::Recognise),
        #[prost(message, tag = "19")]
        Moved(super::super::table::Moved),
        #[prost(message, tag = "20")]
        Carry(super::Carry),
        #[prost(message, tag = "21")]
        CarriedTaken(super::CarriedTaken),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Introduce {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "3")]
    pub user: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub generation: u64,
    #[prost(uint64, tag = "5")]
    pub floor: u64,
    #[prost(bool, tag = "6")]
    pub confirmed: bool,
    #[prost(bool, tag = "7")]
    pub leaving: bool,
    #[prost(uint64, tag = "8")]
    pub expires_unix_ms: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Forget {
    #[prost(uint32, tag = "1")]
    pub session: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Operation {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub sub: u32,
    #[prost(bool, tag = "11")]
    pub askable: bool,
    #[prost(bytes = "vec", tag = "12")]
    pub verdicts: ::prost::alloc::vec::Vec<u8>,
    #[prost(oneof = "operation::Body", tags = "3, 4, 5, 6, 7, 8, 9, 10")]
    pub body: ::core::option::Option<operation::Body>,
}
/// Nested message and enum types in `Operation`.
pub mod operation {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "3")]
        Subscribe(super::super::c2g::Subscribe),
        #[prost(message, tag = "4")]
        Unsubscribe(super::super::c2g::Unsubscribe),
        #[prost(message, tag = "5")]
        SendMessage(super::super::c2g::SendMessage),
        #[prost(message, tag = "6")]
        SendState(super::super::c2g::SendState),
        #[prost(message, tag = "7")]
        GetState(super::super::c2g::GetState),
        #[prost(message, tag = "8")]
        GetHistory(super::super::c2g::GetHistory),
        #[prost(message, tag = "9")]
        ListMembers(super::super::c2g::ListMembers),
        #[prost(message, tag = "10")]
        Call(super::super::c2g::Call),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Verdicts {
    #[prost(message, repeated, tag = "1")]
    pub verdicts: ::prost::alloc::vec::Vec<Verdict>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Verdict {
    #[prost(string, tag = "1")]
    pub kind: ::prost::alloc::string::String,
    #[prost(uint32, tag = "2")]
    pub status: u32,
    #[prost(string, tag = "3")]
    pub error_message: ::prost::alloc::string::String,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub payload: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Detach {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint32, tag = "3")]
    pub sub: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Attach {
    #[prost(string, tag = "1")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint32, tag = "2")]
    pub sub: u32,
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    #[prost(uint64, tag = "4")]
    pub after_seq: u64,
    #[prost(uint32, repeated, tag = "5")]
    pub sessions: ::prost::alloc::vec::Vec<u32>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Login {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(string, tag = "2")]
    pub gateway: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub client_name: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub client_version: ::prost::alloc::string::String,
    #[prost(bytes = "vec", tag = "5")]
    pub secret: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    pub resume_session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub resume_secret: ::prost::alloc::vec::Vec<u8>,
    #[prost(bool, tag = "8")]
    pub resume_only: bool,
    #[prost(uint64, tag = "9")]
    pub expires_unix_ms: u64,
    #[prost(string, tag = "10")]
    pub client_id: ::prost::alloc::string::String,
    #[prost(uint32, tag = "11")]
    pub attempt: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Recognise {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub secret: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Lost {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(bool, tag = "2")]
    pub bye: bool,
    #[prost(uint32, tag = "3")]
    pub code: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Confirmed {
    #[prost(uint32, tag = "1")]
    pub session: u32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Resume {
    #[prost(uint32, tag = "1")]
    pub session: u32,
    #[prost(uint32, tag = "2")]
    pub sub: u32,
    #[prost(string, tag = "3")]
    pub queue: ::prost::alloc::string::String,
    #[prost(uint64, tag = "4")]
    pub epoch: u64,
    #[prost(btree_map = "string, uint64", tag = "5")]
    pub marks: ::prost::alloc::collections::BTreeMap<::prost::alloc::string::String, u64>,
    #[prost(bool, tag = "6")]
    pub invited: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Acknowledge {
    #[prost(uint64, repeated, tag = "1")]
    pub numbers: ::prost::alloc::vec::Vec<u64>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Request {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint64, tag = "2")]
    pub key_id: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub idempotency_key: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub body_hash: u64,
    #[prost(uint32, tag = "5")]
    pub remember_ms: u32,
    #[prost(oneof = "request::Body", tags = "6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20")]
    pub body: ::core::option::Option<request::Body>,
}
/// Nested message and enum types in `Request`.
pub mod request {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Body {
        #[prost(message, tag = "6")]
        SendMessage(super::super::c2g::SendMessage),
        #[prost(message, tag = "7")]
        SendState(super::super::c2g::SendState),
        #[prost(message, tag = "8")]
        GetState(super::super::c2g::GetState),
        #[prost(message, tag = "9")]
        GetHistory(super::super::c2g::GetHistory),
        #[prost(message, tag = "10")]
        ListMembers(super::super::c2g::ListMembers),
        #[prost(message, tag = "11")]
        CreateQueue(super::CreateQueue),
        #[prost(message, tag = "12")]
        DeleteQueue(super::DeleteQueue),
        #[prost(message, tag = "13")]
        GetQueue(super::GetQueue),
        #[prost(message, tag = "14")]
        ListQueues(super::ListQueues),
        #[prost(message, tag = "15")]
        CreateMount(super::CreateMount),
        #[prost(message, tag = "16")]
        DeleteMount(super::DeleteMount),
        #[prost(message, tag = "17")]
        JoinUser(super::JoinUser),
        #[prost(message, tag = "18")]
        RemoveUser(super::RemoveUser),
        #[prost(message, tag = "19")]
        GetUser(super::GetUser),
        #[prost(message, tag = "20")]
        DisconnectUser(super::DisconnectUser),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct CreateQueue {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DeleteQueue {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GetQueue {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListQueues {
    #[prost(string, tag = "1")]
    pub prefix: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub after: ::prost::alloc::string::String,
    #[prost(uint32, tag = "3")]
    pub limit: u32,
    #[prost(string, repeated, tag = "4")]
    pub patterns: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct CreateMount {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
    #[prost(string, tag = "4")]
    pub kind: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DeleteMount {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub mount: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JoinUser {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub user: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "4")]
    pub sessions: ::prost::alloc::vec::Vec<Guest>,
    #[prost(bool, tag = "5")]
    pub discreet: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Guest {
    #[prost(bytes = "vec", tag = "1")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub generation: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RemoveUser {
    #[prost(string, tag = "2")]
    pub queue: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub user: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct GetUser {
    #[prost(string, tag = "2")]
    pub user: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DisconnectUser {
    #[prost(string, tag = "2")]
    pub user: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub reason: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Carry {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub session_id: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub connection: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub count: u64,
    #[prost(bytes = "vec", tag = "5")]
    pub frames: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct CarriedTaken {
    #[prost(uint32, tag = "1")]
    pub asker: u32,
    #[prost(uint64, tag = "2")]
    pub number: u64,
    #[prost(uint32, tag = "3")]
    pub status: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Probe {
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
}
/// The numbers of the fields, a module per message.
pub mod field;
