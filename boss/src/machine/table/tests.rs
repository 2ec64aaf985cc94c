//! What happens to epochs when owners change.

use proto::name::NodeId;

use super::*;

fn owner(id: &str, incarnation: u64) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation }
}

fn epochs(rows: &Rows, whose: Option<&Owner>) -> BTreeSet<(u64, u64)> {
    let theirs = rows.iter().filter(|row| row.primary.as_ref() == whose);
    theirs.map(|row| (row.loss, row.conf)).collect()
}

#[test]
fn two_that_start_together_share() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let rows = Rows::first(&BTreeSet::from([a.clone(), b.clone()]));
    assert_eq!((rows.bits(), rows.count(&a), rows.count(&b)), (4, 8, 8));
    assert_eq!(epochs(&rows, Some(&a)), BTreeSet::from([(1, 1)]));
    assert_eq!(Rows::first(&BTreeSet::new()).count(&a), 0);
}

#[test]
fn a_dead_node_leaves_to_the_others_with_loss() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone(), b.clone()]));
    assert_eq!(rows.remove(&a, &BTreeSet::from([b.clone()])), 8);
    assert_eq!(rows.count(&b), 16);
    assert_eq!(epochs(&rows, Some(&b)), BTreeSet::from([(1, 1), (2, 2)]));
}

#[test]
fn with_nobody_left_the_rows_wait_and_then_are_lost() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    assert_eq!(rows.remove(&a, &BTreeSet::new()), 8);
    assert!(rows.any_unowned());
    assert_eq!(epochs(&rows, None), BTreeSet::from([(1, 2)]));
    assert_eq!(rows.spread(&BTreeSet::from([b.clone()])), 8);
    assert_eq!(epochs(&rows, Some(&b)), BTreeSet::from([(2, 3)]));
}

#[test]
fn a_new_life_takes_back_what_the_last_one_had() {
    let (a, again) = (owner("q1", 1), owner("q1", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    assert_eq!(rows.succeed(&a, &again), 8);
    assert_eq!(epochs(&rows, Some(&again)), BTreeSet::from([(2, 2)]));
}

#[test]
fn higher_rows_are_adopted_and_lower_ones_are_not() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    let bucket = |bits, prefix| BucketId::new(bits, prefix).unwrap();
    assert!(!rows.adopt(bucket(3, 0), FIRST, &b), "not higher");
    assert!(rows.adopt(bucket(3, 0), Epochs { loss: 1, conf: 2 }, &b));
    assert!(rows.adopt(bucket(4, 15), Epochs { loss: 3, conf: 2 }, &b), "of a split that was lost");
    assert_eq!((rows.bits(), rows.count(&a), rows.count(&b)), (4, 13, 3));
    assert!(!rows.adopt(bucket(3, 0), Epochs { loss: 9, conf: 9 }, &a), "of before the split");
    assert_eq!(epochs(&rows, Some(&b)), BTreeSet::from([(1, 2), (3, 2)]));
}

#[test]
fn a_report_of_another_history_raises_the_loss() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    rows.succeed(&a, &a);
    assert!(rows.adopt(BucketId::new(3, 0).unwrap(), Epochs { loss: 1, conf: 5 }, &b));
    assert_eq!(epochs(&rows, Some(&b)), BTreeSet::from([(3, 5)]));
}

#[test]
fn rows_that_are_no_table_are_not_read() {
    let row = r#"{"loss":1,"conf":1,"primary":null}"#;
    assert!(serde_json::from_str::<Rows>(&format!("[{row},{row}]")).is_ok());
    assert!(serde_json::from_str::<Rows>(&format!("[{row},{row},{row}]")).is_err());
    assert!(serde_json::from_str::<Rows>("[]").unwrap().is_empty());
}
