//! Headers of both versions, whole, in parts and wrong.

use super::*;

fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let length = (addresses.len() as u16).to_be_bytes();
    [SIGNATURE, &[command, family], &length, addresses].concat()
}

/// The address of a whole header, which is followed by other bytes and may come in parts.
fn address_of(header: &[u8]) -> Option<IpAddr> {
    for end in 0..header.len() {
        assert_eq!(read(&header[..end]), Header::More, "{end} bytes of {header:?}");
    }
    match read(&[header, b"\x16\x03\x01"].concat()) {
        Header::Whole { address, bytes } => {
            assert_eq!(bytes, header.len());
            address
        }
        other @ (Header::More | Header::Wrong(_)) => panic!("{other:?}"),
    }
}

#[test]
fn version_1_is_a_line() {
    let address = address_of(b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");
    assert_eq!(address, "192.0.2.1".parse().ok());
    let address = address_of(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n");
    assert_eq!(address, "2001:db8::1".parse().ok());
    assert_eq!(address_of(b"PROXY UNKNOWN\r\n"), None);
    assert_eq!(address_of(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), None);
}

#[test]
fn version_2_is_binary() {
    let addresses = [192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 4, 1, 0xbb];
    assert_eq!(address_of(&v2(0x21, 0x11, &addresses)), "192.0.2.1".parse().ok());
    let with_more = [&addresses[..], &[4, 0, 3, 1, 2, 3]].concat();
    assert_eq!(address_of(&v2(0x21, 0x11, &with_more)), "192.0.2.1".parse().ok());
    let mut addresses = vec![0; 36];
    addresses[..2].copy_from_slice(&[0x20, 0x01]);
    assert_eq!(address_of(&v2(0x21, 0x21, &addresses)), "2001::".parse().ok());
    assert_eq!(address_of(&v2(0x20, 0x00, &[])), None, "a health check");
    assert_eq!(address_of(&v2(0x21, 0x00, &[])), None);
}

#[test]
fn what_is_wrong_is_seen_at_once() {
    let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 100]].concat();
    let texts: [&[u8]; 12] = [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"PROXZ",
        b"\r\n\r\n\0\r\nQUIX",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
        b"PROXY \xff\r\n",
        b"PROXY\r\n",
        &long,
    ];
    for text in texts {
        assert!(matches!(read(text), Header::Wrong(_)), "{text:?}");
    }
    for header in [
        v2(0x31, 0x11, &[0; 12]),
        v2(0x22, 0x11, &[0; 12]),
        v2(0x21, 0x12, &[0; 12]),
        v2(0x21, 0x11, &[0; 11]),
        v2(0x21, 0x21, &[0; 35]),
        v2(0x21, 0x31, &[0; 216]),
        v2(0x20, 0x00, &[0; limits::PROXY_HEADER_BYTES_MAX]),
    ] {
        assert!(matches!(read(&header), Header::Wrong(_)), "{header:?}");
    }
}

#[test]
fn a_header_is_never_waited_for_beyond_the_bound() {
    let whole = v2(0x21, 0x11, &[0; limits::PROXY_HEADER_BYTES_MAX - HEAD_BYTES]);
    assert_eq!(whole.len(), limits::PROXY_HEADER_BYTES_MAX);
    assert!(matches!(read(&whole), Header::Whole { bytes: limits::PROXY_HEADER_BYTES_MAX, .. }));
    for byte in 0..=u8::MAX {
        assert_ne!(read(&[byte; limits::PROXY_HEADER_BYTES_MAX]), Header::More);
    }
}
