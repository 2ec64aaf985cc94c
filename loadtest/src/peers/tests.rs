//! Each protocol as a script: what a server says, cut at every byte, and what is heard of it.

mod events;
pub(crate) mod schema;
mod websocket;

use super::imq::Imq;
use super::mosquitto::Mosquitto;
use super::nats::Nats;
use super::redis::Redis;
use super::{Codec, Event, Member, Violation};

fn member() -> Member {
    Member { user: "u1".into(), room: "/r".into() }
}

/// All that is heard in `bytes` when the first `cut` of them come alone, and what is answered.
fn hear(codec: &mut impl Codec, bytes: &[u8], cut: usize) -> Result<(String, Vec<u8>), Violation> {
    let (mut heard, mut out, mut used) = (String::new(), Vec::new(), 0);
    for end in [cut, bytes.len()] {
        while let Some((event, taken)) = codec.next(&bytes[used..end], &mut out)? {
            used += taken;
            match event {
                Event::Welcomed => heard.push_str("welcomed "),
                Event::Ready => heard.push_str("ready "),
                Event::Delivery(payload) => heard.push_str(&format!("{} ", payload.escape_ascii())),
                Event::Acknowledged => heard.push_str("done "),
                Event::Ended => heard.push_str("ended "),
                Event::Other => {}
            }
        }
    }
    assert_eq!(used, bytes.len(), "cut at {cut}: something was left");
    Ok((heard.trim_end().into(), out))
}

/// The same is heard wherever the bytes are cut.
fn check<C: Codec>(new: impl Fn(Member) -> C, bytes: &[u8], expected: &str, answer: &[u8]) {
    for cut in 0..=bytes.len() {
        let heard = hear(&mut new(member()), bytes, cut);
        assert_eq!(heard, Ok((expected.into(), answer.to_vec())), "cut at {cut}");
    }
}

/// The bytes are refused, whole.
fn refused<C: Codec>(new: impl Fn(Member) -> C, bytes: &[u8], why: &str) {
    let error = new(member()).next(bytes, &mut Vec::new()).expect_err("refused");
    assert!(error.0.contains(why), "{error}");
}

fn said(say: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    say(&mut out);
    out.escape_ascii().to_string()
}

#[test]
fn redis_speaks() {
    let mut redis = Redis::new(member());
    let hello = "*2\\r\\n$5\\r\\nHELLO\\r\\n$1\\r\\n3\\r\\n\
                 *2\\r\\n$9\\r\\nSUBSCRIBE\\r\\n$2\\r\\n/r\\r\\n";
    assert_eq!(said(|out| redis.hello(out)), hello);
    let publish = "*3\\r\\n$7\\r\\nPUBLISH\\r\\n$2\\r\\n/r\\r\\n$2\\r\\nhi\\r\\n";
    assert_eq!(said(|out| redis.publish(b"hi", out)), publish);
}

#[test]
fn redis_is_heard_however_it_is_cut() {
    let bytes = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*1\r\n_\r\n\
                  >3\r\n$9\r\nsubscribe\r\n$2\r\n/r\r\n:1\r\n\
                  >3\r\n$7\r\nmessage\r\n$2\r\n/r\r\n$4\r\na\r\nb\r\n:10\r\n+OK\r\n$-1\r\n";
    check(Redis::new, bytes, "ready a\\r\\nb done", b"");
}

#[test]
fn redis_is_refused() {
    refused(Redis::new, b"-ERR no\r\n", "redis refused");
    refused(Redis::new, b"what\r\n", "not RESP");
    refused(Redis::new, b"$1x\r\n", "not a number");
    refused(Redis::new, b">3\r\n$7\r\nmessage\r\n$2\r\n/x\r\n$1\r\na\r\n", "nobody asked");
}

