//! Idempotency-Keys: what is remembered, for how long, and what comes when no more can be.

use proto::limits::{IDEMPOTENCY_KEYS_MAX, IDEMPOTENCY_MS, KEYLESS_KEYS_MAX, KEYLESS_REMEMBER_MS};

use super::check;
use super::rig::Rig;
use crate::machine::state::idempotency::{
    Full, KEY_BYTES, Key, Keyed, Keys, Known, Origin, Shares,
};

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
        0: g1 logged_in 1 0 4
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
        120001: g1 reply 11 op=0 status=10 another request used this Idempotency-Key: use a new one
        120500: g1 reply 12 op=0 status=0 seq=5
        120500: g1 event 5 #5 chat :other
        ",
    );
}

/// What bench and test know of the space for keys: the bucket's, in a node that has enough.
struct Space {
    keys: Keys,
    node: Shares,
}

impl Space {
    fn new(bytes_max: u64) -> Space {
        Space { keys: Keys::new(7), node: Shares::new(bytes_max) }
    }

    /// Asks for one more, and remembers it if it may be.
    fn takes(&mut self, now_ms: u64, api_key: u64, origin: Origin, key: Key) -> Result<(), Full> {
        self.may_take(now_ms, api_key, origin)?;
        let keyed = Keyed { key, api_key, body_hash: 5, origin };
        self.keys.remember(now_ms, &keyed, &[]);
        self.node.add(origin, api_key);
        Ok(())
    }

    /// Whether there may be one more: what is over makes space when there is none.
    fn may_take(&mut self, now_ms: u64, api_key: u64, origin: Origin) -> Result<(), Full> {
        if self.keys.may_remember(&self.node, (api_key, origin)).is_err() {
            self.trim(now_ms);
        }
        self.keys.may_remember(&self.node, (api_key, origin))
    }

    fn trim(&mut self, now_ms: u64) {
        let Space { keys, node } = self;
        keys.counts().for_each(|(origin, api_key, count)| node.remove(origin, api_key, count));
        keys.trim(now_ms);
        assert!(keys.next_ms().is_none_or(|due_ms| due_ms > now_ms), "what is due has gone");
        keys.counts().for_each(|(origin, api_key, count)| node.add_all(origin, api_key, count));
    }

    /// How many new ones an API key gets at most.
    fn fill(&mut self, now_ms: u64, api_key: u64, origin: Origin) -> usize {
        let first = api_key << 32 | u64::from(origin == Origin::Gateway) << 31;
        let mut numbers = (first..).map(|at| (at, !at));
        numbers.by_ref().take_while(|key| self.takes(now_ms, api_key, origin, *key).is_ok()).count()
    }
}

#[test]
fn one_api_keys_flood_leaves_others_their_share() {
    let mut space = Space::new(u64::MAX);
    let (one, two, three) = (1, 2, 3);
    let half = IDEMPOTENCY_KEYS_MAX / 2;
    assert_eq!(space.fill(0, one, Origin::BackEnd), half);
    let full = Full { held: half, keys_max: IDEMPOTENCY_KEYS_MAX };
    assert_eq!(space.takes(0, one, Origin::BackEnd, (0, 0)), Err(full));
    assert_eq!(space.fill(0, two, Origin::BackEnd), half.div_ceil(3));
    assert_eq!(space.fill(0, three, Origin::BackEnd), half.div_ceil(9));
    // Without a key, even the one that has filled its share writes on.
    assert_eq!(space.fill(0, one, Origin::Gateway), KEYLESS_KEYS_MAX / 2);
    assert!(space.fill(0, two, Origin::Gateway) > KEYLESS_KEYS_MAX / 8);
    // Whose keys are over is as good as new.
    space.trim(IDEMPOTENCY_MS);
    assert_eq!(space.node.all(), 0);
    assert_eq!(space.fill(IDEMPOTENCY_MS, two, Origin::BackEnd), half);
}

#[test]
fn however_many_api_keys_flood_each_has_a_part_and_all_are_bounded() {
    let mut space = Space::new(u64::MAX);
    let flooding: Vec<usize> = (1..=64).map(|key| space.fill(0, key, Origin::BackEnd)).collect();
    assert!(flooding.iter().all(|held| *held >= IDEMPOTENCY_KEYS_MAX / 256), "{flooding:?}");
    let more: usize = (65..400).map(|key| space.fill(0, key, Origin::BackEnd)).sum();
    assert!(more > 0);
    assert_eq!(space.node.all(), IDEMPOTENCY_KEYS_MAX);
}

