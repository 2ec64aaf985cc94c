//! Tests of the frames of WebSockets.

use super::*;

#[test]
fn lengths_of_websocket_frames_take_as_few_bytes_as_they_may() {
    for (length, head) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
        let mut out = Vec::new();
        put_websocket(&mut out, BINARY, &vec![0; length]);
        assert_eq!(out.len(), head + length);
    }
}

#[test]
fn a_close_reason_is_cut_between_characters() {
    let mut out = Vec::new();
    put_websocket_close(&mut out, 3008, &"é".repeat(100));
    assert_eq!(usize::from(out[1]), out.len() - 2);
    assert!(out.len() <= 127 && str::from_utf8(&out[4..]).is_ok());
}
