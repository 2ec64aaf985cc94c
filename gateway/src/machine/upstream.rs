//! The way to the homes of queues and back.

mod route;

pub(super) use route::{Bucket, BucketIndex, NodeIndex, NodeSet, Pending, Routes};
