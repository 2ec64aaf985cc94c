//! Tests of reading the kernel's table.

use super::*;

#[test]
fn the_memory_of_tcp_is_in_pages() {
    let table = "sockets: used 9\nTCP: inuse 5 orphan 0 tw 4 alloc 15 mem 3\nUDP: inuse 0 mem 7\n";
    assert_eq!(parse(table), Some(3 * 4096));
    assert_eq!(parse("UDP: inuse 0 mem 7\n"), None);
    assert!(tcp_bytes().is_ok());
}
