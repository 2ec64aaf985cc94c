//! Requests as text, and answers.

use super::Rpc;
use crate::peers::{Codec, Event, Member};

fn rpc(batch: usize) -> Rpc {
    Rpc::new(Member { user: String::new(), room: "/r".into() }, "h:1", "key", batch)
}

fn said(say: impl FnOnce(&mut Vec<u8>)) -> (String, String) {
    let mut out = Vec::new();
    say(&mut out);
    let text = String::from_utf8(out).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    assert!(head.contains("Host: h:1\r\nAuthorization: Bearer key\r\n"), "{head}");
    (head.lines().next().unwrap().into(), body.into())
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn requests_are_json() {
    let one = r#"{"queue":"/r","mount":"chat","payload":"hi"}"#;
    let (line, body) = said(|out| rpc(1).publish(b"hi", out));
    assert_eq!(line, "POST /rpc/v1/send_message HTTP/1.1");
    assert_eq!(body, one);
    let (line, body) = said(|out| rpc(2).publish(b"hi", out));
    assert_eq!(line, "POST /rpc/v1/batch HTTP/1.1");
    let item = format!(r#"{{"method":"send_message","body":{one}}}"#);
    assert_eq!(body, format!(r#"{{"items":[{item},{item}]}}"#));
    serde_json::from_str::<serde_json::Value>(&body).unwrap();
    let (line, body) = said(|out| rpc(1).hello(out));
    assert_eq!(
        (line.as_str(), body.as_str()),
        ("POST /rpc/v1/create_queue HTTP/1.1", r#"{"queue":"/r"}"#)
    );
}

#[test]
fn a_batch_is_done_when_each_item_is() {
    let mut rpc = rpc(2);
    let created = answer(200, "{}");
    let heard = rpc.next(&created, &mut Vec::new());
    assert_eq!(heard, Ok(Some((Event::Ready, created.len()))));
    let done = answer(200, r#"{"results":[{"status":200},{"status":200}]}"#);
    assert_eq!(rpc.next(&done[..9], &mut Vec::new()), Ok(None));
    let heard = rpc.next(&done, &mut Vec::new());
    assert_eq!(heard, Ok(Some((Event::Acknowledged, done.len()))));
    let half = answer(200, r#"{"results":[{"status":200},{"status":503}]}"#);
    assert!(rpc.next(&half, &mut Vec::new()).unwrap_err().0.contains("not all"));
    let refused = answer(403, "no");
    assert!(rpc.next(&refused, &mut Vec::new()).unwrap_err().0.contains("403: \"no\""));
}
