//! Clusters of real processes, used as their users would: started from the README's lines, spoken
//! to by the command line, by curl's means, and by clients in other languages.
//!
//! Run one at a time: `cargo test -p imq --test cluster -- --test-threads=1`.

mod aftermath;
mod application;
mod asking;
mod bad_start;
mod browsers;
mod callouts;
mod classes;
mod cli;
mod clients;
mod cuts;
mod dawdlers;
mod death;
mod demo;
mod dev;
mod document;
mod documents;
mod elsewhere;
mod fallback;
mod folder;
mod guide;
mod haproxy;
mod health;
mod http;
mod identity;
mod kills;
mod links;
mod metrics;
mod operators;
#[path = "../../examples/metrics/page.rs"]
mod page;
mod pages;
mod panics;
mod php;
mod process;
mod proxy;
mod reader;
mod reconnect;
mod roles;
mod rpc;
mod seen;
mod status_page;
mod supervisor;
mod talker;
mod tls;
mod together;
mod tokens;
mod traces;
