//! Pairs of keys, and tokens made with them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::super::*;

/// The tests' present.
pub(super) const NOW_MS: u64 = 1_700_000_000_000;

/// What makes tokens, and what verifies them.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) public: String,
    private: Private,
}

/// What signs: none of it is what verifies.
#[derive(Debug)]
enum Private {
    Secret(Vec<u8>),
    /// A key for openssl, in PEM.
    Key(String),
}

/// The pair of an algorithm, the same in all tests.
pub(super) fn pair(algorithm: Algorithm) -> &'static Pair {
    static PAIRS: [OnceLock<Pair>; 4] = [const { OnceLock::new() }; 4];
    PAIRS[algorithm as usize].get_or_init(|| Pair::new(algorithm))
}

impl Pair {
    pub(super) fn new(algorithm: Algorithm) -> Pair {
        let private = match algorithm {
            Algorithm::Hs256 => {
                let public = openssl(&["rand", "-base64", "32"], "");
                let secret = public.trim().as_bytes().to_vec();
                return Pair { private: Private::Secret(secret), public };
            }
            Algorithm::Rs256 => openssl(&["genpkey", "-algorithm", "RSA"], ""),
            Algorithm::Es256 => ec("P-256"),
            Algorithm::EdDsa => openssl(&["genpkey", "-algorithm", "ED25519"], ""),
        };
        let public = openssl(&["pkey", "-pubout"], &private);
        Pair { public, private: Private::Key(private) }
    }

    pub(super) fn tokens(&self, rules: Rules) -> Tokens {
        let keys = KeySet::read(self.public.as_bytes(), Origin::File, &rules.algorithms);
        Tokens::new(rules, keys.expect("good keys").keys)
    }
}

/// A private key on this curve.
pub(super) fn ec(curve: &str) -> String {
    let curve = format!("ec_paramgen_curve:{curve}");
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", &curve], "")
}

/// What openssl prints for these words and this input.
pub(super) fn openssl(words: &[&str], input: &str) -> String {
    String::from_utf8(openssl_bytes(words, input)).expect("text")
}

fn openssl_bytes(words: &[&str], input: &str) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is on this machine");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it is read");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "openssl {words:?}");
    output.stdout
}

/// The signature of a text as a JWT has it (RFC 7518), by this key.
fn signature(algorithm: Algorithm, key: &str, text: &str) -> Vec<u8> {
    let key = Passing::with(key);
    let by_digest = || openssl_bytes(&["dgst", "-sha256", "-sign", key.path()], text);
    match algorithm {
        Algorithm::Hs256 => unreachable!("its key is a secret"),
        Algorithm::Rs256 => by_digest(),
        Algorithm::Es256 => halves(&by_digest()),
        Algorithm::EdDsa => {
            let text = Passing::with(text);
            let words = ["pkeyutl", "-sign", "-rawin", "-inkey", key.path(), "-in", text.path()];
            openssl_bytes(&words, "")
        }
    }
}

/// Both numbers of a signature on P-256, of 32 bytes each, out of openssl's DER: a sequence of two
/// integers, which have a zero in front where they would be negative, and none that isn't needed.
fn halves(der: &[u8]) -> Vec<u8> {
    let (first, rest) = integer(&der[2..]);
    let (second, _) = integer(rest);
    let half = |number: &[u8]| {
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        [&[0; 32][number.len()..], number].concat()
    };
    [half(first), half(second)].concat()
}

fn integer(der: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!(der[0], 2, "an integer");
    der[2..].split_at(usize::from(der[1]))
}

/// A file for as long as a command takes, for what it doesn't read from its input.
struct Passing(PathBuf);

impl Passing {
    fn with(text: &str) -> Passing {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("imq-token-{process}-{number}"));
        std::fs::write(&path, text).expect("a file");
        Passing(path)
    }

    fn path(&self) -> &str {
        Path::to_str(&self.0).expect("its name is text")
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// Secrets of 32 equal bytes, with names.
pub(super) fn secret_set(secrets: &[(&str, u8)]) -> KeySet {
    let entries: Vec<String> = secrets
        .iter()
        .map(|(kid, byte)| {
            let k = URL_SAFE_NO_PAD.encode([*byte; 32]);
            format!(r#"{{"kty":"oct","alg":"HS256","kid":"{kid}","k":"{k}"}}"#)
        })
        .collect();
    let document = format!(r#"{{"keys":[{}]}}"#, entries.join(","));
    KeySet::read(document.as_bytes(), Origin::File, &Algorithm::ALL).expect("good keys")
}

/// Claims of Ann for a minute, with these beside them.
pub(super) fn claims(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"sub":"ann","exp":{}{comma}{more}}}"#, NOW_MS / 1000 + 60)
}

/// A token in the making, every part of which can be wrong.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) header: String,
    pub(super) claims: String,
    algorithm: Algorithm,
}

impl Made {
    pub(super) fn new(algorithm: Algorithm) -> Made {
        let header = format!(r#"{{"typ":"JWT","alg":"{algorithm}"}}"#);
        Made { header, claims: claims(""), algorithm }
    }

    pub(super) fn with(claims: &str) -> Made {
        Made { claims: claims.to_owned(), ..Made::new(Algorithm::Hs256) }
    }

    pub(super) fn header(header: &str) -> Made {
        Made { header: header.to_owned(), ..Made::new(Algorithm::Hs256) }
    }

    pub(super) fn kid(mut self, kid: &str) -> Made {
        self.header = format!(r#"{{"alg":"{}","kid":"{kid}"}}"#, self.algorithm);
        self
    }

    pub(super) fn sign(&self, pair: &Pair) -> String {
        self.sign_with(&pair.private)
    }

    pub(super) fn sign_with_secret(&self, secret: &[u8]) -> String {
        self.sign_with(&Private::Secret(secret.to_vec()))
    }

    fn sign_with(&self, private: &Private) -> String {
        let (header, claims) = (self.header.as_bytes(), self.claims.as_bytes());
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = match private {
            Private::Secret(secret) => hs256(secret, &signed),
            Private::Key(key) => signature(self.algorithm, key, &signed),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The signature of a text by a secret.
fn hs256(secret: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
