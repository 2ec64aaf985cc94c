//! Each server process on a host of its own, a network namespace, and what is cut is cut there: no
//! packet passes, nobody is told, and TCP does what it does in earnest. That takes root; the tests
//! of `cluster` do the same over the loopback, where a proxy cuts.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A load that any machine bears.
const SMALL: &str = "--debug-build --json --copies 2 --queues 200 --sessions 250 --probes 1 \
                     --pause-seconds 0.3 --talkers 120 --rate 3300";

/// Serving again, when two hosts are cut from each other, on a machine that does other things, too.
const CUT_MS_MAX: f64 = 2_500.0;

/// Does it; the report. It is sound, no bucket began anew, and what somebody missed was told.
fn fail_over(how: &str, more: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imq"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IMQ_") {
            command.env_remove(name);
        }
    }
    let words = format!("loadtest failover --hosts --how {how} {SMALL} {more}");
    let output = command.args(words.split_whitespace()).stdin(Stdio::null()).output();
    let output = output.expect("imq can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}: {}\n{said}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!((&report["how"], &report["hosts"]), (&how.into(), &true.into()), "{report}");
    assert!(report["history"]["messages"].as_u64() > Some(0), "{report}");
    for nothing in ["lost", "doubled", "out_of_order", "queues_lost"] {
        assert_eq!(report[nothing], 0, "{nothing}: {report}\n{said}");
    }
    let gaps = report["told"]["gaps"].as_u64();
    assert!(report["lost_announced"] == 0 || gaps > Some(0), "{report}\n{said}");
    for kill in kills(&report) {
        assert_eq!(kill["lost_buckets"], 0, "{report}\n{said}");
    }
    report
}

fn kills(report: &Value) -> &[Value] {
    report["kills"].as_array().expect("kills")
}

#[test]
fn two_nodes_are_cut_from_each_other_and_serve_again_soon() {
    let report = fail_over("cut", "--kills 1 --hold-seconds 3");
    assert_eq!(report["lost_announced"], 0, "{report}");
    let served_ms = kills(&report)[0]["served_ms"].as_f64();
    assert!(served_ms.is_some_and(|ms| ms < CUT_MS_MAX), "{report}");
}

#[test]
fn two_nodes_and_all_gateways_are_cut_from_the_boss_and_nothing_is_lost() {
    let report = fail_over("apart", "--kills 1 --hold-seconds 3");
    assert_eq!(report["lost_announced"], 0, "{report}");
}

#[test]
fn nothing_arrives_one_way_and_nothing_is_lost_in_silence() {
    let report = fail_over("cut-one-way", "--kills 6 --hold-seconds 1.5 --payload 40");
    for kill in &kills(&report)[..2] {
        assert!(kill["served_ms"].is_number(), "the two need each other: {report}");
    }
    for kill in &kills(&report)[2..] {
        assert!(kill["kept_ms"].is_number(), "{report}");
    }
}

#[test]
fn a_host_without_power_is_noticed_and_nothing_is_lost() {
    let report = fail_over("power", "--kills 1");
    assert!(report["kept"]["count"].as_u64() > Some(0), "somebody took over: {report}");
    // What the boss's page is headed by counts hosts that are some.
    let headline = &kills(&report)[0]["hosts_may_die"];
    assert_eq!(*headline, json!({ "before": 1, "served": 0, "after": 1 }), "{report}");
}

#[test]
fn whoever_is_hurt_by_chance_nothing_is_lost_in_silence() {
    let given = std::env::var_os("IMQ_TEST_SEED").and_then(|text| text.into_string().ok());
    let seed: u64 = given.map_or_else(rand::random, |text| text.parse().expect("a number"));
    println!("seed {seed}");
    fail_over("random", &format!("--kills 8 --seed {seed}"));
}
