//! What the boss's documents say of a cluster.

use std::collections::BTreeSet;

use super::{Picture, Place};

fn owner(id: &str, incarnation: u64) -> String {
    format!(r#"{{"id":"{id}","incarnation":{incarnation}}}"#)
}

/// Two buckets of these owners; `more` is in each row.
fn table(losses: [u64; 2], owners: [&str; 2], more: &str) -> String {
    let row = |prefix: usize| {
        let (loss, owner) = (losses[prefix], owners[prefix]);
        format!(r#"{{"prefix":{prefix},"loss":{loss},"conf":9,"primary":{owner}{more}}}"#)
    };
    format!(r#"{{"term":1,"bits":1,"rows":[{},{}],"places":[]}}"#, row(0), row(1))
}

fn nodes(states: [&str; 2]) -> String {
    let [q1, q2] = states;
    format!(
        r#"{{"version":3,"nodes":[
            {{"id":"g1","role":"gateway","state":"up","incarnation":9,"host":"h"}},
            {{"id":"q1","role":"queue_node","state":"{q1}","incarnation":1}},
            {{"id":"q2","role":"queue_node","state":"{q2}","incarnation":2}}]}}"#
    )
}

#[test]
fn who_is_up_serves_unless_it_is_known_to_be_dead() {
    let (q1, q2) = (owner("q1", 1), owner("q2", 2));
    let up = nodes(["up", "up"]);
    let picture = Picture::read(&table([0, 0], [&q1, &q2], ""), &up).unwrap();
    let nobody = BTreeSet::new();
    assert!(picture.served(&nobody));
    assert!(!picture.served(&BTreeSet::from([("q1".to_owned(), 1)])));
    assert!(picture.served(&BTreeSet::from([("q1".to_owned(), 7)])), "another life");
    assert_eq!(picture.life("q2"), Some(("q2".to_owned(), 2)));
    assert_eq!(picture.buckets().into_iter().collect::<Vec<_>>(), [("q1", 1), ("q2", 1)]);

    let gone = Picture::read(&table([0, 0], [&q1, &q2], ""), &nodes(["gone", "up"])).unwrap();
    assert!(!gone.served(&nobody), "its primary isn't up");
    assert_eq!(gone.life("q1"), None);
    let unowned = Picture::read(&table([0, 0], ["null", &q2], ""), &up).unwrap();
    assert!(!unowned.served(&nobody));
    let newer = Picture::read(&table([0, 0], [&owner("q1", 3), &q2], ""), &up).unwrap();
    assert!(!newer.served(&nobody), "that life isn't up");
}

#[test]
fn copies_are_wanted_on_as_many_nodes_as_there_are() {
    let (q1, q2) = (owner("q1", 1), owner("q2", 2));
    let (up, nobody) = (nodes(["up", "up"]), BTreeSet::new());
    let alone = Picture::read(&table([0, 0], [&q1, &q1], ""), &up).unwrap();
    assert!(alone.in_sync(1, &nobody) && !alone.in_sync(2, &nobody));
    assert!(alone.in_sync(2, &BTreeSet::from([("q2".to_owned(), 2)])), "there is no other");
    let both = format!(r#","in_sync":[{q1},{q2}]"#);
    let both = Picture::read(&table([0, 0], [&q1, &q1], &both), &up).unwrap();
    assert!(both.in_sync(2, &nobody) && both.in_sync(3, &nobody));
}

#[test]
fn who_shares_buckets_and_who_is_filled_is_counted() {
    let (q1, q2) = (owner("q1", 1), owner("q2", 2));
    let more = format!(r#","in_sync":[{q1},{q2}],"learners":[{}]"#, owner("q3", 3));
    let picture = Picture::read(&table([0, 0], [&q1, &q1], &more), &nodes(["up", "up"])).unwrap();
    assert_eq!(picture.fellows("q1").into_iter().collect::<Vec<_>>(), [("q2", 2)]);
    assert!(picture.fellows("q3").is_empty());
    assert_eq!(picture.copies().into_iter().collect::<Vec<_>>(), [("q2", 2)]);
    let life = |id: &str, incarnation| (id.to_owned(), incarnation);
    assert_eq!((picture.filling(&life("q3", 3)), picture.filling(&life("q3", 4))), (2, 0));
    assert!(picture.holds(&life("q2", 2)) && !picture.holds(&life("q3", 3)));
}

#[test]
fn buckets_that_began_anew_are_counted() {
    let q1 = owner("q1", 1);
    let at = |losses| Picture::read(&table(losses, [&q1, &q1], ""), &nodes(["up", "up"])).unwrap();
    assert_eq!(at([0, 4]).lost_since(&at([0, 4])), 0);
    assert_eq!(at([1, 4]).lost_since(&at([0, 4])), 1);
    assert_eq!(at([1, 8]).lost_since(&at([0, 4])), 2);
}

#[test]
fn a_queue_lives_with_somebody_or_nobody() {
    let place = |node: &str| -> Place {
        let text = format!(r#"{{"queue":"/a","bucket":"3/5","loss":2,"conf":7,"node":{node}}}"#);
        super::read(text.as_bytes()).unwrap()
    };
    let at = place(r#"{"id":"q1","incarnation":4,"host":"h","address":"a"}"#);
    assert_eq!((at.home(), at.bucket.as_str(), at.loss), (Some("q1"), "3/5", 2));
    assert_eq!(place("null").home(), None);
}
