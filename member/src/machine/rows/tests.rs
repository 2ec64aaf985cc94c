//! Which row is true, whoever tells it.

use proto::limits::NUMBER_AHEAD_MAX;
use proto::table::Table;

use super::*;

fn owner(id: &str) -> Owner {
    Owner { id: id.to_owned(), incarnation: 1 }
}

/// A row of bucket 0 or 1: its primary, and its three numbers.
fn row(prefix: u32, id: &str, (loss, reign, conf): (u64, u64, u64)) -> Row {
    let (primary, in_sync) = (Some(owner(id)), vec![owner(id)]);
    Row { prefix, loss, reign, conf, primary, in_sync, ..Row::default() }
}

fn table(version: u64, rows: [Row; 2]) -> Arc<BucketTable> {
    let wire = Table { term: 1, version, bits: 1, rows: rows.into(), places: Vec::new() };
    Arc::new(BucketTable::try_from(wire).unwrap())
}

fn bucket(prefix: u32) -> BucketId {
    BucketId::new(1, prefix).unwrap()
}

fn told(row: Row) -> Moved {
    let place = row.primary.as_ref().map(|owner| Place {
        id: owner.id.clone(),
        incarnation: owner.incarnation,
        ..Place::default()
    });
    Moved { bits: 1, row: Some(row), place }
}

