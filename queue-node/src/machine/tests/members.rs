//! Who is where among the members of a queue.

use std::collections::BTreeMap;

use proto::seeded::Seed;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::rig::session_id;
use crate::machine::state::members::Members;
use crate::machine::state::people::{People, SessionKey};
use crate::machine::state::queue::Subscription;

#[test]
fn whoever_goes_leaves_its_place_to_the_last() {
    const SEED: u64 = 12;
    let mut random = StdRng::seed_from_u64(SEED);
    let mut people = People::new(Seed::new(5));
    let mut enter = |number| people.enter(0, session_id("ann", number), &"ann".into());
    let keys: Vec<SessionKey> = (0..40).map(|number| enter(number).expect("ann's")).collect();
    let (mut members, mut wanted) = (Members::default(), Vec::<SessionKey>::new());
    let mut joined = BTreeMap::new();
    // Few at first, then many, then few again.
    for step in 0..4000usize {
        let key = keys[random.random_range(0..keys.len())];
        let comes = random.random_bool(if step % 2000 < 1000 { 0.7 } else { 0.3 });
        match wanted.iter().position(|other| *other == key) {
            Some(at) if !comes => {
                wanted.swap_remove(at);
                let gone = members.remove(key).map(|gone| gone.join);
                assert_eq!(gone, joined.remove(&key), "seed {SEED}");
            }
            None if comes => {
                wanted.push(key);
                let join = step as u64;
                members.insert(key, Subscription { join, ..Subscription::default() });
                joined.insert(key, join);
            }
            Some(_) | None => assert_eq!(members.contains(key), comes, "seed {SEED}"),
        }
        assert_eq!(members.keys().collect::<Vec<_>>(), wanted, "seed {SEED}");
        assert_eq!(members.is_empty(), wanted.is_empty());
        for key in &keys {
            let at = wanted.iter().position(|other| other == key);
            assert_eq!(members.place(*key), at, "seed {SEED}");
            assert_eq!(members.get(*key).is_some(), at.is_some(), "seed {SEED}");
        }
    }
}
