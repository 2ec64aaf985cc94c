//! Processes of each role die, hang or are cut off under load, in clusters with two copies: what
//! was acknowledged reaches everybody who is there, once and in order, and is in the histories
//! then; and all sets are whole again. `imq loadtest failover` does it and judges it, message by
//! message.

mod copies;
mod hold;
mod quiet;
mod repeats;
mod stale;
mod store;
mod tells;

use serde_json::Value;

use crate::process::{imq_ok, seed};

/// A load that any machine bears: how long gaps are isn't judged but where it is said.
const SMALL: &str = "--debug-build --json --copies 2 --queues 200 --sessions 250 --probes 1 \
                     --pause-seconds 0.3";

/// Three queue nodes of which one is hurt, once.
const THREE: &str = "--kills 1 --talkers 120 --rate 3300";
/// The same, once for each way that can be cut.
const WAYS: &str = "--kills 6 --talkers 120 --rate 3300";
/// Whoever it is: two at once, or one.
const CHANCE: &str = "--kills 8 --talkers 120 --rate 3300";
/// Of two queue nodes one has nothing but copies once it has come back.
const TWO: &str = "--kills 2 --queue-nodes 2 --talkers 80 --rate 2300";

/// Serving again, when the link of two nodes is cut.
const CUT_MS_MAX: f64 = 1_500.0;
/// How much later on a machine that does other things, too.
const LATE_MS: f64 = 1_000.0;
/// Four words of a node that come 200 ms late each: an operation there, the record to the copy, its
/// acknowledgement, and the event.
const DELAYED_MS_MAX: f64 = 800.0;
/// What survives half of the nodes serves after this.
const HALF_MS_MAX: f64 = 1_000.0;

/// Does it; the report. It is sound, or the program ends with an error.
fn fail_over(how: &str, more: &str) -> Value {
    let words = format!("loadtest failover --how {how} {SMALL} {more}");
    let printed = imq_ok(&words.split_whitespace().collect::<Vec<_>>());
    let report: Value = serde_json::from_str(&printed).expect("one JSON document");
    assert_eq!(report["how"], how, "{report}");
    assert!(report["history"]["messages"].as_u64() > Some(0), "{report}");
    report
}

/// The same, and nothing is lost, nor said to be lost.
fn keeps_all(how: &str, more: &str) -> Value {
    let report = keeps_what_is_kept(how, more);
    assert_eq!(report["lost_announced"], 0, "{report}");
    report
}

/// The same, but for a `gap`: what more than a second of an outage has piled up comes at once then,
/// and may be more than a replay log keeps (64 KiB) until the last lane has attached the room.
fn keeps_what_is_kept(how: &str, more: &str) -> Value {
    let report = fail_over(how, more);
    assert_eq!(report["acknowledged_gone"], 0, "{report}");
    is_kept_or_announced(&report);
    report
}

/// No bucket began anew, and what somebody has missed was told by a `gap`.
fn is_kept_or_announced(report: &Value) {
    for nothing in ["lost", "doubled", "out_of_order", "queues_lost"] {
        assert_eq!(report[nothing], 0, "{nothing}: {report}");
    }
    let told = &report["told"];
    assert!(report["lost_announced"] == 0 || told["gaps"].as_u64() > Some(0), "{report}");
    for kill in report["kills"].as_array().expect("kills") {
        assert_eq!(kill["lost_buckets"], 0, "{report}");
    }
}

#[test]
fn a_primary_is_killed_and_nothing_is_lost() {
    let report = keeps_all("kill", THREE);
    assert!(report["kept"]["count"].as_u64() > Some(0), "somebody took over: {report}");
}

#[test]
fn a_copy_is_killed_and_nothing_is_lost() {
    let report = keeps_all("backup", TWO);
    assert!(report["kills"][1]["kept_ms"].is_null(), "nobody was at home there: {report}");
}

