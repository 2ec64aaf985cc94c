//! Tests of cutting WebSocket frames.

use super::*;

/// A masked frame of a client.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut bytes = vec![head];
    if payload.len() < 126 {
        bytes.push(0x80 | payload.len() as u8);
    } else {
        bytes.push(0x80 | 126);
        bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}

/// Feeds the bytes in pieces of each size; what comes must be the same.
fn check(codec: Codec, bytes: &[u8], expected: &str) {
    for size in [1, 2, 3, 7, bytes.len().max(1)] {
        let mut reader = Reader::default();
        let mut came = Vec::new();
        let mut result = Ok(());
        for piece in bytes.chunks(size) {
            let mut piece = piece.to_vec();
            let mut each = |one: Came<'_>| {
                came.push(match one {
                    Came::Frame(frame) => format!("frame {}", frame.len()),
                    Came::Ping(bytes) => format!("ping {}", String::from_utf8_lossy(bytes)),
                    Came::Close(bytes) => format!("close {bytes:?}"),
                });
                true
            };
            result = reader.feed(&mut piece, codec, 1000, &mut each);
            if result.is_err() {
                break;
            }
        }
        if let Err(broken) = result {
            came.push(format!("{:?}", broken.close));
        } else {
            assert!(reader.partial.is_empty() && reader.partial.capacity() == 0);
        }
        assert_eq!(came.join(", "), expected, "in pieces of {size}");
    }
}

#[test]
fn cuts_messages_and_fragments() {
    // A `ping` envelope with a length before it.
    let ping = [4, 0x62, 2, 8, 7];
    let mut two = ping.to_vec();
    two.extend_from_slice(&ping);
    check(Codec::ProtoWs, &frame(0x82, &two), "frame 4, frame 4");
    check(Codec::JsonWs, &frame(0x81, br#"{"ping":{"nonce":7}}"#), "frame 4");
    check(Codec::JsonWs, &frame(0x81, br#"[{"open":{}},{"bye":{}}]"#), "frame 2, frame 2");
    let mut fragments = frame(0x01, br#"{"ping":"#);
    fragments.extend(frame(0x89, b"hi"));
    fragments.extend(frame(0x80, br#"{"nonce":7}}"#));
    check(Codec::JsonWs, &fragments, "ping hi, frame 4");
    check(Codec::JsonWs, &frame(0x88, &[3, 232]), "close [3, 232]");
}

#[test]
fn a_close_frame_is_answered_by_itself_or_by_what_is_wrong_with_it() {
    let answered = |body: &[u8], answer: &[u8]| {
        check(Codec::JsonWs, &frame(0x88, body), &format!("close {answer:?}"));
    };
    let with = |code: u16, reason: &[u8]| [&code.to_be_bytes()[..], reason].concat();
    answered(b"", b"");
    for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
        answered(&with(code, b"bye"), &with(code, b"bye"));
    }
    answered(&[3], &with(1002, b""));
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        answered(&with(code, b"bye"), &with(1002, b""));
    }
    answered(&with(1000, &[0xff]), &with(1007, b""));
    answered(&with(1000, "\u{20ac}".as_bytes()), &with(1000, "\u{20ac}".as_bytes()));
}

#[test]
fn refuses_what_the_protocol_forbids() {
    check(Codec::JsonWs, &frame(0xc1, b"{}"), "BadFrame");
    check(Codec::JsonWs, &frame(0x83, b""), "BadFrame");
    check(Codec::JsonWs, &frame(0x09, b""), "BadFrame");
    check(Codec::JsonWs, &frame(0x80, b""), "BadFrame");
    check(Codec::JsonWs, &frame(0x89, &[0; 126]), "BadFrame");
    check(Codec::JsonWs, &frame(0x81, &[0xff]), "BadFrame");
    check(Codec::JsonWs, &frame(0x81, b"{"), "BadFrame");
    check(Codec::JsonWs, &frame(0x82, b"{}"), "BadFrame");
    check(Codec::ProtoWs, &frame(0x81, b"{}"), "BadFrame");
    check(Codec::ProtoWs, &frame(0x82, &[9, 1]), "BadFrame");
    check(Codec::ProtoWs, &frame(0x82, &[0; 1001]), "FrameTooLarge");
    let mut long = frame(0x02, &[0; 600]);
    long.extend(frame(0x80, &[0; 600]));
    check(Codec::ProtoWs, &long, "FrameTooLarge");
    check(Codec::ProtoWs, &[0x82, 0, 0, 0], "BadFrame");
}
