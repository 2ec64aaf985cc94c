//! TLS as others speak it: `openssl`, Python and node, and between five processes.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::clients::{check, here};
use crate::folder::Folder;
use crate::http::{metric, until};
use crate::process::{Imq, PATIENCE, imq_ok};
use crate::roles::{Arguments, Five};
use crate::talker::{End, Talker};

/// A certificate of `link/testdata/tls` and its key, and who has signed it.
const NODE: (&str, &str, &str) = ("node.pem", "node.key", "authority.pem");
const STRANGER: (&str, &str, &str) = ("stranger.pem", "stranger.key", "stranger-authority.pem");

fn testdata(name: &str) -> String {
    here(&format!("../link/testdata/tls/{name}"))
}

/// Moves a certificate and its key into the places of a gateway's, one after the other.
fn put(files: &Folder, (certificate, key, _): (&str, &str, &str)) {
    for (from, to) in [(key, "client.key"), (certificate, "client.pem")] {
        files.replace(to, &std::fs::read(testdata(from)).expect("it is there"));
    }
}

/// Five processes whose gateways have the certificate and the key of this folder.
fn start(files: &Folder) -> Five {
    put(files, NODE);
    let (certificate, key) = (files.path("client.pem"), files.path("client.key"));
    Five::start_with(&["--client-certificate-file", &certificate, "--client-key-file", &key])
}

/// A client whose bytes go through `openssl s_client`.
struct Secured {
    openssl: Child,
    talker: Talker,
}

impl Secured {
    /// Logs in at a gateway whose certificate this authority must have signed; nobody, if the
    /// connection ends before `welcome`.
    fn login(gateway: &str, authority: &str, user: &str) -> Option<Secured> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let talker = Talker::connect(&address);
        let (stream, _) = listener.accept().expect("the talker");
        let copy = stream.try_clone().expect("a socket");
        let openssl = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", gateway, "-verify_hostname", "localhost"])
            .args(["-verify_return_error", "-CAfile", &testdata(authority)])
            .stdin(OwnedFd::from(copy))
            .stdout(OwnedFd::from(stream))
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is there");
        let mut secured = Secured { openssl, talker };
        secured.talker.try_say(json!({ "connect": { "protocol": 1, "user": user } })).ok();
        let (name, body) = match secured.talker.next(PATIENCE) {
            Ok(frame) => frame,
            Err(end) => {
                assert_eq!(end, End::Closed, "openssl goes on without an answer");
                return None;
            }
        };
        assert!(name == "welcome" || body["code"] == 3004, "{name} {body}");
        (name == "welcome").then_some(secured)
    }

    /// The same until it succeeds.
    fn expect(gateway: &str, authority: &str, user: &str) -> Secured {
        let mut found = None;
        until("openssl is let in", || {
            found = Secured::login(gateway, authority, user);
            found.is_some()
        });
        found.expect("it was found")
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.openssl.kill().ok();
        self.openssl.wait().ok();
    }
}

#[test]
fn openssl_stays_while_the_certificate_is_replaced() {
    let files = Folder::new();
    let five = start(&files);
    let mut old = [0, 1].map(|at| {
        let mut client = Secured::expect(&five.gateway(at), NODE.2, &format!("old-{at}"));
        client.talker.subscribe("/room/1");
        client
    });
    assert!(Secured::login(&five.gateway(0), STRANGER.2, "too-early").is_none());
    put(&files, STRANGER);
    for at in [0, 1] {
        let mut new = Secured::expect(&five.gateway(at), STRANGER.2, &format!("new-{at}"));
        assert!(Secured::login(&five.gateway(at), NODE.2, "too-late").is_none());
        new.talker.subscribe("/room/1");
        // Those from before are on the same connections, and hear and are heard.
        for client in &mut old {
            let word = format!("{} to {}", client.talker.user(), new.talker.user());
            client.talker.send("/room/1", &word);
            new.talker.hear_where("message", |message| message["payload"] == word);
        }
        new.talker.send("/room/1", "welcome");
        for client in &mut old {
            client.talker.hear_where("message", |message| message["payload"] == "welcome");
        }
    }
}

#[test]
fn operators_see_a_certificate_that_cannot_be_used() {
    let files = Folder::new();
    let five = start(&files);
    // Without the figure it is 0, too: only 1 shows that it is there.
    let is = |value: f64| {
        let sample = "imq_tls_files_unusable{of=\"clients\"}";
        until(sample, || metric(five.base + 90, sample) == value);
    };
    files.replace("client.pem", b"no certificate");
    is(1.0);
    Secured::expect(&five.gateway(0), NODE.2, "by-the-old-one");
    put(&files, STRANGER);
    is(0.0);
    Secured::expect(&five.gateway(0), STRANGER.2, "by-the-new-one");
}

#[test]
fn python_and_node_over_tls() {
    let files = Folder::new();
    let five = start(&files);
    let authority = testdata(NODE.2);
    let (script, schema) = (here("tests/clients/python/secure.py"), here("../proto/schema"));
    let doors = [five.gateway(0), five.gateway(1)].map(|at| at.replace("127.0.0.1", "localhost"));
    let [one, two] = &doors;
    let words = ["--schema", &schema, "--tcp", one, "--tcp", two, "--authority", &authority];
    check("/usr/bin/python3", &[&[script.as_str()][..], &words].concat());
    let script = here("tests/clients/node/secure.mjs");
    let url = |at: u16| format!("wss://127.0.0.1:{}/imq/v1/ws", five.base + 80 + at);
    let (one, two) = (url(0), url(1));
    check("node", &[&script, "--ws", &one, "--ws", &two, "--authority", &authority]);
}

#[test]
fn links_of_five_processes_with_tls() {
    let (certificate, key, authority) = (testdata(NODE.0), testdata(NODE.1), testdata(NODE.2));
    let files = ["--tls-certificate-file", &certificate, "--tls-key-file", &key];
    let all = [&files[..], &["--tls-authority-file", &authority]].concat();
    let five = Five::start_as(&Arguments { all: &all, ..Arguments::default() });
    for home in [0, 1] {
        let queue = five.queue_at(home);
        let (one, two) = (five.gateway(0), five.gateway(1));
        let mut sub = Imq::start(&["sub", &queue, "--gateway", &one, "--user", "ann"]);
        sub.line("subscribed");
        imq_ok(&["pub", &queue, "chat", "hello", "--gateway", &two, "--user", "ben"]);
        sub.line("chat ben: hello");
        let mut sub = Imq::start(&["sub", &queue, "--gateway", &two, "--user", "carl"]);
        sub.line("subscribed");
        imq_ok(&["pub", &queue, "chat", "and back", "--gateway", &one, "--user", "ben"]);
        sub.line("chat ben: and back");
    }
    // Boss and queue nodes speak TLS 1.3, to those who have a certificate.
    for port in [five.base + 101, five.base + 200, five.base + 201] {
        let door = format!("127.0.0.1:{port}");
        let words = ["s_client", "-connect", &door, "-CAfile", &authority, "-brief"];
        let words = [&words[..], &["-verify_return_error", "-cert", &certificate, "-key", &key]];
        let output = Command::new("openssl").args(words.concat()).stdin(Stdio::null()).output();
        let output = output.expect("openssl is there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("TLSv1.3"), "{said}");
    }
}
