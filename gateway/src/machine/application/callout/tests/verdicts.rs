//! Answers, read strictly.

use proto::codes::Status;

use crate::machine::application::callout::{AskKind, Verdict};

#[track_caller]
fn comes_to(kind: AskKind, answer: &str, verdict: Verdict) {
    assert_eq!(Verdict::read(kind, answer.as_bytes()).ok(), Some(verdict), "{answer}");
}

#[track_caller]
fn says_nothing(kind: AskKind, answer: &str) {
    assert!(Verdict::read(kind, answer.as_bytes()).is_err(), "{answer}");
}

fn payload(text: &str) -> Verdict {
    Verdict::Payload(text.as_bytes().to_vec())
}

#[test]
fn what_is_allowed() {
    use AskKind as K;
    for kind in [K::CreateQueue, K::Subscribe, K::SendMessage, K::SendState] {
        comes_to(kind, r#" {"allow" : true} "#, Verdict::Allow);
        says_nothing(kind, r#"{"payload":1}"#);
    }
    comes_to(
        K::SendMessage,
        r#"{"allow":true,"payload":{ "a": [1.50, null] }}"#,
        payload(r#"{"a":[1.50,null]}"#),
    );
    comes_to(K::SendMessage, r#"{"allow":true,"payload":null}"#, payload("null"));
    comes_to(K::SendMessage, r#"{"allow":true,"payload_base64":"AAE="}"#, payload("\0\u{1}"));
    comes_to(K::Call, r#"{"payload":"won"}"#, payload("\"won\""));
    comes_to(K::Call, r#"{"allow":true,"payload":null}"#, payload("null"));
    comes_to(
        K::Connect,
        r#"{"allow":true,"user":"ann","expires_in_s":3600}"#,
        Verdict::User { user: "ann".to_owned(), expires_in_s: Some(3600) },
    );
    comes_to(
        K::Connect,
        r#"{"allow":true,"user":"ann"}"#,
        Verdict::User { user: "ann".to_owned(), expires_in_s: None },
    );
}

#[test]
fn what_is_refused() {
    let refuse = |status, message: &str| Verdict::Refuse { status, message: message.to_owned() };
    let plain = "the web application doesn't allow it";
    for kind in [AskKind::Subscribe, AskKind::Call, AskKind::Connect] {
        comes_to(kind, r#"{"allow":false}"#, refuse(Status::Forbidden, plain));
        comes_to(
            kind,
            r#"{"allow":false,"status":5,"message":"no such room"}"#,
            refuse(Status::NotFound, "no such room"),
        );
        // Badly said, but said.
        for bad in [
            r#"{"allow":false,"status":0}"#,
            r#"{"allow":false,"status":2}"#,
            r#"{"allow":false,"status":99}"#,
            r#"{"allow":false,"status":"forbidden"}"#,
            r#"{"allow":false,"reason":"no such field"}"#,
            r#"{"allow":false,"message":7}"#,
        ] {
            comes_to(kind, bad, refuse(Status::Forbidden, plain));
        }
    }
    let long = format!(r#"{{"allow":false,"message":"{}"}}"#, "ä".repeat(2_000));
    comes_to(AskKind::Subscribe, &long, refuse(Status::Forbidden, &"ä".repeat(512)));
}

#[test]
fn what_says_nothing() {
    use AskKind as K;
    for answer in [
        "",
        "true",
        "[]",
        "{}",
        "null",
        r#"{"allow":1}"#,
        r#"{"allow":"true"}"#,
        r#"{"allow":null}"#,
        r#"{"allow":true"#,
        r#"{"allow":true} and more"#,
        r#"{"allow":true,"allow":true}"#,
        r#"{"allowed":true}"#,
        r#"{"allow":true,"status":0}"#,
        r#"{"allow":true,"message":"welcome"}"#,
        r#"{"allow":true,"user":"ann"}"#,
        r#"{"allow":true,"payload":1}"#,
        "\u{feff}{\"allow\":true}",
        "<b>Warning</b> {\"allow\":true}",
    ] {
        says_nothing(K::Subscribe, answer);
    }
    says_nothing(K::SendMessage, r#"{"allow":true,"payload":1,"payload_base64":"AA=="}"#);
    says_nothing(K::SendMessage, r#"{"allow":true,"payload_base64":"not base64"}"#);
    says_nothing(K::SendMessage, r#"{"allow":true,"payload":"\ud800"}"#);
    says_nothing(K::Call, r#"{"allow":true}"#);
    says_nothing(K::Connect, r#"{"allow":true}"#);
    says_nothing(K::Connect, r#"{"allow":true,"user":"a/b"}"#);
    says_nothing(K::Connect, r#"{"allow":true,"user":""}"#);
    says_nothing(K::Connect, r#"{"allow":true,"user":"ann","expires_in_s":0}"#);
    says_nothing(K::Connect, r#"{"allow":true,"user":"ann","expires_in_s":-1}"#);
    let deep = |depth: usize| {
        format!(r#"{{"allow":true,"payload":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(Verdict::read(K::SendMessage, deep(64).as_bytes()).is_ok());
    says_nothing(K::SendMessage, &deep(65));
    says_nothing(K::SendMessage, &deep(30_000));
}

#[test]
fn as_the_queue_node_gets_it() {
    let wire = Verdict::Allow.to_wire(AskKind::CreateQueue);
    assert_eq!((wire.kind.as_str(), wire.status, wire.payload), ("create_queue", 0, None));
    let wire = payload("1").to_wire(AskKind::SendMessage);
    assert_eq!((wire.kind.as_str(), wire.payload.as_deref()), ("send_message", Some(&b"1"[..])));
    let refused = Verdict::Refuse { status: Status::Limit, message: "slowly".to_owned() };
    let wire = refused.to_wire(AskKind::Subscribe);
    assert_eq!((wire.status, wire.error_message.as_str()), (8, "slowly"));
}
