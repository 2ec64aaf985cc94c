//! Tests of the shares.

use super::*;

#[test]
fn what_others_need_is_held_back() {
    let shares = |limit, wanted| {
        let Files { clients, web, callouts } = Files::of(limit, wanted);
        (clients, web, callouts)
    };
    assert_eq!(shares(None, 1_000_000), (1_000_000, 4_096, 10_000));
    assert_eq!(shares(Some(2_000_000), 1_000_000), (1_000_000, 4_096, 10_000));
    assert_eq!(shares(Some(20_000), 1_000_000), (20_000 - 256 - 2 * 1_250, 1_250, 1_250));
    assert_eq!(shares(Some(1_024), 1_000_000), (640, 64, 64));
    assert_eq!(shares(Some(1_024), 100), (100, 64, 64));
    assert_eq!(shares(Some(200), 100), (0, 12, 12));
    for limit in (0..100_000).step_by(77) {
        let (clients, web, callouts) = shares(Some(limit), usize::MAX);
        assert!(clients == 0 || clients + web + callouts + OTHERS == limit, "of {limit}");
    }
}
