//! What is sound, and how it is shown.

use super::LoginsReport;

#[test]
fn logins_are_sound_when_all_are_let_in() {
    let report = LoginsReport {
        bye: true,
        logins: 1_000,
        logins_per_s: 100.0,
        refused: 0,
        cpu_us_per_login: 40.0,
        gateway_us_per_login: 30.0,
        queue_node_us_per_login: 10.0,
        logins_per_s_per_core: 25_000.0,
        server_busy: 0.9,
        generator_busy: 0.4,
    };
    assert!(report.sound());
    let text = report.to_string();
    assert!(text.contains("by bye; 0 refused") && text.contains("25000 logins/s"), "{text}");
    assert!(!LoginsReport { refused: 1, ..report.clone() }.sound());
    assert!(!LoginsReport { logins: 0, ..report }.sound());
}
