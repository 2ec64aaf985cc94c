//! Tails do what a list of entries would, and keep little.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{NoEnd, SPARE_BYTES, Tail};

/// The entries behind a record.
fn entries(tail: &Tail, n: u64) -> Vec<(u64, Vec<u8>)> {
    let after = tail.after(n).unwrap_or_else(|NoEnd| panic!("no entry ends at {n}"));
    after.map(|(last, bytes)| (last, bytes.to_vec())).collect()
}

fn three() -> Tail {
    let mut tail = Tail::behind(10);
    tail.push(b"one", 12);
    tail.push(b"two", 13);
    tail.push(b"three", 20);
    tail
}

fn forget(tail: &mut Tail, through: u64) {
    while tail.take(through).is_some() {}
}

#[test]
fn entries_come_in_order_and_only_whole() {
    let mut tail = three();
    assert_eq!((tail.before(), tail.end(), tail.bytes()), (10, 20, 11));
    assert_eq!(tail.take(11), None);
    assert_eq!(tail.take(13), Some(&b"one"[..]));
    assert_eq!(tail.take(13), Some(&b"two"[..]));
    assert_eq!(tail.take(13), None);
    assert_eq!((tail.before(), tail.end(), tail.bytes()), (13, 20, 5));
}

#[test]
fn it_is_cut_where_an_entry_ends_and_nowhere_else() {
    let mut tail = three();
    for nowhere in [9, 11, 14, 21] {
        assert_eq!(tail.cut(nowhere), Err(NoEnd), "{nowhere}");
        assert!(tail.after(nowhere).is_err(), "{nowhere}");
    }
    assert_eq!(tail.cut(13), Ok(()));
    tail.push(b"other", 14);
    assert_eq!(entries(&tail, 12), [(13, b"two".to_vec()), (14, b"other".to_vec())]);
    assert_eq!(tail.cut(10), Ok(()));
    assert_eq!((tail.end(), tail.bytes()), (10, 0));
}

#[test]
fn a_tail_that_has_given_out_all_keeps_little() {
    let mut tail = Tail::behind(0);
    let large = vec![7; 3 * SPARE_BYTES];
    for n in 1..=20 {
        tail.push(&large, n);
    }
    forget(&mut tail, 19);
    assert_eq!(tail.bytes(), large.len());
    assert!(tail.bytes.len() <= 2 * large.len(), "{}", tail.bytes.len());
    forget(&mut tail, 20);
    assert!(tail.bytes.capacity() <= SPARE_BYTES, "{}", tail.bytes.capacity());
}

/// Whatever is done with it, it is what a list of entries would be.
#[test]
fn it_is_a_list_of_entries() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut tail = Tail::behind(5);
        let (mut before, mut list) = (5, Vec::<(u64, Vec<u8>)>::new());
        for _ in 0..200 {
            let end = list.last().map_or(before, |(last, _)| *last);
            let n = random.random_range(before.saturating_sub(2)..=end + 2);
            let is_end = n == before || list.iter().any(|(last, _)| *last == n);
            match random.random_range(0..10) {
                0..6 => {
                    let bytes = vec![random.random(); random.random_range(1..20_000)];
                    let last = end + random.random_range(1..4);
                    tail.push(&bytes, last);
                    list.push((last, bytes));
                }
                6 => {
                    assert_eq!(tail.cut(n).is_ok(), is_end);
                    if is_end {
                        list.retain(|(last, _)| *last <= n);
                    }
                }
                7 => {
                    forget(&mut tail, n);
                    while list.first().is_some_and(|(last, _)| *last <= n) {
                        before = list.remove(0).0;
                    }
                }
                _ => {
                    let first = list.first().filter(|(last, _)| *last <= n).cloned();
                    assert_eq!(tail.take(n).map(<[u8]>::to_vec), first.clone().map(|(_, b)| b));
                    if let Some((last, _)) = first {
                        before = last;
                        list.remove(0);
                    }
                }
            }
            assert_eq!(tail.bytes(), list.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
            assert_eq!(entries(&tail, before), list);
        }
    }
}
