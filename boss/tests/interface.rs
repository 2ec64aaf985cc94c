//! A boss on real ports, a node that registers over a real link, and what HTTP says about them.
#![cfg(feature = "io")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it")]

mod node;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use boss::{Error, Running, Settings};
use node::Node;
use serde_json::Value;

const SECRET: &str = "secret-of-a-test";
const ADMIN_KEY: &str = "admin-key-of-a-test";

/// A boss of one test, and its folder.
struct Stage {
    running: Option<Running>,
    read_key: Option<&'static str>,
    folder: PathBuf,
}

impl Stage {
    fn new() -> Stage {
        Stage::with(None)
    }

    fn with(read_key: Option<&'static str>) -> Stage {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("imq-boss-{process}-{number}"));
        let mut stage = Stage { running: None, read_key, folder };
        stage.start();
        stage
    }

    fn settings(&self) -> Settings {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        Settings {
            link_address: Some(local),
            http_address: local,
            admin_key: Some(ADMIN_KEY.to_owned()),
            read_key: self.read_key.map(str::to_owned),
            settle_ms: 0,
            ..Settings::new(self.folder.clone(), SECRET.into())
        }
    }

    fn start(&mut self) {
        self.running = Some(boss::run(self.settings()).unwrap());
    }

    fn stop(&mut self) {
        self.running.take().unwrap().stop();
    }

    fn node(&self, id: &str) -> Node {
        let address = self.running.as_ref().unwrap().link_address.unwrap();
        Node::start(id, SECRET, &address.to_string())
    }

    /// Sends a request; gives status, head and body.
    fn ask(&self, request: &str, key: &str, body: &str) -> (u16, String, String) {
        let address = self.running.as_ref().unwrap().http_address;
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {key}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.ask(&format!("GET {path}"), "", "");
        (status, body)
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, key: &str, body: &str) -> (u16, Value) {
        let (status, _, body) = self.ask(&format!("POST {path}"), key, body);
        (status, serde_json::from_str(&body).unwrap())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.running.take());
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[test]
fn a_foreign_name_is_refused() {
    let stage = Stage::new();
    let ask = |path: &str| stage.ask(&format!("GET http://evil.example{path}"), "", "");
    for path in ["/", "/api/v1/status"] {
        let (status, _, body) = ask(path);
        assert!(status == 421 && body.contains("`hosts` in [boss]"), "{path}: {status} {body}");
    }
    assert_eq!(ask("/healthz").0, 200);
    let (status, error) =
        stage.post("/api/v1/config", &format!("Bearer {ADMIN_KEY}"), &"#".repeat(1_100_000));
    assert_eq!((status, &error["error"]["code"]), (413, &Value::from("limit")), "{error}");
}

/// Which start of the boss began the term.
fn start_of(shown: &Value) -> u64 {
    shown["term"].as_u64().unwrap() >> 16
}

#[test]
fn a_boss_alone_says_what_it_waits_for() {
    let stage = Stage::new();
    assert_eq!(stage.get("/healthz").0, 200);
    let (status, body) = stage.get("/api/v1/table");
    assert!(status == 503 && body.contains("no queue node has registered"), "{body}");
    assert_eq!(stage.get("/api/v1/where?queue=/room/1").0, 503);
    assert_eq!(stage.get("/api/v1/queues?queue=/room/1").0, 503);
    assert_eq!(stage.json("/api/v1/nodes")["nodes"], Value::Array(Vec::new()));
    assert_eq!(stage.json("/api/v1/events")["events"][0]["kind"], "started");
    let status = stage.json("/api/v1/status");
    assert_eq!((&status["ready"], start_of(&status)), (&false.into(), 1));
}

/// Whether a row's numbers are those of a first table: what its boss has drawn, and 1 more.
fn began(row: &Value) -> bool {
    let numbers = ["reign", "conf"].map(|name| row[name].as_u64().unwrap_or_default());
    numbers.iter().all(|number| (1..=1 << 16).contains(number))
}

#[test]
fn a_node_is_shown_found_and_asked() {
    let stage = Stage::new();
    let node = stage.node("q1");
    assert_eq!(node.until_table(), 8);
    let nodes = stage.json("/api/v1/nodes");
    assert!(nodes["version"].is_u64());
    let mut keys: Vec<_> = nodes["nodes"][0].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["address", "host", "id", "incarnation", "message", "role", "state"]);
    let shown = &nodes["nodes"][0];
    assert_eq!(
        (&shown["id"], &shown["state"], &shown["role"]),
        (&"q1".into(), &"up".into(), &"queue_node".into(),)
    );
    assert_eq!(shown["message"], "imq node is available and accepting connections.");

