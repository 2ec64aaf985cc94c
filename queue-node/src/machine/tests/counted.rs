//! What operators read of a node is what happened.

use super::rig::Rig;
use crate::machine::Counters;

#[test]
fn everything_is_counted_once() {
    let mut rig = Rig::new();
    let said = rig.run(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /told/1 sub=5
        2 g1 2 1 subscribe /told/1 sub=5
        3 g1 1 2 send /told/1 chat a
        3 g1 1 2 send /told/1 chat a
        4 g1 1 3 send /told/none chat a
        5 g2 introduce 3 ann
        5 g2 login 3 ann secret=2 resume=1,1
        6 g2 introduce 3 ann id=1
        6 g2 confirmed 3 ann
        6 g2 resume 3 /told/1 5 e1:chat=1,scores=1,members=1
        7 g2 introduce 4 bob
        7 g2 login 4 bob
        8 g1 request 1 user /user/ann
        9 g1 request 2 create /told/2
        10 g1 request 3 delete /told/2
        ",
    );
    let counters = rig.node.counters();
    let wanted = Counters {
        // Three writes, one of them again, two subscribes and a resume.
        operations: 6,
        requests: 3,
        refused: 1,
        repeated: 1,
        events: 3,
        fanned_out: 2,
        records: counters.records,
        // Two inboxes and two queues.
        queues_created: 4,
        queues_destroyed: 1,
        logins: 3,
        resumes: 1,
        kicks: 1,
        // Two notes and a fence.
        words: 3,
        callout_tells: 6,
        callout_tells_kept: 6,
        recovered: 1,
        replay_bytes: counters.replay_bytes,
        kept_bytes: counters.kept_bytes,
        kept_bytes_max: u64::MAX,
        queues: 3,
        // Each session is in its inbox.
        subscriptions: 5,
        sessions: 3,
        buckets: 2,
        ..Counters::default()
    };
    assert_eq!(counters, wanted, "{said}");
}
