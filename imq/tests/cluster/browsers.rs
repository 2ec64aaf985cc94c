//! Pages with the client library in a real browser, which does to them what browsers do. The
//! scripts say what happens; each ends its browser.

use crate::clients::here;
use crate::dev::Dev;
use crate::folder::Folder;
use crate::process::{PATIENCE, RPC_KEY, port_base, run_in};
use crate::roles::{Arguments, Five};
use crate::tokens::openssl;

/// Runs a script with these words, which must succeed; it prints its figures.
fn drive(script: &str, words: &[String]) -> String {
    let script = here(&format!("tests/clients/node/{script}"));
    let words: Vec<&str> = [&*script].into_iter().chain(words.iter().map(String::as_str)).collect();
    let (passed, said) = run_in(&[("IMQ_RPC_KEY", RPC_KEY)], "node", &words, 2 * PATIENCE);
    print!("{said}");
    assert!(passed, "{script}: {said}");
    said
}

fn ws(base: u16) -> String {
    format!("ws://127.0.0.1:{}", base + 80)
}

fn http(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[test]
fn tabs_share_one_connection() {
    let dev = Dev::start();
    drive("tabs.mjs", &[ws(dev.base), http(dev.base + 100)]);
}

#[test]
fn who_was_frozen_or_asleep_has_missed_nothing() {
    let five = Five::start_with(&["--origins", "*", "--ping-every-ms", "1000"]);
    drive("asleep.mjs", &[ws(five.base), http(five.base + 100), http(five.base + 90)]);
}

#[test]
fn who_gets_no_websocket_goes_on_by_requests() {
    let dev = Dev::start();
    let gateways = [0, 1].map(|at| ws(dev.base + at));
    drive("blocked.mjs", &[&gateways[..1], &gateways].concat());
}

#[test]
fn a_page_outlives_its_tokens_and_says_when_it_gets_none() {
    let keys = Folder::new();
    keys.write("keys", &openssl(&["rand", "-base64", "32"]));
    let path = keys.path("keys");
    let gateways = ["--origins", "*", "--auth-keys-file", &path, "--auth-audience", "imq"];
    let five = Five::start_as(&Arguments {
        gateways: &gateways,
        no_dev_auth: true,
        ..Arguments::default()
    });
    drive("expiry.mjs", &[ws(five.base), env!("CARGO_BIN_EXE_imq").to_owned(), path.clone()]);
}

#[test]
fn a_frame_of_a_foreign_origin_is_told_why_it_is_not_admitted() {
    let port = port_base() + 302;
    let origin = format!("http://localhost:{port}");
    let five = Five::start_with(&["--origins", &origin]);
    drive("framed.mjs", &[ws(five.base), port.to_string()]);
}
