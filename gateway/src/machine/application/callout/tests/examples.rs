//! The examples of `docs/callouts.md` are what is sent, and what is understood.

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::c2g::Body as Operation;
use proto::c2g::{C2g, Change, change};
use proto::class::ClusterConfig;
use proto::q2g;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use super::bench::{SECRET, at};
use crate::machine::application::callout::{
    Ask, AskKind, Asked, Callouts, Counters, HttpRequest, Out, Verdict,
};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/callouts.md"));
const METRICS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md"));

/// The blocks whose first line is these words.
fn blocks(words: &str) -> Vec<&'static str> {
    let opening = format!("```{words}\n");
    let rest = PAGE.split(opening.as_str()).skip(1);
    rest.map(|block| block.split("\n```").next().unwrap()).collect()
}

fn config() -> ClusterConfig {
    let [page] = blocks("toml")[..] else { panic!("one block of configuration") };
    let mut config = ClusterConfig::read(&format!("copies = 1\n{page}")).unwrap();
    // As the gateway finds it in the file.
    config.callout[0].secret = Some(SECRET.into());
    config
}

/// What is posted by then.
fn posted(act: impl FnOnce(&mut Callouts, &mut Out)) -> HttpRequest {
    let mut callouts = Callouts::new("g1", 1, StdRng::seed_from_u64(1));
    let mut out = Out::default();
    callouts.configure(at(0), &config(), &mut out);
    act(&mut callouts, &mut out);
    callouts.wake(at(0), &mut out);
    let [request] = &out.requests[..] else { panic!("{:?}", out.requests) };
    assert_eq!(request.url, "https://app.example/imq");
    assert!(!request.inner);
    request.clone()
}

#[track_caller]
fn is_the_example(words: &str, request: &HttpRequest) {
    let [example] = blocks(words)[..] else { panic!("one example of {words}") };
    let example: Value = serde_json::from_str(example).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, example);
}

#[track_caller]
fn asks(op_id: u32, asked: Asked) {
    let kind = asked.kind();
    let ask = match kind {
        AskKind::Connect => {
            Ask { id: "3f1c9a".to_owned(), user: None, from: None, session: None, asked }
        }
        AskKind::CreateQueue
        | AskKind::Subscribe
        | AskKind::SendMessage
        | AskKind::SendState
        | AskKind::Call => Ask {
            id: format!("00d1/{op_id}"),
            user: Some("ann".to_owned()),
            from: None,
            session: Some("00d1".to_owned()),
            asked,
        },
    };
    let request = posted(|callouts, out| callouts.ask(at(0), 1, Some("app"), &ask, out));
    is_the_example(&format!("json {}", kind.name()), &request);
    assert_eq!(request.headers[1].1, format!("{}/{}", ask.id, kind.name()));
    assert_eq!(request.timeout_ms, 3_000);
    assert_eq!(AskKind::named(kind.name()), Some(kind));
}

/// An operation as a client sends it.
fn operation(json: &str) -> Operation {
    let mut body = None;
    proto::json::c2g_frames(json, |frame| body = C2g::decode(frame).unwrap().body).unwrap();
    body.unwrap()
}

fn of(kind: AskKind, json: &str) -> Asked {
    Asked::of(kind, "/room/*", operation(json)).unwrap()
}

#[test]
fn asks_are_as_they_are_shown() {
    asks(
        0,
        Asked::Connect {
            token: "opaque".to_owned(),
            client_name: "web".to_owned(),
            client_version: "1.2".to_owned(),
        },
    );
    let subscribe = r#"{"subscribe":{"op_id":4,"queue":"/room/1"}}"#;
    asks(4, of(AskKind::CreateQueue, subscribe));
    asks(4, of(AskKind::Subscribe, subscribe));
    let send =
        r#"{"send_message":{"op_id":5,"queue":"/room/1","mount":"chat","payload":{"text":"hi"}}}"#;
    asks(5, of(AskKind::SendMessage, send));
    let state = r#"{"send_state":{"op_id":6,"queue":"/room/1","mount":"scores","changes":[
        {"key":"ann","set":10},{"key":"bob","delete":true},
        {"key":"round","add":1,"if_version":7}]}}"#;
    asks(6, of(AskKind::SendState, state));
    let call = r#"{"call":{"op_id":7,"method":"buy","payload":{"item":3}}}"#;
    asks(7, of(AskKind::Call, call));
    let asked = of(
        AskKind::Call,
        r#"{"call":{"op_id":8,"queue":"/room/1","method":"vote","payload":{"for":"bob"}}}"#,
    );
    let (id, user) = ("00d1/8".to_owned(), Some("ann".to_owned()));
    let session = Some("00d1".to_owned());
    let ask = Ask { id, user, from: None, session, asked };
    let request = posted(|callouts, out| callouts.ask(at(0), 1, Some("app"), &ask, out));
    is_the_example("json call of a queue", &request);
    assert!(!request.again, "it may have been done");
    assert!(Asked::of(AskKind::Call, "", operation(send)).is_none(), "a broken node's word");
    assert!(Asked::of(AskKind::Connect, "", operation(send)).is_none());
}

