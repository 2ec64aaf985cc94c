//! A queue node that has copies of another's buckets, which are what their primaries are.

use serde_json::json;

use crate::http::{metric, until, until_ready};
use crate::process::imq_ok;
use crate::roles::{Arguments, Five};

/// What the second node says of its copies.
fn digests(five: &Five) -> String {
    imq_ok(&["ctl", "digest", "--node", &format!("http://127.0.0.1:{}", five.base + 291)])
}

#[test]
fn a_learner_is_what_its_primary_is() {
    let learns = Arguments { queue_nodes: &["--learn", "q1"], ..Arguments::default() };
    let mut five = Five::start_as(&learns);
    let (queue, copies) = (five.queue_at(0), five.base + 291);
    let talk = |five: &Five, numbers: std::ops::Range<u32>| {
        for number in numbers {
            let (payload, key) = (number.to_string(), format!("k{number}"));
            let message = json!({ "queue": queue, "mount": "chat", "payload": payload });
            five.call(0, "send_message", &message);
            let change = json!({ "key": key, "set": payload });
            let state = json!({ "queue": queue, "mount": "scores", "changes": [change] });
            five.call(0, "send_state", &state);
        }
    };
    five.call(0, "create_queue", &json!({ "queue": queue }));
    talk(&five, 0..20);
    until("copies have applied what was said", || {
        metric(copies, "imq_queue_node_copy_units_applied_total") >= 20.0
    });
    until("each copy was compared", || {
        let buckets = metric(five.base + 290, "imq_queue_node_buckets ");
        metric(copies, "imq_queue_node_copies_compared_total") > 2.0 * buckets
    });
    until("the page has them", || digests(&five).lines().any(|line| line.ends_with(" equal")));
    // Who has copies dies and comes back: its own buckets are the other's now, and it copies all.
    five.queue_nodes[1].kill();
    // One that is back before anybody was refused by its port would take its buckets back.
    until("the other has taken over", || {
        metric(five.base + 290, "imq_queue_node_buckets ") == 16.0
    });
    five.restart_queue_node_with(1, &["--learn", "q1"]);
    until_ready(copies);
    until("all buckets have copies", || metric(copies, "imq_queue_node_copies ") == 16.0);
    talk(&five, 20..25);
    until("each copy was compared", || {
        metric(copies, "imq_queue_node_copies_compared_total") > 32.0
    });
    for never in ["imq_queue_node_copies_differing_total", "imq_queue_node_copies_broken_total"] {
        assert_eq!(metric(copies, never), 0.0, "{never}");
    }
}
