//! Tests of binding.

use super::*;

#[test]
fn lanes_share_a_port_and_strangers_do_not() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (address, lanes) = bind(any, 2).unwrap();
    assert_eq!(lanes.len(), 2);
    assert_eq!(bind(address, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(bind(address, 2).unwrap_err().kind(), io::ErrorKind::AddrInUse);
}
