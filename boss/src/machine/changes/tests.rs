//! What is counted of each kind of change.

use super::*;

fn owner(id: &str) -> Owner {
    Owner { id: NodeId::try_from(id).unwrap(), incarnation: 1 }
}

/// `promoted | dropped | added lost` of what is done to the first of two rows of q1 and q2.
fn check(done: impl Fn(&mut Row), expected: &str) {
    let mut pair = Row::first(Some(&owner("q1")));
    pair.learn(&owner("q2"));
    pair.join(&owner("q2"));
    pair.learn(&owner("q3"));
    let before = Rows::try_from(vec![pair.clone(), pair]).unwrap();
    let mut after = before.clone();
    done(after.row_mut("0/1".parse().unwrap()).unwrap());
    let Changes { promoted, dropped, added, lost, over: 0 } = Changes::between(&before, &after)
    else {
        panic!("no bucket is over")
    };
    let found = format!("{} | {} | {added} {lost}", listed(&promoted), listed(&dropped));
    assert_eq!(found, expected);
}

#[test]
fn each_change_is_counted_once() {
    check(|_| {}, " |  | 0 0");
    check(Row::refuse, " |  | 0 0");
    check(|row| row.join(&owner("q3")), " |  | 1 0");
    check(|row| row.leave(|other| *other == owner("q2")), " | q2 1 | 0 0");
    check(|row| row.leave(|other| *other == owner("q3")), " |  | 0 0");
    check(|row| row.promote(&owner("q2"), |_| false), "q2 1 |  | 0 0");
    check(|row| row.promote(&owner("q2"), |other| *other == owner("q1")), "q2 1 | q1 1 | 0 0");
    check(|row| row.lose(&owner("q3")), " |  | 0 1");
    check(Row::orphan, " | q1 1, q2 1 | 0 0");
}

#[test]
fn other_buckets_than_before_are_no_changes() {
    let rows = Rows::try_from(vec![Row::first(Some(&owner("q1")))]).unwrap();
    assert_eq!(Changes::between(&Rows::default(), &rows), Changes::default());
}