    let place = stage.json("/api/v1/where?queue=/room/1");
    assert_eq!((&place["node"]["id"], &place["loss"]), (&"q1".into(), &1.into()));
    assert!(began(&place), "{place}");
    assert_eq!(place["in_sync"][0]["id"], "q1");
    let found = stage.json("/api/v1/queues?queue=/room/1");
    assert_eq!((&found["found"], &found["seq"]), (&true.into(), &42.into()));
    assert_eq!(found["mounts"][0]["kind"], "state");
    assert_eq!(stage.json("/api/v1/queues?queue=/room/none")["found"], false);
    let table = stage.json("/api/v1/table");
    assert_eq!(table["rows"].as_array().unwrap().len(), 8);
    let row = &table["rows"][7];
    assert!(began(row), "{row}");
    assert_eq!((&row["primary"], &row["learners"]), (&row["in_sync"][0], &serde_json::json!([])));
    assert_eq!(stage.json("/api/v1/status")["buckets_of"][0]["buckets"], 8);
    for bad in ["", "?queue=", "?queue=room", "?queue=/a//b", "?queue=%ff"] {
        assert_eq!(stage.get(&format!("/api/v1/where{bad}")).0, 400, "{bad}");
        assert_eq!(stage.get(&format!("/api/v1/queues{bad}")).0, 400, "{bad}");
    }
}

#[test]
fn a_stopped_boss_goes_on_where_it_was() {
    let mut stage = Stage::new();
    assert_eq!(stage.node("q1").until_table(), 8);
    stage.stop();
    stage.start();
    let table = stage.json("/api/v1/table");
    assert_eq!((start_of(&table), &table["rows"][0]["primary"]["id"]), (2, &"q1".into()));
    let error = boss::run(stage.settings()).unwrap_err();
    assert!(error.to_string().contains("in use by another process"), "{error}");
}

#[test]
fn a_boss_with_a_damaged_file_is_frozen_until_an_operator_goes_on() {
    let mut stage = Stage::new();
    assert_eq!(stage.node("q1").until_table(), 8);
    let key = format!("Bearer {ADMIN_KEY}");
    // So the step before the last one has the node.
    assert_eq!(stage.post("/api/v1/config", &key, "[[class]]\npattern = \"/a\"\n").0, 200);
    stage.stop();
    std::fs::write(stage.folder.join("boss.state"), "torn").unwrap();
    stage.start();
    let status = stage.json("/api/v1/status");
    assert_eq!(status["frozen"]["waits_for"], serde_json::json!(["q1"]), "{status}");
    assert!(status["message"].as_str().unwrap().starts_with("frozen, "), "{status}");
    assert_eq!(stage.post("/api/v1/adopt", "", "").0, 401);
    for wrong in ["?bucket=1/3", "?bucket=9/3&node=q1", "?why=not", "?trust_primaries=perhaps"] {
        assert_eq!(stage.post(&format!("/api/v1/adopt{wrong}"), &key, "").0, 400, "{wrong}");
    }
    let (code, refused) = stage.post("/api/v1/adopt?bucket=1/3&node=q1", &key, "");
    assert_eq!(code, 503, "{refused}");
    let (code, done) = stage.post("/api/v1/adopt", &key, "");
    assert_eq!((code, &done["lost"][7]), (200, &"7/3".into()), "{done}");
    assert_eq!(stage.json("/api/v1/status")["frozen"], Value::Null);
    let kinds = stage.json("/api/v1/events")["events"].to_string();
    assert!(kinds.contains("frozen") && kinds.contains("adopted"), "{kinds}");
    assert_eq!(stage.post("/api/v1/adopt", &key, "").0, 503, "there is nothing to adopt");
}

