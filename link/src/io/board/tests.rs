//! What operators read.

use super::*;

fn sample(name: &'static str, code: Option<&str>, value: f64) -> Sample {
    let labels = code.map(|code| ("code", code.to_owned())).into_iter().collect();
    Sample { name, help: "Help.", labels, value }
}

#[test]
fn samples_become_prometheus_text() {
    let board = Board::default();
    for (who, value) in [("lane 1", 1.5), ("lane 2", 0.25)] {
        let samples = vec![
            sample("imq_closed_total", Some("slow"), 2.0),
            sample("imq_closed_total", Some("bye"), 0.0),
            sample("imq_connections", None, 3.0),
            sample("imq_round_trip_milliseconds", None, value),
        ];
        board.publish(who, samples, None);
    }
    // Families come in any order, and so do the values of one.
    let text = board.render();
    for expected in [
        "# HELP imq_closed_total Help.\n# TYPE imq_closed_total counter\nimq_closed_total{code=\"",
        "\nimq_closed_total{code=\"bye\"} 0\n",
        "\nimq_closed_total{code=\"slow\"} 4\n",
        "# HELP imq_connections Help.\n# TYPE imq_connections gauge\nimq_connections 6\n",
        "# TYPE imq_round_trip_milliseconds gauge\nimq_round_trip_milliseconds 1.5\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("# TYPE")).count(), 3, "{text}");
    assert!(!text.contains("\n\n\n"), "{text}");
}
