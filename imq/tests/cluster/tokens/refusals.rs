//! Tokens that are no good: each is closed with 3501, or 3010 if it was good, and the sentence of
//! the document.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use link::io::clock;
use serde_json::{Value, json};

use super::{DOCUMENT, Keys, PAIRS, signed};
use crate::process::imq;
use crate::talker::Talker;

/// The reason for which a token isn't believed, and the connection is closed with this code.
pub(super) fn refused(address: &str, token: &str, code: u64) -> String {
    let connect = json!({ "protocol": 1, "token": token });
    let closing = Talker::answered(address, &connect).closing(code);
    assert_eq!(closing["may_retry"] == true, code < 3500, "{closing}");
    closing["reason"].as_str().expect("a sentence").to_owned()
}

#[test]
fn who_has_no_good_token_is_told_why() {
    let keys = Keys::new();
    let (secret, _) = (keys.secret("secret"), keys.secret("strange"));
    keys.pair("private", PAIRS[2].1);
    let secret = secret.trim_end();
    let named = json!({ "keys": [
        { "kty": "oct", "kid": "k1", "k": URL_SAFE_NO_PAD.encode(secret) },
    ] });
    keys.put(&named.to_string());
    let five = keys.start();
    let now = clock::now().unix_ms / 1000;
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let made = |more: Value| {
        let mut claims = json!({ "sub": "ann", "exp": now + 3600, "aud": "imq" });
        let fields = more.as_object().expect("fields").clone();
        claims.as_object_mut().expect("fields").extend(fields);
        signed(&header, &claims, secret)
    };
    let good = keys.token("ann", "secret", &["--kid", "k1"]);
    let unsigned = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
        let (_, rest) = good.split_once('.').expect("three parts");
        let (claims, _) = rest.split_once('.').expect("three parts");
        format!("{header}.{claims}.")
    };
    let changed = {
        let claims = json!({ "sub": "eve", "exp": now + 3600, "aud": "imq" }).to_string();
        let parts: Vec<&str> = good.split('.').collect();
        [parts[0], &URL_SAFE_NO_PAD.encode(claims), parts[2]].join(".")
    };
    // What a token claims is spoken of only when its signature is good.
    let stale = json!({ "sub": "ann", "exp": now - 60, "aud": "imq" });
    let stale = signed(&header, &stale, "a secret of a stranger's, not of ours");
    let cases = [
        (" ".to_owned(), "`token` is empty"),
        ("key-of-a-test".to_owned(), "this is not a JWT"),
        (format!("Bearer {good}"), "begins with \"Bearer\""),
        ("a.b.c.d.e".to_owned(), "is encrypted"),
        (unsigned("none"), "the token is not signed"),
        (unsigned("HS512"), "the token is signed with"),
        ("!.a.b".to_owned(), "can't be read"),
        (keys.token("ann", "strange", &[]), "the token's signature doesn't match"),
        (changed, "the token's signature doesn't match"),
        (stale, "the token's signature doesn't match"),
        (keys.token("ann", "secret", &["--kid", "k2"]), "the token names the key"),
        (keys.token("ann", "private", &[]), "and this gateway has no key for that"),
        (made(json!({ "exp": null })), "the token has no `exp`"),
        (made(json!({ "sub": null })), "no `sub`"),
        (made(json!({ "sub": "a/b" })), "is not a user id"),
        (made(json!({ "exp": now * 1000 })), "counts seconds, not milliseconds"),
        (made(json!({ "exp": now - 60 })), "the token has expired"),
        (made(json!({ "nbf": now + 600 })), "the token is valid only in"),
        (made(json!({ "aud": "shop" })), "the token is for"),
        (made(json!({ "aud": null })), "the token is for"),
    ];
    for (at, (token, sentence)) in (0..).zip(cases) {
        let code = if sentence == "the token has expired" { 3010 } else { 3501 };
        let reason = refused(&five.gateway(at % 2), &token, code);
        assert!(reason.contains(sentence), "{sentence}: {reason}");
        assert!(DOCUMENT.contains(sentence), "the document doesn't have {sentence}");
        assert!(!reason.contains(secret), "{reason}");
    }
    // Who is believed in development isn't here, and nothing is left of all who tried.
    let connect = json!({ "protocol": 1, "user": "ann" });
    Talker::answered(&five.gateway(0), &connect).closing(3501);
    assert_eq!(five.sessions("ann"), Vec::<Value>::new());

    // The command says it, too, and doesn't try again.
    let token = made(json!({ "exp": now - 60 }));
    let file = keys.keep("expired", &token);
    let output = imq(&["sub", "/room/1", "--gateway", &five.gateway(0), "--token-file", &file]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("the token has expired"), "{error}");
    let ann = Talker::login_by(&five.gateway(1), &good);
    assert_eq!(ann.user(), "ann");
}
