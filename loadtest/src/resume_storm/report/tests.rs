//! What is sound and what isn't, and the names of the figures.

use super::ResumeStormReport;
use crate::traffic::checker::Faults;
use crate::traffic::latency::Percentiles;
use crate::traffic::returns::Tally;

fn report() -> ResumeStormReport {
    ResumeStormReport {
        sessions: 20,
        room_size: 10,
        took: Percentiles { p50_ms: 10.0, p99_ms: 20.0, max_ms: 30.0, ..Percentiles::default() },
        tally: Tally {
            disconnected: 20,
            back: 20,
            resumed: 20,
            recovered: 40,
            closings: [(3004, 2)].into(),
            ..Tally::default()
        },
        gaps: 0,
        movements: 0,
        call_outs_before: 40,
        call_outs: 0,
        sent: 5,
        delivered: 55,
        faults: Faults::default(),
        generator_busy: 0.5,
    }
}

#[test]
fn only_a_storm_that_nobody_notices_is_sound() {
    assert!(report().sound());
    let tally = report().tally;
    for unsound in [
        ResumeStormReport { gaps: 1, ..report() },
        ResumeStormReport { movements: 1, ..report() },
        ResumeStormReport { call_outs: 1, ..report() },
        ResumeStormReport { call_outs_before: 0, ..report() },
        ResumeStormReport { faults: Faults { lost: 1, ..Faults::default() }, ..report() },
        ResumeStormReport { tally: Tally { resumed: 19, ..tally.clone() }, ..report() },
        ResumeStormReport { tally: Tally { anew: 1, ..tally.clone() }, ..report() },
        ResumeStormReport { tally: Tally { unsubscribed: 1, ..tally.clone() }, ..report() },
    ] {
        assert!(!unsound.sound(), "{unsound}");
    }
}

#[test]
fn the_figures_have_their_names() {
    let json = serde_json::to_value(report()).unwrap();
    for (name, value) in [
        ("max_ms", 30.0),
        ("resumed", 20.0),
        ("lost", 0.0),
        ("doubled", 0.0),
        ("out_of_order", 0.0),
        ("gaps", 0.0),
        ("disconnected", 20.0),
    ] {
        assert_eq!(json[name].as_f64(), Some(value), "{name}");
    }
    assert_eq!(json["closings"]["3004"], 2);
    let text = report().to_string();
    assert!(text.contains("last 30 ms") && text.contains("2 times with 3004"), "{text}");
}
