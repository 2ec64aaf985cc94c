//! What is unsent comes out as it came in, however sockets take it.

use proptest::prelude::*;

use super::*;

const CONN: ConnId = ConnId::at(0);

fn clients(slow_bytes: usize) -> Clients {
    let mut clients = Clients::new(&Settings { slow_bytes, ..Settings::default() });
    clients.opened(CONN, Format::default());
    clients
}

/// What comes for a connection, or how much its socket takes.
#[derive(Debug, Clone)]
enum Step {
    Small(Vec<u8>),
    Large(Vec<u8>),
    Takes(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        bytes().prop_map(Step::Small),
        bytes().prop_map(Step::Large),
        (0..100_usize).prop_map(Step::Takes),
    ]
}

/// As io does: piece by piece, until the socket takes no more.
fn take(clients: &mut Clients, mut free: usize, into: &mut Vec<u8>) {
    while free > 0 && clients.unsent(CONN) > 0 {
        let next = clients.unwritten(CONN);
        let length = next.len().min(free);
        into.extend_from_slice(&next[..length]);
        free -= length;
        let all = clients.wrote(CONN, length);
        assert_eq!(all, clients.unsent(CONN) == 0);
    }
}

proptest! {
    #[test]
    fn bytes_come_out_as_they_came_in(steps in proptest::collection::vec(step(), 1..60)) {
        let mut clients = clients(usize::MAX);
        let (mut wanted, mut got) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Small(bytes) => {
                    wanted.extend_from_slice(&bytes);
                    clients.deliver(CONN, |_| Encoded::Small(&bytes));
                }
                Step::Large(bytes) => {
                    wanted.extend_from_slice(&bytes);
                    let bytes: Rc<[u8]> = bytes.into();
                    clients.deliver(CONN, |_| Encoded::Large(&bytes));
                }
                Step::Takes(free) => take(&mut clients, free, &mut got),
            }
            prop_assert_eq!(clients.unsent(CONN), wanted.len() - got.len());
            prop_assert_eq!(clients.unsent_by_all(), wanted.len() - got.len());
        }
        take(&mut clients, usize::MAX, &mut got);
        prop_assert_eq!(got, wanted);
    }
}

#[test]
fn large_events_are_not_copied_for_each_and_count_for_each() {
    let body: Rc<[u8]> = vec![7; 600].into();
    let mut clients = clients(1_000);
    clients.opened(ConnId::at(1), Format::default());
    for conn in [CONN, ConnId::at(1)] {
        assert_eq!(clients.deliver(conn, |_| Encoded::Large(&body)), Appended::Done);
        assert_eq!(clients.unwritten(conn).as_ptr(), body.as_ptr());
        assert!(!clients.is_diverted(conn));
        assert_eq!(clients.deliver(conn, |_| Encoded::Large(&body)), Appended::Done);
        assert!(clients.is_diverted(conn));
    }
    assert_eq!((clients.unsent_by_all(), Rc::strong_count(&body)), (2_400, 5));
    clients.cut(CONN);
    clients.closed(ConnId::at(1));
    assert_eq!((clients.unsent_by_all(), Rc::strong_count(&body)), (0, 1));
}
