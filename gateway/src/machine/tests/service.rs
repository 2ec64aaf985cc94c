//! What operators see: readiness and counters.

use member::machine::{Sample, Value};
use proto::codes::{CLOSES, Close};

use super::{Bench, Settings, dev, lines};

/// A bench after these steps.
fn after(steps: &str) -> Bench {
    let micros: fn() -> u64 = || 7_250;
    let settings = Settings { micros: Some(micros), ..dev() };
    let mut bench = Bench::new(settings);
    lines(steps).for_each(|line| bench.step(line));
    bench
}

fn unready(steps: &str) -> Option<&'static str> {
    after(steps).lane.unready()
}

#[test]
fn a_home_that_leaves_probes_without_answer_makes_the_lane_unready() {
    assert_eq!(unready("0 wait"), Some("the boss hasn't sent a table yet"));
    let no_link = Some("there is no link to the home of every bucket");
    assert_eq!(unready("0 table 1 0 n1"), no_link);
    assert_eq!(unready("0 ready"), None);
    assert_eq!(unready("0 ready\n1900 n1 probed 0\n3800 wait"), None);
    let silent = Some("the home of some bucket doesn't answer");
    assert_eq!(unready("0 ready\n1000 n1 probed 0\n3000 wait"), silent);
    assert_eq!(unready("0 ready\n3000 wait\n3001 n1 probed 0"), None);
    assert_eq!(unready("0 ready\n3000 wait\n3001 down"), no_link);
    assert_eq!(unready("0 ready\n3000 down\n3001 up"), None);
}

#[test]
fn readiness_is_news_once_in_the_turn_that_changes_it() {
    let mut bench = Bench::new(dev());
    let mut news = |steps: &str| {
        lines(steps).for_each(|line| bench.step(line));
        bench.lane.readiness_news()
    };
    assert_eq!(news(""), Some(Some("the boss hasn't sent a table yet")));
    assert_eq!(news(""), None);
    assert_eq!(news("0 ready"), Some(None));
    assert_eq!(news("1 c0 open"), None);
    assert_eq!(news("2 down"), Some(Some("there is no link to the home of every bucket")));
    let drains = Some("it is draining: its clients are sent to other gateways");
    assert_eq!(news("3 drain"), Some(drains));
}

#[test]
fn closed_connections_are_counted_by_their_code_and_round_trips_in_microseconds() {
    let steps = "
        0 ready
        0 c0 open
        0 c1 open
        1 n1 probed 7000
        1 c0 connect ann
        1 n1 logged_in 0 0
        1 c0 bye
        2 c1 raw 255
        3 c2 open
        4 c2 subscribe 1 /room/1";
    let figures = after(steps).lane.counters().list();
    let closed: Vec<(&str, f64)> = figures
        .iter()
        .filter(|figure| figure.name == "imq_gateway_closed_total")
        .map(|figure| (figure.labels[0].1.as_str(), figure.number().unwrap()))
        .collect();
    assert_eq!(closed.len(), CLOSES.len());
    for (name, count) in closed {
        let expected = [Close::Bye, Close::BadFrame, Close::NotConnected]
            .iter()
            .filter(|close| close.row().name == name);
        assert_eq!(count, expected.count() as f64, "{name}");
    }
    let value = |name: &str| {
        figures.iter().find(|figure| figure.name == name).and_then(Sample::number).unwrap()
    };
    assert_eq!(value("imq_gateway_newest_round_trip_seconds"), 0.000_25);
    let trips = figures.iter().find(|figure| figure.name == "imq_gateway_round_trip_seconds");
    let Some(Value::Histogram(trips)) = trips.map(|trips| trips.value.clone()) else {
        panic!("round trips are no histogram")
    };
    assert_eq!((trips.total(), trips.sum_s()), (1, 0.000_25));
    assert_eq!((value("imq_gateway_connections"), value("imq_gateway_sessions")), (3.0, 0.0));
    assert_eq!(value("imq_gateway_deliveries_total"), 0.0);
}

#[test]
fn resumes_kicks_and_waits_to_be_heard_are_counted() {
    let steps = "
        0 ready
        0 c0 open
        1 c0 connect ann resume 5 9 /room/1@5
        1 n1 logged_in 0 0 resumed ann 5 11
        2 n1 kick 0 3500 10 of the past
        2 n1 kick 0 3500 11 elsewhere";
    let counters = after(steps).lane.counters();
    assert_eq!((counters.resumes, counters.kicks, counters.unheard), (1, 1, 0));
    let settings = Settings { dead_ms: 500, ..dev() };
    let mut bench = Bench::new(settings);
    let steps = "
        0 ready
        0 c0 open
        1 c0 connect ann
        1 n1 logged_in 0 0
        600 c0 send 1 /room/1 chat a
        601 c0 send 2 /room/1 chat b";
    lines(steps).for_each(|line| bench.step(line));
    assert_eq!(bench.lane.counters().unheard, 1);
}
