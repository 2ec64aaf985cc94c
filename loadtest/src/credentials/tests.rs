//! Tokens against one that `openssl dgst -hmac` signed.

use super::{Credentials, sign};

#[test]
fn a_token_is_signed_as_others_do() {
    let signed = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
        eyJleHAiOjE3LCJzdWIiOiJhbm4ifQ.uT_iPNl9w7WMg52J7rELCYwDsQ6hI8fxFaCO_YgAdoQ";
    assert_eq!(sign("s3cret", "ann", 17).unwrap(), signed);
}

#[test]
fn each_login_has_its_own_token() {
    let tokens = Credentials::Tokens { tokens: vec!["a".into(), "b".into()], keys: "k".into() };
    assert_eq!(tokens.keys(), Some("k"));
    assert_eq!(tokens.token("ann", 1).unwrap().as_deref(), Some("b"));
    assert!(tokens.token("ann", 2).unwrap_err().to_string().contains("2 tokens are too few"));
    assert_eq!(Credentials::Believed.token("ann", 0).unwrap(), None);
    let secret = Credentials::Secret("s".into());
    assert_ne!(secret.token("ann", 0).unwrap(), secret.token("bob", 0).unwrap());
}
