//! The line of the resident set.

use super::{parse, resident_bytes};

#[test]
fn the_line_is_found_among_others() {
    assert_eq!(parse("Name:\tx\nVmRSS:\t    1234 kB\nRssAnon: 1 kB\n"), Some(1234 * 1024));
    assert_eq!(parse("Name:\tx\n"), None);
    assert!(resident_bytes(std::process::id()).unwrap() > 0);
}
