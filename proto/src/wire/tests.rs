//! Varints at their edges.

use super::*;

#[test]
fn varints_come_back() {
    let edges = (0..64).flat_map(|bit| [1u64 << bit, (1 << bit) - 1]).chain([u64::MAX]);
    for number in edges {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, number);
        assert_eq!(bytes.len(), varint_len(number), "{number}");
        assert_eq!(varint(&bytes), Ok(Some((number, bytes.len()))));
        assert_eq!(varint(&bytes[..bytes.len() - 1]), Ok(None), "{number}");
    }
}

#[test]
fn wrong_varints_are_errors() {
    assert_eq!(varint(&[0xff; 11]), Err(WireError));
    assert_eq!(varint(&[0x80; 10]), Err(WireError));
    assert_eq!(varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), Err(WireError));
}

#[test]
fn wrong_fields_are_errors() {
    let next = |bytes: &'static [u8]| Fields::of(bytes).field();
    assert_eq!(next(&[0x00, 1]), Err(WireError), "field 0");
    assert_eq!(next(&[0x0b]), Err(WireError), "a group");
    assert_eq!(next(&[0x0a, 5, 1]), Err(WireError), "longer than there is");
    assert_eq!(next(&[0x09, 1, 2]), Err(WireError), "half a fixed number");
    assert_eq!(next(&[0x0a, 1, 7]), Ok(Some((1, Value::Bytes(&[7])))));
}

#[test]
fn fields_of_numbers_come_back() {
    let edges = (0..64).flat_map(|bit| [1u64 << bit, (1 << bit) - 1]).chain([u64::MAX]);
    for (number, field) in edges.flat_map(|number| [(number, 1), (number, 15), (number, 16)]) {
        let mut bytes = b"before".to_vec();
        put_optional_uint(&mut bytes, field, number);
        put_optional_uint(&mut bytes, field, 7);
        let mut fields = Fields::of(&bytes[6..]);
        assert_eq!(fields.field(), Ok(Some((field, Value::Varint(number)))));
        assert_eq!(fields.field(), Ok(Some((field, Value::Varint(7)))), "{number}");
        assert_eq!(fields.field(), Ok(None));
        assert_eq!(bytes[..6], *b"before");
    }
}
