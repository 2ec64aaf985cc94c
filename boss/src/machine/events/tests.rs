//! What is kept of what happened, and what is new of it.

use super::*;

fn event(at_ms: u64) -> Event {
    Event { at_ms, kind: Kind::Joined, node: None, text: "it joined".to_owned() }
}

#[test]
fn the_newest_are_kept_and_each_is_new_once() {
    let mut events = Events::default();
    (0..300).for_each(|at_ms| events.push(event(at_ms)));
    assert_eq!(events.iter().map(|event| event.at_ms).min(), Some(300 - EVENTS_MAX as u64));
    let new: Vec<u64> = events.after(297).map(|event| event.at_ms).collect();
    assert_eq!(new, [297, 298, 299]);
    assert_eq!(events.after(300).count(), 0);
    assert_eq!(events.after(0).count(), EVENTS_MAX, "the others are forgotten");
}

#[test]
fn a_long_text_is_cut_at_a_character() {
    let mut events = Events::default();
    events.push(Event { text: "é".repeat(10_000), ..event(1) });
    let text = &events.iter().next().unwrap().text;
    assert!(text.ends_with('…') && text.len() < TEXT_BYTES_MAX + 4, "{}", text.len());
}

#[test]
fn kinds_are_logged_as_they_are_stored() {
    for kind in [Kind::Started, Kind::Left, Kind::Lost, Kind::Config] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

/// A boss that starts with another build goes on from the store that is there.
#[test]
fn stores_keep_the_names_that_they_have() {
    let mut events = Events::default();
    events.push(event(7));
    let stored = r#"{"told":1,"newest":[{"at_ms":7,"kind":"joined","text":"it joined"}]}"#;
    assert_eq!(serde_json::to_string(&events).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Events>(stored).unwrap(), events);
}
