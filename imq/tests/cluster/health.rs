//! `imq health`, which images and supervisors ask with.

use std::net::TcpListener;
use std::process::Output;

use crate::http::until;
use crate::process::{Imq, imq, port_base};

fn health(url: &str, more: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = imq(&[&["health", url], more].concat());
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).trim().to_owned();
    (status.code(), said)
}

#[test]
fn it_says_how_a_process_is() {
    let base = port_base();
    let (link, http) = (format!("127.0.0.1:{base}"), format!("127.0.0.1:{}", base + 1));
    let at = ["--boss", "127.0.0.1:1", "--listen-link", &link, "--listen-http", &http];
    let node = Imq::start(&[&["queue-node", "--id", "q1"][..], &at].concat());
    until("it answers", || health(&http, &[]).0 == Some(0));
    let url = format!("http://{http}/");
    assert_eq!(health(&url, &[]), (Some(0), "ok".to_owned()));
    // Its boss is away: it is well, but not ready.
    let (code, said) = health(&url, &["--ready"]);
    assert!(code == Some(1) && said.contains("503") && said.contains("boss"), "{code:?} {said}");
    drop(node);
    let (code, said) = health(&url, &[]);
    assert!(code == Some(2) && said.contains("refused"), "{code:?} {said}");
}

#[test]
fn it_waits_for_no_longer_than_it_may() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let (code, said) = health(&url, &["--timeout-ms", "100"]);
    assert!(code == Some(2) && said.ends_with("no answer within 100 ms"), "{code:?} {said}");
    assert_eq!(health(&url, &["--timeout-ms", "0"]).0, Some(2));
    assert_eq!(health("not a url", &[]).0, Some(2));
}
