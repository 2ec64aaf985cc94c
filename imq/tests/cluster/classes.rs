//! Classes that change while their queues are in use: `docs/configuration.md` and `docs/rpc.md`.

pub(crate) mod guests;
mod inbox;
mod rooms;
mod users;

use serde_json::{Value, json};

use crate::http::{rpc, until};
use crate::process::RPC_KEY;
use crate::roles::Five;
use crate::talker::Talker;

/// A class with these lines, and a mount `chat` with more.
fn class(pattern: &str, lines: &str, mount: &str) -> String {
    format!(
        "[[class]]\npattern = \"{pattern}\"\n{lines}\n\
         [[class.mount]]\nname = \"chat\"\nkind = \"message\"\n{mount}\n"
    )
}

/// Gives the boss a configuration, and waits until both queue nodes have it: it has a class besides
/// that nobody knew before.
fn configure(five: &Five, toml: &str, round: u32) {
    let known = format!("\n[[class]]\npattern = \"/round-{round}/*\"\nidle_ttl_ms = 0\n");
    five.configure(&(toml.to_owned() + &known));
    for home in [0, 1] {
        let name = five.queue_like(&format!("/round-{round}/"), home);
        let body = json!({ "queue": name }).to_string();
        until("the node has the configuration", || {
            rpc(five.base + 90, RPC_KEY, "create_queue", &body).0 == 200
        });
    }
}

/// What a client may be refused, with its sentence.
fn refused(talker: &mut Talker, status: u64, kind: &str, fields: Value) -> String {
    let result = talker.ask(kind, fields);
    assert_eq!(result["status"], status, "{kind}: {result}");
    result["error_message"].as_str().expect("a sentence").to_owned()
}

fn message(queue: &str, payload: &str) -> Value {
    json!({ "queue": queue, "mount": "chat", "payload": payload })
}

/// Waits for this message, whoever sent it; its sender.
fn hear(talker: &mut Talker, payload: &str) -> Value {
    talker.hear_where("message", |message| message["payload"] == payload)["from"].clone()
}
