//! What is printed, for people and for programs.

use serde_json::json;

use super::*;

#[test]
fn columns_are_aligned_and_numbers_end_at_the_same_place() {
    let mut table = Table::new(&["queue", ">members", "state"]);
    table.push(vec![Cell::new("/room/1", NAME), Cell::number(Some(7)), Cell::new("up", GOOD)]);
    table.push(vec![Cell::plain("/r"), Cell::number(Some(12_345_678)), Cell::plain("")]);
    table.push(vec![Cell::plain("/r"), Cell::number(None::<u32>), Cell::plain("gone")]);
    let expected = "\
queue     members  state
/room/1         7  up
/r       12345678
/r              -  gone
";
    assert_eq!(bare(&table.text()), expected);
    assert!(table.text().contains("\u{1b}["), "a terminal gets colours");
}

#[test]
fn strangers_steer_no_terminal() {
    let evil = "a\u{1b}[2J\r\nb\u{9b}c\u{202e}d";
    assert_eq!(safe(evil), "a\\u{1b}[2J\\r\\nb\\u{9b}c\\u{202e}d");
    let mut table = Table::new(&["name"]);
    table.push(vec![Cell::plain(evil)]);
    assert_eq!(table.text().lines().count(), 2);
    let document = json!({"name": format!("{evil}\u{e0041}")});
    let text = json_text(&document);
    assert!(!text.chars().any(is_hidden), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
}

#[test]
fn sizes_and_times_are_readable() {
    assert_eq!(bytes(0.0), "0 B");
    assert_eq!(bytes(1023.0), "1023 B");
    assert_eq!(bytes(1536.0), "1.5 KiB");
    assert_eq!(bytes(1024.0 * 1024.0 - 1.0), "1.0 MiB");
    assert_eq!(bytes(3.0 * 1024.0f64.powi(3)), "3.0 GiB");
    assert_eq!(date(0), "1970-01-01 00:00:00Z");
    assert_eq!(date(951_782_400_000), "2000-02-29 00:00:00Z");
    assert_eq!(date(1_767_225_599_000), "2025-12-31 23:59:59Z");
    assert_eq!(clock(1_767_225_599_007), "23:59:59.007Z");
    assert_eq!(span(999), "999 ms");
    assert_eq!(span(61_000), "1 min");
    assert_eq!(span(3 * 86_400_000), "3 d");
    assert_eq!((count(1, "queue"), count(0, "queue")), ("1 queue".into(), "0 queues".into()));
}
