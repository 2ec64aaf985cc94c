//! Who is known in a bucket, which connections are over, and for how long it knows.

use proto::ids::Generation;
use proto::seeded::Seed;

use super::rig::session_id;
use crate::machine::state::people::{People, SessionKey};

fn people() -> People {
    People::new(Seed::new(5))
}

/// Somebody comes, and is used once.
fn enter(people: &mut People, user: &str, number: u64) -> SessionKey {
    let key = people.enter(0, session_id(user, number), &user.into());
    let key = key.expect("it is that user's");
    people.hold(key);
    key
}

/// None, or a generation.
fn of(number: u64) -> Option<Generation> {
    Generation::or_none(number)
}

/// The generations from none on whose connections may speak.
fn heard(people: &People, key: SessionKey) -> Vec<u64> {
    (0..6).filter(|number| !people.is_over(key, of(*number))).collect()
}

fn named(people: &People, user: &str) -> Vec<SessionKey> {
    people.sessions_named(user).collect()
}

#[test]
fn the_highest_generation_counts() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    assert_eq!(heard(&people, ann), [1, 2, 3, 4, 5]);
    for (number, wanted) in [(3, 3), (0, 3), (2, 3), (5, 5)] {
        let generation = of(number);
        assert_eq!(people.is_behind(ann, generation, None), people[ann].generation() < generation);
        people.hear_generation(ann, generation);
        assert_eq!(people[ann].generation(), of(wanted));
    }
    assert_eq!(heard(&people, ann), [5]);
    people.hear_end(ann);
    assert!(heard(&people, ann).is_empty());
    assert!(people.is_over(ann, of(u64::MAX - 1)));
}

#[test]
fn a_floor_is_for_all_sessions_of_the_user_and_only_rises() {
    let mut people = people();
    let (one, other) = (enter(&mut people, "ann", 1), enter(&mut people, "ann", 2));
    let bob = enter(&mut people, "bob", 3);
    people.hear_generation(other, of(5));
    let ann = people[one].user;
    assert!(people.is_behind(other, of(5), of(4)), "its user's floor isn't known");
    people.hear_floor(ann, of(4));
    people.hear_floor(ann, of(2));
    assert!(!people.is_behind(other, of(5), of(4)));
    let later = enter(&mut people, "ann", 4);
    for (key, wanted) in [(one, &[4, 5][..]), (other, &[5]), (later, &[4, 5])] {
        assert_eq!(heard(&people, key), wanted);
    }
    assert_eq!(heard(&people, bob), [1, 2, 3, 4, 5]);
    assert_eq!(people.sessions_of(ann).collect::<Vec<_>>(), [one, other, later]);
    assert_eq!(named(&people, "ann"), [one, other, later]);
    assert_eq!(people.len(), 4);
}

#[test]
fn a_session_is_another_users_only_by_mistake() {
    let mut people = people();
    enter(&mut people, "ann", 1);
    people.enter(0, session_id("ann", 1), &"bob".into()).expect_err("it is ann's");
    assert_eq!(people.len(), 1);
    assert_eq!(named(&people, "bob"), []);
}

#[test]
fn a_session_is_known_for_a_while_after_its_last_use() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    people.hear_floor(people[ann].user, of(4));
    people.hold(ann);
    people.release(10, ann);
    people.trim(100);
    assert!(people.get(ann).is_some(), "it is used");
    people.release(20, ann);
    people.trim(19);
    assert_eq!(people.find(session_id("ann", 1)), Some(ann), "before its time");
    people.refresh(30, ann);
    people.trim(29);
    assert_eq!(heard(&people, ann), [4, 5], "something was heard of it meanwhile");
    people.trim(30);
    assert_eq!((people.len(), named(&people, "ann")), (0, Vec::new()), "after its time");
    let anew = enter(&mut people, "ann", 1);
    assert_eq!(heard(&people, anew), [1, 2, 3, 4, 5], "its user's floor went with it");
}

#[test]
fn who_is_used_again_meanwhile_is_not_forgotten() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    people.hear_generation(ann, of(3));
    people.release(10, ann);
    assert_eq!(enter(&mut people, "ann", 1), ann);
    people.trim(100);
    assert_eq!(heard(&people, ann), [3, 4, 5]);
    // The time runs anew from the last use.
    people.release(50, ann);
    people.trim(49);
    assert_eq!(people.len(), 1);
    people.trim(50);
    assert_eq!(people.len(), 0);
}

#[test]
fn whoever_goes_leaves_the_others_of_the_user_in_their_order() {
    for gone in 0..4 {
        let mut people = people();
        let mut keys: Vec<_> = (0..4).map(|number| enter(&mut people, "ann", number)).collect();
        let floor = 7;
        people.hear_floor(people[keys[0]].user, of(floor));
        people.release(10, keys[gone]);
        people.trim(10);
        keys.remove(gone);
        assert_eq!(named(&people, "ann"), keys, "without the one at {gone}");
        // The place that it had is the next one's, who has the user's floor.
        let next = enter(&mut people, "ann", 9);
        keys.push(next);
        assert_eq!(named(&people, "ann"), keys);
        assert!(people.is_over(next, of(floor - 1)) && !people.is_over(next, of(floor)));
    }
}
