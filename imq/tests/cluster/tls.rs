//! TLS as others speak it: `openssl`, Python and node, and between five processes.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::clients::{check, here};
use crate::http::until;
use crate::process::{Imq, PATIENCE, imq_ok, port_base};
use crate::roles::{Five, Words};
use crate::talker::{End, Talker};

/// A certificate of `link/testdata/tls` and its key, and who has signed it.
const NODE: (&str, &str, &str) = ("node.pem", "node.key", "authority.pem");
const STRANGER: (&str, &str, &str) = ("stranger.pem", "stranger.key", "stranger-authority.pem");

fn testdata(name: &str) -> String {
    here(&format!("../link/testdata/tls/{name}"))
}

/// The certificate and the key of gateways, in files that can be replaced.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn new() -> Files {
        let name = format!("imq-tls-{}-{}", std::process::id(), port_base());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let files = Files { folder };
        files.put(NODE);
        files
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Moves a certificate and its key into their places, one after the other.
    fn put(&self, (certificate, key, _): (&str, &str, &str)) {
        for (from, to) in [(key, "client.key"), (certificate, "client.pem")] {
            std::fs::copy(testdata(from), self.path("new")).expect("a folder");
            std::fs::rename(self.path("new"), self.path(to)).expect("a folder");
        }
    }

    fn start(&self) -> Five {
        let (certificate, key) = (self.path("client.pem"), self.path("client.key"));
        Five::start_with(&["--client-certificate-file", &certificate, "--client-key-file", &key])
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
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
    let files = Files::new();
    let five = files.start();
    let mut old = [0, 1].map(|at| {
        let mut client = Secured::expect(&five.gateway(at), NODE.2, &format!("old-{at}"));
        client.talker.subscribe("/room/1");
        client
    });
    assert!(Secured::login(&five.gateway(0), STRANGER.2, "too-early").is_none());
    files.put(STRANGER);
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
fn python_and_node_over_tls() {
    let files = Files::new();
    let five = files.start();
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
    let five = Five::start_as(&Words { all: &all, ..Words::default() });
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
