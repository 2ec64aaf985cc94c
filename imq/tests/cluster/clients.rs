//! Clients that know only the documents: Python with the protobuf package, node with `ws`.

use std::thread;
use std::time::Duration;

use crate::dev::Dev;
use crate::process::{RPC_KEY, run_in};
use crate::roles::Five;

const BOUND: Duration = Duration::from_secs(120);

pub(crate) fn here(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn check(program: &str, words: &[&str]) {
    check_with("", program, words);
}

/// Runs a client that has this key of a back end, in its environment: `ps` shows words.
fn check_with(rpc_key: &str, program: &str, words: &[&str]) {
    let (good, output) = run_in(&[("IMQ_RPC_KEY", rpc_key)], program, words, BOUND);
    print!("{output}");
    assert!(good, "{program} {words:?}:\n{output}");
    let last = output.lines().last().unwrap_or_default();
    assert!(last.ends_with(" passed, 0 failed") && !last.starts_with("0 "), "{last}");
}

/// The client in Python against a cluster at this port base.
fn python(base: u16, rpc_key: &str) {
    let (script, schema) = (here("tests/clients/python/check.py"), here("../proto/schema"));
    let at = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let (one, two, rpc) = (at(0), at(1), at(90));
    let words = [&script, "--schema", &schema, "--tcp", &one, "--tcp", &two, "--rpc", &rpc];
    check_with(rpc_key, "/usr/bin/python3", &words);
}

/// The client in node likewise.
fn node(base: u16, rpc_key: &str) {
    let script = here("tests/clients/node/check.mjs");
    let url = |at: u16| format!("ws://127.0.0.1:{}/imq/v1/ws", base + 80 + at);
    let (one, two, rpc) = (url(0), url(1), format!("127.0.0.1:{}", base + 90));
    check_with(rpc_key, "node", &[&script, "--ws", &one, "--ws", &two, "--rpc", &rpc]);
}

/// They mostly wait, for times of the protocol's, and do so at the same moment.
#[test]
fn python_over_tcp_to_one_process_and_to_five() {
    let (dev, five) = (Dev::start(), Five::start());
    thread::scope(|scope| {
        scope.spawn(|| python(dev.base, &dev.rpc_key));
        scope.spawn(|| python(five.base, RPC_KEY));
    });
}

#[test]
fn node_over_websocket() {
    let dev = Dev::start();
    node(dev.base, &dev.rpc_key);
}

#[test]
fn node_over_websocket_to_five_processes() {
    let five = Five::start();
    node(five.base, RPC_KEY);
}

#[test]
fn abuse_hurts_nobody_else() {
    let dev = Dev::start();
    let (script, schema) = (here("tests/clients/python/abuse.py"), here("../proto/schema"));
    let rpc = format!("127.0.0.1:{}", dev.base + 90);
    let (one, two) = (dev.gateway(0), dev.gateway(1));
    let id = dev.imq.id().to_string();
    let words = ["--schema", &schema, "--tcp", &one, "--tcp", &two, "--rpc", &rpc, "--pid", &id];
    check_with(&dev.rpc_key, "/usr/bin/python3", &[&[script.as_str()][..], &words].concat());
}
