//! What is in seeded maps, and that nobody can fill one place of them.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::*;
use crate::name::{self, QueueName};

/// How often something in a place is looked at when all of these are put in and looked up.
fn looks(names: &[String], seed: u64) -> usize {
    let mut places = Places::new(Seed::new(seed));
    let looks = Cell::new(0);
    for (at, name) in (0..).zip(names) {
        let is_it = |other: u32| {
            looks.set(looks.get() + 1);
            names[other as usize] == *name
        };
        assert_eq!(places.find(name.as_bytes(), is_it), None);
        places.insert(name.as_bytes(), at);
        assert_eq!(places.find(name.as_bytes(), is_it), Some(at));
    }
    looks.get()
}

#[test]
fn names_that_collide_for_everybody_do_not_collide_here() {
    let names = colliding::names("/room/", 20_000);
    let hash = name::hash(names[0].as_bytes());
    assert!(names.iter().all(|name| name::hash(name.as_bytes()) == hash));
    assert!(names.iter().all(|name| QueueName::try_from(name.as_str()).is_ok()));
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    // Each is looked at when it is found; of 20,000 hashes of 32 bits hardly two are the same.
    for seed in [0, 1, 0x5eed] {
        assert!(looks(&names, seed) <= names.len() + 4);
    }
}

#[test]
fn users_are_told_apart_by_all_of_their_bytes() {
    let seed = Seed::new(9);
    let users = (0..10_000).map(|number| format!("user-{number}"));
    let hashes: BTreeSet<u64> = users.map(|user| seed.hash_one(user.as_bytes())).collect();
    assert_eq!(hashes.len(), 10_000);
    assert_ne!(seed.hash_one(&b"a"[..]), seed.hash_one(&b"a\0"[..]));
}

#[test]
fn what_is_taken_out_is_nowhere() {
    let mut places = Places::new(Seed::new(7));
    let names: Vec<String> = (0..1_000).map(|number| format!("/room/{number}")).collect();
    (0..).zip(&names).for_each(|(at, name)| places.insert(name.as_bytes(), at));
    for (at, name) in (0..).zip(&names).step_by(2) {
        places.remove(name.as_bytes(), at);
    }
    assert_eq!(places.len(), 500);
    for (at, name) in (0..).zip(&names) {
        let found = places.find(name.as_bytes(), |other| other == at);
        assert_eq!(found, (at % 2 == 1).then_some(at));
    }
}

#[test]
fn numbers_are_spread_by_a_seed_that_nobody_knows() {
    // Multiples of a power of two, and what a fixed multiplication would send to one place.
    let golden = 0x9e37_79b9_7f4a_7c15_u64;
    let inverse = (0..6).fold(golden, |inverse, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(golden.wrapping_mul(inverse)))
    });
    assert_eq!(golden.wrapping_mul(inverse), 1);
    for number in [|n: u64| n << 40, |n: u64| n << 3] {
        let plain = |n| number(n);
        let chosen = |n| number(n).wrapping_mul(inverse);
        let seed = Seed::new(3);
        for make in [&plain as &dyn Fn(u64) -> u64, &chosen] {
            let hashes = (0..4096).map(|n| seed.hash_one(make(n)));
            let places: BTreeSet<u64> = hashes.map(|hash| hash & 0xfff).collect();
            // Of random ones 63 in a hundred places are taken.
            assert!(places.len() > 2_000, "{}", places.len());
        }
    }
}

#[test]
fn another_seed_is_another_order() {
    let low = |seed| Seed::new(seed).hash_one("/room/1");
    assert_ne!(low(1), low(2));
    assert_eq!(low(1), low(1));
}
