//! What back ends meet at the door.

use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;

use super::{http, read_all, rpc, settings};
use crate::io::web::{ApiKey, Scope, methods::METHODS};
use crate::io::{Running, Settings, run};

/// A gateway without a table, with keys of all kinds.
fn gateway() -> Running {
    let key = |name: &str, scopes: &[Scope], queues: &[&str]| ApiKey {
        name: Some(name.to_owned()),
        key: name.to_owned(),
        scopes: scopes.to_vec(),
        queues: queues.iter().map(|&queue| queue.to_owned()).collect(),
    };
    let rpc_keys = vec![
        ApiKey::whole("key"),
        key("reader", &[Scope::Read], &[]),
        key("shop", &[Scope::Read, Scope::Write], &["/shop/**"]),
    ];
    run(Settings { rpc_keys, ..settings(10) }).unwrap()
}

/// The status and the error of a call.
fn call(running: &Running, method: &str, key: &str, body: &str) -> (u16, Value) {
    let (line, body) = rpc(running, method, key, body);
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str::<Value>(&body).unwrap()["error"].take())
}

fn check(running: &Running, method: &str, key: &str, body: &str, status: u16, says: &str) {
    let (got, error) = call(running, method, key, body);
    let message = error["message"].as_str().unwrap_or_default();
    assert!(got == status && message.contains(says), "{method}: {got} {error}");
    assert_eq!(error["may_retry"], Value::from(status == 503), "{error}");
}

