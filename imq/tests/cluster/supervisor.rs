//! What systemd hears, played by a test, and load balancers that are told of a drain beforehand.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use crate::http::{request, until, until_ready};
use crate::process::{Imq, PATIENCE, imq_ok, port_base};
use crate::roles::{Arguments, Five};

/// The socket at which systemd would listen.
struct Supervisor {
    socket: UnixDatagram,
    path: PathBuf,
    heard: BTreeSet<String>,
}

impl Supervisor {
    fn listen(name: &str) -> Supervisor {
        let path = std::env::temp_dir().join(format!("imq-test-{name}.socket"));
        std::fs::remove_file(&path).ok();
        let socket = UnixDatagram::bind(&path).expect("the scratch directory can be written to");
        socket.set_read_timeout(Some(PATIENCE)).expect("it is a time");
        Supervisor { socket, path, heard: BTreeSet::new() }
    }

    /// Waits until a line holds this.
    fn hears(&mut self, wanted: &str) {
        while !self.heard.iter().any(|line| line.contains(wanted)) {
            let mut bytes = [0; 4096];
            let length = self.socket.recv(&mut bytes).unwrap_or_else(|error| {
                panic!("no {wanted:?} in {:?}: {error}", self.heard);
            });
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            self.heard.extend(text.lines().map(str::to_owned));
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        std::fs::remove_file(&self.path).ok();
    }
}

#[test]
fn systemd_hears_that_a_role_has_started_how_it_is_that_it_turns_and_that_it_ends() {
    let base = port_base();
    let mut systemd = Supervisor::listen(&format!("{}-{base}", std::process::id()));
    let address = |port: u16| format!("127.0.0.1:{}", base + port);
    let (link, http, boss) = (address(200), address(290), address(101));
    let words = ["queue-node", "--id", "q1", "--boss", &boss, "--listen-link", &link];
    let mut words = words.to_vec();
    words.extend(["--listen-http", &http]);
    let told = |command: &mut Command| {
        command.env("NOTIFY_SOCKET", &systemd.path).env("WATCHDOG_USEC", "30000000");
    };
    let mut node = Imq::told(told, &words);
    systemd.hears("READY=1");
    systemd.hears("WATCHDOG=1");
    systemd.hears("STATUS=not ready: node: waiting for the boss to register this node");
    assert_eq!(node.stop(), Some(0));
    systemd.hears("STOPPING=1");
    systemd.hears("STATUS=SIGTERM");
}

#[test]
fn a_gateway_is_unready_before_it_drains_and_serves_until_then() {
    let notice = ["--drain-notice-ms", "3000"];
    let mut five = Five::start_as(&Arguments { gateways: &notice, ..Arguments::default() });
    until_ready(five.base + 90);
    let address = five.gateway(0);
    let mut sub = Imq::start(&["sub", "--gateway", &address, "/room/1"]);
    sub.line("subscribed");
    five.gateways[0].signal("TERM");
    let ready = || request("GET", five.base + 90, "/readyz", None, "");
    until("the gateway says that it isn't ready", || ready().0 == 503);
    assert!(ready().1.contains("drain: it drains in 3000 ms"), "{}", ready().1);
    // Whoever comes all the same is served.
    imq_ok(&["pub", "--gateway", &address, "/room/1", "chat", "still here"]);
    sub.line("still here");
    assert_eq!(five.gateways[0].end(), Some(0));
}
