//! What is shown of strangers' texts.

use super::*;

#[test]
fn a_stranger_writes_no_line_of_its_own() {
    let forged = "bad\n2026-01-01T00:00:00Z ERROR fake\r\x1b[2J";
    let shown = r"bad\n2026-01-01T00:00:00Z ERROR fake\r\u{1b}[2J";
    assert_eq!(Foreign::new(forged).as_str(), shown);
}

#[test]
fn what_hides_or_turns_text_around_is_seen() {
    let hidden = "a\u{202e}b\u{200b}c\u{2066}d\u{feff}e\u{2028}f\u{ad}g\u{e0041}h\u{85}";
    let shown = r"a\u{202e}b\u{200b}c\u{2066}d\u{feff}e\u{2028}f\u{ad}g\u{e0041}h\u{85}";
    assert_eq!(Foreign::new(hidden).as_str(), shown);
}

#[test]
fn honest_text_stays() {
    for text in ["", "who are you?", r"C:\temp", "Grüße, 你好, שלום, हिन्दी 🎲", "it's \"so\""]
    {
        assert_eq!(Foreign::new(text).as_str(), text);
    }
}

#[test]
fn it_is_cut_between_characters_and_escapes_and_only_once() {
    let max = limits::FOREIGN_TEXT_BYTES_MAX;
    for (unit, bytes) in [("x", 1), ("ü", 2), ("\n", 2), ("\u{202e}", 8), ("🎲", 4)] {
        let shown = Foreign::new(&unit.repeat(100_000));
        let one = Foreign::new(unit);
        let body = shown.as_str().strip_suffix(CUT).expect("it was cut");
        assert!(shown.as_str().len() <= max && body.len() + bytes + CUT.len_utf8() > max);
        assert!(body.len().is_multiple_of(bytes) && body.starts_with(one.as_str()));
        assert_eq!(Foreign::new(shown.as_str()), shown);
    }
    let fits = "x".repeat(max);
    assert_eq!(Foreign::new(&fits).as_str(), fits);
}

#[test]
fn bytes_that_are_no_text_are_shown_all_the_same() {
    assert_eq!(Foreign::of_bytes(b"\xff\x00ok").as_str(), "\u{fffd}\\u{0}ok");
}
