//! The screen as it is seen.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::*;
use crate::show::bare;

/// Two nodes, two queues, two clients.
fn view() -> View {
    let document: Value = json!({
        "at_ms": 1_767_225_600_000u64,
        "status": {
            "message": "all is well.", "term": 1,
            "safety": {"hosts_may_die": 0, "nodes_may_die": 1, "hosts_wanted": 1,
                       "reasons": ["one host has all nodes"]},
            "buckets_of": [{"id": "q1", "buckets": 16, "copies": 0, "learners": 0,
                            "lag_records": 3.0, "lag_bytes": 9.0}],
            "totals": {"connections": 2.0, "sessions": 2.0, "queues": 4.0, "messages_per_s": 123.4,
                       "deliveries_per_s": 9.5, "round_trip_ms": null, "round_trip_p50_ms": 0.25,
                       "round_trip_p99_ms": 1.5, "errors_per_s": 2.0},
        },
        "nodes": [
            {"id": "g1", "role": "gateway", "host": "a", "state": "up", "message": "it is up."},
            {"id": "q1", "role": "queue_node", "host": "b", "state": "gone", "message": "away."},
        ],
        "events": [{"at_ms": 0, "kind": "joined", "node": "q1", "text": "q1 joined"}],
        "connections": {"missing": [{"node": "g2", "why": "it is silent"}], "connections": [
            {"user": "ann", "gateway": "g1", "unsent_bytes": 0, "state": "ok",
             "subscriptions": 2, "unanswered": 0},
            {"user": "ben", "gateway": "g1", "unsent_bytes": 4096, "state": "slow",
             "subscriptions": 1, "unanswered": 3},
        ]},
        "busy": {"missing": [], "queues": [
            {"queue": "/few", "node": "q1", "events_per_s": 1.0, "members": 90.0},
            {"queue": "/many", "node": "q1", "events_per_s": 50.0, "members": 1.0},
        ]},
        "processes": {"q1": {"memory_bytes": 1048576.0, "open_files": 90.0,
                             "open_files_max": 100.0, "cpu": 0.5, "version": "0.1.0"}},
    });
    View::deserialize(&document).unwrap()
}

fn shown(screen: &Screen) -> String {
    let lines = screen.lines(&view(), "http://boss");
    bare(&lines.join("\n"))
}

/// What stands first in the lines of a table below this heading.
fn below(text: &str, heading: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn all_panes_stand_below_the_headline() {
    let text = shown(&Screen::default());
    for wanted in [
        "hosts that may die now without losing anything: 0\n",
        "  one host has all nodes\n",
        "messages/s 123   deliveries/s 9.5   operations/s 0   p50 0.25 ms   p99 1.50 ms\n",
        "connections 2   sessions 2   queues 4   errors/s 2.0   dropped/s 0   slow/s 0\n",
        "g2 is missing below: it is silent\n",
        "1 nodes by id\n",
        "joined   q1   q1 joined",
    ] {
        assert!(text.contains(wanted), "{wanted:?} in {text}");
    }
    let node = text.lines().find(|line| line.starts_with("q1")).unwrap();
    let words: Vec<&str> = node.split_whitespace().collect();
    let wanted =
        ["q1", "queue-node", "b", "gone", "16", "0", "3", "1.0", "MiB", "90/100", "50%", "0.1.0"];
    assert_eq!(words[..12], wanted);
    assert_eq!(below(&text, "2 queues"), ["/many", "/few"]);
    assert_eq!(below(&text, "3 clients"), ["ben", "ann"]);
}

#[test]
fn a_pane_is_shown_alone_and_sorted_anew() {
    let mut screen = Screen::default();
    screen.choose(Pane::of_key(b'2'));
    let text = shown(&screen);
    assert!(!text.contains("1 nodes") && !text.contains("3 clients"), "{text}");
    screen.sort();
    assert_eq!(below(&shown(&screen), "2 queues by deliveries"), ["/few", "/many"]);
    screen.choose(Pane::Clients);
    screen.sort();
    assert_eq!(below(&shown(&screen), "3 clients by queues"), ["ann", "ben"]);
    screen.choose(Pane::Nodes);
    screen.sort();
    assert_eq!(below(&shown(&screen), "1 nodes by lag"), ["q1", "g1"]);
    // The same key again shows all.
    screen.choose(Pane::Nodes);
    assert!(shown(&screen).contains("3 clients"));
}

#[test]
fn lines_fit_and_keep_their_colours() {
    let screen = Screen::default();
    let lines = screen.fitting(&view(), "http://boss", (20, 6));
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|line| bare(line).chars().count() <= 20), "{lines:?}");
    let text = styled("abcdef", BAD);
    assert_eq!(cut(&text, 3), styled("abc", BAD));
    assert_eq!(cut(&text, 9), text);
}

#[test]
fn trouble_is_said_and_goes() {
    let mut screen = Screen::default();
    screen.set_trouble(Some("the boss is away".to_owned()));
    assert!(shown(&screen).contains("the boss is away: asking again\n"));
    screen.set_trouble(None);
    assert!(!shown(&screen).contains("asking again"));
}
