//! Every plan of `imq loadtest` that has a cluster of its own, small and short: nothing is lost,
//! doubled or out of order, and the report has its figures. How fast it is, is not judged: the
//! machine and the build are any.

use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

/// Plans run side by side, except one that counts what the kernel holds: for the whole machine.
static MACHINE: RwLock<()> = RwLock::new(());

/// Runs a plan and reads its report, which must have these figures, each above zero.
fn check(words: &str, figures: &[&str]) -> Value {
    let _beside_others = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    run(words, figures)
}

fn run(words: &str, figures: &[&str]) -> Value {
    command(&format!("loadtest {words}"), figures)
}

fn command(words: &str, figures: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imq"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IMQ_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(words.split_whitespace())
        .args(["--json", "--debug-build"])
        // In huge pages few connections and queues take nothing: docs/adr/0022-huge-pages.md.
        .env("_RJEM_MALLOC_CONF", "thp:never,metadata_thp:disabled")
        .stdin(Stdio::null())
        .output()
        .expect("imq can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words:?}: {}\n{printed}\n{said}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    for path in figures {
        let figure = report.pointer(path).and_then(Value::as_f64);
        assert!(figure.is_some_and(|figure| figure > 0.0), "{words:?}: {path} in {report}");
    }
    report
}

/// As `check`, for plans whose deliveries are checked.
fn check_deliveries(words: &str, figures: &[&str]) -> Value {
    delivered(words, check(words, figures))
}

fn delivered(words: &str, report: Value) -> Value {
    for fault in ["lost", "doubled", "out_of_order"] {
        assert_eq!(report[fault], 0, "{words:?}: {report}");
    }
    report
}

