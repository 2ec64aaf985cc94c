//! Keys from a URL, as an issuer publishes them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Keys, PAIRS, openssl, refusals};
use crate::http::{request, until, until_ready, until_within};
use crate::roles::{Arguments, Five};
use crate::talker::Talker;

/// Keys are fetched anew at most once in 10 s, and then are there.
const FETCHED: Duration = Duration::from_secs(20);

/// What the issuer publishes; until there is something, whoever asks waits for it.
#[derive(Default)]
struct Published {
    document: Mutex<Option<Value>>,
    changed: Condvar,
}

/// A small web server.
struct Issuer {
    url: String,
    published: Arc<Published>,
}

impl Issuer {
    fn start() -> Issuer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("bound"));
        let published = Arc::new(Published::default());
        let shared = Arc::clone(&published);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let published = Arc::clone(&shared);
                std::thread::spawn(move || answer(&stream, &published));
            }
        });
        Issuer { url, published }
    }

    fn publish(&self, keys: &[Value]) {
        let document = json!({ "keys": keys });
        *self.published.document.lock().expect("no panic") = Some(document);
        self.published.changed.notify_all();
    }
}

/// Answers one request.
fn answer(mut stream: &TcpStream, published: &Published) {
    let head = BufReader::new(stream).lines().map_while(Result::ok);
    head.take_while(|line| !line.is_empty()).for_each(drop);
    let document = published.document.lock().expect("no panic");
    let document = published.changed.wait_while(document, |document| document.is_none());
    let body = document.expect("no panic").as_ref().map(Value::to_string).unwrap_or_default();
    let length = body.len();
    // Who asked may have lost patience.
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .ok();
}

/// The public key of the private key in this file, as an issuer publishes it.
fn jwk(keys: &Keys, name: &str) -> Value {
    let der = openssl(&["pkey", "-in", &keys.path(name), "-pubout", "-outform", "DER"]);
    let x = URL_SAFE_NO_PAD.encode(&der[der.len() - 32..]);
    json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": name, "x": x })
}

/// Gateways whose keys come from a URL, which hasn't answered yet.
pub(crate) struct Late {
    keys: Keys,
    jwks: [Value; 2],
    issuer: Issuer,
    five: Five,
}

impl Late {
    pub(crate) fn start() -> Late {
        let keys = Keys::new();
        let jwks = ["k1", "k2"].map(|name| {
            keys.pair(name, PAIRS[2].1);
            jwk(&keys, name)
        });
        let issuer = Issuer::start();
        let gateways = ["--auth-jwks-url", &issuer.url, "--auth-audience", "imq"];
        let arguments =
            Arguments { gateways: &gateways, no_dev_auth: true, ..Arguments::default() };
        let five = Five::begin(&arguments);
        Late { keys, jwks, issuer, five }
    }
}

/// Keys that come late, and a new one whose token comes before it.
pub(crate) fn publishes_and_rotates(late: &Late) {
    let Late { keys, jwks, issuer, five } = late;
    let token = |user: &str, name: &str| keys.token(user, name, &["--kid", name]);
    let first = token("ann", "k1");

    // Nothing has come from the URL yet: come back.
    let reason = |address: &str| {
        let mut talker = Talker::connect(address);
        talker.say(json!({ "connect": { "protocol": 1, "token": first } }));
        talker.closing(3004)["reason"].as_str().expect("a sentence").to_owned()
    };
    for at in [0, 1] {
        until("the gateway listens", || TcpStream::connect(five.gateway(at)).is_ok());
        let reason = reason(&five.gateway(at));
        assert!(reason.contains("doesn't have its keys yet"), "{reason}");
        let (status, why) = request("GET", five.base + 90 + at, "/readyz", None, "");
        assert!(status == 503 && why.contains("key"), "{status} {why}");
    }
    issuer.publish(&jwks[..1]);
    [90, 91].into_iter().for_each(|at| until_ready(five.base + at));
    let mut ann = Talker::login_by(&five.gateway(0), &first);

    // A key that isn't published is not believed; as soon as it is, by itself.
    let second = token("ben", "k2");
    let reason = refusals::refused(&five.gateway(1), &second, 3501);
    assert!(reason.contains("the token names the key \"k2\""), "{reason}");
    issuer.publish(jwks);
    let becomes = |what: &str, token: &str, wanted: &str| {
        let connect = json!({ "protocol": 1, "token": token });
        for at in [0, 1] {
            until_within(what, FETCHED, Duration::from_millis(100), || {
                let mut talker = Talker::answered(&five.gateway(at), &connect);
                talker.next(FETCHED).expect("an answer").0 == wanted
            });
        }
    };
    becomes("the new key is there", &second, "welcome");

    // A key that is withdrawn is good until the document is fetched again, as on SIGHUP.
    issuer.publish(&jwks[1..]);
    becomes("the old key is still there", &token("eve", "k1"), "welcome");
    five.gateways.iter().for_each(|gateway| gateway.signal("HUP"));
    becomes("the old key is gone", &token("eve", "k1"), "closing");
    becomes("the new key is still there", &second, "welcome");
    // Who came with the first key is still there.
    ann.subscribe("/room/1");
}
