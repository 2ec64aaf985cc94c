//! Who is known on a node, which connections are over, and for how long it knows.

use proto::seeded::Seed;

use super::rig::session_id;
use crate::machine::session::{Connection, People, SessionKey};

fn people() -> People {
    People::new(Seed::new(5))
}

fn enter(people: &mut People, user: &str, number: u64) -> SessionKey {
    people.enter(session_id(user, number), user).expect("it is that user's")
}

/// The generations from 0 on whose connections may speak.
fn heard(people: &People, key: SessionKey) -> Vec<u64> {
    let may_speak = |generation: &u64| !people.is_over(Connection { key, generation: *generation });
    (0..6).filter(may_speak).collect()
}

#[test]
fn the_highest_generation_counts() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    assert_eq!(heard(&people, ann), [1, 2, 3, 4, 5]);
    for (generation, wanted) in [(3, 3), (0, 3), (2, 3), (5, 5)] {
        people.hear_generation(ann, generation);
        assert_eq!(people[ann].generation(), wanted);
    }
    assert_eq!(heard(&people, ann), [5]);
    people.hear_end(ann);
    assert!(heard(&people, ann).is_empty());
    assert!(people.is_over(Connection { key: ann, generation: u64::MAX - 1 }));
}

#[test]
fn a_floor_is_for_all_sessions_of_the_user_and_only_rises() {
    let mut people = people();
    let (one, other) = (enter(&mut people, "ann", 1), enter(&mut people, "ann", 2));
    let bob = enter(&mut people, "bob", 3);
    people.hear_generation(other, 5);
    let ann = people[one].user;
    people.hear_floor(ann, 4);
    people.hear_floor(ann, 2);
    let later = enter(&mut people, "ann", 4);
    for (key, wanted) in [(one, &[4, 5][..]), (other, &[5]), (later, &[4, 5])] {
        assert_eq!(heard(&people, key), wanted);
    }
    assert_eq!(heard(&people, bob), [1, 2, 3, 4, 5]);
    assert_eq!(people.sessions_of(ann), [one, other, later]);
    assert_eq!(people.sessions_named("ann"), [one, other, later]);
    assert_eq!(people.len(), 4);
}

#[test]
fn a_session_is_another_users_only_by_mistake() {
    let mut people = people();
    enter(&mut people, "ann", 1);
    people.enter(session_id("ann", 1), "bob").expect_err("it is ann's");
    assert_eq!(people.len(), 1);
    assert!(people.sessions_named("bob").is_empty());
}

/// What was heard of a session beyond its beginning.
type Heard = fn(&mut People, SessionKey);

#[test]
fn what_was_heard_of_a_session_is_known_for_a_while_after_its_last_use() {
    let cases: [(Heard, bool); 5] = [
        (|_, _| {}, false),
        (|people, key| people.hear_generation(key, 3), false),
        (
            |people, key| {
                people.hear_generation(key, 3);
                people.hear_generation(key, 4);
            },
            true,
        ),
        (|people, key| people.hear_fence(key, 3), true),
        (|people, key| people.hear_end(key), true),
    ];
    for (number, (hear, is_kept)) in cases.into_iter().enumerate() {
        let mut people = people();
        let ann = enter(&mut people, "ann", 1);
        hear(&mut people, ann);
        people.hold(ann);
        people.release(ann, 10);
        assert!(people.get(ann).is_some(), "{number}: it is used");
        people.release(ann, 20);
        assert_eq!(people.get(ann).is_some(), is_kept, "{number}");
        assert_eq!(people.find(session_id("ann", 1)).is_some(), is_kept, "{number}");
        people.trim(19);
        assert_eq!(people.len(), usize::from(is_kept), "{number}: before its time");
        people.trim(20);
        assert_eq!(people.len(), 0, "{number}: after its time");
        assert!(people.sessions_named("ann").is_empty());
    }
}

#[test]
fn who_comes_back_meanwhile_is_not_forgotten() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    people.hear_fence(ann, 3);
    people.release(ann, 10);
    assert_eq!(enter(&mut people, "ann", 1), ann);
    people.trim(100);
    assert_eq!(heard(&people, ann), [3, 4, 5]);
    // The time runs anew from the last use.
    people.release(ann, 50);
    people.trim(49);
    assert_eq!(people.len(), 1);
    people.trim(50);
    assert_eq!(people.len(), 0);
}

#[test]
fn a_floor_outlives_the_users_last_session() {
    let mut people = people();
    let ann = enter(&mut people, "ann", 1);
    people.hear_floor(people[ann].user, 4);
    people.release(ann, 10);
    assert_eq!(people.len(), 0);
    people.trim(9);
    let again = enter(&mut people, "ann", 2);
    assert_eq!(heard(&people, again), [4, 5]);
    people.trim(100);
    assert_eq!(people.sessions_named("ann"), [again]);
    people.release(again, 110);
    people.trim(110);
    let anew = enter(&mut people, "ann", 3);
    assert_eq!(heard(&people, anew), [1, 2, 3, 4, 5]);
}
