//! What is sound, and the names of the figures.

use super::ConnectStormReport;
use crate::traffic::checker::Faults;
use crate::traffic::latency::Percentiles;

fn report() -> ConnectStormReport {
    ConnectStormReport {
        connections: 100,
        storm: 1_000,
        welcomed: 1_000,
        refused: 0,
        took_ms: 500.0,
        logins_per_s: ConnectStormReport::rate(1_000, 0.5),
        before: Percentiles { p99_ms: 1.0, ..Percentiles::default() },
        during: Percentiles { p99_ms: 50.0, ..Percentiles::default() },
        after: Percentiles { p99_ms: 2.0, ..Percentiles::default() },
        faults: Faults::default(),
        server_busy: 1.0,
        generator_busy: 0.5,
    }
}

#[test]
fn a_storm_is_sound_when_all_are_let_in() {
    assert!(report().sound());
    assert!(!ConnectStormReport { welcomed: 999, ..report() }.sound());
    assert!(!ConnectStormReport { refused: 1, ..report() }.sound());
    let faults = Faults { doubled: 1, ..Faults::default() };
    assert!(!ConnectStormReport { faults, ..report() }.sound());
}

#[test]
fn the_figures_have_their_names() {
    let json = serde_json::to_value(report()).unwrap();
    assert_eq!(json["logins_per_s"], 2_000.0);
    assert_eq!(json["during"]["p99_ms"], 50.0);
    assert_eq!(json["lost"], 0);
    assert!(report().to_string().contains("2000 logins/s"));
}

#[test]
fn no_logins_have_no_rate() {
    assert_eq!(ConnectStormReport::rate(0, 0.0), 0.0);
    assert_eq!(ConnectStormReport::rate(3, 0.0), 0.0);
}
