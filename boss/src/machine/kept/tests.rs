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

/// As versions without reigns and sets of copies wrote it.
#[test]
fn rows_of_an_earlier_version_are_read() {
    let kept = Kept::new(1, configured());
    let mut json: serde_json::Value = serde_json::from_slice(&kept.encode()).unwrap();
    let stored = r#"[{"loss":1,"conf":2,"primary":null},
                     {"loss":3,"conf":4,"primary":{"id":"q1","incarnation":5}}]"#;
    json["rows"] = serde_json::from_str(stored).unwrap();
    let kept = Kept::decode(json.to_string().as_bytes()).unwrap();
    let rows: Vec<_> = kept.rows.iter().collect();
    let numbers: Vec<_> =
        rows.iter().map(|row| (row.loss().0, row.reign().0, row.conf().0)).collect();
    assert_eq!(numbers, [(1, 2, 2), (3, 4, 4)]);
    assert_eq!((rows[0].primary(), rows[0].in_sync()), (None, &[][..]));
    assert_eq!(rows[1].in_sync(), [rows[1].primary().unwrap().clone()]);
    assert_eq!(kept.rows.follow(&kept.rows), Ok(()), "the next step may be stored");
    assert_eq!(Kept::decode(&kept.encode()).unwrap(), kept);
}

#[test]
fn nonsense_is_refused() {
    for bytes in [&b""[..], b"{}", b"[]", b"\xff\xfe"] {
        assert!(Kept::decode(bytes).is_err());
    }
}
