//! Tokens made with keys: until when they hold, and what comes of a key that isn't known.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Bench, dev, lines};
use crate::machine::token::{Algorithm, KeySet, Origin, Rules, Tokens};
use crate::machine::{Authority, Input};

/// The tests' present.
const NOW_S: u64 = 1_700_000_000;

/// The secret of a key: its name's first letter.
fn secret(kid: &str) -> [u8; 32] {
    [kid.as_bytes()[0]; 32]
}

/// A token that holds for so many seconds.
fn token(kid: &str, user: &str, seconds: u64) -> String {
    let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
    let claims = format!(r#"{{"sub":"{user}","exp":{}}}"#, NOW_S + seconds);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret(kid)).expect("HMAC takes any key");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn authority(kids: &[&str], fetched: bool) -> Authority {
    let key = |kid: &&str| {
        let k = URL_SAFE_NO_PAD.encode(secret(kid));
        format!(r#"{{"kty":"oct","alg":"HS256","kid":"{kid}","k":"{k}"}}"#)
    };
    let keys: Vec<String> = kids.iter().map(key).collect();
    let document = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
    let set = KeySet::read(document.as_bytes(), Origin::File, &Algorithm::ALL).expect("good keys");
    Authority::Tokens { tokens: Arc::new(Tokens::new(Rules::default(), set.keys)), fetched }
}

/// A bench that knows these keys, whose other clock shows the tests' present.
fn bench(kids: &[&str], fetched: bool) -> Bench {
    let mut bench = Bench::new(dev());
    bench.step(&format!("0 clock {}", NOW_S * 1000));
    bench.step("0 ready");
    bench.handle(Input::Authority(authority(kids, fetched)));
    bench
}

/// What came of the steps, of `closing` only its code and when to come back.
fn after(bench: &mut Bench, steps: &str) -> Vec<String> {
    let before = bench.log.len();
    lines(steps).for_each(|line| bench.step(line));
    let brief = |line: &str| match (line.find(r#","reason""#), line.find(r#","retry_after_ms""#)) {
        (Some(reason), Some(after)) => line[..reason].to_owned() + &line[after..],
        (Some(reason), None) => line[..reason].to_owned(),
        (None, _) => line.to_owned(),
    };
    let lines = bench.log[before..].lines().filter(|line| !line.contains("closes"));
    lines.map(brief).collect()
}

/// Somebody connects with a token.
fn comes(bench: &mut Bench, at_ms: u64, conn: u32, token: &str) -> Vec<String> {
    after(bench, &format!("{at_ms} c{conn} open\n{at_ms} c{conn} connect {token} token"))
}

#[test]
fn a_key_that_is_not_known_is_asked_for_now_and_then() {
    let mut bench = bench(&["old"], true);
    let (old, new) = (token("old", "ann", 600), token("new", "bob", 600));
    let again = |at_ms: u64, conn: u32| {
        format!(r#"{at_ms}: c{conn} {{"closing":{{"code":3004,"retry_after_ms":2000}}}}"#)
    };
    let never = |at_ms: u64, conn: u32| format!(r#"{at_ms}: c{conn} {{"closing":{{"code":3501"#);
    let wants = |at_ms: u64| format!("{at_ms}: wants newer keys");
    assert_eq!(comes(&mut bench, 100, 1, &new), [again(100, 1), wants(100)]);
    assert_eq!(comes(&mut bench, 2_099, 2, &new), [again(2_099, 2)]);
    assert_eq!(comes(&mut bench, 2_100, 3, &new), [never(2_100, 3)]);
    let log = comes(&mut bench, 2_101, 0, &old);
    assert_eq!(log, ["2101: n1 introduce 0 ann 0", "2101: n1 at reign 1", "2101: n1 login 0"]);
    after(&mut bench, "2102 n1 logged_in 0 0");
    assert_eq!(comes(&mut bench, 10_099, 4, &new), [never(10_099, 4)]);
    assert_eq!(comes(&mut bench, 10_100, 5, &new), [again(10_100, 5), wants(10_100)]);
    // They have come.
    bench.handle(Input::Authority(authority(&["old", "new"], true)));
    let log = comes(&mut bench, 10_200, 6, &new);
    assert_eq!(log, ["10200: n1 introduce 1 bob 0", "10200: n1 login 1"]);
}

#[test]
fn keys_of_a_file_are_all_there_are() {
    let mut bench = bench(&["old"], false);
    let log = comes(&mut bench, 1, 0, &token("new", "ann", 600));
    assert_eq!(log, [r#"1: c0 {"closing":{"code":3501"#]);
}

#[test]
fn what_newer_keys_would_not_mend_asks_for_none() {
    let mut bench = bench(&["old"], true);
    let mut forged = token("old", "ann", 600);
    forged.replace_range(forged.len() - 6.., "AAAAAA");
    let never = |at_ms: u64, conn: u32| format!(r#"{at_ms}: c{conn} {{"closing":{{"code":3501"#);
    assert_eq!(comes(&mut bench, 1, 0, &forged), [never(1, 0)]);
    // It was good: the client comes back with a new one.
    let ended = r#"2: c1 {"closing":{"code":3010"#;
    assert_eq!(comes(&mut bench, 2, 1, &token("old", "ann", 0)), [ended]);
    assert_eq!(comes(&mut bench, 3, 2, "nonsense"), [never(3, 2)]);
}

#[test]
fn a_token_holds_until_its_end_and_the_next_from_then_on() {
    let mut bench = bench(&["old"], true);
    comes(&mut bench, 500, 0, &token("old", "ann", 60));
    after(&mut bench, "501 n1 logged_in 0 0");
    let awake = "20000 c0 pong 1\n40000 c0 pong 1\n";
    after(&mut bench, awake);
    let now_ms = NOW_S * 1000 + 49_500;
    // Time goes on: the other clock is set before the step after it.
    after(&mut bench, &format!("49999 clock {now_ms}"));
    let refresh = |op_id: u32, token: &str| format!("50000 c0 refresh {op_id} {token}");
    let refused = |op_id: u32| format!(r#""op_id":{op_id},"status":16"#);
    for (op_id, token) in [
        (1, token("old", "bob", 120)),
        (2, token("old", "ann", 49)),
        (3, token("new", "ann", 120)),
        (4, String::from("nonsense")),
    ] {
        let log = after(&mut bench, &refresh(op_id, &token));
        assert!(log[0].contains(&refused(op_id)), "{log:?}");
        assert_eq!(log.contains(&"50000: wants newer keys".to_owned()), op_id == 3, "{log:?}");
    }
    let log = after(&mut bench, &refresh(5, &token("old", "ann", 90)));
    assert!(log[0].contains(r#""op_id":5,"status":0"#), "{log:?}");
    let log = after(&mut bench, "60600 c0 pong 1\n80000 c0 pong 1\n90499 c0 ping 3");
    assert_eq!(log.last().map(String::as_str), Some(r#"90499: c0 {"pong":{"nonce":3}}"#));
    let log = after(&mut bench, "90500 wait");
    assert_eq!(log[0], r#"90500: c0 {"closing":{"code":3010"#);
    assert!(log.contains(&"90500: n1 lost 0".to_owned()), "{log:?}");
}

#[test]
fn a_refusal_to_refresh_leaves_the_end_where_it_was() {
    let mut bench = bench(&["old"], false);
    comes(&mut bench, 0, 0, &token("old", "ann", 20));
    after(&mut bench, "1 n1 logged_in 0 0");
    let log = after(&mut bench, &format!("10 c0 refresh 1 {}", token("new", "ann", 600)));
    assert!(log[0].contains(r#""op_id":1,"status":16"#), "{log:?}");
    let log = after(&mut bench, "19999 c0 ping 3\n20000 wait");
    assert_eq!(log[1], r#"20000: c0 {"closing":{"code":3010"#, "{log:?}");
}
