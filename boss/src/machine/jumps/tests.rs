//! Each number jumps once, and not alike.

use super::*;

#[test]
fn each_number_of_a_row_jumps_once_and_each_start_otherwise() {
    let mut jumps = Jumps::new(7);
    let first: Vec<u64> = (0..100).map(|prefix| jumps.take(prefix, Number::Conf)).collect();
    assert!(first.iter().all(|jump| *jump < 1 << JUMP_BITS));
    assert!(first.iter().collect::<BTreeSet<_>>().len() > 90);
    assert_eq!(jumps.take(3, Number::Conf), 0);
    assert_ne!(jumps.take(3, Number::Reign), first[3], "a reign jumps of its own");
    assert_eq!(jumps.take(3, Number::Reign), 0);
    let mut other = Jumps::new(8);
    assert_ne!(other.take(3, Number::Conf), first[3]);
    let mut none = Jumps::new(0);
    assert_eq!(none.take(3, Number::Conf), 0);
}