#[test]
fn the_configuration_is_replaced_by_who_has_the_key() {
    let stage = Stage::new();
    let key = format!("Bearer {ADMIN_KEY}");
    let good = "[[class]]\npattern = \"/game/*\"\n";
    for wrong in [
        "",
        "Bearer ",
        "Bearer admin-key-of-a-tes",
        "Bearer admin-key-of-a-testx",
        ADMIN_KEY,
        "Basic admin-key-of-a-test",
    ] {
        let (status, body) = stage.post("/api/v1/config", wrong, good);
        assert_eq!((status, &body["error"]["code"]), (401, &"unauthenticated".into()), "{wrong}");
        assert_eq!(stage.post("/api/v1/drain", wrong, "").0, 401);
    }
    let (status, body) =
        stage.post("/api/v1/config", &key, "copies = 4\n[[class]]\npattern = \"x\"");
    assert_eq!((status, body["error"]["problems"].as_array().unwrap().len()), (400, 2));
    assert_eq!(stage.json("/api/v1/config")["version"], 1);
    assert_eq!(stage.post("/api/v1/config", &key, good), (200, serde_json::json!({"version": 2})));
    let config = stage.json("/api/v1/config");
    assert_eq!((&config["version"], &config["toml"]), (&2.into(), &good.into()));
    let (status, body) = stage.post("/api/v1/drain", &key, "");
    assert_eq!((status, &body["error"]["code"]), (501, &"unimplemented".into()));
}

#[test]
fn secrets_of_the_configuration_are_shown_nowhere() {
    let stage = Stage::new();
    let key = format!("Bearer {ADMIN_KEY}");
    let secret = format!("whsec_{}", "QUJD".repeat(10));
    let toml = format!(
        "# was {secret}\n[[callout]]\nname = \"app\"\nurl = \"https://a.example\"\n\
         secret = \"{secret}\"\n"
    );
    assert_eq!(stage.post("/api/v1/config", &key, &toml).0, 200);
    let shown = stage.json("/api/v1/config")["toml"].as_str().unwrap().to_owned();
    assert!(shown.contains("secret = \"[redacted]\"\n"), "{shown}");
    // What is shown is given back with a change: the secret stays.
    let changed = format!("{shown}[[class]]\npattern = \"/a\"\n");
    assert_eq!(stage.post("/api/v1/config", &key, &changed).0, 200);
    let stored = std::fs::read_to_string(stage.folder.join("boss.state")).unwrap();
    assert_eq!(stored.matches(&secret).count(), 3, "one in a comment, the secret twice: {stored}");
    // Nowhere else it is known, and a wrong one is refused without being repeated.
    let other = shown.replace("name = \"app\"", "name = \"other\"");
    let (status, body) = stage.post("/api/v1/config", &key, &other);
    assert_eq!(status, 400);
    assert!(body["error"]["problems"][0].as_str().unwrap().starts_with("line 5: "), "{body}");
    let wrong =
        toml.replace("[[callout]]", &format!("connect = 5\ncopies = \"{secret}\"\n[[callout]]"));
    let (status, body) = stage.post("/api/v1/config", &key, &wrong);
    assert_eq!((status, body["error"]["problems"].as_array().unwrap().len()), (400, 2));
    let wrong = toml.replace("https://", "https://ann:pass@");
    let (status, refused) = stage.post("/api/v1/config", &key, &wrong);
    assert_eq!(status, 400);
    let pages = ["/", "/api/v1/config?version=2", "/api/v1/config/history", "/api/v1/events"];
    let shown = pages.map(|path| stage.get(path).1).join("\n");
    let all = format!("{shown}{body}{refused}");
    for hidden in ["QUJD", "ann:pass"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }
}

