//! What is turned away at the door.

use proto::n2b::BucketReport;
use proto::table;

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

fn check(register: Register) -> Result<Registration, Refusal> {
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
        (Register { address: String::new(), ..register() }, "address: give"),
        (Register { host: "a\u{202e}b".to_owned(), ..register() }, "host: at most"),
    ];
    for (register, expected) in wrong {
        let Refusal { reason, for_good } = check(register).unwrap_err();
        assert!(reason.contains(expected) && for_good, "{reason}");
    }
}

#[test]
fn impossible_buckets_are_left_out() {
    let report = |bits, prefix| BucketReport {
        bits,
        prefix,
        row: Some(row(1, 1, 1)),
        ..BucketReport::default()
    };
    let mut outside = report(3, 6);
    outside.row.as_mut().unwrap().in_sync.clear();
    let buckets = vec![report(3, 7), report(3, 8), report(40, 0), outside];
    let checked = check(Register { buckets, ..register() }).unwrap();
    let whole = Row::reported(&row(1, 1, 1)).unwrap();
    assert_eq!(checked.buckets, [(BucketId::new(3, 7).unwrap(), whole)]);
}

/// A row of which the node is the only member.
fn row(loss: u64, reign: u64, conf: u64) -> table::Row {
    let owner = table::Owner { id: "q1".to_owned(), incarnation: 1 };
    let (primary, in_sync) = (Some(owner.clone()), vec![owner]);
    table::Row { prefix: 7, loss, reign, conf, primary, in_sync, ..table::Row::default() }
}

/// What is said to a process that names these numbers, where the boss's have come so far: nothing
/// if they can be.
fn said(register: Register) -> Option<String> {
    let known = Known {
        table: Version { term: 3, version: 40 },
        incarnation: 9,
        reign: Reign(4),
        conf: Conf(6),
        config: 2,
    };
    let refusal = check(register).unwrap().is_plausible(&known).err()?;
    assert!(!refusal.for_good, "a newer state may be put back");
    Some(refusal.reason)
}

#[test]
fn numbers_that_no_boss_of_the_cluster_has_given_are_refused_by_name() {
    let far = limits::NUMBER_AHEAD_MAX;
    let bucket = |loss, reign, conf| {
        let row = Some(row(loss, reign, conf));
        let buckets = vec![BucketReport { bits: 3, prefix: 7, row, ..BucketReport::default() }];
        Register { buckets, ..register() }
    };
    for ahead in [0, 1, far] {
        let register = Register { table_term: 3 + ahead, table_version: 40 + ahead, ..register() };
        assert_eq!(said(Register { incarnation: 9 + ahead, ..register }), None);
        assert_eq!(said(bucket(5, 4 + ahead, 6 + ahead)), None);
    }
    // Terms are told apart by their starts.
    let late = (history::STARTS_AHEAD_MAX << 16) | 0xffff;
    assert_eq!(said(Register { table_term: late, ..register() }), None);
    assert_eq!(said(Register { incarnation: late << 20 | 7, ..register() }), None);
    let far_life = (late + 1) << 20;
    let reason = said(Register { incarnation: far_life, ..register() }).expect("it is refused");
    assert!(reason.starts_with(&format!("the incarnation is {far_life}, but")), "{reason}");
    for most in [late + 1, limits::NUMBER_MAX - 1, u64::MAX] {
        let reason = said(Register { table_term: most, ..register() }).expect("it is refused");
        assert!(reason.starts_with(&format!("the term of its table is {most}, but")), "{reason}");
    }
    for loss in [LOSS_MAX, u64::MAX] {
        let Refusal { reason, for_good } = check(bucket(loss, 4, 6)).unwrap_err();
        assert!(reason.starts_with(&format!("the loss of a bucket is {loss}, but")) && for_good);
    }
    assert_eq!(said(bucket(LOSS_MAX - 1, 4, 6)), None);
    for most in [far + 100, limits::NUMBER_MAX - 1, limits::NUMBER_MAX, u64::MAX] {
        let cases = [
            (Register { table_version: most, ..register() }, "version of its table"),
            (
                Register { config_version: most, ..register() },
                "version of its cluster configuration",
            ),
            (bucket(5, most, 6), "reign of a bucket"),
            (bucket(5, 4, most), "conf of a bucket"),
        ];
        for (register, what) in cases {
            let reason = said(register).expect("it is refused");
            assert!(
                reason.starts_with(&format!("the {what} is {most}, but the newest")),
                "{reason}"
            );
        }
    }
}
