//! What stores of earlier versions have, and what no step may store.

use proto::name::NodeId;

use super::*;

fn owner(id: &str, incarnation: u64) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation }
}

#[test]
fn a_row_of_an_earlier_version_is_read() {
    let stored = r#"{"loss":2,"conf":5,"primary":{"id":"q1","incarnation":7}}"#;
    let row: Row = serde_json::from_str(stored).unwrap();
    assert_eq!((row.loss, row.reign, row.conf), (Loss(2), Reign(5), Conf(5)));
    assert_eq!((row.primary(), row.in_sync()), (Some(&owner("q1", 7)), &[owner("q1", 7)][..]));
    let nobody: Row = serde_json::from_str(r#"{"loss":1,"conf":2,"primary":null}"#).unwrap();
    assert_eq!((nobody.primary(), nobody.in_sync().len()), (None, 0));
    let again = serde_json::to_string(&row).unwrap();
    assert_eq!(serde_json::from_str::<Row>(&again).unwrap(), row);
}

#[test]
fn what_is_reported_is_a_row_or_nothing() {
    let row = Row { in_sync: vec![owner("q1", 1), owner("q2", 2)], ..of("q1") };
    assert_eq!(Row::reported(&row.wire(3)), Some(row.clone()));
    let spoilt: [fn(&mut table::Row); 4] = [
        |row| row.primary = None,
        |row| row.in_sync.reverse(),
        |row| row.learners.extend(row.primary.clone()),
        |row| row.in_sync[1].id = "<b>".to_owned(),
    ];
    for spoil in spoilt {
        let mut wire = row.wire(3);
        spoil(&mut wire);
        assert_eq!(Row::reported(&wire), None, "{wire:?}");
    }
}

/// The first row, of this node in its first life.
fn of(id: &str) -> Row {
    Row::first(Some(&owner(id, 1)))
}

#[test]
fn what_a_step_must_not_store_is_named() {
    let before = of("q1");
    let mut lost = before.clone();
    lost.lose(&owner("q2", 1));
    let mut orphan = lost.clone();
    orphan.orphan();
    for (before, row) in [(&before, &before), (&before, &lost), (&lost, &orphan)] {
        assert_eq!(row.follows(before), Ok(()));
    }
    let (q2, q3) = (owner("q2", 1), owner("q3", 1));
    let wrong = [
        (Row { conf: Conf(2), ..of("q2") }, "reign doesn't rise"),
        (Row { loss: Loss(2), conf: Conf(2), ..of("q1") }, "reign doesn't rise"),
        (Row { reign: Reign(2), ..of("q2") }, "conf doesn't rise"),
        (Row { conf: Conf(2), in_sync: vec![q2.clone()], ..of("q1") }, "the primary isn't"),
        (Row { conf: Conf(2), learners: vec![owner("q1", 1)], ..of("q1") }, "the primary isn't"),
        (Row { conf: Conf(2), in_sync: vec![owner("q1", 1), q2, q3], ..of("q1") }, "more than one"),
        (Row { loss: Loss(0), conf: Conf(2), ..of("q1") }, "loss or reign falls"),
    ];
    for (row, expected) in wrong {
        let wrong = row.follows(&before).unwrap_err();
        assert!(wrong.starts_with(expected), "{wrong}: {row:?}");
    }
}
