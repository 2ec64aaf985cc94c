//! What operators read.

use super::*;
use crate::machine::Histogram;

#[test]
fn samples_become_prometheus_text() {
    let board = Board::of("gateway", "g1");
    for (who, largest_s, us) in [("lane 1", 1.5, 80), ("lane 2", 0.25, 20_000_000)] {
        let mut trips = Histogram::default();
        trips.count(us);
        let closed = || Sample::counter("imq_gateway_closed_total", "Help.", 2);
        let samples = vec![
            closed().with("code", "slow"),
            closed().with("code", "b\"y\ne"),
            Sample::gauge("imq_gateway_connections", "Help.", 3),
            Sample::new("imq_gateway_newest_seconds", "Help.", Value::Largest(largest_s)),
            Sample::new("imq_gateway_trip_seconds", "Help.", Value::Histogram(trips)),
        ];
        board.publish(who, samples);
    }
    let text = board.render();
    let version = env!("CARGO_PKG_VERSION");
    for expected in [
        "# TYPE imq_build_info gauge\n",
        &format!("\nimq_build_info{{version=\"{version}\",role=\"gateway\",id=\"g1\"}} 1\n"),
        "# HELP imq_gateway_closed_total Help.\n# TYPE imq_gateway_closed_total counter\n",
        "\nimq_gateway_closed_total{code=\"slow\"} 4\n",
        "\nimq_gateway_closed_total{code=\"b\\\"y\\ne\"} 4\n",
        "# TYPE imq_gateway_connections gauge\nimq_gateway_connections 6\n",
        "# TYPE imq_gateway_newest_seconds gauge\nimq_gateway_newest_seconds 1.5\n",
        "# TYPE imq_gateway_trip_seconds histogram\n\
         imq_gateway_trip_seconds_bucket{le=\"0.0001\"} 1\n\
         imq_gateway_trip_seconds_bucket{le=\"0.00025\"} 1\n",
        "\nimq_gateway_trip_seconds_bucket{le=\"10\"} 1\n\
         imq_gateway_trip_seconds_bucket{le=\"+Inf\"} 2\n\
         imq_gateway_trip_seconds_sum 20.00008\nimq_gateway_trip_seconds_count 2\n",
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let families: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    assert_eq!(families.len(), 11, "each once: {text}");
    assert!(families.is_sorted(), "{text}");
}

#[test]
fn a_node_is_ready_when_everybody_in_it_is() {
    let board = Board::default();
    assert_eq!(board.unready(), ["it has just been started"]);
    board.publish("lane 0", Vec::new());
    assert_eq!(board.unready(), ["it has just been started"], "figures say nothing of it");
    board.set_unready("lane 1", Some("no table".to_owned()));
    board.set_unready("lane 0", Some("no link".to_owned()));
    assert_eq!(board.unready(), ["lane 0: no link", "lane 1: no table"]);
    board.set_unready("lane 0", None);
    board.set_unready("lane 1", None);
    assert!(board.unready().is_empty());
}
