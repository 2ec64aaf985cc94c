//! Origins and tokens beside a configuration.

use super::super::finding::Verdict;
use super::*;

#[test]
fn an_origin_is_held_against_the_configuration() {
    let text = "[gateway]\norigins = [\"https://*.game.example\"]\n";
    let file: File = toml::from_str(text).unwrap();
    let verdict = |given: &str| origin(&file, Some(given)).unwrap().verdict;
    assert_eq!(verdict("https://a.game.example"), Verdict::Ok);
    assert_eq!(verdict("https://A.game.example:443"), Verdict::Ok);
    assert_eq!(verdict("https://other.example"), Verdict::Fail);
    assert_eq!(verdict("other.example"), Verdict::Fail);
    assert_eq!(origin(&file, None), None);
}

#[test]
fn a_token_that_cant_be_verified_is_read_at_least() {
    let token = |claims: &str| format!("aa.{}.bb", URL_SAFE_NO_PAD.encode(claims));
    let look = |claims: &str| unverified(&token(claims), 1_000_000);
    let good = look(r#"{"sub":"ann","exp":4600}"#);
    assert_eq!(good.verdict, Verdict::Warn);
    assert!(good.said.contains("ann's and good for 1 h"), "{}", good.said);
    let old = look(r#"{"sub":"ann","exp":940}"#);
    assert_eq!(old.verdict, Verdict::Fail);
    assert!(old.said.contains("expired 1 min ago"), "{}", old.said);
    assert_eq!(look(r#"{"sub":"ann"}"#).verdict, Verdict::Fail);
    assert_eq!(unverified("a password", 0).verdict, Verdict::Fail);
    assert_eq!(unverified("a.b", 0).verdict, Verdict::Fail);
}
