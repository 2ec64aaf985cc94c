//! What WebSockets carry, and how: what a server says, cut at every byte, and what is heard of it.

use super::{GATEWAY, hear, member};
use crate::peers::bun::Bun;
use crate::peers::centrifugo::Centrifugo;
use crate::peers::imq::Imq;
use crate::peers::imq::json::ImqJson;
use crate::peers::websocket::{Carried, Messages, WebSocket};
use crate::peers::{Codec, Member};

const UPGRADED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A message of the server.
fn message(kind: Messages, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | kind as u8];
    match u16::try_from(content.len()).expect("short") {
        length @ 0..126 => bytes.push(length as u8),
        length => {
            bytes.push(126);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The frames of a client, each with its first byte, and unmasked.
fn unmasked(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert_eq!(second & 0x80, 0x80, "masked");
        let (length, rest) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk().expect("a length");
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk().expect("a length");
                (u64::from_be_bytes(*length) as usize, rest)
            }
            length => (usize::from(length), rest),
        };
        let (key, rest) = rest.split_first_chunk::<4>().expect("a key");
        assert_ne!(*key, [0; 4], "a key that hides nothing");
        let (content, rest) = rest.split_at(length);
        let plain = content.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        frames.push((*first, plain.collect()));
        bytes = rest;
    }
    frames
}

/// The same is heard wherever the messages are cut, and answered by the same frames.
fn check<C: Carried>(
    new: impl Fn(Member) -> C,
    messages: &[Vec<u8>],
    expected: &str,
    answers: &[(u8, &[u8])],
) {
    let bytes = [UPGRADED, &messages.concat()].concat();
    let answers: Vec<_> = answers.iter().map(|&(first, text)| (first, text.to_vec())).collect();
    for cut in 0..=bytes.len() {
        let heard = hear(&mut WebSocket::of(new(member())), &bytes, cut);
        let (heard, out) = heard.unwrap_or_else(|why| panic!("cut at {cut}: {why}"));
        assert_eq!(heard, expected, "cut at {cut}");
        assert_eq!(unmasked(&out), answers, "cut at {cut}");
    }
}

/// Why what comes after the upgrade is refused.
fn refusal<C: Carried>(new: impl Fn(Member) -> C, bytes: &[u8]) -> String {
    let bytes = [UPGRADED, bytes].concat();
    hear(&mut WebSocket::of(new(member())), &bytes, 0).expect_err("refused").0
}

