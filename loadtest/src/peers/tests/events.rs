//! imq over HTTP: two connections of one client.

use super::{check, hear, member, refused};
use crate::peers::Codec;
use crate::peers::imq::events::ImqEvents;

const STREAM: &str = concat!(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
    "data: {\"connection\":\"c1\"}\n\n",
    ":\n\n",
    "data: {\"welcome\":{\"session_id\":\"s1\",\"limits\":{}}}\n\n",
    "data: {\"subscribed\":{\"sub\":1,\"queue\":\"/user/u1\"}}\n\n",
    "data: {\"subscribed\":{\"sub\":2,\"queue\":\"/r\"}}\n\n",
    "data: {\"message\":{\"sub\":2,\"payload\":\"hi\"}}\n\n",
    "data: {\"ping\":{\"nonce\":7}}\n\n",
);
const TAKEN: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// The body of the one request in `out`.
fn body(out: &[u8]) -> String {
    let text = String::from_utf8_lossy(out);
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /imq/v1/send HTTP/1.1\r\n"), "{head}");
    assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}: {body}");
    body.to_owned()
}

#[test]
fn a_stream_is_heard_however_it_is_cut() {
    let down = |member| ImqEvents::pair(member).0;
    check(down, STREAM.as_bytes(), r#"welcomed ready \"hi\""#, b"");
    refused(down, b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused");
}

#[test]
fn one_request_goes_at_a_time_and_takes_along_what_waits() {
    let (mut down, mut up) = ImqEvents::pair(member());
    let mut out = Vec::new();
    up.publish(b"\"early\"", &mut out);
    assert!(out.is_empty(), "nobody was let in yet");
    hear(&mut down, STREAM.as_bytes(), 0).expect("a stream");
    let heard = hear(&mut up, TAKEN, 0).expect("the first answer");
    assert_eq!(heard, ("ready".to_owned(), Vec::new()));
    up.publish(b"1", &mut out);
    let send = |id: u32, payload: &str| {
        format!(
            "{{\"send_message\":{{\"op_id\":{id},\"queue\":\"/r\",\"mount\":\"chat\",\
             \"payload\":{payload}}}}}"
        )
    };
    let (early, one, two) = (send(1, "\"early\""), send(2, "1"), send(3, "2"));
    let names = "\"connection\":\"c1\",\"session\":\"s1\"";
    let first =
        format!("{{{names},\"number\":1,\"frames\":[{early},{{\"pong\":{{\"nonce\":7}}}},{one}]}}");
    assert_eq!(body(&out), first);
    out.clear();
    up.publish(b"2", &mut out);
    assert!(out.is_empty(), "the first isn't answered");
    let (heard, said) = hear(&mut up, TAKEN, 9).expect("an answer");
    assert_eq!(
        (heard.as_str(), body(&said)),
        ("", format!("{{{names},\"number\":2,\"frames\":[{two}]}}"))
    );
    refused(|_| up_of(member()), b"HTTP/1.1 410 Gone\r\n\r\n", "refused");
}

fn up_of(member: crate::peers::Member) -> ImqEvents {
    ImqEvents::pair(member).1
}
