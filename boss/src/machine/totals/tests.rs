//! Sums and rates, and reports that are not to be believed.

use proto::n2b::Counter;

use super::*;
use crate::machine::roster::State;

fn report(counters: &[(Figure, f64)]) -> Report {
    let counter =
        |((_, name), value): &(Figure, f64)| Counter { name: (*name).to_owned(), value: *value };
    Report { counters: counters.iter().map(counter).collect(), ready: true, ..Report::default() }
}

fn id(text: &str) -> NodeId {
    NodeId::try_from(text).unwrap()
}

/// Ids with a g are gateways.
fn node(text: &str) -> Node {
    let role = if text.contains('g') { NodeRole::Gateway } else { NodeRole::QueueNode };
    let (host, address) = ("h".to_owned(), "a:1".to_owned());
    Node { id: id(text), role, host, address, incarnation: 1, process: 0, state: State::Up }
}

#[test]
fn nodes_are_added_up() {
    let mut reports = Reports::default();
    reports.take(
        &node("g1"),
        report(&[(CONNECTIONS, 3.0), (ROUND_TRIP, 0.001), (EVENTS, 9.0)]),
        1000,
    );
    reports.take(&node("g2"), report(&[(CONNECTIONS, 4.0), (ROUND_TRIP, 0.002)]), 1000);
    reports.take(&node("q1"), report(&[(QUEUES, 5.0), (EVENTS, 100.0)]), 1000);
    reports.take(&node("q1"), report(&[(QUEUES, 6.0), (EVENTS, 300.0)]), 3000);
    let totals = reports.totals();
    assert_eq!((totals.connections, totals.queues, totals.messages_per_s), (7.0, 6.0, 100.0));
    assert_eq!(totals.round_trip_ms, Some(2.0));
    assert!(totals.disconnects_per_s.is_sign_positive(), "nobody reads -0");
    reports.forget(&id("g1"));
    assert_eq!(reports.totals().connections, 4.0);
}

#[test]
fn a_counter_that_fell_gives_no_rate() {
    let mut reports = Reports::default();
    reports.take(&node("q1"), report(&[(EVENTS, 100.0)]), 1000);
    reports.take(&node("q1"), report(&[(EVENTS, 5.0)]), 2000);
    assert_eq!(reports.totals().messages_per_s, 0.0);
}

#[test]
fn impossible_figures_are_left_out() {
    let mut reports = Reports::default();
    let mut strange = report(&[(CONNECTIONS, f64::NAN), (SESSIONS, f64::INFINITY)]);
    strange.counters.push(Counter { name: "x".repeat(NAME_BYTES_MAX + 1), value: 1.0 });
    strange.message = "<b>\n".repeat(1000);
    reports.take(&node("g1"), strange, 1000);
    assert!(reports.of(&id("g1")).unwrap().newest.counters.is_empty());
    assert_eq!(reports.totals(), Totals::default());
    let message = &reports.of(&id("g1")).unwrap().message;
    assert!(message.len() <= proto::limits::FOREIGN_TEXT_BYTES_MAX && !message.contains('\n'));
}

#[test]
fn round_trips_and_disconnects_are_those_since_the_report_before() {
    let trips = |le: &str| format!("{ROUND_TRIPS}{le}\"}}");
    let with = |labelled: &[(String, f64)]| {
        let mut report = report(&[(CONNECTIONS, 1.0)]);
        let counter = |(name, value): &(String, f64)| Counter { name: name.clone(), value: *value };
        report.counters.extend(labelled.iter().map(counter));
        report
    };
    let mut reports = Reports::default();
    let old = ["0.001", "0.0025", "0.005", "+Inf"].map(|le| (trips(le), 1000.0));
    reports.take(&node("g1"), with(&old), 1000);
    assert_eq!(reports.totals().round_trip_p50_ms, None, "one report says nothing");
    let new = [
        (trips("0.001"), 1000.0),
        (trips("0.0025"), 1050.0),
        (trips("0.005"), 1099.0),
        (trips("+Inf"), 1100.0),
        (format!("{CLOSED}slow\"}}"), 4.0),
        (format!("{CLOSED}bye\"}}"), 2.0),
    ];
    reports.take(&node("g1"), with(&new), 3000);
    let totals = reports.totals();
    assert_eq!(totals.round_trip_p50_ms, Some(2.5));
    assert_eq!(totals.round_trip_p99_ms, Some(5.0));
    assert_eq!(totals.disconnects_per_s, 3.0);
    let codes: Vec<_> = totals.disconnects.iter().map(|(code, n)| (code.as_str(), *n)).collect();
    assert_eq!(codes, [("bye", 1.0), ("slow", 2.0)]);
}

#[test]
fn what_is_beyond_the_last_bound_is_said_to_be_there() {
    assert_eq!(quantile(&[(0.1, 0.0), (10.0, 1.0), (f64::INFINITY, 5.0)], 0.5), Some(10.0));
    assert_eq!(quantile(&[(0.1, 0.0), (f64::INFINITY, 0.0)], 0.5), None);
    assert_eq!(quantile(&[], 0.5), None);
}