#[test]
fn the_back_end_gets_real_statuses() {
    let running = gateway();
    let queue = r#"{"queue":"/room/1"}"#;
    check(&running, "get_queue", "key", queue, 503, "no bucket table");
    check(&running, "get_queue", "kez", "{}", 401, "doesn't have this API key");
    check(&running, "get_queue", "key", "{", 400, "get_queue: EOF");
    check(&running, "get_queue", "key", r#"{"quue":1}"#, 400, "no field is named \"quue\"");
    check(&running, "get_queue", "key", r#"{"queue":"a b"}"#, 400, "");
    check(&running, "get_user", "key", r#"{"user":"a/b"}"#, 400, "user: ");
    check(&running, "get_quiche", "key", "{}", 404, "get_queue");
    check(&running, "%ff", "key", "{}", 404, "get_queue");
    check(&running, "send_message", "key", &"[".repeat(100_000), 400, "EOF");
    let deep = format!(r#"{{"payload":{}{}}}"#, "[".repeat(65), "]".repeat(65));
    check(&running, "send_message", "key", &deep, 400, "nested more than 64 deep");
    check(&running, "send_state", "key", &"x".repeat(256 * 1024 + 1), 413, "262144 bytes");
    let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(http(running.web, request).0, "HTTP/1.1 503 Service Unavailable");
    running.stop();
}

#[test]
fn a_key_is_for_its_scopes_and_queues() {
    let running = gateway();
    let (shop, room) = (r#"{"queue":"/shop/1"}"#, r#"{"queue":"/room/1"}"#);
    let message = |queue: &str| queue.replace('}', r#","payload":1}"#);
    let (to_shop, to_room) = (message(shop), message(room));
    check(&running, "get_queue", "reader", room, 503, "");
    check(&running, "send_message", "reader", &to_room, 403, "lacks the scope `write`");
    check(&running, "send_message", "shop", &to_shop, 503, "");
    check(&running, "send_message", "shop", &to_room, 403, "for the queues /shop/** only");
    check(&running, "delete_queue", "shop", shop, 403, "lacks the scope `manage`");
    check(&running, "get_user", "shop", r#"{"user":"ann"}"#, 403, "/shop/**");
    running.stop();
}

#[test]
fn items_of_a_batch_fail_alone() {
    let running = gateway();
    let batch = r#"{"items":[{"method":"get_queue","body":{"queue":"/room/1"}},
        {"method":"send_state","body":{"queue":"/room/1"}}, {"method":"dance"},
        {"method":"batch","body":{"items":[]}}, {"method":"get_queue","body":[1]}]}"#;
    let (line, body) = rpc(&running, "batch", "reader", batch);
    assert_eq!(line, "HTTP/1.1 200 OK");
    let body: Value = serde_json::from_str(&body).unwrap();
    let statuses: Vec<_> =
        body["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [503, 403, 404, 400, 400], "{body}");
    assert_eq!(body["results"][1]["error"]["code"], "forbidden");
    assert_eq!(rpc(&running, "batch", "key", r#"{"items":[]}"#).1, r#"{"results":[]}"#);
    for wrong in ["", "{}", "[]", r#"{"items":[{}]}"#, r#"{"items":[{"method":"a","b":1}]}"#] {
        check(&running, "batch", "key", wrong, 400, "batch: ");
    }
    let many = format!(r#"{{"items":[{}{{"method":"x"}}]}}"#, r#"{"method":"x"},"#.repeat(1000));
    check(&running, "batch", "key", &many, 413, "at most 1000 items, not 1001");
    running.stop();
}

/// What comes of these bytes; the first line and the body.
fn raw(running: &Running, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(running.web).unwrap();
    stream.write_all(request).unwrap();
    let text = String::from_utf8(read_all(stream)).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[test]
fn a_huge_body_is_cut_off_before_it_is_read() {
    let running = gateway();
    let head =
        "POST /rpc/v1/send_message HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer key\r\n";
    let (line, body) = raw(&running, format!("{head}Content-Length: 100000000\r\n\r\n").as_bytes());
    assert!(line.starts_with("http/1.1 413") && body.contains("longer than 262144"), "{line}");
    // In chunks, which don't say how many will come: no more than the bound is read.
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000)).repeat(5);
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}");
    let (line, body) = raw(&running, chunked.as_bytes());
    assert!(line.starts_with("http/1.1 413") && body.contains("longer than 262144"), "{line}");
    running.stop();
}

#[test]
fn a_foreign_name_is_refused() {
    let hosts = vec!["imq.example".parse().unwrap()];
    let running = run(Settings { hosts, host: "node-1".to_owned(), ..settings(10) }).unwrap();
    let ask = |target: &str, host: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw(&running, request.as_bytes())
    };
    for good in ["localhost", "127.0.0.1:7490", "[::1]", "IMQ.example:80", "node-1"] {
        assert!(ask("/openapi.json", good).0.starts_with("http/1.1 200"), "{good}");
    }
    let (head, body) = ask("/rpc/v1/get_queue", "evil.example");
    assert!(head.starts_with("http/1.1 421"), "{head}");
    let error = serde_json::from_str::<Value>(&body).unwrap()["error"].take();
    assert_eq!((&error["code"], &error["may_retry"]), (&"forbidden".into(), &false.into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`hosts` in [gateway] (--hosts)"), "{message}");
    assert!(ask("http://evil.example/openapi.json", "localhost").0.starts_with("http/1.1 421"));
    assert!(ask("/healthz", "imq-gateway.default.svc").0.starts_with("http/1.1 200"));
    running.stop();
}

#[test]
fn other_http_gets_clear_words() {
    let running = gateway();
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let (head, body) = raw(&running, get("/rpc/v1/get_queue").as_bytes());
    assert!(head.starts_with("http/1.1 405") && head.contains("allow: post"), "{head}");
    assert!(body.contains("use POST"), "{body}");
    let (head, body) = raw(&running, get("/rpc").as_bytes());
    assert!(head.starts_with("http/1.1 404") && body.contains("/openapi.json"), "{head} {body}");
    let post = "POST /rpc/v1/get_queue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let (head, _) = raw(&running, post.as_bytes());
    assert!(
        head.starts_with("http/1.1 401") && head.contains("www-authenticate: bearer"),
        "{head}"
    );
    let (head, body) = raw(&running, get("/openapi.json").as_bytes());
    assert!(head.starts_with("http/1.1 200") && head.contains("application/json"), "{head}");
    let document: Value = serde_json::from_str(&body).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), METHODS.len());
    let strange = "POST /rpc/v1/get_queue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
        Authorization: Bearer key\r\nContent-Type: text/css\r\nContent-Length: 14\r\n\r\n\
        {\"queue\":\"/a\"}";
    assert!(raw(&running, strange.as_bytes()).0.starts_with("http/1.1 503"), "any type is taken");
    running.stop();
}
