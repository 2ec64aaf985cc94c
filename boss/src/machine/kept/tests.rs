//! What is stored is what is read.

use super::super::configuration::Configuration;
use super::*;

fn configured() -> Configurations {
    let config = Configuration::parse("[[class]]\npattern = \"/a\"\n").unwrap();
    Configurations::new(&config, 7, 10)
}

#[test]
fn what_is_stored_is_read() {
    let kept = Kept::new(u64::MAX, configured());
    assert_eq!(Kept::decode(&kept.encode()).unwrap(), kept);
    assert!(kept.cluster_id < 1 << 53);
    assert_ne!(Kept::new(0, configured()).cluster_id, 0);
}

#[test]
fn what_was_stored_without_events_is_read() {
    let kept = Kept::new(1, configured());
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
