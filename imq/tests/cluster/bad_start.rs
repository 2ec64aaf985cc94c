//! What can be wrong at a start: one clear line and an exit code, never a hang.

use std::net::TcpListener;

use crate::http::try_request;
use crate::process::{Imq, imq, port_base};

fn check(words: &[&str], wanted: &str) {
    let output = imq(words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{words:?}");
    let line = error.lines().find(|line| line.starts_with("imq: ") || line.starts_with("error: "));
    assert!(line.is_some_and(|line| line.contains(wanted)), "{words:?}: {error}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let data = std::env::temp_dir().join(format!("imq-port-{}", std::process::id()));
    let data = data.display().to_string();
    check(&["boss", "--listen-link", &address, "--data-dir", &data], &address);
    check(&["queue-node", "--id", "q1", "--listen-link", &address], &address);
    check(&["gateway", "--id", "g1", "--listen-client", &address], &address);
    std::fs::remove_dir_all(data).ok();
}

#[test]
fn wrong_words_are_named() {
    check(&["queue-node", "--id", "a b"], "a b");
    check(&["dev", "--copies", "2"], "copies");
    check(&["gateway", "--listen-client", "nowhere"], "nowhere");
    check(&["queue-node"], "--id q1");
    check(&["gateway"], "--id g1");
    let exposed = ["gateway", "--id", "g1", "--dev-auth"];
    check(&[&exposed[..], &["--listen-client", "0.0.0.0:0"]].concat(), "dev_auth");
    check(&[&exposed[..], &["--listen-http", "0.0.0.0:0"]].concat(), "dev_auth");
    check(&["gateway", "--config", "/does/not/exist.toml"], "/does/not/exist.toml");
    check(&["queue-node", "--secret-file", "/does/not/exist"], "/does/not/exist");
    let nobody = imq(&["pub", "/room/1", "chat", "x", "--gateway", "127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2));
}

#[test]
fn without_a_boss_a_node_waits_and_says_so() {
    let base = port_base();
    let (link, http) = (format!("127.0.0.1:{base}"), format!("127.0.0.1:{}", base + 1));
    let at = ["--boss", "127.0.0.1:1", "--listen-link", &link, "--listen-http", &http];
    let _node = Imq::start(&[&["queue-node", "--id", "q1"][..], &at].concat());
    crate::http::until("it says what it waits for", || {
        try_request("GET", base + 1, "/readyz", None, "")
            .is_ok_and(|(status, text)| status == 503 && text.contains("boss"))
    });
}
