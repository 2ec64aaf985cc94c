//! What one key holds is no other's.

use super::*;

#[test]
fn each_key_has_its_part() {
    let shares = Shares::new(3);
    let bytes_max = limits::WEB_BYTES_MAX / 2;
    let mut held = Vec::new();
    while let Ok(more) = shares.hold(1, limits::BATCH_BYTES_MAX) {
        held.push(more);
    }
    assert_eq!(held.len(), bytes_max / limits::BATCH_BYTES_MAX);
    assert_eq!(shares.hold(1, 1).unwrap_err(), TooMuch { bytes_max });
    assert!(shares.hold(2, limits::BATCH_BYTES_MAX).is_ok());
    held.pop();
    assert!(shares.hold(1, 1).is_ok());
    // With many keys each can still send the largest body.
    assert!(Shares::new(1_000).hold(999, limits::BATCH_BYTES_MAX).is_ok());
}

#[test]
fn answers_are_held_until_they_are_written() {
    let shares = Shares::new(2);
    let taken = || shares.taken[1].load(Ordering::Relaxed);
    let body = shares.hold(1, 100).unwrap().answer(vec![b'x'; 2 * limits::WEB_BYTES_MAX]);
    assert_eq!(taken(), 2 * limits::WEB_BYTES_MAX);
    assert!(shares.hold(1, 100).is_err());
    drop(body);
    assert_eq!(taken(), 0);
    let small = shares.hold(1, 100).unwrap().answer(vec![b'x'; SMALL_BYTES]);
    assert_eq!(taken(), 0);
    drop(small);
}
