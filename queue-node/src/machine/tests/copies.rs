//! Copies of a bucket. Every script has one beside it, which must be what its node is; here is what
//! no script shows.

use prost::Message as _;
use proto::snapshot::Snapshot;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::rig::{Bytes, GRACE_MS, Rig};
use crate::machine::{Faults, Forgets, Learner};

/// Something of nearly everything.
const SCRIPT: &str = "
    0 g1 up
    0 g2 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann secret=1 until=5000000
    0 g1 introduce 2 bob
    0 g1 login 2 bob
    1 g1 1 1 subscribe /room/1 sub=5 mounts=chat
    1 g1 2 1 subscribe /room/1 sub=5
    1 g1 1 2 subscribe /told/1 sub=6
    2 g1 1 3 send /room/1 chat hello
    2 g1 2 2 set /room/1 a=1~100 b=2
    3 g1 request 2 mount /room/1 m2 message
    3 g1 request 3 send /room/1 m2 hello
    4 g1 request 4 unmount /room/1 m2
    5 g1 introduce 1 ann until=6000000
    6 g1 lost 1 ann code=3003
    7 g2 introduce 7 ann
    7 g2 login 7 ann secret=2 resume=1,1
    8 g2 introduce 7 ann id=1
    8 g2 resume 7 /room/1 9 e2:chat=1,scores=1,members=1
    200 g1 2 3 unsubscribe /room/1
    900 g1 2 4 subscribe /short/1 sub=8
    901 g1 2 5 unsubscribe /short/1
    2500 g2 lost 7 ann bye
    9000 g1 2 6 get /room/1
";

/// What the copies of the script's buckets were made of.
fn recorded() -> Vec<Bytes> {
    let mut rig = Rig::new();
    rig.shadows.kept = Some(std::collections::BTreeMap::new());
    rig.run(SCRIPT);
    let bytes: Vec<Bytes> =
        rig.shadows.kept.take().into_iter().flat_map(|kept| kept.into_values()).collect();
    assert!(bytes.iter().map(|one| one.units.len()).sum::<usize>() > 20, "{bytes:?}");
    bytes
}

fn learner(snapshot: &[u8]) -> Learner {
    Learner::of_snapshot(snapshot, 3, GRACE_MS, Faults::default()).expect("it is a snapshot")
}

/// Whoever reads and writes by the schema reads what is written by hand, and writes what is read.
#[test]
fn bytes_are_those_of_the_schema() {
    for Bytes { snapshot, units } in recorded() {
        let by_schema = Snapshot::decode(&*snapshot).expect("a snapshot").encode_to_vec();
        let (mut one, mut other) = (learner(&snapshot), learner(&by_schema));
        for unit in units {
            let by_schema = proto::record::Unit::decode(&*unit).expect("a unit").encode_to_vec();
            one.apply(&unit).expect("the unit is the next");
            other.apply(&by_schema).expect("the unit is the next");
            assert_eq!(one.digest(0), other.digest(0), "{unit:?}");
        }
    }
}

/// A unit comes once, and none is left out.
#[test]
fn a_copy_takes_nothing_but_the_next_unit() {
    for Bytes { snapshot, units } in recorded() {
        let mut copy = learner(&snapshot);
        copy.apply(&units[0]).expect("the unit is the next");
        let n = copy.n();
        assert!(copy.apply(&units[0]).is_err());
        assert!(units.get(2).is_none_or(|later| copy.apply(later).is_err()));
        assert_eq!(copy.n(), n);
    }
}

/// Whatever the bytes are, a copy refuses them or applies them: it doesn't panic.
#[test]
fn no_bytes_make_a_copy_panic() {
    const SEED: u64 = 20261129;
    const ROUNDS: usize = 4_000;
    let (mut random, recorded) = (StdRng::seed_from_u64(SEED), recorded());
    let (mut refused, mut applied) = (0, 0);
    for _ in 0..ROUNDS {
        let Bytes { snapshot, units } = &recorded[random.random_range(0..recorded.len())];
        let mut snapshot = snapshot.clone();
        let until = random.random_range(0..units.len());
        if random.random_range(0..4) == 0 {
            spoil(&mut random, &mut snapshot);
        }
        let Ok(mut copy) = Learner::of_snapshot(&snapshot, 3, GRACE_MS, Faults::default()) else {
            refused += 1;
            continue;
        };
        for (at, unit) in units.iter().enumerate().skip_while(|(at, _)| *at > until) {
            let mut unit = unit.clone();
            if at >= until {
                spoil(&mut random, &mut unit);
            }
            match copy.apply(&unit) {
                Ok(()) => applied += 1,
                Err(_) => {
                    refused += 1;
                    break;
                }
            }
        }
        copy.digest(10_000);
    }
    assert!(refused > ROUNDS / 2 && applied > ROUNDS, "{refused} refused, {applied} applied");
}

/// A few of the bytes are others, or there are less of them.
fn spoil(random: &mut StdRng, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.random()),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            _ => bytes[at] = random.random(),
        }
    }
}

/// Who forgets one of these is found here: the simulation never makes it, or hardly ever.
const BY_SCRIPT: [(Forgets, &str); 4] = [
    (Forgets::HistoriesUncut, "2 config history /room/* 1"),
    (
        Forgets::MountsDeleted,
        "2 g1 request 1 mount /room/1 old message
        2 g1 request 2 unmount /room/1 old",
    ),
    (Forgets::Renewed, "2 g1 attach /room/1 5 e1 99 1"),
    (
        Forgets::EventsOfOldMounts,
        "2 g1 request 1 mount /room/1 old message
        2 g1 request 2 send /room/1 old hello
        2 g1 request 3 unmount /room/1 old
        9000 g1 request 4 mount /room/1 new message",
    ),
];

#[test]
fn a_copy_that_forgets_what_is_rare_is_found() {
    const IN: &str = "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1 until=5000000
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 send /room/1 chat one
        1 g1 1 3 send /room/1 chat two
    ";
    for (forgets, script) in BY_SCRIPT {
        let run = |forgets| {
            let mut rig = Rig::new();
            rig.shadows.faults.forgets = forgets;
            // The copies of the beginning go on.
            rig.shadows.kept = Some(std::collections::BTreeMap::new());
            rig.run(IN);
            rig.run(script);
        };
        run(None);
        let found = std::panic::catch_unwind(|| run(Some(forgets))).expect_err("it is found");
        let what = found.downcast_ref::<String>().expect("a sentence");
        assert!(what.contains("the copy differs"), "{forgets:?}: {what}");
    }
}
