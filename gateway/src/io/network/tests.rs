//! Ranges, good and bad, and who is in them.

use super::*;

fn has(network: &str, address: &str) -> bool {
    network.parse::<Network>().unwrap().has(address.parse().unwrap())
}

#[test]
fn a_range_has_what_begins_alike() {
    assert!(has("10.0.0.0/8", "10.200.3.4"));
    assert!(!has("10.0.0.0/8", "11.0.0.0"));
    assert!(has("192.0.2.7", "192.0.2.7"));
    assert!(has("192.0.2.7", "::ffff:192.0.2.7"));
    assert!(!has("192.0.2.7", "192.0.2.6"));
    assert!(has("0.0.0.0/0", "203.0.113.9"));
    assert!(!has("0.0.0.0/0", "2001:db8::1"));
    assert!(has("::/0", "2001:db8::1"));
    assert!(has("2001:db8::/32", "2001:db8:ffff::1"));
    assert!(!has("2001:db8::/32", "2001:db9::1"));
    assert!(has("::ffff:10.0.0.0/104", "10.200.3.4"));
    assert!(!has("::ffff:10.0.0.0/104", "11.0.0.0"));
    assert!(has("::ffff:192.0.2.7", "192.0.2.7"));
    // Bits after the range's end don't count.
    assert!(has("10.1.2.3/16", "10.1.9.9"));
}

#[test]
fn what_is_no_range_is_refused() {
    for text in ["", "/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0/8", "host/8", "1.2.3.4/"]
    {
        let error = text.parse::<Network>().unwrap_err();
        assert!(error.to_string().contains("not a range of addresses"), "{text}");
    }
}
