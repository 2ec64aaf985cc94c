//! How a queue looks that is described.

use super::*;
use crate::show::bare;

#[test]
fn what_is_in_a_queue_stands_in_columns() {
    let answer = json!({
        "queue": "/room/1", "found": true, "epoch": 9, "seq": 4, "members": 2,
        "created_at_ms": 1_767_225_600_000u64, "class": "/room/*", "asked_at_ms": 1, "took_ms": 0,
        "mounts": [
            {"name": "chat\u{1b}[2J", "kind": "message", "entries": 3, "bytes": 2048},
            {"name": "s", "kind": "state", "entries": 12, "bytes": 7},
        ],
    });
    let expected = "\
queue      /room/1
class      /room/*
members    2
seq        4
created    2026-01-01 00:00:00Z (epoch 9)
mount          kind     entries     size
chat\\u{1b}[2J  message        3  2.0 KiB
s              state         12      7 B
";
    assert_eq!(bare(&contents_text("/room/1", &read(answer).unwrap())), expected);
}
