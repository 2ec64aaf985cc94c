//! Changed rows make of the table before them just the one that they are told instead of.

use proptest::prelude::*;
use proto::limits::NUMBER_MAX;
use proto::table::{BucketTable, Owner, Place, Row, Rows, Table, TableError};

fn owner() -> impl Strategy<Value = Owner> {
    ("q[1-5]", 1..4u64).prop_map(|(id, incarnation)| Owner { id, incarnation })
}

/// Any row: whether a boss would give it is nothing to its way.
fn row() -> impl Strategy<Value = Row> {
    let owners = || prop::collection::vec(owner(), 0..3);
    let numbers = (0..3u64, 0..3u64, 0..3u64);
    let parts = (numbers, prop::option::of(owner()), owners(), owners());
    parts.prop_map(|((loss, reign, conf), primary, in_sync, learners)| {
        let prefix = 0;
        Row { prefix, loss, reign, conf, primary, in_sync, learners, ..Row::default() }
    })
}

/// Each id has one place, in the order of ids.
fn places() -> impl Strategy<Value = Vec<Place>> {
    let place = (1..4u64, "[ab]").prop_map(|(incarnation, address)| (incarnation, address));
    prop::collection::btree_map("q[1-6]", place, 0..6).prop_map(|places| {
        let place = |(id, (incarnation, address))| {
            let host = "h".to_owned();
            Place { id, incarnation, host, address }
        };
        places.into_iter().map(place).collect()
    })
}

fn table(bits: u32, version: u64) -> impl Strategy<Value = Table> {
    (prop::collection::vec(row(), 1 << bits), places()).prop_map(move |(rows, places)| {
        let rows = (0..).zip(rows).map(|(prefix, row)| Row { prefix, ..row }).collect();
        Table { term: 2, version, bits, rows, places }
    })
}

/// A table and one in which some of its rows are others.
fn steps() -> impl Strategy<Value = (Table, Table)> {
    let changes = prop::collection::vec(prop::bool::weighted(0.3), 8);
    (table(3, 7), table(3, 9), changes).prop_map(|(old, mut new, changes)| {
        for ((row, before), changes) in new.rows.iter_mut().zip(&old.rows).zip(changes) {
            if !changes {
                *row = before.clone();
            }
        }
        (old, new)
    })
}

proptest! {
    #[test]
    fn changes_behind_a_table_are_the_next((old, new) in steps()) {
        let rows = Rows::between(&old, &new).expect("the same bits");
        let changed = old.rows.iter().zip(&new.rows).filter(|(old, new)| old != new).count();
        prop_assert_eq!(rows.rows.len(), changed, "and nothing else is told");
        let known = BucketTable::try_from(old).unwrap();
        let next = known.with(rows).unwrap();
        prop_assert_eq!(next.wire(), &new);
    }
}

fn of(bits: u32, version: u64) -> BucketTable {
    let rows = (0..1 << bits).map(|prefix| Row { prefix, ..Row::default() }).collect();
    let table = Table { term: 2, version, bits, rows, ..Table::default() };
    BucketTable::try_from(table).unwrap()
}

#[test]
fn changes_of_another_table_are_not_taken() {
    let (old, new) = (of(1, 7), of(1, 8));
    let rows = Rows::between(old.wire(), new.wire()).unwrap();
    assert_eq!(old.with(rows.clone()), Ok(new.clone()));
    assert_eq!(new.with(rows.clone()), Err(TableError::Base));
    let of_another_term = Rows { from_term: 1, ..rows };
    assert_eq!(old.with(of_another_term), Err(TableError::Base));
    assert_eq!(Rows::between(old.wire(), of(2, 8).wire()), None, "all buckets are others");
}

#[test]
fn changes_that_no_boss_makes_are_not_taken() {
    let old = of(1, 7);
    let rows = Rows::between(old.wire(), of(1, 8).wire()).unwrap();
    let with = |row: Row| old.with(Rows { rows: vec![row], ..rows.clone() });
    assert_eq!(
        with(Row { prefix: 2, ..Row::default() }),
        Err(TableError::Rows { rows: 2, bits: 1 })
    );
    assert_eq!(with(Row { reign: NUMBER_MAX, ..Row::default() }), Err(TableError::Numbers));
}
