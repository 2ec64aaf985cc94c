//! A table that came over a wire is whole, or it is refused.

use proto::bucket::BucketId;
use proto::table::{BucketTable, Row, Table};

fn table(bits: u32, prefixes: impl IntoIterator<Item = u32>) -> Table {
    let rows = prefixes.into_iter().map(|prefix| Row { prefix, ..Row::default() }).collect();
    Table { bits, rows, term: 3, version: 4, ..Table::default() }
}

#[test]
fn only_whole_tables_are_taken() {
    let check = |table: Table, wanted: bool| {
        let text = format!("{} rows for {} bits", table.rows.len(), table.bits);
        assert_eq!(BucketTable::try_from(table).is_ok(), wanted, "{text}");
    };
    check(table(0, [0]), true);
    check(table(2, 0..4), true);
    check(table(16, 0..1 << 16), true);
    check(table(2, 0..3), false);
    check(table(2, 0..5), false);
    check(table(2, [0, 1, 3, 2]), false);
    check(table(2, [0, 1, 1, 3]), false);
    check(table(17, 0..1 << 17), false);
    check(table(u32::MAX, []), false);
    check(table(0, []), false);
}

#[test]
fn rows_are_found_by_hash() {
    let table = BucketTable::try_from(table(4, 0..16)).unwrap();
    for prefix in 0..16 {
        let bucket = table.bucket(u64::from(prefix) << 60 | 0xfff);
        assert_eq!(table.row(bucket).map(|row| row.prefix), Some(prefix));
    }
    assert_eq!(table.row(BucketId::new(5, 3).unwrap()), None);
    assert_eq!((table.version().term, table.version().version), (3, 4));
}