#[test]
fn what_one_api_key_writes_to_all_buckets_leaves_others_the_nodes_memory() {
    let keys_max = 3_000;
    let mut node = Shares::new(8 * keys_max * KEY_BYTES as u64);
    let mut held = [0, 0];
    for (bucket, held) in held.iter_mut().enumerate() {
        let mut space = Space { keys: Keys::new(bucket as u64), node };
        *held = space.fill(0, 1, Origin::BackEnd);
        node = space.node;
    }
    assert_eq!(held, [1_500, 0]);
    let mut space = Space { keys: Keys::new(9), node };
    assert_eq!(space.fill(0, 2, Origin::BackEnd), 500);
    let Space { keys, mut node } = space;
    keys.counts().for_each(|(origin, api_key, count)| node.remove(origin, api_key, count));
    assert_eq!(node.all(), 1_500, "a bucket that goes leaves no count behind");
}

#[test]
fn full_of_keys_it_refuses_new_ones_and_forgets_none_early() {
    let mut space = Space::new(u64::MAX);
    let held = space.fill(0, 1, Origin::BackEnd);
    let keyless = space.fill(0, 1, Origin::Gateway);
    let key = |at: usize| ((1_u64 << 32) + at as u64, !((1_u64 << 32) + at as u64));
    let drawn = |at: usize| key(at + (1 << 31));
    for at in [0, held / 2, held - 1] {
        assert_eq!(space.keys.look(key(at), 5), Known::Answered(Vec::new()));
        assert_eq!(space.keys.look(key(at), 6), Known::OtherBody);
    }
    assert_eq!(space.keys.look(drawn(keyless - 1), 5), Known::Answered(Vec::new()));
    let more = |space: &mut Space, now_ms, origin| space.may_take(now_ms, 1, origin).is_ok();
    assert!(!more(&mut space, KEYLESS_REMEMBER_MS - 1, Origin::Gateway));
    assert_eq!(space.keys.look(drawn(0), 5), Known::Answered(Vec::new()));
    // Nobody waits for the next sweep.
    assert!(more(&mut space, KEYLESS_REMEMBER_MS, Origin::Gateway));
    assert_eq!(space.keys.look(drawn(0), 5), Known::New);
    assert_eq!(space.keys.look(key(0), 6), Known::OtherBody, "it is remembered for longer");
    assert!(!more(&mut space, IDEMPOTENCY_MS - 1, Origin::BackEnd));
    assert_eq!(space.keys.look(key(0), 5), Known::Answered(Vec::new()));
    assert!(more(&mut space, IDEMPOTENCY_MS, Origin::BackEnd));
    assert_eq!(space.keys.look(key(0), 5), Known::New);
}

#[test]
fn an_api_key_that_has_its_share_is_told_so_and_others_go_on() {
    // Space for 51 keys of each origin.
    let mut rig = Rig::keeping(40_000);
    rig.run("0 loud\n0 g1 up\n0 g1 request 1 create /room/1 key=made remember=15000 api=2");
    let send = |rig: &mut Rig, at: u64, api_key: u32, words: &str| {
        rig.run(&format!("{at} g1 request 7 send /room/1 chat hi key={words} api={api_key}"))
    };
    for number in 0..26 {
        let said = send(&mut rig, 1, 1, &format!("k{number} remember=120000"));
        assert!(said.contains("status=0"), "{number}: {said}");
    }
    let refused = "1: g1 reply 7 op=0 status=8 this API key has 26 Idempotency-Keys remembered \
                   here, its share of at most 51 for 120 s each: send fewer, or without a key, or \
                   try again later (may retry)\n";
    assert_eq!(send(&mut rig, 1, 1, "k26 remember=120000"), refused);
    assert!(send(&mut rig, 1, 1, "k25 remember=120000").contains("status=0"), "it is known");
    assert!(send(&mut rig, 1, 1, "drawn remember=15000").contains("status=0"));
    assert!(send(&mut rig, 1, 2, "k26 remember=120000").contains("status=0"));
    // What was refused is not remembered: later it is done.
    assert_eq!(send(&mut rig, 120_000, 1, "k26 remember=120000"), refused.replace("1:", "120000:"));
    let said = send(&mut rig, 120_001, 1, "k26 remember=120000");
    assert!(said.contains("status=5"), "it is let in, and the queue has gone meanwhile: {said}");
}
