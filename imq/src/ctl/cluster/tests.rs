//! How a boss's answers look in columns.

use serde_json::Value;

use super::*;
use crate::show::bare;

#[test]
fn nodes_and_their_buckets_stand_in_columns() {
    let status = json!({
        "term": 1,
        "safety": {"hosts_may_die": 0, "nodes_may_die": 1, "hosts_wanted": 1,
                   "reasons": ["q2 is away"]},
        "buckets_of": [
            {"id": "q1", "buckets": 16, "copies": 8, "learners": 0,
             "lag_records": 2.0, "lag_bytes": 120.0},
            {"id": "q2", "buckets": 0, "copies": 8, "learners": 4,
             "lag_records": null, "lag_bytes": null},
        ],
    });
    let node = |id: &str, role: &str, state: &str| {
        json!({"id": id, "role": role, "host": "h", "state": state, "message": "it is.",
               "address": "10.0.0.1:1", "incarnation": 1})
    };
    let mut gateway = node("g1", "gateway", "up");
    gateway["connections"] = json!(3);
    gateway["connections_max"] = json!(1000);
    let nodes = json!({"nodes": [
        gateway, node("q1", "queue_node", "up"),
        node("q2", "queue_node", "gone"),
    ]});
    let text = nodes_text(&read(status).unwrap(), &read(nodes).unwrap());
    let expected = "\
hosts that may die now without losing anything: 0
queue nodes that may: 1
  q2 is away
node  role        host  state  primary  copy  learner  lag                 clients  message
g1    gateway     h     up           -     -        -  -                 3 of 1000  it is.
q1    queue-node  h     up          16     8        0  2 records, 120 B          -  it is.
q2    queue-node  h     gone         0     8        4  -                         -  it is.
";
    assert_eq!(bare(&text), expected);
}

#[test]
fn rows_stand_in_columns() {
    let owner = |id: &str| json!({"id": id, "incarnation": 1});
    let row = |prefix: u32, in_sync: Vec<Value>, learners: Vec<Value>, state: &str| {
        json!({"prefix": prefix, "loss": 1, "reign": 22, "conf": 333, "in_sync": in_sync,
               "primary": null, "learners": learners, "degraded": state.contains("degraded"),
               "holding": state.contains("holds")})
    };
    let table = json!({"bits": 2, "rows": [
        row(0, vec![owner("q1"), owner("q2")], vec![], ""),
        row(1, vec![], vec![owner("q3")], "degraded"),
        row(2, vec![owner("q1")], vec![owner("q3")], "degraded, holds"),
        row(3, vec![owner("q1")], vec![], "holds"),
    ]});
    let expected = "\
bucket  primary  in sync  learners  loss  reign  conf
0/2     q1       q1,q2    -            1     22   333
1/2     -        -        q3           1     22   333  degraded
2/2     q1       q1       q3           1     22   333  degraded, holds
3/2     q1       q1       -            1     22   333  holds
";
    assert_eq!(bare(&table_text(&read(table).unwrap())), expected);
}
