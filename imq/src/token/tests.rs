//! Tokens made with keys of openssl, and what a gateway thinks of them.

use std::process::{Command, Stdio};

use clap::Parser as _;
use gateway::machine::token::{KeySet, Origin, Rules, TokenError, Tokens};

use super::*;

const NOW_MS: u64 = 1_700_000_000_000;

/// What openssl prints for these words and this input.
fn openssl(words: &[&str], input: &str) -> String {
    use std::io::Write as _;

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

/// A key that signs, and the file that a gateway has for it.
fn pair(algorithm: Algorithm) -> (String, String) {
    let words: &[&str] = match algorithm {
        Algorithm::Hs256 => {
            let secret = openssl(&["rand", "-base64", "48"], "");
            return (secret.clone(), secret);
        }
        Algorithm::Rs256 => &["genpkey", "-algorithm", "RSA"],
        Algorithm::Es256 => &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        Algorithm::EdDsa => &["genpkey", "-algorithm", "ED25519"],
    };
    let private = openssl(words, "");
    let public = openssl(&["pkey", "-pubout"], &private);
    (private, public)
}

#[derive(Debug, clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
}

fn options(words: &str) -> Options {
    let words = format!("token --key-file k {words}");
    CommandLine::try_parse_from(words.split_whitespace()).expect("good arguments").options
}

fn tokens(file: &str, rules: Rules) -> Tokens {
    let set = KeySet::read(file.as_bytes(), Origin::File, &Algorithm::ALL).expect("good keys");
    Tokens::new(rules, set.keys)
}

#[test]
fn a_gateway_believes_each_algorithm() {
    for algorithm in Algorithm::ALL {
        let (private, public) = pair(algorithm);
        let signer = Signer::read(&private).expect("a good key");
        assert_eq!(signer.algorithm(), algorithm);
        let words =
            format!("--user ann --ttl 90s --alg {algorithm} --audience imq --issuer shop --kid k1");
        let options = options(&words);
        let made = make(&options, &signer, NOW_MS).expect("it can be made");
        assert_eq!(made.expires_unix_ms, NOW_MS + 90_000);
        let (audience, issuer) = (Some("imq".to_owned()), Some("shop".to_owned()));
        let tokens = tokens(&public, Rules { audience, issuer, ..Rules::default() });
        let credentials = tokens.verify(NOW_MS + 89_999, &made.token).expect("it is good");
        assert_eq!(
            (credentials.user.as_str(), credentials.expires_unix_ms),
            ("ann", NOW_MS + 90_000)
        );
        let late = tokens.verify(NOW_MS + 90_000, &made.token);
        assert!(matches!(late, Err(TokenError::Expired { .. })), "{late:?}");
    }
}

#[test]
fn after_a_rotation_the_newest_secret_signs() {
    let file = "o".repeat(32) + "\nbase64:" + &"bm5u".repeat(11) + "\n";
    let signer = Signer::read(&file).expect("good secrets");
    let options = options("--user ann");
    let made = make(&options, &signer, NOW_MS).expect("it can be made");
    assert!(tokens(&file, Rules::default()).verify(NOW_MS, &made.token).is_ok());
    let old = tokens(&"o".repeat(32), Rules::default());
    assert_eq!(old.verify(NOW_MS, &made.token), Err(TokenError::Signature));
}

#[test]
fn what_cannot_sign_is_said() {
    let check = |text: &str, wanted: &str| {
        let error = Signer::read(text).expect_err(wanted);
        assert!(error.to_string().contains(wanted), "{error}");
    };
    check("hunter2", "at least 32");
    check("", "nothing in it");
    check("{\"keys\":[]}", "a JWKS document");
    let (private, public) = pair(Algorithm::Es256);
    check(&public, "\"PUBLIC KEY\"");
    check(&openssl(&["ec"], &private), "openssl pkcs8 -topk8");
    check(&openssl(&["pkcs8", "-topk8", "-passout", "pass:x"], &private), "passphrase");
    check("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "not an RSA, P-256");
    let curve = "ec_paramgen_curve:P-384";
    let p384 = openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", curve], "");
    check(&p384, "not an RSA, P-256");
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let (private, _) = pair(Algorithm::EdDsa);
    let signer = Signer::read(&private).expect("a good key");
    let check = |words: &str, wanted: &str| {
        let options = options(words);
        let error = make(&options, &signer, NOW_MS).expect_err(wanted);
        assert!(format!("{error:#}").contains(wanted), "{error:#}");
    };
    check("--user a/b", "no '/'");
    check("--user ann --alg RS256", "the key is one for EdDSA");
    check(&format!("--user ann --audience {}", "x".repeat(9000)), "bytes: too many");
    for (text, wanted) in [("90s", 90), ("15m", 900), ("1h", 3600), ("3650d", TTL_S_MAX)] {
        assert_eq!(ttl(text), Ok(wanted));
    }
    for text in ["", "s", "0s", "1", "-1s", "1w", "3651d", "99999999999999999999d", "1.5h", "1é"] {
        assert!(ttl(text).is_err(), "{text}");
    }
    let none = CommandLine::try_parse_from(["token", "--user", "ann"]);
    assert!(none.expect_err("no key").to_string().contains("--key-file"));
}