#[test]
fn nats_speaks() {
    let mut nats = Nats::new(member());
    let hello =
        "CONNECT {\\\"verbose\\\":false,\\\"pedantic\\\":false}\\r\\nSUB /r 1\\r\\nPING\\r\\n";
    assert_eq!(said(|out| nats.hello(out)), hello);
    assert_eq!(said(|out| nats.publish(b"hi", out)), "PUB /r 2\\r\\nhi\\r\\n");
}

#[test]
fn nats_is_heard_however_it_is_cut() {
    let bytes = b"INFO {\"x\":1}\r\nPONG\r\nMSG /r 1 4\r\na\r\nb\r\nPING\r\n+OK\r\n";
    check(Nats::new, bytes, "ready a\\r\\nb", b"PONG\r\n");
    refused(Nats::new, b"-ERR 'Slow Consumer'\r\n", "Slow Consumer");
}

#[test]
fn mosquitto_speaks() {
    let mut mosquitto = Mosquitto::new(member());
    let hello = "\\x10\\x0e\\x00\\x04MQTT\\x04\\x02\\x00\\x00\\x00\\x02u1\
                 \\x82\\x07\\x00\\x01\\x00\\x02/r\\x00";
    assert_eq!(said(|out| mosquitto.hello(out)), hello);
    assert_eq!(said(|out| mosquitto.publish(b"hi", out)), "0\\x06\\x00\\x02/rhi");
}

#[test]
fn mosquitto_is_heard_however_it_is_cut() {
    let mut bytes = b"\x20\x02\x00\x00\x90\x03\x00\x01\x00\x30\x06\x00\x02/rhi".to_vec();
    // A length of two bytes.
    bytes.extend_from_slice(b"\x30\x84\x01\x00\x02/r");
    bytes.extend_from_slice(&[b'x'; 128]);
    check(Mosquitto::new, &bytes, &format!("ready hi {}", "x".repeat(128)), b"");
    refused(Mosquitto::new, b"\x20\x02\x00\x05", "mosquitto said");
    refused(Mosquitto::new, b"\x90\x03\x00\x01\x80", "mosquitto said");
    refused(Mosquitto::new, b"\x30\x04\x00\x02/x", "another topic");
    refused(Mosquitto::new, &[0xff; 12], "without an end");
}

/// What a gateway says: welcome, subscribed of the user's own queue, result, subscribed, joined,
/// message (with fields behind the payload), result of the publish, ping, unsubscribed.
const GATEWAY: &[u8] = b"\x06\x0a\x04\x0a\x02s1\
    \x0e\x1a\x0c\x08\x01\x12\x08/user/u1\x06\x12\x04\x08\x01\x10\x00\
    \x06\x1a\x04\x12\x02/r\x06\x3a\x04\x22\x02u2\
    \x19\x2a\x17\x08\x01\x12\x04chat\x18\x07\x22\x02u2\x2a\x02hi\x30\x80\x01\x38\x01\
    \x04\x12\x02\x08\x02\x04\x6a\x02\x08\x09\x04\x22\x02\x08\x01";

#[test]
fn imq_is_heard_however_it_is_cut() {
    check(Imq::new, GATEWAY, "welcomed done ready hi done ended", b"\x04\x6a\x02\x08\x09");
}

#[test]
fn imq_is_refused() {
    refused(Imq::new, b"\x0b\x12\x09\x08\x01\x10\x07\x1a\x03no!", "imq refused");
    refused(Imq::new, b"\x05\x62\x03\x08\xb9\x17", "closes");
    refused(Imq::new, b"\x00", "empty frame");
    refused(Imq::new, b"\x02\x08\x01", "not a frame");
    refused(Imq::new, b"\x03\x2a\x05a", "longer than its frame");
    refused(Imq::new, b"\x04\x2a\x02\x0b\x01", "not protobuf");
    refused(Imq::new, b"\x04\x2a\x00\x2a\x00", "more than one body");
    refused(Imq::new, &[0xff; 11], "without an end");
}
