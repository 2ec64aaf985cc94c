//! Tests of requests for the fallback: heads, bodies and answers.

use super::super::{Outcome, read};
use super::*;

fn origins() -> Origins {
    Origins::new(vec!["https://game.example".parse().unwrap()])
}

fn asked(line: &str, headers: &[(&str, &str)]) -> Outcome {
    let headers: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    let request = format!("{line} HTTP/1.1\r\nHost: imq\r\n{headers}\r\n");
    read(request.as_bytes(), &origins(), &[])
}

/// The status of a refusal, and that it says something.
#[track_caller]
fn refused(line: &str, headers: &[(&str, &str)], status: &str) -> String {
    let Outcome::Refuse(refusal) = asked(line, headers) else { panic!("{line}: not refused") };
    let response = refusal.response();
    assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(body.len() > 10, "{response}");
    response
}

const LENGTH: (&str, &str) = ("Content-Length", "16");
const ORIGIN: (&str, &str) = ("Origin", "https://game.example");

#[test]
fn a_post_with_a_length_is_read() {
    for (path, purpose, max) in [
        ("/imq/v1/events", Purpose::Events, limits::UNAUTHENTICATED_BYTES_MAX),
        ("/imq/v1/send/?x=1", Purpose::Send, limits::POST_BYTES_MAX),
    ] {
        let Outcome::Post { posting, .. } = asked(&format!("POST {path}"), &[LENGTH]) else {
            panic!("not read");
        };
        assert_eq!(posting, Posting { purpose, length: 16, manner: Manner::default() });
        let line = format!("POST {path}");
        let length = |bytes: usize| bytes.to_string();
        assert!(matches!(asked(&line, &[("Content-Length", &length(max))]), Outcome::Post { .. }));
        refused(&line, &[("Content-Length", &length(max + 1))], "413");
        refused(&line, &[("Content-Length", &"9".repeat(40))], "413");
        for length in ["", "-1", "+1", "1 1", "0x10", "1,1"] {
            refused(&line, &[("Content-Length", length)], "400");
        }
        refused(&line, &[LENGTH, LENGTH], "400");
        refused(&line, &[], "411");
        refused(&line, &[("Transfer-Encoding", "chunked")], "411");
        refused(&line, &[LENGTH, ("Transfer-Encoding", "chunked")], "411");
        for method in ["GET", "PUT", "DELETE", "post"] {
            let response = refused(&format!("{method} {path}"), &[LENGTH], "405");
            assert!(response.contains("\r\nAllow: POST, OPTIONS\r\n"), "{response}");
        }
    }
    for path in ["/imq/v1/event", "/imq/v1/send//", "/imq/v1/sends"] {
        refused(&format!("POST {path}"), &[LENGTH], "404");
    }
}

#[test]
fn pages_of_our_origins_may_read_all_answers_and_others_none() {
    let allowed = "\r\nAccess-Control-Allow-Origin: https://game.example\r\nVary: Origin\r\n";
    for path in ["/imq/v1/events", "/imq/v1/send"] {
        let post = format!("POST {path}");
        let Outcome::Post { posting, .. } = asked(&post, &[LENGTH, ORIGIN]) else {
            panic!("{post}")
        };
        let answers = [
            stream_head(&posting.manner),
            answer_post(Posted::Taken, &posting.manner).unwrap(),
            answer_post(Posted::Gone, &posting.manner).unwrap_err().response(),
            too_many(&posting.manner).response(),
            refused(&post, &[ORIGIN], "411"),
            refused(&format!("GET {path}"), &[ORIGIN], "405"),
        ];
        assert!(answers.iter().all(|answer| answer.contains(allowed)), "{answers:#?}");
        let preflight = [ORIGIN, ("Access-Control-Request-Method", "POST")];
        let Outcome::Answer { response, .. } = asked(&format!("OPTIONS {path}"), &preflight) else {
            panic!("no answer");
        };
        assert!(response.starts_with("HTTP/1.1 204 No Content\r\n"), "{response}");
        assert!(response.ends_with("\r\n\r\n") && response.contains(allowed), "{response}");
        for line in ["Methods: POST", "Headers: content-type", "Max-Age: 7200"] {
            let line = if line.starts_with("Max") {
                format!("\r\nAccess-Control-{line}\r\n")
            } else {
                format!("\r\nAccess-Control-Allow-{line}\r\n")
            };
            assert!(response.contains(&line), "{response}");
        }
        refused(&format!("OPTIONS {path}"), &[ORIGIN, LENGTH], "400");
        for method in ["POST", "OPTIONS", "GET"] {
            let line = format!("{method} {path}");
            for origin in ["https://evil.example", "null", "?"] {
                let response = refused(&line, &[("Origin", origin)], "403");
                assert!(!response.contains("Access-Control"), "{response}");
            }
            refused(&line, &[ORIGIN, ORIGIN], "400");
        }
    }
    assert!(!stream_head(&Manner::default()).contains("Access-Control"));
}