/// Rows of `a` with the first numbers.
fn known() -> KnownRows {
    let mut rows = KnownRows::default();
    let first = table(1, [row(0, "a", (1, 1, 1)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&first), Some(vec![bucket(0), bucket(1)]));
    assert_eq!(rows.take_table(&first), None, "it isn't newer");
    rows
}

fn home(rows: &KnownRows, prefix: u32) -> &str {
    &rows.row(bucket(prefix)).unwrap().primary.as_ref().unwrap().id
}

#[test]
fn a_higher_row_is_true_wherever_it_comes_from() {
    let mut rows = known();
    let higher = told(row(1, "b", (1, 2, 3)));
    assert_eq!(rows.hear(&higher), Told::Higher { bucket: bucket(1), moves: true });
    assert_eq!((home(&rows, 0), home(&rows, 1)), ("a", "b"));
    assert_eq!(rows.told(bucket(1)), Some(higher.clone()));
    assert_eq!(rows.hear(&higher), Told::Known);
    assert_eq!(rows.hear(&told(row(1, "a", (1, 1, 2)))), Told::Lower);
    // The boss's table is older for this bucket, and newer for the other.
    let next = table(2, [row(0, "c", (1, 2, 2)), row(1, "a", (1, 1, 2))]);
    assert_eq!(rows.take_table(&next), Some(vec![bucket(0)]));
    assert_eq!((home(&rows, 0), home(&rows, 1)), ("c", "b"));
    assert_eq!(rows.places_ahead().count(), 1);
    // It comes to know of the row, too.
    let next = table(3, [row(0, "c", (1, 2, 2)), row(1, "b", (1, 2, 3))]);
    assert_eq!(rows.take_table(&next), Some(vec![]));
    assert_eq!((home(&rows, 1), rows.places_ahead().count()), ("b", 0));
}

#[test]
fn a_boss_that_is_behind_takes_nothing_back() {
    let mut rows = known();
    let next = table(2, [row(0, "b", (1, 2, 2)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&next), Some(vec![bucket(0)]));
    let older = table(3, [row(0, "a", (1, 1, 1)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&older), Some(vec![]));
    assert_eq!(home(&rows, 0), "b");
    let fork = table(4, [row(0, "c", (1, 2, 2)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&fork), Some(vec![]), "it isn't higher");
    assert_eq!(home(&rows, 0), "b");
    let higher = table(5, [row(0, "c", (2, 3, 3)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&higher), Some(vec![bucket(0)]));
    assert_eq!(home(&rows, 0), "c");
}

#[test]
fn who_has_copies_is_nothing_to_lanes_and_words() {
    let mut rows = known();
    let grown = Row { in_sync: vec![owner("a"), owner("b")], ..row(0, "a", (1, 1, 2)) };
    assert_eq!(rows.hear(&told(grown)), Told::Higher { bucket: bucket(0), moves: false });
    let shrunk = table(2, [row(0, "a", (1, 1, 3)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&shrunk), Some(vec![]));
    // The same home again, under another reign: both must say so.
    assert_eq!(
        rows.hear(&told(row(0, "a", (1, 2, 4)))),
        Told::Higher { bucket: bucket(0), moves: true }
    );
}

#[test]
fn of_other_buckets_nothing_is_kept() {
    let mut rows = known();
    rows.hear(&told(row(1, "b", (1, 2, 2))));
    let wire = Table {
        term: 1,
        version: 2,
        bits: 0,
        rows: vec![row(0, "c", (1, 1, 1))],
        ..Table::default()
    };
    let whole = BucketId::new(0, 0).unwrap();
    let table = Arc::new(BucketTable::try_from(wire).unwrap());
    assert_eq!(rows.take_table(&table), Some(vec![whole]));
    assert_eq!((rows.row(bucket(1)), rows.places_ahead().count()), (None, 0));
    assert_eq!(rows.hear(&told(row(0, "b", (1, 2, 2)))), Told::Unusable);
}

#[test]
fn numbers_that_no_boss_gives_are_not_taken() {
    let most = 2 + NUMBER_AHEAD_MAX;
    for numbers in [(most, 2, 2), (1, most, 2), (1, 2, most)] {
        assert_eq!(known().hear(&told(row(0, "b", numbers))), Told::Unusable, "{numbers:?}");
    }
    let mut far = row(0, "b", (1, 2, 2));
    far.primary.as_mut().unwrap().incarnation = limits::NUMBER_MAX;
    assert_eq!(known().hear(&told(far)), Told::Unusable);
    assert_eq!(known().hear(&Moved::default()), Told::Unusable);
    assert_eq!(KnownRows::default().hear(&told(row(0, "b", (1, 2, 2)))), Told::Unusable);
}

#[test]
fn the_planted_bug_takes_lower_rows() {
    let mut rows = known();
    rows.hear(&told(row(0, "b", (1, 3, 7))));
    rows.take_lower();
    rows.hear(&told(row(0, "a", (1, 2, 6))));
    assert_eq!(home(&rows, 0), "a");
}

#[test]
fn behind_an_answer_to_the_boss_only_its_tables_count() {
    let mut rows = known();
    let mut careless = rows.clone();
    careless.never_hold();
    let higher = told(row(1, "b", (1, 2, 3)));
    rows.hold();
    assert_eq!(rows.hear(&higher), Told::Held);
    assert_eq!(home(&rows, 1), "a", "it isn't kept");
    careless.hold();
    let acted = Told::Higher { bucket: bucket(1), moves: true };
    assert_eq!(careless.hear(&higher), acted, "node.acts_behind_its_answer");
    // The boss goes on.
    let first = table(1, [row(0, "a", (1, 1, 1)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&first), None);
    assert_eq!(rows.hear(&higher), Told::Held, "that is no newer one");
    let next = table(2, [row(0, "a", (1, 1, 1)), row(1, "a", (1, 1, 1))]);
    assert_eq!(rows.take_table(&next), Some(vec![]));
    assert_eq!(rows.hear(&higher), acted);
}

#[test]
fn who_was_dropped_knows_by_which_row() {
    let mut rows = known();
    assert_eq!(
        rows.hear(&told(row(1, "b", (1, 2, 3)))),
        Told::Higher { bucket: bucket(1), moves: true }
    );
    let left: Vec<u32> = rows.left(&owner("a")).map(|row| row.prefix).collect();
    assert_eq!(left, [1]);
    assert_eq!(rows.left(&owner("b")).count(), 0, "it is in sync");
    assert_eq!(rows.left(&owner("c")).count(), 0, "it was never named");
}
