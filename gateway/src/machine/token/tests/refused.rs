//! Tokens that are refused, and the sentence that says why.

use super::made::{Made, NOW_MS, Pair, claims, pair, secret_set};
use super::*;

fn check(tokens: &Tokens, token: &str, wanted: &str) {
    let error = tokens.verify(NOW_MS, token).expect_err(wanted);
    let said = error.to_string();
    assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
    assert!(token.len() < 40 || !said.contains(token), "a token is never shown: {said}");
    assert!(said.len() < 600, "{said}");
}

fn hs256() -> (&'static Pair, Tokens) {
    let pair = pair(Algorithm::Hs256);
    let (audience, issuer) = (Some("imq".to_owned()), Some("shop".to_owned()));
    (pair, pair.tokens(Rules { audience, issuer, ..Rules::default() }))
}

#[test]
fn what_is_no_token() {
    let (pair, tokens) = hs256();
    let good = Made::new(Algorithm::Hs256).sign(pair);
    check(&Tokens::not_configured(), &good, "`keys_file` or `jwks_url` in [auth]");
    check(&Tokens::new(Rules::default(), Vec::new()), &good, "try again in a moment");
    check(&tokens, "", "is empty");
    check(&tokens, " \n", "is empty");
    check(&tokens, &format!("Bearer {good}"), "begins with \"Bearer\"");
    check(&tokens, "AIzaSyD-an-api-key", "not a JWT: a JWT has three parts");
    check(&tokens, "a.b", "this has 2.");
    check(&tokens, "a.b.c.d", "this has 4.");
    check(&tokens, "a.b.c.d.e", "encrypted");
    check(&tokens, &"a".repeat(9000), "has 9000 bytes, at most 8192");
    check(&tokens, "e+==.e30.x", "it is base64, but a JWT has base64url");
    check(&tokens, "ä.e30.x", "not base64url");
    check(&tokens, "AAAA.e30.AAAA", "header can't be read: it is not a JSON object");
    check(&tokens, "e30.e30.AAAA", "signed with \"\"");
}

