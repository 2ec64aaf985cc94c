//! A bug that panics while a queue's operations are decided: planted in a real queue node.

use serde_json::json;

use crate::http::{request, rpc, until};
use crate::process::RPC_KEY;
use crate::roles::{Arguments, Five, one_copy};
use crate::talker::Talker;

/// Kept in step with `proto/src/codes.rs`.
const INTERNAL: u64 = 13;

/// A queue of the first node whose name ends as the planted bug wants it.
fn bad_queue(five: &Five) -> String {
    let mut names = (0..1000).map(|at| format!("/room/{at}bad"));
    names.find(|name| five.home(name) == 0).expect("a queue of this home")
}

#[test]
fn a_queue_that_panics_is_refused_and_all_others_go_on() {
    let arguments = Arguments { queue_nodes: &["--panics-on", "bad"], ..Arguments::default() };
    let mut five = Five::start_as(&arguments);
    let (bad, good) = (bad_queue(&five), five.queue_at(0));
    let mut ann = Talker::login(&five.gateway(0), "ann");
    let mut ben = Talker::login(&five.gateway(1), "ben");
    ann.subscribe(&good);
    ben.subscribe(&good);

    for round in 0..3 {
        for operation in ["subscribe", "unsubscribe", "send_message", "get_history"] {
            let fields = match operation {
                "send_message" => json!({ "queue": bad, "mount": "chat", "payload": 1 }),
                "get_history" => json!({ "queue": bad, "mount": "chat" }),
                _ => json!({ "queue": bad }),
            };
            let result = ann.ask(operation, fields);
            assert_eq!(result["status"], INTERNAL, "{operation}: {result}");
            assert_ne!(result["may_retry"], true, "{result}");
        }
        let body = json!({ "queue": bad }).to_string();
        let (status, answer) = rpc(five.base + 90, RPC_KEY, "create_queue", &body);
        assert_eq!((status, &answer["error"]["code"]), (500, &json!("internal")), "{answer}");
        // The same session goes on, and so do others, on queues beside it.
        ann.send(&good, &format!("round {round}"));
        assert_eq!(ben.hear("message")["payload"], format!("round {round}"));
    }

    let line = five.queue_nodes[0].line("was refused with `internal`");
    let wanted = format!("subscribe was refused with `internal`, about \"{bad}\"");
    assert!(line.contains("ERROR queue-node q1") && line.contains(&wanted), "{line}");
    assert!(line.ends_with("deciding it panicked: a planted panic"), "{line}");
    let bugs = five.queue_nodes[0].seen().iter().filter(|line| line.contains("this is a bug"));
    assert!(bugs.count() > 0, "the panic's place stands before it");
    let mut figures = String::new();
    until("figures show the panics", || {
        figures = request("GET", five.base + 290, "/metrics", None, "").1;
        figures.contains("imq_queue_node_panics_total 15\n")
    });
    assert!(five.queue_nodes[0].is_running());
}

#[test]
fn a_node_that_panics_in_carrying_out_ends_as_a_process() {
    let arguments = ["--panics-on", "bad", "--panics-late"];
    // The other node would be sent the same, and end likewise, if it had a copy.
    let one = one_copy();
    let mut five = Five::start_as(&Arguments {
        boss: &["--cluster", &one],
        queue_nodes: &arguments,
        ..Arguments::default()
    });
    let (bad, good) = (bad_queue(&five), five.queue_at(1));
    let mut ann = Talker::login(&five.gateway(0), &five.user_at(1, "ann"));
    ann.subscribe(&good);
    let op_id = ann.op_id();
    ann.say(json!({ "subscribe": { "op_id": op_id, "queue": bad } }));
    assert_eq!(five.queue_nodes[0].end(), Some(1));
    five.queue_nodes[0].line("the queue node has crashed because of a bug");
    ann.send(&good, "on and on");
    assert!(five.queue_nodes[1].is_running());
}
