//! Whatever comes, nothing panics, and nothing of it is believed.

use proptest::prelude::*;

use super::made::{Made, NOW_MS, pair};
use super::*;

fn all_keys() -> Tokens {
    let keys = Algorithm::ALL.iter().flat_map(|algorithm| {
        let file = pair(*algorithm).public.as_bytes();
        KeySet::read(file, Origin::File, &Algorithm::ALL).expect("good keys").keys
    });
    Tokens::new(Rules::default(), keys.collect())
}

proptest! {
    #[test]
    fn no_text_is_a_token(text in "\\PC{0,200}", parts in "[A-Za-z0-9_.-]{0,200}") {
        let tokens = all_keys();
        prop_assert!(tokens.verify(NOW_MS, &text).is_err());
        prop_assert!(tokens.verify(NOW_MS, &parts).is_err());
    }

    #[test]
    fn no_part_is_believed_without_its_signature(
        algorithm in 0..4usize,
        at in any::<prop::sample::Index>(),
        byte in "[A-Za-z0-9_.-]",
    ) {
        let algorithm = Algorithm::ALL[algorithm];
        let good = Made::new(algorithm).sign(pair(algorithm));
        let at = at.index(good.len());
        let changed = format!("{}{byte}{}", &good[..at], &good[at + 1..]);
        let verified = all_keys().verify(NOW_MS, &changed);
        prop_assert!(verified.is_err() || changed == good, "{changed}");
    }

    #[test]
    fn signed_nonsense_is_refused(header in "\\PC{0,80}", claims in "\\PC{0,80}") {
        let pair = pair(Algorithm::Hs256);
        let tokens = all_keys();
        prop_assert!(tokens.verify(NOW_MS, &Made::header(&header).sign(pair)).is_err());
        prop_assert!(tokens.verify(NOW_MS, &Made::with(&claims).sign(pair)).is_err());
    }

    #[test]
    fn no_claim_panics(exp in any::<f64>(), nbf in any::<i64>(), sub in "\\PC{0,20}") {
        let exp = serde_json::json!(exp);
        let claims = serde_json::json!({"exp": exp, "nbf": nbf, "sub": sub}).to_string();
        let token = Made::with(&claims).sign(pair(Algorithm::Hs256));
        for now_ms in [0, NOW_MS, u64::MAX] {
            if let Err(error) = all_keys().verify(now_ms, &token) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn no_file_of_keys_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "\\PC{0,99}",
    ) {
        for origin in [Origin::File, Origin::Url] {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Err(error) = KeySet::read(bytes, origin, &Algorithm::ALL) {
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn no_changed_key_panics(
        algorithm in 1..4usize,
        at in any::<prop::sample::Index>(),
        byte in "[A-Za-z0-9+/=\n-]",
    ) {
        let mut file = pair(Algorithm::ALL[algorithm]).public.clone();
        let at = at.index(file.len());
        file.replace_range(at..=at, &byte);
        if let Ok(set) = KeySet::read(file.as_bytes(), Origin::File, &Algorithm::ALL) {
            let tokens = Tokens::new(Rules::default(), set.keys);
            let made = Made::new(Algorithm::ALL[algorithm]).sign(pair(Algorithm::ALL[algorithm]));
            tokens.verify(NOW_MS, &made).ok();
        }
    }
}
