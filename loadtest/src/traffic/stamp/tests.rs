//! Stamps as they are written and read.

use super::{STAMP_BYTES, Stamp, letters, number};

#[test]
fn a_stamp_is_read_as_it_was_written() {
    let stamp = Stamp { sender: 7, counter: 0xfedc_ba98, intended: 0x1234_5678_9abc_def0 };
    let mut payload = [b'.'; 44];
    assert_eq!(Stamp::read(&payload), None);
    stamp.write(&mut payload);
    assert_eq!(payload, *b"\"loadhaaaaaaaijklmnopaponmlkjihgfedcb......\"");
    assert_eq!(Stamp::read(&payload), Some(stamp));
    assert_eq!(Stamp::read(&payload[..43]), None);
    let mut shortest = [0; STAMP_BYTES];
    stamp.write(&mut shortest);
    assert_eq!(Stamp::read(&shortest), Some(stamp));
    assert_eq!(Stamp::read(&shortest[..STAMP_BYTES - 1]), None);
}

#[test]
fn other_letters_are_no_number() {
    for value in [0, 1, 0x8000_0000, u32::MAX] {
        assert_eq!(number(letters(value)), Some(value));
    }
    for place in 0..8 {
        for wrong in [0, b'`', b'q', 0xff] {
            let mut letters = letters(0x1234_5678);
            letters[place] = wrong;
            assert_eq!(number(letters), None, "{wrong} at {place}");
        }
    }
}
