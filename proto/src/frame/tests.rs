//! Streams cut at every place.

use super::*;

fn check(stream: &[u8], pieces: usize, wanted: &[&[u8]]) {
    let mut reader = FrameReader::default();
    let mut got: Vec<Vec<u8>> = Vec::new();
    for piece in stream.chunks(pieces) {
        reader
            .feed::<FrameError>(piece, 300, |frame| {
                got.push(frame.to_vec());
                Ok(())
            })
            .expect("a good stream");
    }
    assert_eq!(got, wanted, "in pieces of {pieces}");
    assert_eq!(reader.waiting(), 0);
}

#[test]
fn frames_survive_any_cut() {
    let long = [7u8; 200];
    let mut stream = vec![0, 1, 9, 3, 1, 2, 3];
    wire::put_varint(&mut stream, 200);
    stream.extend_from_slice(&long);
    stream.push(0);
    for pieces in 1..=stream.len() {
        check(&stream, pieces, &[&[], &[9], &[1, 2, 3], &long, &[]]);
    }
}

#[test]
fn a_large_frame_is_refused_by_its_head() {
    let refused = split(&[0xad, 0x02], 300);
    assert_eq!(refused, Err(FrameError::TooLarge { length: 301, max: 300 }));
    assert_eq!(split(&[0xff; 11], 300), Err(FrameError::Length));
    assert_eq!(split(&[0xff; 4], 300), Ok(None));
}
