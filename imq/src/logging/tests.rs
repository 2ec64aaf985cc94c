//! How a line looks, whatever is in it.

use super::*;

fn line(message: &str) -> Line {
    Line {
        time: "2026-01-02T03:04:05.000006Z".to_owned(),
        level: "WARN",
        node: Node { role: "gateway".to_owned(), id: "g1".to_owned() },
        target: "gateway::io",
        fields: Fields { message: message.to_owned(), others: vec![("event", "lost".to_owned())] },
    }
}

#[test]
fn a_line_says_when_how_bad_of_whom_and_what() {
    let expected =
        "2026-01-02T03:04:05.000006Z  WARN gateway g1 gateway::io: q1 is gone event=lost\n";
    assert_eq!(line("q1 is gone").text(), expected);
    let json: serde_json::Value = serde_json::from_str(&line("q1 is \"gone\"").json()).unwrap();
    let expected = serde_json::json!({
        "time": "2026-01-02T03:04:05.000006Z", "level": "WARN", "role": "gateway", "id": "g1",
        "target": "gateway::io", "message": "q1 is \"gone\"", "event": "lost",
    });
    assert_eq!(json, expected);
}

#[test]
fn text_from_outside_makes_no_line_of_its_own_and_no_long_one() {
    let hostile = "it said: \n2026-01-02 ERROR fake\r\u{1b}[31m\u{202e}\u{2028}x";
    for text in [line(hostile).text(), line(hostile).json()] {
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.ends_with('\n'));
        let unseen = |char: char| (char.is_control() && char != '\n') || is_unseen(char);
        assert!(!text.contains(unseen), "{text:?}");
    }
    let long = line(&"é".repeat(1_000_000)).text();
    assert!(long.chars().count() < MESSAGE_CHARS_MAX + 100, "{}", long.len());
}
