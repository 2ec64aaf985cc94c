//! A gateway that ends as by a crash.

use super::*;

#[test]
fn a_killed_gateway_says_nothing_and_leaves_its_ports() {
    let killed = gateway(100);
    let (tcp, http, web) = (killed.tcp, killed.http, killed.web);
    let mut client = TcpStream::connect(http).unwrap();
    client.write_all(UPGRADE).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    killed.kill();
    let mut said = Vec::new();
    // By a reset or by an end: there is no word.
    client.read_to_end(&mut said).unwrap_or_default();
    assert!(said.is_empty(), "{said:?}");
    let mut again = Settings { tcp, http, ..settings(100) };
    run(again.clone()).unwrap().kill();
    // Its HTTP ends on a thread of its own, a moment later.
    again.web = web;
    while run(again.clone()).map(Running::kill).is_err() {
        std::thread::yield_now();
    }
}