/// The publish that a connection says, unmasked.
fn publish<C: Carried>(new: impl Fn(Member) -> C) -> String {
    let mut out = Vec::new();
    let mut socket = WebSocket::of(new(member()));
    for _ in 0..2 {
        out.clear();
        socket.publish(b"\"hi\"", &mut out);
    }
    let frames = unmasked(&out);
    let [(first, text)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(*first, 0x80 | C::MESSAGES as u8);
    text.escape_ascii().to_string()
}

#[test]
fn a_websocket_is_heard_however_it_is_cut() {
    let messages = [
        message(Messages::Binary, GATEWAY),
        b"\x89\x02hi".to_vec(),
        message(Messages::Binary, &GATEWAY[..7]),
    ];
    let mut hello = Vec::new();
    Imq::new(member()).hello(&mut hello);
    // After the upgrade come the wrapped hello, the wrapped pong of imq, and WebSocket's own.
    let answers = [(0x82, hello.as_slice()), (0x82, b"\x04\x6a\x02\x08\x09"), (0x8a, b"hi")];
    check(Imq::new, &messages, "welcomed done ready hi done ended welcomed", &answers);
}

#[test]
fn a_websocket_is_refused() {
    super::refused(socket, b"HTTP/1.1 403 Forbidden\r\n\r\n", "upgrade was refused");
    super::refused(socket, &[b'x'; 5000], "without an end");
    assert!(refusal(Imq::new, b"\x88\x02\x0b\xb9").contains("closes"));
    assert!(refusal(Imq::new, b"\x02\x01a").contains("fragment"));
    assert!(refusal(Imq::new, b"\x81\x01a").contains("not a message"));
    assert!(refusal(Imq::new, &message(Messages::Binary, &GATEWAY[..6])).contains("cut off"));
}

fn socket(member: Member) -> WebSocket<Imq> {
    WebSocket::of(Imq::new(member))
}

#[test]
fn long_websocket_frames_have_long_lengths() {
    for length in [10, 200, 70_000] {
        let mut out = Vec::new();
        socket(member()).publish(&vec![b'x'; length], &mut out);
        let mut inner = Vec::new();
        Imq::new(member()).publish(&vec![b'x'; length], &mut inner);
        assert_eq!(unmasked(&out), [(0x82, inner)]);
    }
}

#[test]
fn each_frame_has_another_key() {
    let (mut out, mut socket) = (Vec::new(), socket(member()));
    let mut keys = [[0; 4]; 3];
    for key in &mut keys {
        out.clear();
        socket.publish(b"hi", &mut out);
        key.copy_from_slice(&out[2..6]);
    }
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
}

#[test]
fn imq_in_json_is_heard_however_it_is_cut() {
    let text = |text: &str| message(Messages::Text, text.as_bytes());
    let messages = [
        text(r#"{"welcome":{"session_id":"s","ping_every_ms":25000,"limits":{"a":[1,2]}}}"#),
        text(r#"{"subscribed":{"sub":1,"queue":"/user/u1","epoch":1}}"#),
        text(concat!(
            r#"[{"result":{"op_id":1,"status":0,"seq":1}},"#,
            r#"{"subscribed":{"sub":2,"queue":"/r","members":["u1","}\""]}}]"#
        )),
        text(r#"{"joined":{"sub":1,"seq":3,"users":["bob"]}}"#),
        text(r#"{"message":{"sub":2,"mount":"chat","seq":2,"from":"u2","payload":"a\"}b","x":1}}"#),
        text(r#"{"message":{"sub":2,"payload":{"a":"]"}}}"#),
        text(r#"{"result":{"op_id":2,"status":0,"seq":2}}"#),
        text(r#"{"ping":{"nonce":7}}"#),
        text(r#"{"unsubscribed":{"sub":2}}"#),
    ];
    let hello = concat!(
        r#"[{"connect":{"protocol":1,"user":"u1","client_name":"loadtest"}},"#,
        r#"{"subscribe":{"op_id":1,"queue":"/r"}}]"#
    );
    let answers = [(0x81, hello.as_bytes()), (0x81, br#"{"pong":{"nonce":7}}"#)];
    let expected = r#"welcomed done ready \"a\\\"}b\" {\"a\":\"]\"} done ended"#;
    check(ImqJson::new, &messages, expected, &answers);
}

#[test]
fn imq_in_json_speaks_and_is_refused() {
    let said = r#"{"send_message":{"op_id":2,"queue":"/r","mount":"chat","payload":"hi"}}"#;
    assert_eq!(publish(ImqJson::new), said.escape_default().to_string());
    let why = |text: &str| refusal(ImqJson::new, &message(Messages::Text, text.as_bytes()));
    assert!(why(r#"{"result":{"op_id":2,"status":8,"message":"no"}}"#).contains("imq refused"));
    assert!(why(r#"{"closing":{"code":3001}}"#).contains("closes"));
    assert!(why(r#"{"result":{"op_id":2"#).contains("cut off"));
    assert!(why(r#"{"message":[]}"#).contains("not the JSON"));
    assert!(why("{}").contains("empty envelope"));
    assert!(why("what").contains("not the JSON"));
}

#[test]
fn bun_is_heard_however_it_is_cut() {
    let long = format!("\"{}\"", "x".repeat(200));
    let messages =
        ["\"ready\"", "\"hi\"", &long].map(|text| message(Messages::Text, text.as_bytes()));
    let expected = format!("ready {} {}", r#"\"hi\""#, long.escape_default());
    check(Bun::new, &messages, &expected, &[]);
    assert_eq!(publish(Bun::new), r#"\"hi\""#);
    assert!(refusal(Bun::new, &message(Messages::Text, b"x")).contains("not the JSON"));
}

#[test]
fn centrifugo_is_heard_however_it_is_cut() {
    let text = |text: &str| message(Messages::Text, text.as_bytes());
    let messages = [
        text(concat!(
            r#"{"id":1,"connect":{"client":"c","version":"6.9.0","ping":25,"pong":true}}"#,
            "\n",
            r#"{"id":2,"subscribe":{}}"#
        )),
        text(concat!(
            r#"{"push":{"channel":"/r","pub":{"data":"hi","info":{"client":"c"}}}}"#,
            "\n",
            r#"{"id":3,"publish":{}}"#
        )),
        text(r#"{"push":{"channel":"/r","join":{"info":{}}}}"#),
        text("{}"),
        text(r#"{"push":{"channel":"/r","unsubscribe":{}}}"#),
    ];
    let hello = concat!(
        r#"{"id":1,"connect":{"name":"loadtest"}}"#,
        "\n",
        r#"{"id":2,"subscribe":{"channel":"/r"}}"#
    );
    let expected = r#"welcomed ready \"hi\" done ended"#;
    check(Centrifugo::new, &messages, expected, &[(0x81, hello.as_bytes()), (0x81, b"{}")]);
}

#[test]
fn centrifugo_speaks_and_is_refused() {
    let said = r#"{"id":4,"publish":{"channel":"/r","data":"hi"}}"#;
    assert_eq!(publish(Centrifugo::new), said.escape_default().to_string());
    let why = |text: &str| refusal(Centrifugo::new, &message(Messages::Text, text.as_bytes()));
    let error = r#"{"id":2,"error":{"code":103,"message":"permission denied"}}"#;
    assert!(why(error).contains("permission denied"));
    assert!(why(r#"{"push":{"disconnect":{"code":3000}}}"#).contains("disconnects"));
}
