//! Turns of addresses.

use std::net::{Ipv4Addr, SocketAddr};

use super::source;

#[test]
fn addresses_take_turns() {
    let server = SocketAddr::from(([127, 0, 0, 1], 7400));
    let from = |number| source(number, server);
    assert_eq!(from(0), Some(Ipv4Addr::new(127, 0, 0, 2)));
    assert_eq!(from(99), from(0));
    assert_eq!(from(100), Some(Ipv4Addr::new(127, 0, 0, 3)));
    assert_eq!(from(19_999), Some(Ipv4Addr::new(127, 0, 0, 201)));
    assert_eq!(from(20_000), from(0));
    assert_eq!(source(0, SocketAddr::from(([10, 0, 0, 1], 7400))), None);
}
