//! Summaries that are read, and lines that are none.

use super::Counts;

#[test]
fn summaries_are_read() {
    let passed = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; finished in 0.1s";
    assert_eq!(Counts::read(passed), Some(Counts { passed: 12, failed: 0 }));
    let failed = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured";
    assert_eq!(Counts::read(failed), Some(Counts { passed: 3, failed: 2 }));
    assert_eq!(Counts::read("1012 passed, 1 failed"), Some(Counts { passed: 1012, failed: 1 }));
}

#[test]
fn other_lines_are_not() {
    for line in
        ["", "test a ... ok", "seed 7: 3 passed, 0 failed", "3 passed", "x passed, 1 failed"]
    {
        assert_eq!(Counts::read(line), None, "{line:?}");
    }
}
