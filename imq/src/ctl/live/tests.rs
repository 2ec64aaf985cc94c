//! What comes of a boss's events.

use serde_json::json;

use super::*;

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

#[test]
fn changes_are_taken_into_the_document() {
    let mut known = Value::Null;
    let document = json!({
        "status": {"message": "a", "totals": {"queues": 1}}, "table": {"rows": [1, 2]},
        "nodes": [{"id": "g1", "state": "up"}, {"id": "q1", "state": "up"}],
        "events": [{"at_ms": 1}], "moments": [], "connections": null, "processes": {},
    });
    assert!(take(&mut known, &event("document", &document)).unwrap());
    assert_eq!(known, document);
    let change = json!({
        "at_ms": 5, "totals": {"queues": 2}, "forgotten": ["g1"], "rows": [{"prefix": 0}],
        "nodes": [{"id": "q1", "state": "gone"}, {"id": "q2", "state": "up"}],
        "events": [{"at_ms": 4}], "moments": [{"at_ms": 5}], "connections": {"connections": []},
    });
    assert!(take(&mut known, &event("change", &change)).unwrap());
    let expected = json!({
        "at_ms": 5, "status": {"message": "a", "totals": {"queues": 2}},
        "table": {"rows": [1, 2]}, "nodes": [{"id": "q1", "state": "gone"},
        {"id": "q2", "state": "up"}], "events": [{"at_ms": 1}, {"at_ms": 4}],
        "moments": [{"at_ms": 5}], "connections": {"connections": []}, "processes": {},
    });
    assert_eq!(known, expected);
    // A status has figures of its own.
    let change = json!({"totals": {"queues": 3}, "status": {"message": "b", "totals": {}}});
    take(&mut known, &event("change", &change)).unwrap();
    assert_eq!(known["status"], json!({"message": "b", "totals": {"queues": 3}}));
}

#[test]
fn what_is_unknown_is_passed_over_and_what_is_no_json_is_refused() {
    let mut known = json!({"nodes": []});
    assert!(!take(&mut known, ": a comment\n\n").unwrap());
    assert!(!take(&mut known, &event("else", &json!({}))).unwrap());
    assert!(take(&mut known, "event: change\ndata: {\n\n").is_err());
    assert_eq!(known, json!({"nodes": []}));
}

#[test]
fn what_only_grows_is_bounded() {
    let mut known = json!({"events": []});
    for at in 0..KEPT_MAX as u64 + 5 {
        change(&mut known, json!({"events": [at]}));
    }
    assert_eq!(known["events"].as_array().unwrap().len(), KEPT_MAX);
    assert_eq!(known["events"][0], 5);
}
