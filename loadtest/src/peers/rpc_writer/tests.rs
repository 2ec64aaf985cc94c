//! Requests and answers of a back end.

use super::{Event, RpcWriter};
use crate::peers::Codec;
use crate::processes::http;

fn writer() -> RpcWriter {
    RpcWriter::new("/load/1".into(), "127.0.0.1:1", "secret")
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

#[test]
fn any_bytes_are_sent() {
    let mut out = Vec::new();
    writer().hello(&mut out);
    assert!(out.is_empty());
    writer().publish(&[0, 255, 7], &mut out);
    let (head, body) = http::message(&out).expect("HTTP").expect("a whole request");
    assert!(head.starts_with("POST /rpc/v1/send_message HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Authorization: Bearer secret"), "{head}");
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["payload_base64"], "AP8H");
    assert_eq!((&body["queue"], &body["mount"]), (&"/load/1".into(), &"chat".into()));
}

#[test]
fn each_answer_has_its_status() {
    let mut writer = writer();
    for (bytes, status) in [
        (answer("200 OK", "{\"seq\":7}"), 0),
        (answer("504 Gateway Timeout", "{\"error\":{\"status\":2,\"code\":\"x\"}}"), 2),
        (answer("503 Service Unavailable", "{\"error\":{\"status\":14}}"), 14),
    ] {
        let heard = writer.next(&bytes, &mut Vec::new()).expect("an answer");
        assert_eq!((heard, writer.status), (Some((Event::Acknowledged, bytes.len())), status));
        assert_eq!(writer.next(&bytes[..9], &mut Vec::new()), Ok(None));
    }
    let other = answer("502 Bad Gateway", "<html>");
    writer.next(&other, &mut Vec::new()).expect_err("it isn't imq's");
}