#[test]
fn bytes_that_are_no_json_travel_as_base64_and_null_is_a_payload() {
    let body = |asked| {
        let (id, user) = ("1/1".to_owned(), Some("ann".to_owned()));
        let session = Some("1".to_owned());
        let ask = Ask { id, user, from: None, session, asked };
        let request = posted(|callouts, out| callouts.ask(at(0), 1, Some("app"), &ask, out));
        serde_json::from_slice::<Value>(&request.body).unwrap()
    };
    let call = |payload: &[u8]| Asked::Call {
        queue: String::new(),
        class: String::new(),
        method: "m".to_owned(),
        payload: payload.to_vec(),
    };
    assert_eq!(body(call(b"\0\x01"))["payload_base64"], "AAE=");
    assert_eq!(body(call(b"null")).get("payload"), Some(&Value::Null));
    assert_eq!(body(call(b"")).get("payload"), None);
    let change = Change {
        key: "a".to_owned(),
        act: Some(change::Act::Set(vec![0xff])),
        ..Change::default()
    };
    let state = Asked::SendState {
        queue: "/room/1".to_owned(),
        class: "/room/*".to_owned(),
        mount: "scores".to_owned(),
        changes: vec![change],
    };
    assert_eq!(body(state)["changes"][0]["set_base64"], "/w==");
}

#[test]
fn tells_are_as_they_are_shown() {
    let tell = q2g::Tell {
        number: 1,
        target: "app".to_owned(),
        kind: "joined".to_owned(),
        queue: "/room/1".to_owned(),
        epoch: 52,
        seq: 7,
        user: "ann".to_owned(),
        session_id: (0..16).collect(),
        generation: 12,
        at_ms: 1_700_000_000_000,
        reason: String::new(),
    };
    let destroyed = q2g::Tell {
        number: 2,
        kind: "queue_destroyed".to_owned(),
        seq: 9,
        reason: "idle".to_owned(),
        at_ms: 1_700_000_060_000,
        user: String::new(),
        session_id: Vec::new(),
        generation: 0,
        ..tell.clone()
    };
    let request = posted(|callouts, _| {
        callouts.tell(at(0), LinkId(1), tell);
        callouts.tell(at(0), LinkId(1), destroyed);
    });
    is_the_example("json tell", &request);
}

#[test]
fn answers_are_as_they_are_shown() {
    let mut understood = 0;
    for kind in ["connect", "subscribe", "send_message", "call"] {
        for answer in blocks(&format!("json answer {kind}")) {
            let kind = AskKind::named(kind).unwrap();
            let verdict = Verdict::read(kind, answer.as_bytes());
            assert!(verdict.is_ok(), "{answer}");
            let refused = answer.contains("false");
            assert_eq!(matches!(verdict, Ok(Verdict::Refuse { .. })), refused, "{answer}");
            understood += 1;
        }
    }
    assert_eq!(understood, 5);
    assert_eq!(PAGE.matches("```json answer ").count(), understood);
    assert_eq!(PAGE.matches("```json ").count(), understood + 8);
}

#[test]
fn metrics_and_reasons_are_as_they_are_named() {
    for figure in Counters::default().list() {
        if let Some(("reason", reason)) = figure.labels.first() {
            assert!(PAGE.contains(&format!("| `{reason}` |")), "{reason}");
        }
        assert!(figure.name.starts_with("imq_gateway_callout_"), "{}", figure.name);
    }
    for name in PAGE.split('`').filter(|word| word.starts_with("imq_gateway_callout_")) {
        let name = name.split('{').next().unwrap();
        let is_counted = Counters::default().list().iter().any(|figure| figure.name == name);
        assert!(is_counted || METRICS.contains(&format!("`{name}`")), "{name}");
    }
}
