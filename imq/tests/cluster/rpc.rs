//! The back end's RPC as its documents have it: every command of `docs/rpc.md` and every example of
//! `/openapi.json` is run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::dev::Dev;
use crate::document::blocks;
use crate::http::{json, request, rpc, until_ready};
use crate::process::{Imq, PATIENCE, RPC_KEY, port_base, run};

const DOCUMENT: &str = include_str!("../../../docs/rpc.md");

/// In the order of `docs/rpc.md`, in which the examples can be run.
const METHODS: [&str; 16] = [
    "create_queue",
    "get_queue",
    "list_queues",
    "create_mount",
    "delete_mount",
    "send_message",
    "get_history",
    "send_state",
    "get_state",
    "join_user",
    "list_members",
    "get_user",
    "remove_user",
    "disconnect_user",
    "batch",
    "delete_queue",
];

/// A cluster in which `ann` is online, as the document wants it.
fn start() -> (Dev, Imq) {
    let dev = Dev::start();
    let mut ann = Imq::start(&["sub", "/room/ann", "--gateway", &dev.gateway(0), "--user", "ann"]);
    ann.line("subscribed");
    (dev, ann)
}

/// Runs a command of the document; its HTTP status and its JSON.
fn curl(dev: &Dev, command: &str) -> (u16, Value) {
    let here = format!("127.0.0.1:{}", dev.base + 91);
    let command = command.replace("127.0.0.1:7490", &here).replace("$KEY", &dev.rpc_key);
    let command = format!("{command} -s -w '\\n%{{http_code}}'");
    let (good, output) = run("sh", &["-c", &command], PATIENCE);
    assert!(good, "{command}: {output}");
    let (body, status) = output.rsplit_once('\n').expect("a status after the body");
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {output}"));
    (status.parse().expect("a number"), body)
}

/// The names of all fields, all the way down; of a list those of its first element.
fn names(value: &Value, place: &str, names_of: &mut BTreeSet<String>) {
    if let Some(fields) = value.as_object() {
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            names(value, &place, names_of);
            names_of.insert(place);
        }
    } else if let Some(first) = value.as_array().and_then(|list| list.first()) {
        names(first, place, names_of);
    }
}

fn names_of(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    names(value, "", &mut found);
    found
}

#[test]
fn the_documents_commands_do_what_they_say() {
    let (dev, _ann) = start();
    let blocks = blocks(DOCUMENT);
    let mut seen = Vec::new();
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let command = block.text.trim_end();
        let (status, answer) = curl(&dev, command);
        let (_, method) = command.rsplit_once('/').expect("a path");
        let next = blocks.get(at + 1).filter(|next| next.follows && next.language == "json");
        let Some(next) = next else {
            assert_eq!(status, 200, "{command}: {answer}");
            continue;
        };
        seen.push(method);
        assert_eq!(status, 200, "{command}: {answer}");
        let wanted = serde_json::from_str(&next.text).expect("JSON");
        // What a client calls itself is the client's matter.
        let loose = ["get_user", "batch"].contains(&method);
        if !loose {
            assert_eq!(names_of(&answer), names_of(&wanted), "{command}: {answer}");
        }
    }
    assert_eq!(seen, METHODS, "each method has its command");
}

