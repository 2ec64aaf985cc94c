//! What is printed of hops.

use serde_json::json;

use super::*;

#[test]
fn hops_of_one_message_are_told_apart_from_others() {
    let mut messages = Messages::default();
    let mut since = |hop: Value| messages.since(&hop);
    let sent = |at_us: u64, op_id: u64| json!({ "at_us": at_us, "session": "s", "op_id": op_id });
    assert_eq!(since(sent(1_000, 1)), None);
    assert_eq!(since(sent(1_100, 2)), None);
    // The home knows it by both.
    let decided = |at_us: u64, op_id: u64, seq: u64| {
        let event = json!({ "queue": "/room/1", "seq": seq });
        let mut hop = sent(at_us, op_id);
        hop.as_object_mut().expect("fields").extend(event.as_object().expect("fields").clone());
        hop
    };
    assert_eq!(since(decided(1_250, 1, 7)), Some(250));
    let delivered =
        |at_us: u64, seq: u64| json!({ "at_us": at_us, "queue": "/room/1", "seq": seq });
    assert_eq!(since(delivered(1_300, 7)), Some(50));
    // The home's turn had begun before the gateway's.
    assert_eq!(since(decided(1_090, 2, 8)), Some(-10));
    assert_eq!(since(delivered(1_400, 8)), Some(310));
    assert_eq!(since(delivered(1_500, 9)), None);
    // Who comes and goes is no message.
    assert_eq!(since(json!({ "at_us": 1_600, "user": "ann" })), None);
    assert_eq!(since(json!({ "at_us": 1_700, "user": "ann" })), None);
}

#[test]
fn a_line_has_its_time_and_difference_and_nothing_that_steers_a_terminal() {
    let hop = json!({
        "at_us": 1_796_083_627_423_456_u64, "node": "g1", "kind": "received",
        "what": "send_message", "queue": "/room/\u{1b}1", "user": "ann", "op_id": 2, "bytes": 12,
    });
    let line = anstream::adapter::strip_str(&text(&hop, Some(1_250))).to_string();
    let (_, rest) = line.split_once(".423456Z ").expect("microseconds");
    let wanted = "  +1.250 ms g1   received  send_message queue=/room/\\u{1b}1 user=ann \
                  op_id=2 bytes=12";
    assert_eq!(rest, wanted);
    let first = anstream::adapter::strip_str(&text(&hop, None)).to_string();
    assert!(first.contains(".423456Z             g1   received"), "{first}");
    let back = anstream::adapter::strip_str(&text(&hop, Some(-10))).to_string();
    assert!(back.contains(" -0.010 ms"), "{back}");
}
