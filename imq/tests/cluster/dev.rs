//! `imq dev`, as the README has it.

use serde_json::json;

use crate::http::{json, request, rpc, until};
use crate::process::{Imq, imq, imq_ok, port_base};

/// A running `imq dev`.
pub(crate) struct Dev {
    pub(crate) imq: Imq,
    pub(crate) base: u16,
    pub(crate) rpc_key: String,
}

impl Dev {
    pub(crate) fn start() -> Dev {
        let base = port_base();
        let mut imq = Imq::start(&["dev", "--port-base", &base.to_string()]);
        imq.line("imq: ready");
        let rpc_key = imq.after("rpc key: ");
        Dev { imq, base, rpc_key }
    }

    /// A gateway's client address, the first or the second.
    pub(crate) fn gateway(&self, at: u16) -> String {
        format!("127.0.0.1:{}", self.base + at)
    }
}

#[test]
fn a_message_goes_through_different_gateways() {
    let dev = Dev::start();
    let (g1, g2) = (dev.gateway(0), dev.gateway(1));
    let mut sub = Imq::start(&["sub", "/room/1", "--gateway", &g1, "--user", "ann"]);
    sub.line("subscribed");
    imq_ok(&["pub", "/room/1", "chat", "hello", "--gateway", &g2, "--user", "ben"]);
    sub.line("joined: ben");
    sub.line("chat ben: hello");
    imq_ok(&["set", "/room/1", "scores", "ann", "10", "--gateway", &g2, "--user", "ben"]);
    sub.line("scores ann = 10");
    sub.line("left: ben");
    assert_eq!(imq_ok(&["get", "/room/1", "scores", "ann", "--gateway", &g2]), "10\n");
    let all = imq_ok(&["get", "/room/1", "scores", "--json", "--gateway", &g2]);
    let all: serde_json::Value = serde_json::from_str(&all).expect("one document");
    assert_eq!(all["entries"][0]["value"], json!(10));

    let missing = imq(&["get", "/room/1", "scores", "nobody", "--gateway", &g2]);
    assert_eq!(missing.status.code(), Some(1));
    let refused = imq(&["pub", "/nowhere/1", "chat", "x", "--gateway", &g2]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not_found"));
}

#[test]
fn the_page_and_the_api_show_it() {
    let mut dev = Dev::start();
    let mut sub = Imq::start(&["sub", "/room/7", "--gateway", &dev.gateway(0), "--user", "ann"]);
    sub.line("subscribed");
    let boss = dev.base + 100;
    let good = " is available and accepting connections.";
    let nodes = || json(boss, "/api/v1/nodes");
    until("all four say so", || nodes().to_string().matches(good).count() == 4);
    let nodes = nodes();
    let ids: Vec<&str> =
        nodes["nodes"].as_array().expect("nodes").iter().filter_map(|n| n["id"].as_str()).collect();
    for id in ["g1", "g2", "q1", "q2"] {
        assert!(ids.contains(&id), "{nodes}");
    }
    let place = json(boss, "/api/v1/where?queue=/room/7").to_string();
    assert!(place.contains("q1") || place.contains("q2"), "{place}");
    let inside = json(boss, "/api/v1/queues?queue=/room/7").to_string();
    assert!(inside.contains("chat") && inside.contains("scores"), "{inside}");
    let (status, page) = request("GET", boss, "/", None, "");
    assert!(status == 200 && page.contains("<html"), "{page}");
    assert_eq!(request("POST", boss, "/api/v1/config", None, "").0, 401);
    for port in [boss, dev.base + 90, dev.base + 91, dev.base + 290, dev.base + 291] {
        let (status, metrics) = request("GET", port, "/metrics", None, "");
        assert!(status == 200 && metrics.contains("imq_"), "{port}: {metrics}");
        assert_eq!(request("GET", port, "/healthz", None, "").0, 200);
        assert_eq!(request("GET", port, "/readyz", None, "").0, 200);
    }
    assert_eq!(dev.imq.stop(), Some(0));
}

#[test]
fn a_back_end_calls() {
    let dev = Dev::start();
    let (port, key) = (dev.base + 91, dev.rpc_key.clone());
    let call = |method: &str, body: &str| rpc(port, &key, method, body);
    let mut sub = Imq::start(&["sub", "/room/9", "--gateway", &dev.gateway(0), "--user", "ann"]);
    sub.line("subscribed");
    let message = r#"{"queue":"/room/9","mount":"chat","payload":"from the server"}"#;
    let (status, sent) = call("send_message", message);
    assert!(status == 200 && sent["seq"].is_u64(), "{sent}");
    sub.line("chat server: from the server");
    let members = call("list_members", r#"{"queue":"/room/9"}"#);
    assert_eq!(members.1["members"], json!(["ann"]));
    assert_eq!(call("create_queue", r#"{"queue":"/room/10"}"#).0, 200);
    assert_eq!(call("create_queue", r#"{"queue":"/room/10"}"#).0, 409);
    let change = r#"{"queue":"/room/10","mount":"scores","changes":[{"key":"a","add":3}]}"#;
    assert_eq!(call("send_state", change).0, 200);
    let state = call("get_state", r#"{"queue":"/room/10","mount":"scores"}"#).1;
    assert_eq!(state["entries"][0]["value"], json!(3), "{state}");
    let names = call("list_queues", r#"{"prefix":"/room/"}"#).1;
    assert!(names.to_string().contains("/room/10"), "{names}");
    assert_eq!(call("get_queue", r#"{"queue":"/room/10"}"#).0, 200);
    assert_eq!(call("delete_queue", r#"{"queue":"/room/10"}"#).0, 200);
    let (status, error) = call("get_queue", r#"{"queue":"/room/10"}"#);
    assert_eq!((status, &error["error"]["code"]), (404, &json!("not_found")), "{error}");
    assert_eq!(rpc(port, "wrong", "list_queues", "{}").0, 401);
    assert_eq!(call("send_message", "{").0, 400);
    assert_eq!(call("delete_queue", r#"{"queue":"/room/9"}"#).0, 200);
    sub.line("unsubscribed");
}
