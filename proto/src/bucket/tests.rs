//! Prefixes, halves and bounds.

use super::*;

#[test]
fn the_top_bits_choose() {
    assert_eq!(BucketId::of(u64::MAX, 4), BucketId::new(4, 15).expect("fits"));
    assert_eq!(BucketId::of(1 << 60, 4), BucketId::new(4, 1).expect("fits"));
    assert_eq!(BucketId::of(u64::MAX, 0), BucketId::new(0, 0).expect("fits"));
    assert_eq!(BucketId::new(4, 16), None);
    assert_eq!(BucketId::new(99, 0), None);
}

#[test]
fn halves_share_what_the_whole_held() {
    let whole = BucketId::of(0xabcd_0000_0000_0000, 4);
    let [low, high] = whole.halves().expect("not the finest");
    for hash in [0xa000_0000_0000_0000, 0xa7ff_0000_0000_0000, 0xa800_0000_0000_0000, u64::MAX] {
        assert_eq!(whole.holds(hash), low.holds(hash) || high.holds(hash));
        assert!(!(low.holds(hash) && high.holds(hash)));
    }
}

#[test]
fn a_bucket_is_read_as_it_is_shown() {
    let bucket = BucketId::new(5, 12).unwrap();
    assert_eq!(bucket.to_string().parse(), Ok(bucket));
    for text in ["", "12", "12/", "/5", "32/5", "1/17", "-1/5", "1/5/2"] {
        assert_eq!(text.parse::<BucketId>(), Err(NoBucket), "{text}");
    }
}
