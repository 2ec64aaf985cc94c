//! The maths of the reports.

use super::{median, slope, spread};

#[test]
fn the_median_is_the_middle() {
    assert_eq!(median(vec![]), 0.0);
    assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
}

#[test]
fn the_spread_is_relative() {
    assert_eq!(spread(vec![1.0, 2.0, 4.0]), 1.5);
    assert_eq!(spread(vec![2.0]), 0.0);
}

#[test]
fn the_slope_of_a_line_is_its_own() {
    assert_eq!(slope(&[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]), 2.0);
    assert_eq!(slope(&[(1.0, 5.0), (1.0, 7.0)]), 0.0);
    assert_eq!(slope(&[]), 0.0);
}
