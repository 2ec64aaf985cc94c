//! Generated from `proto/schema/n2b.proto` by `cargo xtask schema`: not to be edited.

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct N2b {
    #[prost(oneof = "n2b::Body", tags = "1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13")]
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
        #[prost(message, tag = "10")]
        Reached(super::Reached),
        #[prost(message, tag = "11")]
        Propose(super::Propose),
        #[prost(message, tag = "12")]
        Known(super::Known),
        #[prost(message, tag = "13")]
        Called(super::Called),
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
    #[prost(message, repeated, tag = "11")]
    pub ahead: ::prost::alloc::vec::Vec<super::table::Moved>,
    #[prost(uint64, tag = "12")]
    pub config_version: u64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct BucketReport {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint32, tag = "2")]
    pub prefix: u32,
    #[prost(message, optional, tag = "5")]
    pub row: ::core::option::Option<super::table::Row>,
    #[prost(enumeration = "bucket_report::Role", tag = "6")]
    pub role: i32,
    #[prost(uint64, tag = "7")]
    pub n: u64,
    #[prost(uint64, tag = "8")]
    pub state_n: u64,
    #[prost(message, optional, tag = "9")]
    pub proposed: ::core::option::Option<super::table::Owner>,
}
/// Nested message and enum types in `BucketReport`.
pub mod bucket_report {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum Role {
        Absent = 0,
        Primary = 1,
        Copy = 2,
        Filling = 3,
        Stuck = 4,
    }
    impl Role {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Absent => "absent",
                Self::Primary => "primary",
                Self::Copy => "copy",
                Self::Filling => "filling",
                Self::Stuck => "stuck",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "absent" => Some(Self::Absent),
                "primary" => Some(Self::Primary),
                "copy" => Some(Self::Copy),
                "filling" => Some(Self::Filling),
                "stuck" => Some(Self::Stuck),
                _ => None,
            }
        }
    }
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
    #[prost(message, repeated, tag = "7")]
    pub buckets: ::prost::alloc::vec::Vec<BucketReport>,
    #[prost(bool, tag = "8")]
    pub full: bool,
    #[prost(message, optional, tag = "9")]
    pub door: ::core::option::Option<Door>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Door {
    #[prost(string, repeated, tag = "1")]
    pub addresses: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(uint64, tag = "2")]
    pub connections: u64,
    #[prost(uint64, tag = "3")]
    pub connections_max: u64,
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
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Reached {
    #[prost(string, tag = "1")]
    pub id: ::prost::alloc::string::String,
    #[prost(uint64, tag = "2")]
    pub incarnation: u64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Propose {
    #[prost(uint32, tag = "1")]
    pub bits: u32,
    #[prost(uint64, tag = "2")]
    pub row_conf: u64,
    #[prost(uint32, tag = "3")]
    pub prefix: u32,
    #[prost(enumeration = "propose::What", tag = "4")]
    pub what: i32,
    #[prost(message, optional, tag = "5")]
    pub owner: ::core::option::Option<super::table::Owner>,
    #[prost(enumeration = "propose::Why", tag = "6")]
    pub why: i32,
}
/// Nested message and enum types in `Propose`.
pub mod propose {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum What {
        Nothing = 0,
        Add = 1,
        Drop = 2,
    }
    impl What {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Nothing => "nothing",
                Self::Add => "add",
                Self::Drop => "drop",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "nothing" => Some(Self::Nothing),
                "add" => Some(Self::Add),
                "drop" => Some(Self::Drop),
                _ => None,
            }
        }
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum Why {
        Silent = 0,
        Full = 1,
        Lacks = 2,
        Unfit = 3,
        Differs = 4,
    }
    impl Why {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Silent => "silent",
                Self::Full => "full",
                Self::Lacks => "lacks",
                Self::Unfit => "unfit",
                Self::Differs => "differs",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "silent" => Some(Self::Silent),
                "full" => Some(Self::Full),
                "lacks" => Some(Self::Lacks),
                "unfit" => Some(Self::Unfit),
                "differs" => Some(Self::Differs),
                _ => None,
            }
        }
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Known {
    #[prost(message, optional, tag = "1")]
    pub table: ::core::option::Option<super::table::Table>,
    #[prost(message, repeated, tag = "2")]
    pub ahead: ::prost::alloc::vec::Vec<super::table::Moved>,
    #[prost(uint64, tag = "3")]
    pub config_version: u64,
    #[prost(string, tag = "4")]
    pub config: ::prost::alloc::string::String,
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
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Called {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint32, tag = "2")]
    pub status: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub body: ::prost::alloc::vec::Vec<u8>,
}
/// The numbers of the fields, a module per message.
pub mod field;
