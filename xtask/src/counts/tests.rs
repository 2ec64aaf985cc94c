//! Summaries that are read, and lines that are none.

use super::Counts;

fn check(line: &str, [passed, failed, ignored, filtered]: [u64; 4]) {
    let counts = Counts { passed, failed, ignored, filtered };
    assert_eq!(Counts::read(line), Some(counts), "{line}");
}

#[test]
fn summaries_are_read() {
    let passed = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; finished in 0.1s";
    check(passed, [12, 0, 0, 0]);
    check("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured", [3, 2, 0, 0]);
    check("1012 passed, 1 failed", [1012, 1, 0, 0]);
}

#[test]
fn what_was_not_run_is_read_too() {
    let ignored = "test result: ok. 1 passed; 0 failed; 2 ignored; 0 measured; 7 filtered out; \
                   finished in 0.00s";
    check(ignored, [1, 0, 2, 7]);
    check("5 passed, 0 failed, 3 skipped", [5, 0, 3, 0]);
    assert_eq!(Counts::read(ignored).map(Counts::left_out), Some(9));
}

#[test]
fn other_lines_are_not() {
    for line in
        ["", "test a ... ok", "seed 7: 3 passed, 0 failed", "3 passed", "x passed, 1 failed"]
    {
        assert_eq!(Counts::read(line), None, "{line:?}");
    }
}
