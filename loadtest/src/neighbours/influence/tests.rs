//! Ratios of the phases of one round, and the median of the rounds.

use super::{Influence, Phase, Round};
use crate::traffic::latency::Percentiles;

fn phase(p99_ms: f64) -> Phase {
    let latency = Percentiles { p50_ms: p99_ms / 2.0, p99_ms, ..Percentiles::default() };
    Phase { latency, ..Phase::default() }
}

fn round(without: f64, with: f64, again: f64) -> Round {
    Round { without: phase(without), with: phase(with), again: phase(again) }
}

#[test]
fn a_round_is_compared_with_itself() {
    let influence =
        Influence::new(vec![round(1.0, 2.0, 3.0), round(10.0, 30.0, 10.0), round(2.0, 4.0, 2.0)]);
    assert_eq!((influence.p50_ratio, influence.p99_ratio), (2.0, 2.0));
    assert_eq!(influence.p99_spread, 1.0);
    assert_eq!(influence.p99_noise, 1.0);
    let json = serde_json::to_value(&influence).unwrap();
    assert_eq!(json["rounds"][1]["with"]["p99_ms"], 30.0);
    assert!(influence.to_string().contains("p99 2.00 (spread 1.00, noise 1.00)"));
}
