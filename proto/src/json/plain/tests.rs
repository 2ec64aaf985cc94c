//! What is plain is JSON that its compact form doesn't change, by the library's word.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::super::any;
use super::*;

/// Whether a whole text is plain; if it is, the library must say the same of it.
fn is_plain(text: &str) -> bool {
    let plain = value_end(text.as_bytes(), 0) == Some(text.len());
    if plain {
        let value: &RawValue = serde_json::from_str(text).expect("what is plain is JSON");
        let mut out = Vec::new();
        any::put_compact(&mut out, value).expect("it isn't too deep");
        assert_eq!(out, text.as_bytes());
    }
    plain
}

#[test]
fn ordinary_values_are_plain() {
    let deep = "[".repeat(DEPTH_MAX) + &"]".repeat(DEPTH_MAX);
    let plain = [
        r#""""#,
        r#""hello, \"world\"\\ \/\b\f\n\r\té""#,
        r#"{"a":[1,-2.50,{"b":{}}],"":null,"a":[]}"#,
        "0",
        "-0.0e-10",
        "123456789012345678901234567890E+5",
        "true",
        "[false,null]",
        &deep,
    ];
    for text in plain {
        assert!(is_plain(text), "{text}");
    }
}

#[test]
fn all_else_is_not() {
    let too_deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
    let other = [
        "",
        " 1",
        "1 ",
        "[1, 2]",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "tru",
        "nulll",
        "\"",
        "\"\\\"",
        "\"\\u0041\"",
        "\"\\x\"",
        "\"\\",
        "\"\t\"",
        "\"a\u{1f}aaaaaaa\"",
        "[",
        "{",
        "[1",
        "{\"a\":1",
        "]",
        "[1}",
        "{\"a\":1]",
        "NaN",
        &too_deep,
    ];
    for text in other {
        assert!(!is_plain(text), "{text}");
    }
}

#[test]
fn a_stop_is_found_wherever_it_is() {
    for stop_byte in [b'"', b'\\', 0, 0x1f] {
        for length in 0..40 {
            for at in 0..=length {
                // Neighbours of what stops, in value.
                let mut text = [b'!', b'#', b'[', b']', b' ', 0x7f, 0xc3, 0xa9].repeat(5);
                text.truncate(length);
                text.insert(at, stop_byte);
                assert_eq!(stop(&text, 0), at);
                assert_eq!(stop(&text, at + 1), text.len());
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_plain_is_json(text in "[\\[\\]{}\":,0-2a-ftrulsn.eE+\\- \n\\\\]{0,14}") {
        is_plain(&text);
    }

    #[test]
    fn strings_of_any_characters(text: String) {
        let written = serde_json::to_string(&text).expect("a string");
        let has_u = written.replace("\\\\", "").contains("\\u");
        prop_assert_eq!(is_plain(&written), !has_u);
        prop_assert_eq!(is_unescaped(&text), written.len() == text.len() + 2);
        let end = text_end(written.as_bytes(), 0);
        prop_assert_eq!(end == Some(written.len()), is_unescaped(&text));
    }
}
