//! Texts by hand: what is accepted, what is refused and why. Random ones are in `proto/tests`.

use super::*;
use crate::c2g::C2g;
use crate::g2q::request::Body;

/// What the text says, in the words of the same protocol: one object a line.
fn told(text: &str) -> Result<String, String> {
    let mut out = Vec::new();
    let read = c2g_frames(text, |frame| {
        C2g::decode(frame).expect("a protobuf message");
        c2g_to_json(&mut out, frame).expect("it was just read");
        out.push(b'\n');
    });
    read.map(|()| String::from_utf8(out).expect("UTF-8")).map_err(|error| error.to_string())
}

fn check(text: &str, wanted: &str) {
    assert_eq!(told(text).as_deref(), Ok(format!("{wanted}\n").as_str()), "{text}");
}

fn check_error(text: &str, wanted: &str) {
    assert_eq!(told(text), Err(wanted.to_owned()), "{text}");
}

#[test]
fn what_is_said_is_kept() {
    check(r#"{"bye":{}}"#, r#"{"bye":{}}"#);
    check(r#" { "ping" : { "nonce" : 7 } } "#, r#"{"ping":{"nonce":7}}"#);
    check(
        r#"{"subscribe":{"queue":"/room/\u00e9","op_id":1,"since":{"epoch":9,"marks":{"a":1}}}}"#,
        r#"{"subscribe":{"op_id":1,"queue":"/room/é","since":{"epoch":9,"marks":{"a":1}}}}"#,
    );
    check(
        r#"{"send_state":{"changes":[{"key":"a","set":1.50},{"key":"b","add":-3,"if_version":0},
            {"key":"c","delete":true},{"key":"d","set_base64":"/w"},{"key":"e","set":null}]}}"#,
        concat!(
            r#"{"send_state":{"changes":[{"key":"a","set":1.50},{"key":"b","add":-3,"#,
            r#""if_version":0},{"key":"c","delete":true},{"key":"d","set_base64":"/w=="},"#,
            r#"{"key":"e","set":null}]}}"#
        ),
    );
}

