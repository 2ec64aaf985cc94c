//! Pauses grow, spread, and start anew.

use super::*;

#[test]
fn pauses_grow_to_a_second() {
    let mut redial = Redial::default();
    let shortest: Vec<u64> = (0..11).map(|_| redial.pause_ms(0)).collect();
    assert_eq!(shortest, [0, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500]);
    for random in 0..5000 {
        assert!(redial.pause_ms(random) <= LONGEST_MS);
    }
    redial.succeeded();
    assert_eq!(redial.pause_ms(7), 0);
    assert!((FIRST_MS / 2..=FIRST_MS).contains(&redial.pause_ms(7)));
}
