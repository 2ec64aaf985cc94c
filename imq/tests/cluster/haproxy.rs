//! Two gateways behind HAProxy, as `ops/haproxy/haproxy.cfg` has it: one is drained, one is killed.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::http::{metric, request, try_request, until, until_ready};
use crate::process::{Imq, imq_ok};
use crate::roles::Five;

/// HAProxy is the gateways' only proxy, at the address that everything else of a test has, too.
const PROXIED: [&str; 2] = ["--proxies", "127.0.0.1"];

/// A running HAProxy, ended with the test.
struct Haproxy {
    child: Child,
    file: PathBuf,
}

impl Haproxy {
    /// Starts it with the file of `ops`, before the gateways of these ports.
    fn start(base: u16) -> Haproxy {
        let name = format!("imq-test-{}-{base}-haproxy.cfg", std::process::id());
        let file = std::env::temp_dir().join(name);
        let text = moved(include_str!("../../../ops/haproxy/haproxy.cfg"), base);
        std::fs::write(&file, text).expect("the scratch directory can be written to");
        let mut command = Command::new("haproxy");
        command.args(["-db", "-f"]).arg(&file).stdin(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("haproxy can be started");
        until("HAProxy answers", || try_request("GET", figures(base), "/alive", None, "").is_ok());
        Haproxy { child, file }
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_file(&self.file).ok();
    }
}

/// Where HAProxy takes clients.
fn clients(base: u16) -> u16 {
    base + 310
}

/// Where it shows its own figures.
fn figures(base: u16) -> u16 {
    base + 313
}

/// The file with the ports of a test in the place of its own; each place must be there.
fn moved(text: &str, base: u16) -> String {
    let mut moves = vec![
        ("bind :7400\n".to_owned(), format!("bind 127.0.0.1:{}\n", clients(base))),
        ("bind :7480\n".to_owned(), format!("bind 127.0.0.1:{}\n", base + 311)),
        ("bind 127.0.0.1:7490".to_owned(), format!("bind 127.0.0.1:{}", base + 312)),
        ("bind :8405\n".to_owned(), format!("bind 127.0.0.1:{}\n", figures(base))),
        (
            "    stats socket /run/haproxy/admin.sock mode 660 level admin\n".to_owned(),
            String::new(),
        ),
    ];
    for at in [1, 2] {
        let checked = base + 89 + at;
        for (port, ours) in [(7400, base - 1 + at), (7480, base + 79 + at), (7490, checked)] {
            let server = format!("server g{at} 10.0.0.1{at}:{port}");
            moves.push((server, format!("server g{at} 127.0.0.1:{ours} port {checked}")));
        }
    }
    moves.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from.as_str()), "{from} is in the file");
        text.replace(from.as_str(), to)
    })
}

/// What HAProxy says of a gateway as a place for new clients: 1, up.
fn is_taken(base: u16, gateway: &str) -> bool {
    let (_, page) = request("GET", figures(base), "/metrics", None, "");
    let beginning = "haproxy_server_status{proxy=\"clients_ready\"";
    page.lines().any(|line| {
        line.starts_with(beginning)
            && line.contains(&format!("server=\"{gateway}\""))
            && line.contains("state=\"UP\"")
            && line.ends_with(" 1")
    })
}

#[test]
fn haproxy_sends_clients_to_the_gateway_that_is_left() {
    let mut five = Five::start_with(&PROXIED);
    let haproxy = Haproxy::start(five.base);
    let (base, queue) = (five.base, five.queue_at(0));
    until("both gateways are taken", || is_taken(base, "g1") && is_taken(base, "g2"));
    let door = format!("127.0.0.1:{}", clients(base));
    let mut subscribers: Vec<Imq> = ["ann", "bob"]
        .iter()
        .map(|user| {
            let mut sub = Imq::start(&["sub", &queue, "--gateway", &door, "--user", user]);
            sub.line("subscribed");
            sub
        })
        .collect();
    until("each gateway has one of them, as the fewest connections decide", || {
        let connected = |port| metric(port, "imq_gateway_connections ");
        [base + 90, base + 91].into_iter().all(|port| connected(port) > 0.5)
    });
    let mut says = |text: &str| {
        imq_ok(&["pub", &queue, "chat", text, "--gateway", &door, "--user", "ben"]);
        for sub in &mut subscribers {
            sub.next_line(&format!("chat ben: {text}"));
        }
    };
    says("both are there");

    assert_eq!(five.gateways[0].stop(), Some(0));
    says("one has drained");

    five.restart_gateway(0, &PROXIED);
    until_ready(base + 90);
    until("it is taken again", || is_taken(base, "g1"));
    five.gateways[1].kill();
    says("the other was killed");
    drop(haproxy);

    for sub in &subscribers {
        let said = sub.seen().iter().filter(|line| line.starts_with("chat ben: ")).count();
        assert_eq!(said, 3, "each came once: {:?}", sub.seen());
    }
}
