//! Which place a thing gets.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::machine::state::arena::Arena;

#[test]
fn the_lowest_free_place_is_taken_whatever_came_and_went_before() {
    const SEED: u64 = 11;
    let mut random = StdRng::seed_from_u64(SEED);
    let mut arena = Arena::default();
    let mut there = std::collections::BTreeMap::new();
    for number in 0..10_000 {
        if there.is_empty() || random.random_bool(0.5) {
            let lowest = (0..).find(|at| !there.contains_key(at)).expect("there is one");
            assert_eq!(arena.insert(number), lowest, "seed {SEED}");
            there.insert(lowest, number);
        } else if let Some(at) = there.keys().nth(random.random_range(0..there.len())).copied() {
            assert_eq!(Some(arena.remove(at)), there.remove(&at), "seed {SEED}");
            assert_eq!(arena.get(at), None, "seed {SEED}");
        }
        assert_eq!(arena.len(), there.len(), "seed {SEED}");
    }
    let all: Vec<(u32, i32)> = arena.iter().map(|(at, thing)| (at, *thing)).collect();
    assert_eq!(all, there.into_iter().collect::<Vec<_>>(), "seed {SEED}");
}
