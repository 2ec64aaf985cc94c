//! Tests of binding and of the limit on files.

use super::*;

#[test]
fn lanes_share_a_port_and_strangers_do_not() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (address, lanes) = bind(any, 2).unwrap();
    assert_eq!(lanes.len(), 2);
    assert_eq!(bind(address, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    assert_eq!(bind(address, 2).unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn reads_the_limit_on_files() {
    let table = "Limit Soft Hard Units\nMax open files            20000        524288     files\n";
    assert_eq!(open_files(table), Some(20_000));
    assert_eq!(open_files("nothing"), None);
}
