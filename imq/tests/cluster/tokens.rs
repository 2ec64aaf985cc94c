//! Gateways that believe tokens alone: `docs/authentication.md` as it says.

pub(crate) mod issuer;
mod refusals;
mod times;

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::folder::Folder;
use crate::http::{metric, until};
use crate::process::{Imq, PATIENCE, imq_ok, run};
use crate::roles::{Arguments, Five};
use crate::talker::Talker;

const DOCUMENT: &str = include_str!("../../../docs/authentication.md");

/// How the pair of each algorithm's keys is made.
const PAIRS: [(&str, &[&str]); 3] = [
    ("RS256", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("ES256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("EdDSA", &["-algorithm", "ED25519"]),
];

/// A token of these parts, whatever they say.
pub(crate) fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(hs256(secret.as_bytes(), &text));
    format!("{text}.{signature}")
}

/// What a text is signed with by a secret: HMAC-SHA256.
pub(crate) fn hs256(secret: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A folder with keys, and the file of those that gateways have.
struct Keys {
    folder: Folder,
}

impl Keys {
    fn new() -> Keys {
        Keys { folder: Folder::new() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path(name)
    }

    /// A file of this name with that in it.
    fn keep(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("it can be kept");
        path
    }

    /// A new secret in a file of this name: its line.
    fn secret(&self, name: &str) -> String {
        let line = openssl(&["rand", "-base64", "32"]);
        self.folder.write(name, &line);
        String::from_utf8(line).expect("text")
    }

    /// A new private key in a file of this name; its public key in PEM.
    fn pair(&self, name: &str, how: &[&str]) -> String {
        let path = self.path(name);
        openssl(&[&["genpkey", "-out", &path][..], how].concat());
        let public = openssl(&["pkey", "-in", &path, "-pubout"]);
        String::from_utf8(public).expect("text")
    }

    /// Gives the gateways these keys, as the document has it: a new file is moved into its place.
    fn put(&self, keys: &str) {
        self.folder.replace("keys", keys.as_bytes());
    }

    /// The same while gateways run, which then have so many.
    fn replace(&self, five: &Five, keys: &str, count: u32) {
        self.put(keys);
        until("both gateways have the new keys", || {
            let has =
                |at: u16| metric(five.base + at, "imq_gateway_token_keys ") == f64::from(count);
            has(90) && has(91)
        });
    }

    /// What `imq token` makes with the key in this file, and more words.
    fn token(&self, user: &str, name: &str, more: &[&str]) -> String {
        let path = self.path(name);
        let words = ["token", "--user", user, "--key-file", &path, "--audience", "imq"];
        imq_ok(&[&words, more].concat()).trim_end().to_owned()
    }

    /// Five processes whose gateways have the file of keys.
    fn start(&self) -> Five {
        let path = self.path("keys");
        let gateways = ["--auth-keys-file", &path, "--auth-audience", "imq"];
        Five::start_as(&Arguments {
            gateways: &gateways,
            no_dev_auth: true,
            ..Arguments::default()
        })
    }
}

/// Runs `openssl`, which must succeed; what it printed.
pub(crate) fn openssl(words: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(words).output().expect("openssl is there");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words:?}: {error}");
    output.stdout
}

#[test]
fn tokens_of_each_algorithm_let_in() {
    let keys = Keys::new();
    let secret = keys.secret("secret");
    keys.put(&secret);
    let five = keys.start();
    let (one, two) = (five.gateway(0), five.gateway(1));
    let token = keys.token("ann", "secret", &["--alg", "HS256"]);
    let mut sub = Imq::start_with(&token, &["sub", "/room/1", "--gateway", &one]);
    sub.line("subscribed");
    // As it stands in the document.
    let (imq, file) = (env!("CARGO_BIN_EXE_imq"), keys.path("secret"));
    let line = format!(
        "IMQ_TOKEN=$({imq} token --user ben --ttl 1h --key-file {file} --audience imq) \
         {imq} pub /room/1 chat hello --gateway {two}"
    );
    let (good, output) = run("sh", &["-c", &line], PATIENCE);
    assert!(good, "{line}: {output}");
    sub.line("chat ben: hello");

    let public = PAIRS.map(|(name, how)| keys.pair(name, how)).concat();
    keys.replace(&five, &public, 3);
    for (name, _) in PAIRS {
        let token = keys.token(name, name, &["--alg", name]);
        let file = keys.keep("token", &token);
        imq_ok(&["pub", "/room/1", "chat", "hello", "--gateway", &two, "--token-file", &file]);
        sub.line(&format!("chat {name}: hello"));
    }
}

#[test]
fn tokens_of_the_php_library_let_in() {
    let keys = Keys::new();
    let secret = keys.secret("secret");
    let public = keys.pair("private", PAIRS[1].1);
    keys.put(&secret);
    let five = keys.start();
    let autoload = format!("{}/../sdk/php/autoload.php", env!("CARGO_MANIFEST_DIR"));
    let make = |signer: &str, key: &str| {
        let code = format!(
            "require '{autoload}'; $signer = new Imq\\Token\\{signer}; \
             echo (new Imq\\Token\\Maker($signer, audience: 'imq'))->make('ann');"
        );
        let (good, token) = run("php", &["-r", &code, key], PATIENCE);
        assert!(good, "{code}: {token}");
        Talker::login_by(&five.gateway(0), &token)
    };
    assert_eq!(make("Hs256($argv[1])", secret.trim_end()).user(), "ann");
    keys.replace(&five, &(public.clone() + &keys.pair("other", PAIRS[1].1)), 2);
    let es256 = "Es256(file_get_contents($argv[1]))";
    assert_eq!(make(es256, &keys.path("private")).user(), "ann");
}

#[test]
fn rotation_throws_nobody_out() {
    let keys = Keys::new();
    let (old, new) = (keys.secret("old"), keys.secret("next"));
    keys.put(&old);
    let five = keys.start();
    let login = |at: u16, user: &str, name: &str| {
        Talker::login_by(&five.gateway(at), &keys.token(user, name, &[]))
    };
    let mut ann = login(0, "ann", "old");
    let epoch = ann.subscribe("/room/1")["epoch"].clone();
    keys.replace(&five, &format!("{old}{new}"), 2);
    let mut ben = login(1, "ben", "next");
    ben.subscribe("/room/1");
    login(1, "carl", "old");
    keys.replace(&five, &new, 1);
    let lost = keys.token("dora", "old", &[]);
    let reason = refusals::refused(&five.gateway(0), &lost, 3501);
    assert!(reason.contains("the token's signature doesn't match"), "{reason}");
    // Who is there stays, and goes on with a token of the new key.
    ann.send("/room/1", "still here");
    ben.hear_where("message", |message| message["payload"] == "still here");
    let token = keys.token("ann", "next", &[]);
    assert_eq!(ann.ask("refresh", json!({ "token": token }))["status"], 0);
    assert_eq!(ann.subscribe("/room/1")["epoch"], epoch);
}