#[test]
fn a_stream_is_asked_for_with_frames() {
    let frames = |body: &str| first_frames(body.as_bytes(), &Manner::default());
    assert_eq!(frames(r#"{"bye":{}}"#).unwrap(), [2, 0x72, 0]);
    assert_eq!(frames("[{\"bye\":{}},\n{\"open\":{}}]").unwrap(), [2, 0x72, 0, 2, 0x12, 0]);
    for body in ["", "{", r#"{"bye":{}}x"#, r#"{"fly":{}}"#, "[]x", r#"{"bye":{}} {"bye":{}}"#] {
        let response = frames(body).unwrap_err().response();
        assert!(response.starts_with("HTTP/1.1 400 "), "{body}: {response}");
    }
    assert!(first_frames(&[0xff], &Manner::default()).is_err());
}

const CONNECTION: &str = "0f3c2a9b5d7e418c8b6a4d2e1f0c9a7b";
const SESSION: &str = "952f7302b5728bf00123456789abcdef";

fn body(connection: &str, session: &str, number: &str, frames: &str) -> String {
    format!(
        r#"{{"connection":"{connection}","session":"{session}","number":{number},{}"#,
        format_args!(r#""frames":{frames}}}"#)
    )
}

#[test]
fn what_is_posted_is_whole_or_refused() {
    let read = |body: &str| read_post(body.as_bytes(), 9);
    let good = body(CONNECTION, SESSION, "3", r#" [{"bye":{}}, {"open":{}}] "#);
    let wanted = Post {
        number: 9,
        connection: ConnectionName::parse(CONNECTION).unwrap(),
        session: SessionId::parse(SESSION).unwrap(),
        count: 3,
        frames: vec![2, 0x72, 0, 2, 0x12, 0],
    };
    assert_eq!(read(&good), Ok(wanted));
    assert!(read(&body(CONNECTION, SESSION, "1", "[]")).unwrap().frames.is_empty());
    // What later versions add is nothing to this one.
    assert!(read(&good.replacen('{', r#"{"more":[1],"#, 1)).is_ok());
    let bad = [
        (String::new(), "not an object"),
        (r#"["a","b",1,[]]"#.to_owned(), "not an object"),
        (good.replace(r#""number":3,"#, ""), "missing field `number`"),
        (good.replace(r#""number":3"#, r#""number":3,"number":4"#), "duplicate field"),
        (body("0f3c", SESSION, "1", "[]"), "connection: "),
        (body(CONNECTION, "", "1", "[]"), "session: "),
        (body(CONNECTION, SESSION, "0", "[]"), "number: "),
        (body(CONNECTION, SESSION, "-1", "[]"), "invalid value"),
        (body(CONNECTION, SESSION, "1.5", "[]"), "invalid type"),
        (body(CONNECTION, SESSION, "9007199254740992", "[]"), "number: "),
        (body(CONNECTION, SESSION, "1", "7"), "frames: "),
        (body(CONNECTION, SESSION, "1", r#"[{"fly":{}}]"#), "frames: "),
        (good.clone() + "x", "trailing"),
    ];
    for (body, says) in bad {
        let error = read(&body).unwrap_err();
        assert!(error.contains(says), "{body}: {error}");
    }
    assert!(read_post(&[0xff, 0xfe], 9).is_err());
}

#[test]
fn what_is_to_be_posted_again_says_when() {
    let response = |posted| answer_post(posted, &Manner::default()).unwrap_err().response();
    let answer = response(Posted::NotNow);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 1\r\n"));
    assert!(response(Posted::Gap).starts_with("HTTP/1.1 409 "));
    assert!(response(Posted::Gone).starts_with("HTTP/1.1 410 "));
    let taken = answer_post(Posted::Taken, &Manner::default()).unwrap();
    assert_eq!(taken, "HTTP/1.1 204 No Content\r\n\r\n");
    let line = "POST /imq/v1/send";
    let Outcome::Post { posting, .. } = asked(line, &[LENGTH, ("connection", "x, Close")]) else {
        panic!("not read");
    };
    let taken = answer_post(Posted::Taken, &posting.manner).unwrap();
    assert_eq!(taken, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}