/// Whether a value is of a schema of the document; the first thing that isn't.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect(reference);
        return check(document, schema, value, place);
    }
    let kind = match schema["type"].as_str() {
        None => return,
        Some(kind) => kind,
    };
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{place}: an unknown type {other}"),
    };
    assert!(fits, "{place}: not {kind}: {value}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value}");
    }
    for item in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], item, place);
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, value) in value.as_object().into_iter().flatten() {
        let property = properties.get(name);
        let property = property.unwrap_or_else(|| panic!("{place}.{name} is not documented"));
        check(document, property, value, &format!("{place}.{name}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        assert!(value.get(name).is_some(), "{place}.{name} is missing: {value}");
    }
}

/// The schema of the JSON under `content`.
fn schema(content: &Value) -> &Value {
    let schema = &content["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{content}");
    schema
}

#[test]
fn the_open_api_document_is_true() {
    let (dev, _ann) = start();
    let port = dev.base + 90;
    let document = json(port, "/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    let documented: BTreeSet<&str> =
        paths.keys().filter_map(|path| path.strip_prefix("/rpc/v1/")).collect();
    assert_eq!(documented, BTreeSet::from(METHODS));
    let (status, unknown) = rpc(port, &dev.rpc_key, "dance", "{}");
    let sentence = unknown["error"]["message"].as_str().expect("a sentence");
    let (_, served) = sentence.split_once(": there are ").expect("the list of methods");
    assert_eq!((status, served.split(", ").collect::<BTreeSet<_>>()), (404, documented));

    for method in METHODS {
        let path = format!("/rpc/v1/{method}");
        let post = &paths[&path]["post"];
        let body = &post["requestBody"]["content"]["application/json"]["example"];
        check(&document, schema(&post["requestBody"]), body, method);
        let answers = post["responses"].as_object().expect("responses");
        let heard = |key: Option<&str>, body: &str| {
            let (status, text) = request("POST", port, &path, key, body);
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            let documented = answers.get(&status.to_string());
            let documented = documented.unwrap_or_else(|| panic!("{method}: {status} {answer}"));
            check(&document, schema(documented), &answer, method);
            status
        };
        let key = Some(dev.rpc_key.as_str());
        let status = heard(key, &body.to_string());
        assert_eq!(status, 200, "{method}");
        assert_eq!(heard(None, &body.to_string()), 401);
        assert_eq!(heard(key, r#"{"danse":1}"#), 400);
        assert_eq!(request("GET", port, &path, key, "").0, 405);
    }
}

#[test]
fn a_batch_runs_each_item_once() {
    let dev = Dev::start();
    let words = |text: &str| {
        json!({ "method": "send_message",
            "body": { "queue": "/room/once", "mount": "chat", "payload": text } })
    };
    let call = |gateway: u16, key: &str, items: &[Value]| {
        let body = json!({ "items": items }).to_string();
        let head = format!("{}\r\nIdempotency-Key: {key}", dev.rpc_key);
        let (status, text) =
            request("POST", dev.base + 90 + gateway, "/rpc/v1/batch", Some(&head), &body);
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).expect("JSON")["results"].take()
    };
    let create = json!({ "method": "create_queue", "body": { "queue": "/room/once" } });
    let items = [create, words("one"), words("two"), json!({ "method": "dance" }), words("three")];
    let first = call(0, "k", &items);
    let seqs: Vec<&Value> =
        [1, 2, 4].iter().map(|at| &first[*at as usize]["body"]["seq"]).collect();
    assert!(seqs.iter().is_sorted_by_key(|seq| seq.as_u64()), "{first}");
    assert_eq!((&first[0]["status"], &first[3]["status"]), (&json!(200), &json!(404)), "{first}");
    // The other gateway knows them all; another body under a known key is refused, alone.
    assert_eq!(call(1, "k", &items), first);
    let changed = [items[0].clone(), words("one"), words("another")];
    let again = call(1, "k", &changed);
    assert_eq!((&again[1], &again[2]["error"]["code"]), (&first[1], &json!("conflict")));
    let history = r#"{"queue":"/room/once","mount":"chat"}"#;
    let history = rpc(dev.base + 90, &dev.rpc_key, "get_history", history).1;
    let payloads: Vec<&Value> =
        history["messages"].as_array().expect("messages").iter().map(|m| &m["payload"]).collect();
    assert_eq!(payloads, ["one", "two", "three"]);
}

#[test]
fn a_huge_body_hurts_nobody() {
    let dev = Dev::start();
    let before = dev.imq.resident_kib();
    // curl sends it without asking first, as a careless client would.
    let command = format!(
        "head -c 100000000 /dev/zero | curl -s -o /dev/null -w '%{{http_code}}' -X POST -T - \
         -H 'Expect:' -H 'Authorization: Bearer {}' http://127.0.0.1:{}/rpc/v1/send_message \
         || true",
        dev.rpc_key,
        dev.base + 90
    );
    for _ in 0..8 {
        let (_, output) = run("sh", &["-c", &command], PATIENCE);
        assert_eq!(output, "413");
    }
    let grown = dev.imq.resident_kib().saturating_sub(before);
    assert!(grown < 20 * 1024, "grown by {grown} KiB");
    let (status, _) = rpc(dev.base + 90, &dev.rpc_key, "list_queues", "");
    assert_eq!(status, 200);
}

#[test]
fn a_key_of_the_file_has_its_scopes() {
    let base = port_base();
    let directory = std::env::temp_dir().join(format!("imq-rpc-{}-{base}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let at = |name: &str| directory.join(name).display().to_string();
    let address = |offset: u16| format!("127.0.0.1:{}", base + offset);
    let key = format!("name = \"page\"\nkey_file = {:?}\nscopes = [\"read\"]\n", at("key"));
    let config = format!("[[gateway.rpc_keys]]\n{key}queues = [\"/room/*\"]\n");
    std::fs::write(at("key"), "sesame-of-the-page\n").expect("a file");
    std::fs::write(at("config"), config).expect("a file");
    let (boss, web) = (address(101), base + 90);
    let (http, data) = (address(100), at("data"));
    let _boss =
        Imq::start(&["boss", "--listen-link", &boss, "--listen-http", &http, "--data-dir", &data]);
    let (link, http) = (address(200), address(290));
    let addresses = ["--boss", &boss, "--listen-link", &link, "--listen-http", &http];
    let _queue_node = Imq::start(&[&["queue-node", "--id", "q1"][..], &addresses].concat());
    let (config, client, http, rpc_at) = (at("config"), address(0), address(80), address(90));
    let addresses = ["--listen-client", &client, "--listen-http", &http, "--listen-rpc", &rpc_at];
    let words = ["gateway", "--id", "g1", "--config", &config, "--boss", &boss];
    let _gateway = Imq::start(&[&words[..], &addresses].concat());
    until_ready(web);
    let (room, other) = (r#"{"queue":"/room/1"}"#, r#"{"queue":"/churn/1"}"#);
    assert_eq!(rpc(web, RPC_KEY, "create_queue", room).0, 200);
    assert_eq!(rpc(web, RPC_KEY, "create_queue", other).0, 200);
    assert_eq!(rpc(web, "sesame-of-the-page", "get_queue", room).0, 200);
    assert_eq!(rpc(web, "sesame-of-the-page", "get_queue", other).0, 403);
    assert_eq!(rpc(web, "sesame-of-the-page", "list_queues", "").1["queues"], json!(["/room/1"]));
    let (status, error) = rpc(web, "sesame-of-the-page", "delete_queue", room);
    assert_eq!(status, 403);
    assert!(error["error"]["message"].to_string().contains("`manage`"), "{error}");
    std::fs::remove_dir_all(directory).expect("it was there");
}
