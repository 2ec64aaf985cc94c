//! All replay logs together are too long: which give, and what comes of it.

use super::rig::Rig;
use crate::machine::wake::level;

/// What is left of logs of these lengths.
fn cut(lengths: &[usize], total: usize) -> Vec<usize> {
    assert!(lengths.is_sorted());
    let level = level(lengths, total);
    lengths.iter().map(|length| *length.min(&level)).collect()
}

#[test]
fn the_longest_give_first() {
    assert_eq!(level(&[], 0), usize::MAX);
    assert_eq!(level(&[1, 2, 3], 6), usize::MAX, "nobody must give");
    assert_eq!(cut(&[1, 2, 3], 5), [1, 2, 2]);
    assert_eq!(cut(&[1, 2, 300], 13), [1, 2, 10]);
    assert_eq!(cut(&[1, 100, 300], 21), [1, 10, 10]);
    assert_eq!(cut(&[5, 5, 5], 6), [2, 2, 2]);
    assert_eq!(cut(&[5, 5, 5], 2), [0, 0, 0]);
    assert_eq!(cut(&[0, 0, 7], 0), [0, 0, 0]);
}

#[test]
fn all_space_is_used_and_no_more() {
    for seed in 0..200 {
        let mut lengths: Vec<usize> =
            (0..seed % 17).map(|at| (at * 7919 + seed * 31) % 97).collect();
        lengths.sort_unstable();
        let sum: usize = lengths.iter().sum();
        for total in [0, sum / 3, sum / 2, sum.saturating_sub(1), sum, sum + 1] {
            let (kept, wanted) = (cut(&lengths, total).iter().sum::<usize>(), sum.min(total));
            // What can't be shared out evenly is less than a byte for each.
            assert!(kept <= wanted && kept + lengths.len() >= wanted, "{lengths:?} to {total}");
        }
    }
}

/// A long log in `/room/1`, a short one in `/room/2`.
const BEGIN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann
    1 g1 1 1 subscribe /room/1 sub=5
    2 g1 1 2 subscribe /room/2 sub=6
    2 g1 1 3 send /room/2 chat short
    2 g1 1 4 set /room/2 k=1
";

fn long_and_short() -> Rig {
    let mut rig = Rig::new();
    rig.run(BEGIN);
    for op_id in 5..45 {
        rig.run(&format!("3 g1 1 {op_id} send /room/1 chat {}", "x".repeat(500)));
    }
    rig
}

#[test]
fn a_short_log_still_reaches_when_a_long_one_was_cut() {
    let mut rig = long_and_short();
    let before = rig.node.counters().replay_bytes;
    assert!(before > 20_000, "{before}");
    let (now, total_max) = (rig.node_now(), 8_000);
    rig.node.shorten_logs(now, total_max, &mut rig.out);
    let after = rig.node.counters().replay_bytes;
    assert!(after > 0 && after <= 5_000, "{after}");

    let said = rig.run("4 g1 1 50 subscribe /room/2 sub=6 since=e2:chat=1,scores=1,members=1");
    assert!(said.contains("recovered +2"), "{said}");
    let said = rig.run("5 g1 1 51 subscribe /room/1 sub=5 since=e1:chat=1,scores=1,members=1");
    assert!(said.contains(" gap") && !said.contains("recovered"), "{said}");
    let said = rig.run("6 g1 1 52 subscribe /room/1 sub=5 since=e1:chat=40,scores=40,members=40");
    assert!(said.contains("recovered +1"), "{said}");
    // The history has taken over what the log let go of.
    let said = rig.run("7 g1 1 53 history /room/1");
    assert_eq!(said.matches(":xxx").count(), 40, "{said}");
    rig.run("8 g1 1 54 send /room/1 chat more");
    let grown = rig.node.counters().replay_bytes;
    assert!(grown <= total_max as u64, "{grown}");
}

#[test]
fn nothing_is_counted_when_logs_that_were_cut_are_gone() {
    let mut rig = long_and_short();
    let now = rig.node_now();
    rig.node.shorten_logs(now, 0, &mut rig.out);
    assert_eq!(rig.node.counters().replay_bytes, 0);
    let said = rig.run("4 g1 1 50 subscribe /room/2 sub=6 since=e2:chat=1,scores=1,members=1");
    assert!(said.contains(" gap") && said.contains("k=1v3"), "{said}");
    rig.run("5 g1 1 51 send /room/1 chat more\n6 g1 1 52 send /room/2 chat more");
    assert!(rig.node.counters().replay_bytes > 0);
    rig.run("7 g1 lost 1 ann bye\n900000 g2 up");
    let counters = rig.node.counters();
    assert_eq!((counters.replay_bytes, counters.queues), (0, 0));
}