#[test]
fn unknown_fields_and_null_are_nothing() {
    check(r#"{"bye":{"why":{"deep":[1,{}]}}}"#, r#"{"bye":{}}"#);
    check(r#"{"get_state":{"queue":null,"x":null,"limit":2}}"#, r#"{"get_state":{"limit":2}}"#);
    check(r#"{"open":[]}"#, r#"{"open":{}}"#);
    check(
        r#"{"subscribe":{"since":{"marks":[]},"mounts":[""]}}"#,
        r#"{"subscribe":{"since":{},"mounts":[""]}}"#,
    );
}

#[test]
fn an_array_is_one_after_the_other() {
    check(r#"[{"open":{}}, {"ping":{}}]"#, "{\"open\":{}}\n{\"ping\":{}}");
    assert_eq!(told("[]").as_deref(), Ok(""));
    let mut seen = 0;
    assert!(c2g_frames(r#"[{"open":{}},{"ping":{}},{"x":{}},{"bye":{}}]"#, |_| seen += 1).is_err());
    assert_eq!(seen, 2);
}

#[test]
fn payloads_stay_as_written() {
    let payload = |text: &str| told(&format!(r#"{{"send_message":{{"payload":{text}}}}}"#));
    let check = |text: &str, wanted: &str| {
        let wanted = format!("{{\"send_message\":{{\"payload\":{wanted}}}}}\n");
        assert_eq!(payload(text), Ok(wanted), "{text}");
    };
    check("1.000e+2", "1.000e+2");
    check("123456789012345678901234567890", "123456789012345678901234567890");
    check("[ 1 ,\n{ \"a b\\\"\\\\\" :\t2 } ]", "[1,{\"a b\\\"\\\\\":2}]");
    check(r#""\ud83d\ude00\n\\u""#, r#""\ud83d\ude00\n\\u""#);
    check(r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2}"#);
    check(&("[".repeat(64) + &"]".repeat(64)), &("[".repeat(64) + &"]".repeat(64)));
    let deep = payload(&("[".repeat(65) + &"]".repeat(65))).expect_err("too deep");
    assert!(deep.starts_with("send_message.payload: nested more than 64 deep"), "{deep}");
    for half in [r#""\ud83d""#, r#""\ud83dx""#, r#""\ude00""#, r#""\ud83d\ud83d""#] {
        assert!(payload(half).is_err_and(|error| error.contains("surrogate")), "{half}");
    }
}

#[test]
fn errors_say_where_and_what() {
    check_error(
        "5",
        "the text: invalid type: integer `5`, expected an object with one key, the name of its \
         kind, or an array of such objects at line 1 column 1",
    );
    check_error(
        "{}",
        "the text: an envelope has exactly one key, the name of its kind at line 1 column 2",
    );
    check_error(
        r#"{"send_state":{"changes":[{"ttl_ms":"x"}]}}"#,
        "send_state.changes.ttl_ms: invalid value: string \"x\", expected a whole number from 0 to \
         9007199254740991 at line 1 column 39",
    );
    check_error(
        r#"{"send_state":{"changes":[{"set":1,"add":1}]}}"#,
        "send_state.changes.add: excludes \"set\": give one of them at line 1 column 43",
    );
    check_error(
        r#"{"send_message":{"payload":1,"payload_base64":""}}"#,
        "send_message.payload: given twice at line 1 column 49",
    );
}

#[test]
fn wrong_texts_are_refused() {
    let wrong = [
        "",
        "nul",
        "\u{feff}{}",
        r#"{"open":{}"#,
        r#"{"open":{}} x"#,
        r#"{"open":{},"bye":{}}"#,
        r#"{"open":null}"#,
        r#"{"open":[1]}"#,
        r#"{"shout":{}}"#,
        r#"[[{"open":{}}]]"#,
        r#"{"ping":{"nonce":9007199254740992}}"#,
        r#"{"ping":{"nonce":-1}}"#,
        r#"{"ping":{"nonce":1.0}}"#,
        r#"{"connect":{"protocol":4294967296}}"#,
        r#"{"connect":{"hold":1}}"#,
        r#"{"connect":{"client_id":7}}"#,
        r#"{"connect":{"client_id":"a","attempt":-1}}"#,
        r#"{"connect":{"client_id":"a","attempt":4294967296}}"#,
        r#"{"connect":{"user":"\ud800"}}"#,
        r#"{"subscribe":{"mounts":[null]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","set":1,"delete":false}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","delete":false,"set":1}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","set":null,"delete":true}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","set":1,"delete":null}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","add":null,"set":1}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","set_base64":null,"add":1}]}}"#,
        r#"{"send_state":{"changes":[{"key":"a","delete":null}]}}"#,
        r#"{"subscribe":{"since":{"marks":{"a":"1"}}}}"#,
        r#"{"send_message":{"payload_base64":"?"}}"#,
        r#"{"send_message":{"payload":[1,]}}"#,
    ];
    for text in wrong {
        assert!(told(text).is_err(), "{text}");
    }
    assert!(told(&"[".repeat(1_000_000)).is_err());
    assert!(told(&format!(r#"{{"open":{{"x":{}"#, "[".repeat(1_000_000))).is_err());
    assert!(told(&format!(r#"{{"call":{{"payload":{}"#, "[".repeat(1_000_000))).is_err());
}

#[test]
fn bytes_that_are_no_json_are_base64() {
    let check = |payload: &[u8], wanted: &str| {
        let message = g2c::Message { payload: payload.to_vec(), ..g2c::Message::default() };
        let body = g2c::g2c::Body::Message(message);
        let mut out = b"x".to_vec();
        put_g2c(&mut out, &g2c::G2c { body: Some(body) }.encode_to_vec()).expect("a message");
        let wanted = format!("x{{\"message\":{{\"seq\":0,{wanted}}}}}");
        assert_eq!(String::from_utf8_lossy(&out), wanted);
    };
    check(b"{\"a\" :\n1}", r#""payload":{"a":1}"#);
    check(b"", r#""payload_base64":"""#);
    check(b"\"\xff\"", r#""payload_base64":"Iv8i""#);
    check(br#""\udc00""#, r#""payload_base64":"Ilx1ZGMwMCI=""#);
    check(b"1 2", r#""payload_base64":"MSAy""#);
    let deep = "[".repeat(66) + &"]".repeat(66);
    check(
        deep.as_bytes(),
        &format!(r#""payload_base64":"{}""#, "W1tb".repeat(22) + &"XV1d".repeat(22)),
    );
}

#[test]
fn bytes_that_are_no_envelope_leave_nothing() {
    for bytes in [&b""[..], &[0x2a], &[0x2a, 2, 0x12, 9], &[0x2a, 3, 0x12, 1, 0xff], &[0xfa, 1, 0]]
    {
        let mut out = b"x".to_vec();
        assert_eq!(put_g2c(&mut out, bytes), Err(JsonError::Bytes(WireError)), "{bytes:?}");
        assert_eq!(out, b"x");
    }
}

#[test]
fn operations_of_the_back_end() {
    let body = operation("send_message", r#"{"queue":"/a","mount":"m","payload":[1, 2]}"#);
    let wanted = crate::c2g::SendMessage {
        queue: "/a".to_owned(),
        mount: "m".to_owned(),
        payload: Some(b"[1,2]".to_vec()),
        ..crate::c2g::SendMessage::default()
    };
    assert_eq!(body, Ok(Body::SendMessage(wanted)));
    assert_eq!(operation("list_queues", " "), Ok(Body::ListQueues(g2q::ListQueues::default())));
    for field in shapes::REQUEST.fields {
        let read =
            operation(field.name, r#"{"payload":1}"#).or_else(|_| operation(field.name, "{}"));
        assert!(read.is_ok(), "{}", field.name);
    }
    assert_eq!(operation("dance", "{}"), Err(JsonError::Method("dance".to_owned())));
    let error = operation("get_state", r#"{"limit":-1}"#).map_err(|error| error.to_string());
    assert!(error.is_err_and(|error| error.starts_with("get_state.limit: ")));
    assert!(operation("get_state", "null").is_err());
    let error = operation("send_message", "{}").map_err(|error| error.to_string());
    assert!(error.is_err_and(|error| error.contains("\"payload\" is missing")));
    let error = operation("get_state", r#"{"que":"/a"}"#).map_err(|error| error.to_string());
    let wanted = "get_state: no field is named \"que\": there are queue, mount, key_prefix, after, \
                  limit at line 1 column 6";
    assert_eq!(error, Err(wanted.to_owned()));
    assert!(operation("get_state", "[{}]").is_err());
}

fn reply_of(method: &str, result: &g2c::Result, reply: &q2g::Reply) -> String {
    let mut out = Vec::new();
    put_reply(&mut out, method, result, reply);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn results_for_the_back_end() {
    let nothing = q2g::Reply::default();
    let result = g2c::Result { op_id: 3, seq: 7, ..g2c::Result::default() };
    assert_eq!(reply_of("send_state", &result, &nothing), r#"{"seq":7}"#);
    assert_eq!(reply_of("get_state", &result, &nothing), r#"{"seq":7,"entries":[]}"#);
    let entry = g2c::Entry { key: "a".to_owned(), value: b"10".to_vec(), version: 4 };
    let result = g2c::Result { entries: vec![entry], next: "a".to_owned(), ..result };
    let wanted = r#"{"seq":7,"next":"a","entries":[{"key":"a","value":10,"version":4}]}"#;
    assert_eq!(reply_of("get_state", &result, &nothing), wanted);
    let queues = q2g::Reply { queues: vec!["/a".to_owned()], ..q2g::Reply::default() };
    assert_eq!(reply_of("list_queues", &result, &queues), r#"{"next":"a","queues":["/a"]}"#);
    for name in operations() {
        assert!(operation_fields(name).is_some(), "{name}");
    }
}

#[test]
fn queues_and_users_for_the_back_end() {
    let mount = q2g::MountInfo { name: "chat".to_owned(), entries: 2, ..q2g::MountInfo::default() };
    let queue = q2g::QueueInfo {
        queue: "/a".to_owned(),
        epoch: 5,
        mounts: vec![mount],
        ..Default::default()
    };
    let result = g2c::Result::default();
    let reply = q2g::Reply { queue: Some(queue), ..q2g::Reply::default() };
    let wanted = concat!(
        r#"{"queue":{"queue":"/a","epoch":5,"seq":0,"members":0,"#,
        r#""mounts":[{"name":"chat","kind":"message","entries":2,"bytes":0}]}}"#
    );
    assert_eq!(reply_of("get_queue", &result, &reply), wanted);
    let user = q2g::UserInfo { user: "ann".to_owned(), ..q2g::UserInfo::default() };
    let reply = q2g::Reply { user: Some(user), ..q2g::Reply::default() };
    let wanted = r#"{"user":{"user":"ann","online":false,"sessions":[],"queues":[]}}"#;
    assert_eq!(reply_of("get_user", &result, &reply), wanted);
}
