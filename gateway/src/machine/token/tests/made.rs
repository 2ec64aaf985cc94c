//! Pairs of keys, and tokens made with them.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;

use super::super::*;

/// The tests' present.
pub(super) const NOW_MS: u64 = 1_700_000_000_000;

/// What makes tokens, and what verifies them.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) public: String,
    private: EncodingKey,
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
                let secret = public.trim().as_bytes();
                return Pair { private: EncodingKey::from_secret(secret), public };
            }
            Algorithm::Rs256 => openssl(&["genpkey", "-algorithm", "RSA"], ""),
            Algorithm::Es256 => ec("P-256"),
            Algorithm::EdDsa => openssl(&["genpkey", "-algorithm", "ED25519"], ""),
        };
        let public = openssl(&["pkey", "-pubout"], &private);
        let private = private.as_bytes();
        let private = match algorithm {
            Algorithm::Hs256 => unreachable!("it has returned"),
            Algorithm::Rs256 => EncodingKey::from_rsa_pem(private),
            Algorithm::Es256 => EncodingKey::from_ec_pem(private),
            Algorithm::EdDsa => EncodingKey::from_ed_pem(private),
        };
        Pair { public, private: private.expect("a private key") }
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
    String::from_utf8(output.stdout).expect("text")
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
        self.sign_with(&EncodingKey::from_secret(secret))
    }

    fn sign_with(&self, key: &EncodingKey) -> String {
        let (header, claims) = (self.header.as_bytes(), self.claims.as_bytes());
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let algorithm = library_name(self.algorithm);
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm);
        format!("{signed}.{}", signature.expect("it can be signed"))
    }
}

/// An algorithm as the library that signs here calls it.
fn library_name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}
