//! The alerts for Prometheus go by metrics that there are, and operators find what to do.

use std::collections::BTreeSet;

const RULES: &str = include_str!("../../ops/prometheus/imq.rules.yml");
const METRICS: &str = include_str!("../../docs/metrics.md");
const RUNBOOK: &str = include_str!("../../docs/runbook.md");

#[test]
fn alerts_go_by_metrics_that_there_are() {
    let expressions = RULES.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = expressions.flat_map(|expression| expression.split(|c| !is_name(c)));
    let names: BTreeSet<&str> = words.filter(|word| word.starts_with("imq_")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(METRICS.contains(&format!("| `{name}` |")), "{name} is no metric");
    }
}

#[test]
fn each_alert_has_its_part_of_the_runbook() {
    let alerts: Vec<&str> =
        RULES.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 5, "{alerts:?}");
    for alert in alerts {
        let heading = format!("### {alert}");
        assert!(RUNBOOK.lines().any(|line| line == heading), "{alert} isn't explained");
    }
}
