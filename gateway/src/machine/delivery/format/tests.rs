//! Tests of how frames stand in what carries them.

use super::*;

#[test]
fn lengths_of_websocket_frames_take_as_few_bytes_as_they_may() {
    for (length, head) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
        let mut out = Vec::new();
        put_websocket_binary(&mut out, &vec![0; length]);
        assert_eq!(out.len(), head + length);
    }
}

#[test]
fn a_close_reason_is_cut_between_characters() {
    let mut out = Vec::new();
    Transport::WebSocket.put_close(&mut out, 3008, &"é".repeat(100));
    assert_eq!(usize::from(out[1]), out.len() - 2);
    assert!(out.len() <= 127 && str::from_utf8(&out[4..]).is_ok());
}

#[test]
fn every_format_has_a_place_of_its_own() {
    let mut places = Vec::new();
    for transport in [Transport::Tcp, Transport::WebSocket, Transport::Events] {
        for encoding in [Encoding::Proto, Encoding::Json] {
            places.push(Format::new(transport, encoding).place());
        }
    }
    places.sort_unstable();
    assert!(places.into_iter().eq(0..Format::COUNT));
}

#[test]
fn an_event_is_one_line_and_an_empty_one() {
    let mut out = Vec::new();
    Transport::Events.put_text(&mut out, b"{}");
    Transport::Events.put_close(&mut out, 3008, "slow");
    assert_eq!(out, b"data: {}\n\n");
}

#[test]
fn a_text_on_a_stream_has_its_length_before_it() {
    let mut out = Vec::new();
    Transport::Tcp.put_text(&mut out, b"{}");
    assert_eq!(out, b"\x02{}");
}
