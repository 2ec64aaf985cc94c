//! Which are kept, and what a start brings.

use super::super::configuration::fingerprint;
use super::*;

fn config(pattern: &str) -> Configuration {
    Configuration::parse(&format!("[[class]]\npattern = \"{pattern}\"\n")).unwrap()
}

fn first(pattern: &str) -> Configurations {
    let config = config(pattern);
    Configurations::new(&config, fingerprint(config.as_str()), 10)
}

fn give(kept: &mut Configurations, pattern: &str) {
    let config = config(pattern);
    kept.give(&config, fingerprint(config.as_str()), 30);
}

fn versions(kept: &Configurations) -> Vec<u64> {
    kept.iter().map(|one| one.version).collect()
}

#[test]
fn a_restart_with_the_same_text_keeps_what_came_since() {
    let mut kept = first("/a");
    kept.replace(&config("/b"), 20);
    give(&mut kept, "/a");
    assert_eq!((kept.present().version, kept.present().toml.as_str()), (2, config("/b").as_str()));
    give(&mut kept, "/c");
    assert_eq!((kept.present().version, kept.present().toml.as_str()), (3, config("/c").as_str()));
    kept.replace(&config("/c"), 40);
    assert_eq!((kept.present().version, kept.present().since_unix_ms), (3, 30));
}

#[test]
fn those_before_are_kept_within_bounds() {
    let mut kept = first("/a0");
    for at in 1..=2 * CONFIGURATIONS_MAX {
        kept.replace(&config(&format!("/a{at}")), at as u64);
    }
    let newest = 2 * CONFIGURATIONS_MAX as u64 + 1;
    let wanted: Vec<u64> = (0..CONFIGURATIONS_MAX as u64).map(|at| newest - at).collect();
    assert_eq!(versions(&kept), wanted);
    let one = kept.of(newest - 3).expect("it is kept");
    assert_eq!((one.toml.contains("/a29\""), one.since_unix_ms), (true, newest - 4));
    assert!(kept.of(1).is_none());
    // Large ones push out the others, but never the one before.
    let large = |pattern: &str| {
        let comment = "#".repeat(CONFIGURATIONS_BYTES_MAX);
        Configuration::parse(&format!("{}{comment}\n", config(pattern).as_str())).unwrap()
    };
    kept.replace(&large("/b"), 1);
    kept.replace(&large("/c"), 1);
    kept.replace(&config("/d"), 1);
    assert_eq!(versions(&kept), [newest + 3, newest + 2]);
}

#[test]
fn an_earlier_imqs_is_read() {
    let kept: Configurations =
        serde_json::from_str(r#"{"version":3,"toml":"copies = 1","given":7}"#).unwrap();
    assert_eq!((kept.present().version, kept.present().since_unix_ms), (3, 0));
    assert!(!serde_json::to_string(&kept).unwrap().contains("past"));
    assert!(!format!("{kept:?}").contains("copies"));
}
