//! How the runs are shown.

use super::{RpcPoint, RpcReport};
use crate::traffic::latency::Percentiles;

#[test]
fn each_run_has_its_line() {
    let point = RpcPoint {
        batch: 100,
        requests: 10,
        messages: 1_000,
        messages_per_s: 100.0,
        cpu_us_per_message: 5.0,
        messages_per_s_per_core: 200_000.0,
        latency: Percentiles { p50_ms: 1.5, ..Percentiles::default() },
        server_busy: 1.0,
        generator_busy: 0.5,
    };
    let report = RpcReport { connections: 2, points: vec![RpcPoint { batch: 1, ..point }, point] };
    let text = report.table();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("  100 a request: 100 messages/s, 5.00 us CPU"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["points"][1]["p50_ms"], 1.5);
}