#[test]
fn earlier_configurations_are_looked_at_and_put_back() {
    let mut stage = Stage::new();
    let key = format!("Bearer {ADMIN_KEY}");
    let class = |name: &str| format!("[[class]]\npattern = \"/{name}\"\n");
    for (name, version) in [("a", 2), ("b", 3)] {
        let answer = (200, serde_json::json!({ "version": version }));
        assert_eq!(stage.post("/api/v1/config", &key, &class(name)), answer);
    }
    let history = stage.json("/api/v1/config/history");
    let versions: Vec<_> = history["versions"].as_array().unwrap().iter().collect();
    assert_eq!(versions.iter().map(|one| &one["version"]).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(versions.iter().all(|one| one["since_ms"].as_u64() > Some(1_600_000_000_000)));
    assert_eq!(versions[1]["bytes"], class("a").len());
    assert_eq!(stage.json("/api/v1/config?version=2")["toml"], class("a"));
    let (status, body) = stage.get("/api/v1/config?version=9");
    assert!(status == 404 && body.contains("3, 2, 1"), "{body}");
    for bad in ["?version=x", "?version=-1", "?vorsion=1"] {
        assert_eq!(stage.get(&format!("/api/v1/config{bad}")).0, 400, "{bad}");
    }
    let back = |stage: &Stage, key: &str, which: &str| {
        stage.post(&format!("/api/v1/config/rollback{which}"), key, "")
    };
    assert_eq!(back(&stage, "", "?version=2").0, 401);
    assert_eq!(back(&stage, &key, "").0, 400);
    assert_eq!(back(&stage, &key, "?version=9").0, 404);
    assert_eq!(back(&stage, &key, "?version=2"), (200, serde_json::json!({ "version": 4 })));
    stage.stop();
    stage.start();
    let config = stage.json("/api/v1/config");
    assert_eq!((&config["version"], &config["toml"]), (&4.into(), &class("a").into()));
    assert_eq!(stage.json("/api/v1/config?version=3")["toml"], class("b"));
}

#[test]
fn the_page_takes_nothing_from_elsewhere() {
    let stage = Stage::new();
    let (status, head, page) = stage.ask("GET /", "", "");
    assert_eq!(status, 200);
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(!head.contains("unsafe"), "{head}");
    let sentence = "imq node is available and accepting connections.";
    assert!(!page.contains(sentence), "what nodes say comes from the interface");
    for (path, kind) in
        [("/page.js", "javascript"), ("/page.css", "css"), ("/page/map.js", "javascript")]
    {
        let (status, head, _) = stage.ask(&format!("GET {path}"), "", "");
        assert!(status == 200 && head.contains(&format!("content-type: text/{kind}")), "{head}");
    }
    assert_eq!(stage.get("/page/tests.rs").0, 404);
}

#[test]
fn processes_are_asked_over_their_links() {
    let stage = Stage::new();
    let key = format!("Bearer {ADMIN_KEY}");
    let (status, body) = stage.post("/api/v1/rpc/get_queue", "", "{}");
    assert_eq!((status, &body["error"]["may_retry"]), (503, &true.into()), "{body}");
    let nodes = ["q1", "g1", "g2"].map(|id| stage.node(id));
    nodes.iter().for_each(|node| assert_eq!(node.until_table(), 8));
    // The answer of the gateway, with its status.
    let asked = r#"{"queue":"/room/1"}"#;
    let answer = stage.post("/api/v1/rpc/get_queue", "", asked);
    assert_eq!(answer, (404, serde_json::json!({ "queue": "/room/1" })));
    assert_eq!(stage.post("/api/v1/rpc/send_message", "", "{}").0, 401);
    assert_eq!(stage.post("/api/v1/rpc/send_message", &key, "{}").1[0], "POST");
    assert_eq!(stage.post("/api/v1/rpc/..%2Fopenapi", &key, "{}").0, 404);
    assert_eq!(stage.post("/api/v1/rpc/get_queue", "", &"x".repeat(65_537)).0, 413);

    let list = stage.json("/api/v1/connections?sort=subscriptions&top=3&user=ann%26");
    let gateways = [&list["connections"][0]["gateway"], &list["connections"][1]["gateway"]];
    assert_eq!((gateways, &list["missing"]), ([&"g1".into(), &"g2".into()], &Value::Array(vec![])));
    assert_eq!(stage.json("/api/v1/busy")["queues"][0]["node"], "q1");
    for bad in ["connections?sort=name", "connections?top=0", "connections?tip=1", "busy?top=101"] {
        assert_eq!(stage.get(&format!("/api/v1/{bad}")).0, 400, "{bad}");
    }
}

#[test]
fn reading_may_be_behind_a_key() {
    let stage = Stage::with(Some("read-key-of-a-test"));
    let (reads, admin) = ("Bearer read-key-of-a-test", format!("Bearer {ADMIN_KEY}"));
    for path in ["status", "nodes", "events", "history", "config", "stream", "connections", "busy"]
    {
        let path = format!("/api/v1/{path}");
        let (status, _, body) = stage.ask(&format!("GET {path}"), "Bearer wrong", "");
        assert!(status == 401 && body.contains("the key for reading"), "{path}: {body}");
    }
    for key in [reads, admin.as_str()] {
        assert_eq!(stage.ask("GET /api/v1/status", key, "").0, 200);
    }
    for path in ["/", "/page.js", "/healthz", "/metrics"] {
        assert_eq!(stage.get(path).0, 200, "{path}");
    }
    assert_eq!(stage.post("/api/v1/rpc/get_queue", "", "{}").0, 401);
    assert_eq!(stage.post("/api/v1/rpc/get_queue", reads, "{}").0, 503);
    assert_eq!(stage.post("/api/v1/rpc/send_message", reads, "{}").0, 401);
    assert_eq!(stage.post("/api/v1/config", reads, "").0, 401);
}

/// A reader of the stream.
struct Reader(BufReader<TcpStream>);

impl Reader {
    fn of(stage: &Stage) -> Reader {
        let address = stage.running.as_ref().unwrap().http_address;
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        Reader(BufReader::new(stream))
    }

    /// The next line that begins so, without that; nothing: the stream has ended.
    fn line(&mut self, begins: &str) -> Option<String> {
        let mut line = String::new();
        while self.0.read_line(&mut line).unwrap_or_default() > 0 {
            if let Some(rest) = line.strip_prefix(begins) {
                return Some(rest.trim_end().to_owned());
            }
            line.clear();
        }
        None
    }

    fn event(&mut self) -> (String, Value) {
        let name = self.line("event: ").unwrap();
        (name, serde_json::from_str(&self.line("data: ").unwrap()).unwrap())
    }

    /// The next change that has this.
    fn until(&mut self, field: &str) -> Value {
        loop {
            let (name, change) = self.event();
            assert_eq!(name, "change");
            if let Some(value) = change.get(field) {
                return value.clone();
            }
        }
    }
}

#[test]
fn the_stream_begins_with_all_and_goes_on_with_what_changes() {
    let mut stage = Stage::new();
    let mut reader = Reader::of(&stage);
    let (name, document) = reader.event();
    assert_eq!((name.as_str(), &document["table"]), ("document", &Value::Null));
    assert_eq!(document["events"][0]["kind"], "started");
    let (name, change) = reader.event();
    assert_eq!((name.as_str(), change["status"].is_null()), ("change", true), "{change}");

    let nodes = ["q1", "g1"].map(|id| stage.node(id));
    assert_eq!(reader.until("table")["rows"].as_array().map(Vec::len), Some(8));
    while reader.until("processes").get("g1").is_none() {}
    let (_, late) = Reader::of(&stage).event();
    assert_eq!(late["nodes"].as_array().map(Vec::len), Some(2));
    assert_eq!(late["moments"][0]["connections"], 0.0);
    assert_eq!(late["connections"]["connections"][0]["user"], "ann");
    assert_eq!(late["processes"]["g1"]["open_files"], 12.0);
    drop(nodes);
    assert_eq!(reader.until("events")[0]["kind"], "unlinked");
    stage.stop();
    assert_eq!(reader.line("never: "), None, "a boss that ends, ends its streams");
}

#[test]
fn there_are_so_many_readers_and_no_more() {
    let stage = Stage::new();
    let mut readers: Vec<Reader> = (0..32).map(|_| Reader::of(&stage)).collect();
    readers.iter_mut().for_each(|reader| assert_eq!(reader.event().0, "document"));
    let (status, body) = stage.get("/api/v1/stream");
    assert!(status == 503 && body.contains("32 are reading the stream already"), "{body}");
    // Who has gone is noticed when something is sent, and makes space.
    drop(readers.pop());
    let opens = || Reader::of(&stage).line("event: ").is_some();
    let other = &mut readers[0];
    assert!((0..20).any(|_| other.event().0 == "change" && opens()));
}

#[test]
fn metrics_and_readiness_follow_the_table() {
    let stage = Stage::new();
    let node = stage.node("q1");
    node.until_table();
    // What HTTP reads is published at the end of the turn that sent the table.
    let ready = (0..1000).any(|_| stage.get("/readyz").0 == 200);
    assert!(ready, "{:?}", stage.get("/readyz"));
    let (_, metrics) = stage.get("/metrics");
    assert!(metrics.contains("imq_boss_nodes 1"), "{metrics}");
}

#[test]
fn what_can_t_start_says_why() {
    let stage = Stage::new();
    let mut other = stage.settings();
    other.data_dir = stage.folder.join("other");
    let start = |settings: &Settings| boss::run(settings.clone()).unwrap_err();

    let taken = stage.running.as_ref().unwrap().http_address;
    let error = start(&Settings { http_address: taken, ..other.clone() });
    assert!(error.to_string().contains(&format!("can't listen for HTTP at {taken}")), "{error}");
    let taken = stage.running.as_ref().unwrap().link_address;
    let error = start(&Settings { link_address: taken, ..other.clone() });
    assert!(error.to_string().contains("can't listen for links"), "{error}");
    let error = start(&Settings { cluster: Some("copies = 4".to_owned()), ..other.clone() });
    assert!(matches!(error, Error::Cluster(_)), "{error}");
    std::fs::write(other.data_dir.join("boss.state"), "nonsense").unwrap();
    std::fs::remove_file(other.data_dir.join("boss.state.previous")).ok();
    let error = start(&other);
    assert!(matches!(error, Error::Store(_)), "{error}");
}