#[test]
fn a_debug_build_has_no_figures() {
    for words in ["loadtest churn", "loadtest rooms", "compare"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imq"));
        let output = command.args(words.split_whitespace()).output().expect("imq can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("debug build"), "{words}: {said}");
    }
}

/// Bun comes by `npm ci` in its folder, as the gate does it before.
#[test]
fn imq_over_websocket_is_put_beside_bun() {
    let _beside_others = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let bun = concat!(env!("CARGO_MANIFEST_DIR"), "/../loadtest/bun/node_modules/.bin/bun");
    let words = format!(
        "compare --servers bun,imq-ws-json,imq-ws-proto --loads rooms-10-n1 --rounds 1 --seconds 1 \
         --bun {bun}"
    );
    let figures = ["/rows/0/deliveries_per_s", "/rows/1/ratio_bun", "/rows/2/ratio_bun"];
    let report = command(&words, &figures);
    // Its notes would be of what was lost, or not installed.
    assert!(report.get("notes").is_none(), "{report}");
    for (at, server) in ["bun", "imq-ws-json", "imq-ws-proto"].into_iter().enumerate() {
        let row = &report["rows"][at];
        assert_eq!(row["server"], server, "{report}");
        let note = row["note"].as_str().unwrap_or_default();
        assert!(!note.contains("lost"), "{report}");
    }
}

#[test]
fn sessions_outlive_their_gateway() {
    let words = "resume-storm --sessions 200 --rate 200 --seconds 1 --after-seconds 1";
    let report =
        check_deliveries(words, &["/sent", "/delivered", "/p50_ms", "/max_ms", "/resumed"]);
    assert_eq!((&report["back"], &report["gaps"]), (&200.into(), &0.into()), "{report}");
}

/// With one copy what a killed node had is lost: it must be announced, all of it.
#[test]
fn what_dies_with_a_queue_node_is_announced() {
    let small = "failover --copies 1 --queues 300 --sessions 300 --talkers 120 --probes 1 \
                 --rate 3500";
    let figures = [
        "/acknowledged",
        "/back_end_acknowledged",
        "/delivered",
        "/history/messages",
        "/lost_rooms/worst_ms",
        "/others/worst_ms",
        "/returning/worst_ms",
        "/kills/0/served_ms",
        "/kills/1/lost_buckets",
    ];
    let report = check_deliveries(&format!("{small} --kills 2 --pause-seconds 0.5"), &figures);
    let gone = |at: usize| report["kills"][at]["queues_gone"].as_u64();
    assert!(gone(0) > Some(0) && gone(1) > Some(0), "{report}");
    for who in ["told", "bystanders"] {
        assert!(report[who]["closed"]["3002"].as_u64() > Some(0), "{who}: {report}");
        assert!(report[who]["unsubscribed"]["node lost"].as_u64() > Some(0), "{who}: {report}");
    }
    assert_eq!(report["kept"]["count"], 0, "{report}");
}

#[test]
fn a_storm_of_connects_is_let_in() {
    let words = "connect-storm --connections 100 --rate 200 --storm 500 --seconds 1";
    let figures = ["/before/p99_ms", "/during/p99_ms", "/after/p99_ms", "/logins_per_s"];
    let report = check_deliveries(words, &figures);
    assert_eq!(report["welcomed"], 500, "{report}");
}

#[test]
fn logins_cost_something() {
    let secret = std::env::temp_dir().join(format!("imq-load-secret-{}", std::process::id()));
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").expect("a file");
    let figures = ["/logins", "/gateway_us_per_login", "/logins_per_s_per_core"];
    for more in ["", &format!("--secret-file {} --bye", secret.display())] {
        let words = format!("logins --in-flight 20 --seconds 1 {more}");
        let report = check(&words, &figures);
        assert_eq!(report["refused"], 0, "{report}");
    }
    std::fs::remove_file(secret).expect("it was there");
}

#[test]
fn messages_of_a_back_end_cost_something() {
    let words = "rpc --connections 8 --batches 1,20 --seconds 1";
    let report = check(words, &["/points/0/p99_ms", "/points/1/messages_per_s"]);
    assert_eq!(report["points"][1]["batch"], 20, "{report}");
}

#[test]
fn queues_come_and_go() {
    let figures = ["/cycles", "/cycles_per_s", "/cpu_us_per_cycle", "/series/1/gateway_bytes"];
    check("churn --connections 200 --seconds 2", &figures);
}

#[test]
fn connections_and_queues_take_memory() {
    let figures = ["/points/1/gateway_bytes", "/points/1/queue_node_bytes"];
    for more in ["--websocket", "--tls"] {
        let report = check(&format!("idle --steps 100,400 {more}"), &figures);
        assert_eq!(report["tls"], more == "--tls", "{report}");
    }
    check("queues --queues 2000", &["/bytes_per_queue", "/queues_per_s"]);
}

#[test]
fn an_application_that_never_answers_is_waited_for_by_those_who_ask_alone() {
    let words = "callout-silent --connections 100 --rate 200 --askers 100 --asks-rate 200 \
                 --rounds 1 --seconds 4 --calm-seconds 1";
    let figures = ["/p99_ratio", "/unanswered/late", "/unanswered/circuit_open", "/asked"];
    let report = check_deliveries(words, &figures);
    assert_eq!(report["done"], 0, "{report}");
}

/// Each is told what the plan says; otherwise the plan fails.
fn guilty(offences: &str, more: &str) -> String {
    let others = "--connections 100 --rate 200 --rounds 1 --calm-seconds 1";
    format!("guilty --offences {offences} {others} {more}")
}

#[test]
fn floods_are_ended() {
    let words = guilty("pings,operations,queue-names,comings,rpc-bodies", "--seconds 2");
    check_deliveries(&words, &["/offences/0/p99_ratio"]);
}

/// No process grows by whoever asks over HTTP without reading, or keeps connections without asking.
#[test]
fn who_keeps_http_busy_costs_nothing() {
    let offences = "http-pipelined,http-never-read,http-silent,http-idle,http-trickle";
    let words = guilty(offences, "--scale 0.3 --seconds 3");
    check_deliveries(&words, &["/offences/0/p99_ratio"]);
}

#[test]
fn who_never_reads_costs_the_kernel_little() {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    // A few hundred, so that what else goes on counts little for each; who may not miss anything
    // may have a mebibyte unsent before it is closed.
    let words = guilty("never-read-large,never-read-strict", "--scale 0.3 --seconds 6");
    let figures = ["/offences/0/kernel_bytes_each", "/offences/1/kernel_bytes_each"];
    delivered(&words, run(&words, &figures));
}

#[test]
fn who_never_ends_is_ended() {
    // Who doesn't finish `connect` has 5 seconds.
    let words = guilty("slow-loris", "--scale 0.1 --seconds 6");
    check_deliveries(&words, &["/offences/0/p99_ratio"]);
}
