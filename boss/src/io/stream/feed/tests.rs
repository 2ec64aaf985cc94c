//! What readers get of what has changed.

use serde_json::Value;

use super::*;
use crate::machine::events::Kind;
use crate::machine::roster::{NodeRole, State};

fn node(id: &str, message: &str) -> view::Node {
    view::Node {
        id: id.to_owned(),
        role: NodeRole::QueueNode,
        host: "h".to_owned(),
        address: "a:1".to_owned(),
        state: State::Up,
        message: message.to_owned(),
        connections: None,
        connections_max: None,
        incarnation: 1,
    }
}

fn table(confs: &[u64]) -> view::Table {
    let row = |(prefix, conf): (u32, &u64)| view::Row {
        prefix,
        loss: 1,
        reign: 1,
        conf: *conf,
        primary: None,
        in_sync: Vec::new(),
        learners: Vec::new(),
        degraded: false,
        holding: false,
    };
    let rows = (0..).zip(confs).map(row).collect();
    view::Table { term: 1, version: 1, bits: 1, rows, places: Vec::new() }
}

/// What is seen at this second, of nothing else that has changed.
fn seen(at_ms: u64, known: Known) -> Seen {
    let found = crate::machine::boss::Found {
        kept: crate::machine::kept::Kept::new(1, configurations()),
        is_older: false,
        chance: 0,
    };
    let settings =
        crate::machine::Settings { settle_ms: 0, expected_queue_nodes: None, dead_ms: 500 };
    let now = proto::time::Time { ms: 0, unix_ms: 0 };
    let boss = crate::machine::Boss::new(now, settings, found);
    let (nodes, events, moments) = (Vec::new(), Vec::new(), Vec::new());
    let nodes = view::Nodes { version: 1, nodes };
    Seen { at_ms, status: boss.status(), nodes, events, moments, table: None, known }
}

fn configurations() -> crate::machine::configurations::Configurations {
    let config = crate::machine::configuration::Configuration::parse(crate::DEFAULT_CLUSTER);
    crate::machine::configurations::Configurations::new(&config.unwrap(), 0, 0)
}

fn read(piece: &Bytes) -> (String, Value) {
    let text = std::str::from_utf8(piece).unwrap();
    let (name, data) = text.split_once('\n').unwrap();
    let data = data.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
    (name.to_owned(), serde_json::from_str(data).unwrap())
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn what_is_as_it_was_isn_t_said_again() {
    let mut feed = Feed::default();
    let mut first = seen(1, Known { looks: Some(1), ..Known::default() });
    first.nodes.nodes = vec![node("q1", "a"), node("q2", "a")];
    first.table = Some(Some(table(&[1, 1])));
    feed.take(first, Beside::default());
    let (name, document) = read(&feed.document());
    assert_eq!(
        (name.as_str(), document["nodes"][1]["id"].as_str()),
        ("event: document", Some("q2"))
    );
    assert_eq!(document["table"]["rows"].as_array().map(Vec::len), Some(2));

    let known = feed.known();
    let mut second = seen(2, known);
    second.nodes.nodes = vec![node("q1", "a"), node("q2", "a")];
    let (name, change) = read(&feed.take(second, Beside::default()));
    assert_eq!(name, "event: change");
    assert_eq!(keys(&change), ["at_ms", "events_count", "totals"]);

    let mut third = seen(3, Known { looks: Some(2), events: 1, ..known });
    third.nodes.nodes = vec![node("q1", "b")];
    third.table = Some(Some(table(&[1, 2])));
    third.status.message = "otherwise".to_owned();
    let text = "line\nbreak".to_owned();
    third.events.push(Event { at_ms: 3, kind: Kind::Lost, node: None, text });
    let (_, change) = read(&feed.take(third, Beside::default()));
    let expected =
        ["at_ms", "events", "events_count", "forgotten", "nodes", "rows", "status", "totals"];
    assert_eq!(keys(&change), expected);
    assert_eq!(change["rows"][0]["prefix"], 1);
    assert_eq!(
        (&change["nodes"][0]["message"], &change["forgotten"][0]),
        (&"b".into(), &"q2".into())
    );
    let (_, document) = read(&feed.document());
    assert_eq!(document["table"]["rows"][1]["conf"], 2);
    assert_eq!(document["events"][0]["text"], "line\nbreak");
}

#[test]
fn a_table_with_other_buckets_is_said_whole() {
    let mut feed = Feed::default();
    let mut one = seen(1, Known { looks: Some(1), ..Known::default() });
    one.table = Some(Some(table(&[1])));
    feed.take(one, Beside::default());
    let mut other = seen(2, Known { looks: Some(2), ..Known::default() });
    other.table = Some(Some(view::Table { bits: 2, ..table(&[1, 1, 1, 1]) }));
    let (_, change) = read(&feed.take(other, Beside::default()));
    assert_eq!(change["table"]["rows"].as_array().map(Vec::len), Some(4));
    assert!(change.get("rows").is_none(), "{change}");
}
