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
fn check(encoding: Encoding, bytes: &[u8], expected: &str) {
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
            result = reader.feed(&mut piece, encoding, 1000, &mut each);
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
    check(Encoding::Proto, &frame(0x82, &two), "frame 4, frame 4");
    check(Encoding::Json, &frame(0x81, br#"{"ping":{"nonce":7}}"#), "frame 4");
    check(Encoding::Json, &frame(0x81, br#"[{"open":{}},{"bye":{}}]"#), "frame 2, frame 2");
    let mut fragments = frame(0x01, br#"{"ping":"#);
    fragments.extend(frame(0x89, b"hi"));
    fragments.extend(frame(0x80, br#"{"nonce":7}}"#));
    check(Encoding::Json, &fragments, "ping hi, frame 4");
    check(Encoding::Json, &frame(0x88, &[3, 232]), "close [3, 232]");
}

#[test]
fn a_close_frame_is_answered_by_itself_or_by_what_is_wrong_with_it() {
    let answered = |body: &[u8], answer: &[u8]| {
        check(Encoding::Json, &frame(0x88, body), &format!("close {answer:?}"));
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

/// What is told of these bytes besides their envelopes, however they are cut.
fn check_overhead(encoding: Encoding, bytes: &[u8], expected: (u32, u32)) {
    for size in [1, 7, bytes.len()] {
        let mut reader = Reader::default();
        let mut told = (0, 0);
        for piece in bytes.chunks(size) {
            reader.feed(&mut piece.to_vec(), encoding, 100_000, &mut |_| true).unwrap();
            if let Some(Overhead { bytes, frames }) = reader.overhead() {
                told = (told.0 + bytes, told.1 + frames);
            }
        }
        let Overhead { bytes, frames } = reader.overhead;
        assert!(bytes < OVERHEAD_BYTES && frames < OVERHEAD_FRAMES);
        assert_eq!((told.0 + bytes, told.1 + frames), expected, "in pieces of {size}");
    }
}

#[test]
fn what_comes_besides_envelopes_is_counted() {
    let json = |text: &str| frame(0x81, text.as_bytes());
    check_overhead(Encoding::Json, &frame(0x89, b"hi").repeat(100), (800, 100));
    check_overhead(Encoding::Json, &frame(0x8a, b"").repeat(1000), (6000, 1000));
    check_overhead(Encoding::Json, &json("[]"), (8, 1));
    // An `open` has two bytes.
    check_overhead(Encoding::Json, &json(r#"{"open":{}}"#), (6 + 9, 0));
    check_overhead(Encoding::Json, &json(r#"[{"open":{}},{"open":{}}]"#), (6 + 25 - 4, 0));
    let unknown = format!(r#"{{"open":{{"a":"{}"}}}}"#, "b".repeat(60_000));
    check_overhead(Encoding::Json, &json(&unknown), (8 + 60_017 - 2, 0));
    let mut fragments = frame(0x01, b"");
    fragments.extend(frame(0x00, b"").repeat(500));
    fragments.extend(frame(0x80, br#" {"open":{}}"#));
    check_overhead(Encoding::Json, &fragments, (502 * 6 + 10, 501));
    check_overhead(Encoding::Proto, &frame(0x82, b""), (6, 1));
    check_overhead(Encoding::Proto, &frame(0x82, &[2, 18, 0]), (6 + 1, 0));
}

#[test]
fn refuses_what_the_protocol_forbids() {
    check(Encoding::Json, &frame(0xc1, b"{}"), "BadFrame");
    check(Encoding::Json, &frame(0x83, b""), "BadFrame");
    check(Encoding::Json, &frame(0x09, b""), "BadFrame");
    check(Encoding::Json, &frame(0x80, b""), "BadFrame");
    check(Encoding::Json, &frame(0x89, &[0; 126]), "BadFrame");
    check(Encoding::Json, &frame(0x81, &[0xff]), "BadFrame");
    check(Encoding::Json, &frame(0x81, b"{"), "BadFrame");
    check(Encoding::Json, &frame(0x82, b"{}"), "BadFrame");
    check(Encoding::Proto, &frame(0x81, b"{}"), "BadFrame");
    check(Encoding::Proto, &frame(0x82, &[9, 1]), "BadFrame");
    check(Encoding::Proto, &frame(0x82, &[0; 1001]), "FrameTooLarge");
    let mut long = frame(0x02, &[0; 600]);
    long.extend(frame(0x80, &[0; 600]));
    check(Encoding::Proto, &long, "FrameTooLarge");
    check(Encoding::Proto, &[0x82, 0, 0, 0], "BadFrame");
}

#[test]
fn the_mask_is_taken_off_each_byte() {
    let mask = [0x12, 0x00, 0xff, 0x81];
    for length in 0..40 {
        let plain: Vec<u8> = (0..length).collect();
        let mut bytes: Vec<u8> =
            plain.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        unmask(&mut bytes, mask);
        assert_eq!(bytes, plain);
    }
}
