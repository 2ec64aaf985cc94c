//! What is stored is what is read, and whose configuration counts.

use super::*;

fn config(pattern: &str) -> Configuration {
    Configuration::parse(&format!("[[class]]\npattern = \"{pattern}\"\n")).unwrap()
}

#[test]
fn what_is_stored_is_read() {
    let kept = Kept::new(u64::MAX, &config("/a"));
    assert_eq!(Kept::decode(&kept.encode()).unwrap(), kept);
    assert!(kept.cluster_id < 1 << 53);
    assert_ne!(Kept::new(0, &config("/a")).cluster_id, 0);
}

#[test]
fn what_was_stored_without_events_is_read() {
    let kept = Kept::new(1, &config("/a"));
    let mut json: serde_json::Value = serde_json::from_slice(&kept.encode()).unwrap();
    assert!(json.as_object_mut().unwrap().remove("events").is_some());
    assert_eq!(Kept::decode(json.to_string().as_bytes()).unwrap(), kept);
}

#[test]
fn nonsense_is_refused() {
    for bytes in [&b""[..], b"{}", b"[]", b"\xff\xfe"] {
        assert!(Kept::decode(bytes).is_err());
    }
}

#[test]
fn a_restart_with_the_same_text_keeps_what_came_since() {
    let mut kept = Kept::new(1, &config("/a"));
    kept.configure(&config("/b"));
    kept.give(&config("/a"));
    assert_eq!((kept.config.version, kept.config.toml.as_str()), (2, config("/b").as_str()));
    kept.give(&config("/c"));
    assert_eq!((kept.config.version, kept.config.toml.as_str()), (3, config("/c").as_str()));
    kept.configure(&config("/c"));
    assert_eq!(kept.config.version, 3);
}
