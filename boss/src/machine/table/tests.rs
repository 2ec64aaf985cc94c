//! What happens to numbers when owners change.

use proto::bucket::{Conf, Loss, Reign};
use proto::name::NodeId;
use proto::table;

use super::*;

fn owner(id: &str, incarnation: u64) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation }
}

/// Loss and conf.
fn numbers(rows: &Rows, whose: Option<&Owner>) -> BTreeSet<(u64, u64)> {
    let theirs = rows.iter().filter(|row| row.primary() == whose);
    theirs.map(|row| (row.loss().0, row.conf().0)).collect()
}

/// A row of which its primary is the only member, as that reports it.
fn reported(loss: u64, reign: u64, conf: u64, whose: &Owner) -> Row {
    let owner = table::Owner { id: whose.id.to_string(), incarnation: whose.incarnation };
    let (primary, in_sync) = (Some(owner.clone()), vec![owner]);
    let row = table::Row { loss, reign, conf, primary, in_sync, ..table::Row::default() };
    Row::reported(&row).unwrap()
}

#[test]
fn two_that_start_together_share() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let rows = Rows::first(&BTreeSet::from([a.clone(), b.clone()]));
    assert_eq!((rows.bits(), rows.count(&a), rows.count(&b)), (4, 8, 8));
    assert_eq!(numbers(&rows, Some(&a)), BTreeSet::from([(1, 1)]));
    assert_eq!(Rows::first(&BTreeSet::new()).count(&a), 0);
}

#[test]
fn a_dead_node_leaves_to_the_others_with_loss() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone(), b.clone()]));
    assert_eq!(rows.remove(&a, &BTreeSet::from([b.clone()])), 8);
    assert_eq!(rows.count(&b), 16);
    assert_eq!(numbers(&rows, Some(&b)), BTreeSet::from([(1, 1), (2, 2)]));
}

#[test]
fn with_nobody_left_the_rows_wait_and_then_are_lost() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    assert_eq!(rows.remove(&a, &BTreeSet::new()), 8);
    assert!(rows.any_unowned());
    assert_eq!(numbers(&rows, None), BTreeSet::from([(1, 2)]));
    assert_eq!(rows.spread(&BTreeSet::from([b.clone()])), 8);
    assert_eq!(numbers(&rows, Some(&b)), BTreeSet::from([(2, 3)]));
}

#[test]
fn a_new_life_takes_back_what_the_last_one_had() {
    let (a, again) = (owner("q1", 1), owner("q1", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    assert_eq!(rows.succeed(&a, &again), 8);
    assert_eq!(numbers(&rows, Some(&again)), BTreeSet::from([(2, 2)]));
}

#[test]
fn higher_rows_are_adopted_and_lower_ones_are_not() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    let bucket = |bits, prefix| BucketId::new(bits, prefix).unwrap();
    let before = rows.clone();
    assert!(!rows.adopt(bucket(3, 0), &reported(1, 1, 1, &b)), "not higher");
    assert!(rows.adopt(bucket(3, 0), &reported(1, 2, 2, &b)));
    assert!(rows.adopt(bucket(4, 15), &reported(3, 2, 2, &b)), "of a split that was lost");
    assert_eq!((rows.bits(), rows.count(&a), rows.count(&b)), (4, 13, 3));
    assert!(!rows.adopt(bucket(3, 0), &reported(9, 9, 9, &a)), "of before the split");
    assert_eq!(rows.follow(&before), Ok(()));
    assert_eq!(numbers(&rows, Some(&b)), BTreeSet::from([(1, 2), (3, 2)]));
}

#[test]
fn a_report_of_another_history_raises_the_loss() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    rows.succeed(&a, &a);
    let before = rows.clone();
    assert!(rows.adopt(BucketId::new(3, 0).unwrap(), &reported(1, 5, 5, &b)));
    assert_eq!(numbers(&rows, Some(&b)), BTreeSet::from([(3, 5)]));
    // Of one reign of two primaries only one can have been.
    assert!(rows.adopt(BucketId::new(3, 1).unwrap(), &reported(2, 2, 5, &b)));
    assert_eq!(numbers(&rows, Some(&b)), BTreeSet::from([(3, 5)]));
    assert_eq!(rows.follow(&before), Ok(()));
}

#[test]
fn a_row_that_breaks_a_rule_is_found_with_its_bucket() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    let before = rows.clone();
    assert_eq!(rows.follow(&Rows::default()), Ok(()));
    rows.succeed(&a, &b);
    assert_eq!(rows.follow(&before), Ok(()));
    let (prefix, wrong) = before.follow(&rows).unwrap_err();
    assert_eq!((prefix, wrong), (0, "conf doesn't rise with a change"));
}

#[test]
fn every_change_raises_what_it_must() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    let numbers = |rows: &Rows| {
        let row = rows.iter().next().unwrap();
        (row.loss(), row.reign(), row.conf())
    };
    assert_eq!(numbers(&rows), (Loss(1), Reign(1), Conf(1)));
    rows.remove(&a, &BTreeSet::new());
    assert_eq!(numbers(&rows), (Loss(1), Reign(2), Conf(2)));
    rows.spread(&BTreeSet::from([b.clone()]));
    assert_eq!(numbers(&rows), (Loss(2), Reign(3), Conf(3)));
    assert_eq!(rows.iter().next().unwrap().in_sync(), [b]);
}

#[test]
fn a_row_names_the_step_that_made_it() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let made = |rows: &Rows| -> BTreeSet<(u64, u64)> {
        rows.iter().map(|row| row.wire(0)).map(|row| (row.term, row.version)).collect()
    };
    let step = |version| Version { term: 3, version };
    let mut rows = Rows::first(&BTreeSet::from([a.clone(), b.clone()]));
    rows.made_by(step(7), &Rows::default());
    assert_eq!(made(&rows), BTreeSet::from([(3, 7)]));
    let before = rows.clone();
    rows.succeed(&a, &owner("q1", 3));
    assert!(rows.split());
    rows.made_by(step(8), &before);
    assert_eq!(made(&rows), BTreeSet::from([(3, 7), (3, 8)]), "the rest is of the step before");
    let stored = serde_json::to_string(&rows).unwrap();
    assert_eq!(serde_json::from_str::<Rows>(&stored).unwrap(), rows);
}

#[test]
fn rows_that_are_no_table_are_not_read() {
    let row = r#"{"loss":1,"conf":1,"primary":null}"#;
    assert!(serde_json::from_str::<Rows>(&format!("[{row},{row}]")).is_ok());
    assert!(serde_json::from_str::<Rows>(&format!("[{row},{row},{row}]")).is_err());
    assert!(serde_json::from_str::<Rows>("[]").unwrap().is_empty());
}
