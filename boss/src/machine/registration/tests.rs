//! What is turned away at the door.

use proto::n2b::BucketReport;

use super::*;

fn register() -> Register {
    Register {
        id: "q1".to_owned(),
        role: Role::QueueNode.into(),
        host: "h1".to_owned(),
        address: "10.0.0.1:7600".to_owned(),
        ..Register::default()
    }
}

fn check(register: Register) -> Result<Registration, String> {
    let peer = Peer {
        role: Role::QueueNode,
        id: "q1".to_owned(),
        incarnation: 0,
        lane: 0,
        version: 1,
        cluster_id: 0,
    };
    Registration::check(register, &peer)
}

#[test]
fn a_new_process_has_no_incarnation() {
    assert_eq!(check(register()).unwrap().incarnation, None);
    assert_eq!(check(Register { incarnation: 7, ..register() }).unwrap().incarnation, Some(7));
}

#[test]
fn wrong_ones_hear_what_is_wrong() {
    let wrong = [
        (Register { role: 3, ..register() }, "only gateways and queue nodes"),
        (Register { role: 99, ..register() }, "only gateways and queue nodes"),
        (Register { role: 1, ..register() }, "the link was opened by"),
        (Register { id: "q2".to_owned(), ..register() }, "the link was opened by"),
        (Register { id: "<b>".to_owned(), ..register() }, "a node id is"),
        (Register { host: "a\nb".to_owned(), ..register() }, "host: at most"),
        (Register { host: "h".repeat(256), ..register() }, "host: at most"),
        (Register { address: String::new(), ..register() }, "address: where"),
        (Register { table_term: u64::MAX, ..register() }, "that no boss has given"),
    ];
    for (register, expected) in wrong {
        let error = check(register).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn impossible_buckets_are_left_out() {
    let report = |bits, prefix, conf| BucketReport { bits, prefix, loss: 1, conf };
    let buckets = vec![report(3, 7, 1), report(3, 8, 1), report(40, 0, 1), report(3, 0, u64::MAX)];
    let checked = check(Register { buckets, ..register() }).unwrap();
    assert_eq!(checked.buckets, [(BucketId::new(3, 7).unwrap(), Epochs { loss: 1, conf: 1 })]);
}
