//! What happens to numbers when owners change.

use proto::bucket::{Conf, Loss, Reign};
use proto::name::NodeId;

use super::*;

fn owner(id: &str, incarnation: u64) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation }
}

/// Loss and conf.
fn numbers(rows: &Rows, whose: Option<&Owner>) -> BTreeSet<(u64, u64)> {
    let theirs = rows.iter().filter(|row| row.primary() == whose);
    theirs.map(|row| (row.loss().0, row.conf().0)).collect()
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
fn a_row_that_breaks_a_rule_is_found_with_its_bucket() {
    let (a, b) = (owner("q1", 1), owner("q2", 2));
    let mut rows = Rows::first(&BTreeSet::from([a.clone()]));
    let before = rows.clone();
    assert_eq!(rows.follow(&Rows::default()), Ok(()));
    rows.0.iter_mut().for_each(|row| row.lose(&b));
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
    rows.0.iter_mut().for_each(Row::orphan);
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
    rows.made_by(step(7), &Rows::default(), |_, _| 9);
    assert_eq!(made(&rows), BTreeSet::from([(3, 7)]));
    let first = rows.iter().next().unwrap();
    assert_eq!((first.reign(), first.conf()), (Reign(10), Conf(10)), "first rows jump, too");
    let before = rows.clone();
    rows.0.iter_mut().filter(|row| row.primary() == Some(&a)).for_each(|row| row.lose(&b));
    rows.made_by(
        step(8),
        &before,
        |prefix, number| {
            if number == Number::Conf { u64::from(prefix) } else { 100 }
        },
    );
    let (first, last) = (rows.iter().next().unwrap(), rows.iter().next_back().unwrap());
    assert_eq!((first.loss(), first.reign(), first.conf()), (Loss(2), Reign(111), Conf(11)));
    assert_eq!(
        (last.reign(), last.conf()),
        (Reign(10), Conf(10)),
        "what doesn't rise doesn't jump"
    );
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
