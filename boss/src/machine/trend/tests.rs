//! How often figures are kept, and how many.

use super::*;

fn at(ms: u64) -> Time {
    Time { ms, unix_ms: 1_000_000 + ms }
}

fn figures(connections: f64) -> Totals {
    Totals { connections, ..Totals::default() }
}

#[test]
fn there_is_one_moment_a_second_and_the_oldest_goes() {
    let mut trend = Trend::default();
    trend.take(at(20), || figures(1.0), 1);
    trend.take(at(999), || unreachable!("it isn't due"), 1);
    trend.take(at(1_005), || figures(2.0), 0);
    let kept: Vec<_> = trend.iter().map(|it| (it.at_ms, it.totals.connections)).collect();
    assert_eq!(kept, [(1_000_020, 1.0), (1_001_005, 2.0)]);
    (2..MOMENTS_MAX as u64 + 2).for_each(|s| trend.take(at(s * 1_000), Totals::default, 0));
    assert_eq!(trend.iter().count(), MOMENTS_MAX);
    assert_eq!(trend.iter().next().map(|moment| moment.at_ms), Some(1_002_000));
}
