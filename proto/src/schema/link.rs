//! Generated from `proto/schema/link.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Hello {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(uint32, tag = "2")]
    pub version_min: u32,
    #[prost(enumeration = "Role", tag = "3")]
    pub role: i32,
    #[prost(string, tag = "4")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint64, tag = "5")]
    pub incarnation: u64,
    #[prost(uint64, tag = "6")]
    pub cluster_id: u64,
    #[prost(bytes = "vec", tag = "7")]
    pub nonce: ::prost::alloc::vec::Vec<u8>,
    #[prost(uint32, tag = "8")]
    pub lane: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Proof {
    #[prost(bytes = "vec", tag = "1")]
    pub proof: ::prost::alloc::vec::Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub hello: ::prost::alloc::vec::Vec<u8>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Refuse {
    #[prost(string, tag = "1")]
    pub reason: ::prost::alloc::string::String,
    #[prost(bool, tag = "2")]
    pub for_good: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Beat {
    #[prost(bool, tag = "3")]
    pub asks: bool,
    #[prost(uint32, tag = "4")]
    pub hops: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct At {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(uint64, tag = "3")]
    pub loss: u64,
    #[prost(uint64, tag = "5")]
    pub reign: u64,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Role {
    None = 0,
    Gateway = 1,
    QueueNode = 2,
    Boss = 3,
}
impl Role {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gateway => "gateway",
            Self::QueueNode => "queue_node",
            Self::Boss => "boss",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "none" => Some(Self::None),
            "gateway" => Some(Self::Gateway),
            "queue_node" => Some(Self::QueueNode),
            "boss" => Some(Self::Boss),
            _ => None,
        }
    }
}
/// The numbers of the fields, a module per message.
pub mod field;
