//! The client library of imq for Rust.
//!
//! In reading order: what an application asks ([`command`]), what it is told ([`event`]), what can
//! go wrong ([`failure`]); then the client as a plain state machine ([`machine`]), which keeps
//! sessions, subscriptions and operations over any number of connections; and the same machine on
//! tokio (`io`), which is what applications use. [`limits`] has every bound.
//!
//! What every client library does, in whatever language, is written in `sdk/SPEC.md`.
//!
//! This crate never interprets a payload, never infers loss from numbers, and never runs an
//! operation twice.

pub mod command;
pub mod event;
pub mod failure;
#[cfg(feature = "io")]
pub mod io;
pub mod limits;
pub mod machine;

pub use command::{Act, Change, Command, PageAsked, SubscribeOptions};
pub use event::{
    Answer, Entry, Event, Gap, Message, Mount, MountWord, Page, QueueEvent, Roster, State,
    StateChange, Subscribed, Ticket,
};
pub use failure::Failure;
#[cfg(feature = "io")]
pub use io::{Client, ConnectError, Connection, Options, Subscription, TokenResult, TokenSource};
pub use proto::codes::{Close, Status};
pub use proto::g2c::Kind;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