#[test]
fn what_is_not_signed_as_it_should_be() {
    let (pair, tokens) = hs256();
    for none in ["none", "None", "NONE", "nOnE"] {
        let made = Made::header(&format!(r#"{{"alg":"{none}"}}"#)).sign(pair);
        check(&tokens, &made, "not signed");
        let (signed, _) = made.rsplit_once('.').expect("three parts");
        check(&tokens, &format!("{signed}."), "not signed");
    }
    for other in ["HS512", "PS256", "hs256", "HS256 ", "\\u0000", "x\\n"] {
        let made = Made::header(&format!(r#"{{"alg":"{other}"}}"#)).sign(pair);
        // The one that it has a key for.
        check(&tokens, &made, "imq doesn't verify: sign it with HS256");
        let error = tokens.verify(NOW_MS, &made).expect_err("an algorithm of nobody's");
        assert!(
            !error.to_string().contains("`algorithms`"),
            "adding it would help nobody: {error}"
        );
    }
    check(&tokens, &Made::header(r#"{"alg":7}"#).sign(pair), "header can't be read");
    check(&tokens, &Made::header(r#"["HS256"]"#).sign(pair), "not a JSON object");
    let twice = r#"{"alg":"none","alg":"HS256"}"#;
    check(&tokens, &Made::header(twice).sign(pair), "duplicate field");
    let critical = r#"{"alg":"HS256","crit":["b64"],"b64":false}"#;
    check(&tokens, &Made::header(critical).sign(pair), "`crit`");
    let good = Made::new(Algorithm::Hs256).sign(pair);
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    check(&tokens, &format!("{signed}."), "signature doesn't match");
    check(&tokens, &format!("{signed}.{}", &signature[..20]), "signature doesn't match");
    let forged = Made::new(Algorithm::Hs256).sign_with_secret(&[7; 32]);
    check(&tokens, &forged, "another key or secret");
}

#[test]
fn a_public_key_is_no_secret() {
    let rsa = pair(Algorithm::Rs256);
    let tokens = rsa.tokens(Rules::default());
    let public = rsa.public.as_bytes();
    let made = Made::new(Algorithm::Hs256).sign_with_secret(public);
    check(&tokens, &made, "no key for that, only for RS256");
    let made = Made::new(Algorithm::Hs256).sign_with_secret(rsa.public.trim().as_bytes());
    check(&tokens, &made, "no key for that, only for RS256");
    let only = Rules { algorithms: vec![Algorithm::Rs256], ..Rules::default() };
    check(
        &rsa.tokens(only),
        &made,
        "this gateway accepts only RS256: use that, or add \"HS256\" to",
    );
    let wrong = KeySet::read(public, Origin::File, &[Algorithm::Hs256]);
    assert!(wrong.is_err(), "a public key in PEM never becomes a secret");
}

#[test]
fn a_key_of_one_algorithm_verifies_no_other() {
    for keys in Algorithm::ALL {
        let tokens = pair(keys).tokens(Rules::default());
        for signed in Algorithm::ALL.into_iter().filter(|signed| *signed != keys) {
            let made = Made::new(signed).sign(pair(signed));
            let error = tokens.verify(NOW_MS, &made).expect_err("the wrong algorithm");
            assert!(matches!(error, TokenError::NoKey { .. }), "{keys}, {signed}: {error}");
        }
        let other = Made::new(keys).sign(&Pair::new(keys));
        assert_eq!(tokens.verify(NOW_MS, &other), Err(TokenError::Signature), "{keys}");
    }
}

/// What a refusal advises to do makes the token good.
#[test]
fn an_algorithm_that_is_added_is_taken() {
    let file = [Algorithm::Rs256, Algorithm::Es256].map(|algorithm| pair(algorithm).public.clone());
    let tokens = |algorithms: &[Algorithm]| {
        let keys = KeySet::read(file.concat().as_bytes(), Origin::File, algorithms);
        let rules = Rules { algorithms: algorithms.to_vec(), ..Rules::default() };
        Tokens::new(rules, keys.expect("good keys").keys)
    };
    let made = Made::new(Algorithm::Es256).sign(pair(Algorithm::Es256));
    check(&tokens(&[Algorithm::Rs256]), &made, "add \"ES256\" to `algorithms`");
    let added = tokens(&[Algorithm::Rs256, Algorithm::Es256]);
    assert_eq!(added.verify(NOW_MS, &made).map(|it| it.user), Ok("ann".to_owned()));
}

#[test]
fn which_key() {
    let named = Tokens::new(Rules::default(), secret_set(&[("k1", b'a'), ("k2", b'b')]).keys);
    let made = Made::new(Algorithm::Hs256).kid("k3").sign_with_secret(&[b'a'; 32]);
    check(&named, &made, "names the key \"k3\" (`kid`), and this gateway knows \"k1\", \"k2\"");
    assert!(named.verify(NOW_MS, &made).expect_err("unknown").wants_newer_keys());
    let many: Vec<String> = (0..9).map(|at| format!("k{at}")).collect();
    let many: Vec<(&str, u8)> = many.iter().map(String::as_str).zip(b'a'..).collect();
    let many = Tokens::new(Rules::default(), secret_set(&many).keys);
    let unnamed = Made::new(Algorithm::Hs256).sign_with_secret(&[b'a'; 32]);
    check(&many, &unnamed, "9 keys of this gateway may have signed");
    let unknown = Made::new(Algorithm::Hs256).kid("k9").sign_with_secret(&[b'a'; 32]);
    check(&many, &unknown, "\"k7\" and 1 more");
}

#[test]
fn what_it_says() {
    let (pair, tokens) = hs256();
    let says = |claims: &str, wanted: &str| check(&tokens, &Made::with(claims).sign(pair), wanted);
    says(r#"{"sub":"ann"}"#, "has no `exp`");
    says(r#"{"sub":"ann","exp":null}"#, "has no `exp`");
    says(r#"{"sub":"ann","exp":"1700000060"}"#, "`exp` can't be read: it is not a number");
    says(r#"{"sub":"ann","exp":1700000060000}"#, "counts seconds, not milliseconds");
    says(r#"{"sub":"ann","exp":1e300}"#, "counts seconds, not milliseconds");
    says(r#"{"sub":"ann","exp":1699999875}"#, "expired 2 min ago, at 2023-11-14T22:11:15Z (here");
    says(r#"{"sub":"ann","exp":-5}"#, "expired 19675 days ago, at 1970-01-01T00:00:00Z");
    let later = format!(r#""nbf":{}"#, NOW_MS / 1000 + 6);
    says(&claims(&later), "valid only in 6 s, from 2023-11-14T22:13:26Z on");
    says(&claims(""), "is for nobody named (`aud`), and this gateway wants \"imq\"");
    says(&claims(r#""aud":["web","app"]"#), "is for \"web\", \"app\" (`aud`)");
    says(&claims(r#""aud":7"#), "`aud` can't be read: it is not text");
    says(
        &claims(r#""aud":"imq""#),
        "is from nobody named (`iss`), and this gateway wants \"shop\"",
    );
    says(&claims(r#""aud":"imq","iss":"shop/""#), "is from \"shop/\" (`iss`)");
    let subject = |sub: &str| {
        let exp = NOW_MS / 1000 + 60;
        format!(r#"{{{sub}"exp":{exp},"aud":"imq","iss":"shop"}}"#)
    };
    says(&subject(""), "has no `sub`");
    says(&subject(r#""sub":12,"#), "it is a number: make it text, \"12\"");
    says(&subject(r#""sub":["ann"],"#), "`sub` can't be read: it is not text");
    says(&subject(r#""sub":"","#), "a user id is 1 to 200 bytes long");
    says(&subject(r#""sub":"a/b","#), "a user id has no '/'");
    says(&subject(r#""sub":"a b","#), "no whitespace");
    says("[]", "claims can't be read: it is not a JSON object");
    says("{", "claims can't be read");
    says(&format!("{{\"x\":{}", "[".repeat(4000)), "claims can't be read");
}
