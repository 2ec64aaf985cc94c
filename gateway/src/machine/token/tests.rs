//! Tokens good and bad, made here, with keys made by openssl.

mod garbage;
mod keys;
mod made;
mod refused;
mod speed;

use super::schedule::{FETCH_MS_MIN, Schedule};
use super::*;
use made::{Made, NOW_MS, claims, pair, secret_set};

#[test]
fn each_algorithm_verifies_what_it_has_signed() {
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let tokens = pair.tokens(Rules::default());
        let made = Made::new(algorithm).sign(pair);
        let credentials = tokens.verify(NOW_MS, &made).expect("a good token");
        let wanted = Credentials { user: "ann".to_owned(), expires_unix_ms: NOW_MS + 60_000 };
        assert_eq!(credentials, wanted, "{algorithm}");
    }
}

#[test]
fn audience_and_issuer_are_held_against_the_rules() {
    let pair = pair(Algorithm::Hs256);
    let rules = Rules {
        audience: Some("imq".to_owned()),
        issuer: Some("shop".to_owned()),
        ..Rules::default()
    };
    let tokens = pair.tokens(rules);
    let good = claims(r#""aud":["web","imq"],"iss":"shop""#);
    assert!(tokens.verify(NOW_MS, &Made::with(&good).sign(pair)).is_ok());
    let good = claims(r#""aud":"imq","iss":"shop""#);
    assert!(tokens.verify(NOW_MS, &Made::with(&good).sign(pair)).is_ok());
}

#[test]
fn two_keys_are_valid_at_once_and_the_name_says_which() {
    let old = secret_set(&[("old", b'o'), ("new", b'n')]);
    let tokens = Tokens::new(Rules::default(), old.keys);
    for (kid, secret) in [("old", b'o'), ("new", b'n')] {
        let made = Made::new(Algorithm::Hs256).kid(kid).sign_with_secret(&[secret; 32]);
        assert!(tokens.verify(NOW_MS, &made).is_ok(), "{kid}");
        let unnamed = Made::new(Algorithm::Hs256).sign_with_secret(&[secret; 32]);
        assert!(tokens.verify(NOW_MS, &unnamed).is_ok(), "{kid}");
    }
    let crossed = Made::new(Algorithm::Hs256).kid("old").sign_with_secret(&[b'n'; 32]);
    assert_eq!(tokens.verify(NOW_MS, &crossed), Err(TokenError::Signature));
}

#[test]
fn times_are_held_against_the_time_that_is_told() {
    let pair = pair(Algorithm::Hs256);
    let tokens = pair.tokens(Rules::default());
    let made = Made::with(r#"{"sub":"ann","exp":1700000060.5,"nbf":1700000005}"#).sign(pair);
    assert!(tokens.verify(NOW_MS - 1, &made).is_err(), "before the leeway");
    assert!(tokens.verify(NOW_MS, &made).is_ok(), "within it");
    assert!(tokens.verify(NOW_MS + 60_499, &made).is_ok(), "at the last moment");
    assert!(tokens.verify(NOW_MS + 60_500, &made).is_err(), "at its end");
}

#[test]
fn an_issuer_is_asked_regularly_and_no_more_often_than_every_ten_seconds() {
    let mut schedule = Schedule::new(1_000, 300_000);
    assert_eq!(schedule.wake_at(), 1_000);
    schedule.fetched(2_000, true);
    assert_eq!(schedule.wake_at(), 302_000);
    schedule.ask();
    schedule.ask();
    assert_eq!(schedule.wake_at(), 2_000 + FETCH_MS_MIN);
    schedule.fetched(12_000, false);
    assert_eq!(schedule.wake_at(), 22_000, "the first failure is followed soon");
    schedule.fetched(22_000, false);
    assert_eq!(schedule.wake_at(), 42_000, "the next later");
    for _ in 0..40 {
        schedule.fetched(50_000, false);
    }
    assert_eq!(schedule.wake_at(), 350_000, "but no later than regularly");
    schedule.fetched(60_000, true);
    assert_eq!(schedule.wake_at(), 360_000);
}
