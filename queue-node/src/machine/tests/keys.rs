//! Idempotency-Keys: what is remembered, for how long, and what comes when no more can be.

use proto::limits::{IDEMPOTENCY_KEYS_MAX, IDEMPOTENCY_MS, KEYLESS_REMEMBER_MS};

use super::check;
use crate::machine::idempotency::{Key, Keyed, Keys, Known};

#[test]
fn a_back_ends_key_is_remembered_for_two_minutes() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 request 1 send /room/1 chat hello key=k remember=120000
        3 g1 request 2 send /room/1 chat hello key=k remember=120000
        4 g1 request 3 send /room/1 chat other key=k remember=120000
        5 g1 request 4 send /room/1 chat own key=own remember=15000
        6 g1 request 5 send /room/2 chat hello key=k remember=120000
        7 g1 request 6 create /room/2
        8 g1 request 7 send /room/2 chat hello key=k remember=120000
        15004 g1 request 8 send /room/1 chat own key=own remember=15000
        15600 g1 request 9 send /room/1 chat own key=own remember=15000
        120000 loud
        120001 g1 request 10 send /room/1 chat hello key=k remember=120000
        120001 g1 request 11 send /room/1 chat other key=k remember=120000
        120500 g1 request 12 send /room/1 chat other key=k remember=120000
        ----
        0: g1 logged_in 1 0 2
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 reply 1 op=0 status=0 seq=2
        2: g1 event 5 #2 chat :hello
        3: g1 reply 2 op=0 status=0 seq=2
        4: g1 reply 3 op=0 status=10
        5: g1 reply 4 op=0 status=0 seq=3
        5: g1 event 5 #3 chat :own
        6: g1 reply 5 op=0 status=5
        7: g1 reply 6 op=0 status=0
        8: g1 reply 7 op=0 status=5
        15004: g1 reply 8 op=0 status=0 seq=3
        15600: g1 reply 9 op=0 status=0 seq=4
        15600: g1 event 5 #4 chat :own
        120001: g1 reply 10 op=0 status=0 seq=2
        120001: g1 reply 11 op=0 status=10 another request had this Idempotency-Key: use a new one
        120500: g1 reply 12 op=0 status=0 seq=5
        120500: g1 event 5 #5 chat :other
        ",
    );
}

fn keyed(key: Key, remember_ms: u64) -> Keyed {
    Keyed { key, body_hash: 5, remember_ms }
}

#[test]
fn full_of_keys_it_refuses_new_ones_and_forgets_none_early() {
    let mut keys = Keys::new(7);
    let key = |at: usize| (at as u64, !(at as u64));
    let half = IDEMPOTENCY_KEYS_MAX / 2;
    for at in 0..half {
        keys.remember(0, keyed(key(at), KEYLESS_REMEMBER_MS), &[]);
        keys.remember(0, keyed(key(half + at), IDEMPOTENCY_MS), &[]);
    }
    let new = key(IDEMPOTENCY_KEYS_MAX);
    assert_eq!(keys.look(new, 5), Known::Full);
    for at in [0, half - 1, half, IDEMPOTENCY_KEYS_MAX - 1] {
        assert_eq!(keys.look(key(at), 5), Known::Answered(Vec::new()));
        assert_eq!(keys.look(key(at), 6), Known::OtherBody);
    }
    keys.trim(KEYLESS_REMEMBER_MS - 1);
    assert_eq!(keys.look(new, 5), Known::Full);
    keys.trim(KEYLESS_REMEMBER_MS);
    assert_eq!(keys.look(new, 5), Known::New);
    assert_eq!(keys.look(key(0), 5), Known::New);
    assert_eq!(keys.look(key(half), 6), Known::OtherBody, "it is remembered for longer");
    keys.trim(IDEMPOTENCY_MS - 1);
    assert_eq!(keys.look(key(half), 5), Known::Answered(Vec::new()));
    keys.trim(IDEMPOTENCY_MS);
    assert_eq!(keys.look(key(half), 5), Known::New);
}