#[test]
fn a_node_is_killed_while_it_is_filled_and_nothing_is_lost() {
    let report = keeps_all("learner", TWO);
    let kills = report["kills"].as_array().expect("kills");
    assert!(kills.iter().any(|kill| kill["filling"].as_u64() > Some(0)), "{report}");
}

#[test]
fn a_gateway_is_killed_with_a_home_and_nothing_is_lost() {
    let report = keeps_all("gateway-and-home", THREE);
    assert!(report["told"]["cut"].as_u64() > Some(0), "clients lost their gateway: {report}");
}

#[test]
fn a_node_is_killed_with_the_boss_and_nothing_is_lost() {
    let report = keeps_all("boss-and-node", THREE);
    assert_eq!(report["kills"][0]["others"], serde_json::json!(["boss"]), "{report}");
    // Nobody waits for a process that has surely ended.
    let kept_ms = report["kills"][0]["kept_ms"].as_f64();
    assert!(kept_ms.is_some_and(|ms| ms < LATE_MS), "{report}");
}

#[test]
fn a_node_hangs_for_five_seconds_and_nothing_is_lost() {
    let report = keeps_all("stop", THREE);
    assert!(report["kills"][0]["served_ms"].is_number(), "others took over: {report}");
}

#[test]
fn two_nodes_are_cut_from_each_other_and_serve_again_soon() {
    let report = keeps_all("cut", &format!("{THREE} --hold-seconds 3"));
    let served_ms = report["kills"][0]["served_ms"].as_f64();
    assert!(served_ms.is_some_and(|ms| ms < CUT_MS_MAX + LATE_MS), "{report}");
}

#[test]
fn two_nodes_and_all_gateways_are_cut_from_the_boss_and_nothing_is_lost() {
    keeps_all("apart", &format!("{THREE} --hold-seconds 3"));
}

#[test]
fn links_are_cut_one_way_and_nothing_is_lost_in_silence() {
    let report = fail_over("cut-one-way", &format!("{WAYS} --hold-seconds 1.5 --payload 40"));
    is_kept_or_announced(&report);
    let kills = report["kills"].as_array().expect("kills");
    for kill in &kills[..2] {
        assert!(kill["served_ms"].is_number(), "the two need each other: {report}");
    }
    for kill in &kills[2..] {
        assert!(kill["kept_ms"].is_number(), "{report}");
    }
}

#[test]
fn what_a_node_says_and_hears_is_late_and_nothing_is_lost() {
    let report = keeps_what_is_kept("delay", &format!("{THREE} --hold-seconds 3"));
    let kept_ms = report["kills"][0]["kept_ms"].as_f64();
    assert!(kept_ms.is_some_and(|ms| ms < DELAYED_MS_MAX + LATE_MS), "{report}");
}

#[test]
fn a_machine_without_power_is_noticed_and_nothing_is_lost() {
    let report = keeps_what_is_kept("power", THREE);
    assert!(report["kept"]["count"].as_u64() > Some(0), "somebody took over: {report}");
}

#[test]
fn whoever_is_hurt_by_chance_nothing_is_lost_in_silence() {
    // The boss may be away for a second, and a node with it: what piles up then may be more than a
    // room's replay log keeps, for all who are in it.
    let report = fail_over("random", &format!("{CHANCE} --seed {}", seed()));
    is_kept_or_announced(&report);
}

#[test]
fn half_of_four_nodes_are_killed_and_what_is_lost_is_announced() {
    let more = "--kills 1 --queue-nodes 4 --talkers 160 --rate 4300";
    let report = fail_over("half", more);
    assert_eq!((&report["lost"], &report["doubled"]), (&0.into(), &0.into()), "{report}");
    assert!(report["kills"][0]["lost_buckets"].as_u64() > Some(0), "some had both copies there");
    let served_ms = report["kills"][0]["served_ms"].as_f64();
    assert!(served_ms.is_some_and(|ms| ms < HALF_MS_MAX + LATE_MS), "{report}");
}
