//! Rows from planted runs.

use super::{CompareReport, LoadName, Sample, ServerName};
use crate::clock::SECOND;
use crate::traffic::checker::Faults;
use crate::traffic::latency::Percentiles;
use crate::traffic::outcome::Outcome;

/// A run of one second and a million deliveries.
fn run(server: ServerName, load: LoadName, round: u32, cpu_us: f64, p99_ms: f64) -> Sample {
    let outcome = Outcome {
        window: SECOND,
        publishes: 100_000,
        deliveries: 1_000_000,
        latency: Percentiles { p99_ms, ..Percentiles::default() },
        faults: Faults::default(),
        server_cpu: (cpu_us * SECOND as f64) as u64,
        generator_cpu: SECOND / 2,
    };
    Sample { server, load, round, outcome }
}

#[test]
fn ratios_are_per_round_and_then_the_median() {
    use ServerName::{Imq, Redis};
    let load = LoadName::RoomsOf10;
    // The machine is twice as slow in round 1; the ratios there are as in the others.
    let samples = [
        run(Redis, load, 0, 0.5, 1.0),
        run(Imq, load, 0, 0.4, 1.0),
        run(Redis, load, 1, 1.0, 1.0),
        run(Imq, load, 1, 0.75, 1.0),
        run(Redis, load, 2, 0.5, 1.0),
        run(Imq, load, 2, 0.45, 1.0),
    ];
    let report = CompareReport::new(&samples, Vec::new());
    let [redis, imq] = report.rows.as_slice() else { panic!("{report}") };
    assert_eq!((redis.server, redis.ratio_redis, redis.spread), (Redis, Some(1.0), Some(0.0)));
    assert_eq!(imq.server, Imq);
    assert!((imq.ratio_redis.unwrap() - 0.8).abs() < 1e-9, "{report}");
    assert!((imq.spread.unwrap() - 0.15 / 0.8).abs() < 1e-9, "{report}");
    assert!((imq.cpu_us_per_delivery - 0.45).abs() < 1e-9, "{report}");
    assert_eq!((imq.p99_ratio_best, imq.open_cpu_ratio_redis), (None, None));
    assert_eq!((imq.deliveries_per_s, imq.generator_busy), (1e6, 0.5));
}

#[test]
fn an_open_loop_is_held_against_the_best_of_the_round() {
    use ServerName::{Imq, Mosquitto, Redis};
    let load = LoadName::Open;
    let samples = [
        run(Redis, load, 0, 0.5, 2.0),
        run(Mosquitto, load, 0, 0.6, 1.0),
        run(Imq, load, 0, 0.55, 1.5),
    ];
    let report = CompareReport::new(&samples, Vec::new());
    let [redis, mosquitto, imq] = report.rows.as_slice() else { panic!("{report}") };
    let ratios = [redis, mosquitto, imq].map(|row| row.p99_ratio_best);
    assert_eq!(ratios, [Some(2.0), Some(1.0), Some(1.5)]);
    assert_eq!((imq.ratio_redis, imq.spread), (None, Some(0.0)));
    assert!((imq.open_cpu_ratio_redis.unwrap() - 1.1).abs() < 1e-9);
}

#[test]
fn over_websocket_bun_is_the_measure() {
    use ServerName::{Bun, Centrifugo, Imq, ImqWsJson, Redis};
    let closed = LoadName::RoomsOf10;
    let samples = [
        run(Redis, closed, 0, 1.0, 1.0),
        run(Bun, closed, 0, 0.5, 1.0),
        run(Imq, closed, 0, 0.8, 1.0),
        run(ImqWsJson, closed, 0, 0.4, 1.0),
        run(Bun, closed, 1, 1.0, 1.0),
        run(ImqWsJson, closed, 1, 1.0, 1.0),
    ];
    let report = CompareReport::new(&samples, Vec::new());
    let [redis, imq, bun, json] = report.rows.as_slice() else { panic!("{report}") };
    assert_eq!((redis.ratio_bun, imq.ratio_bun, bun.ratio_bun), (None, None, Some(1.0)));
    assert!((json.ratio_bun.unwrap() - 0.9).abs() < 1e-9, "{report}");
    assert!((json.spread.unwrap() - 0.2 / 0.9).abs() < 1e-9, "{report}");
    assert!((json.ratio_redis.unwrap() - 0.4).abs() < 1e-9, "{report}");

    let open = LoadName::Open;
    let samples = [
        run(Redis, open, 0, 1.0, 0.5),
        run(Imq, open, 0, 1.0, 1.0),
        run(Bun, open, 0, 0.5, 2.0),
        run(Centrifugo, open, 0, 0.6, 1.0),
        run(ImqWsJson, open, 0, 0.4, 1.5),
    ];
    let report = CompareReport::new(&samples, Vec::new());
    let ratios = report.rows.iter().map(|row| (row.server, row.p99_ratio_best.unwrap()));
    let best = [(Redis, 1.0), (Imq, 2.0), (Bun, 2.0), (Centrifugo, 1.0), (ImqWsJson, 1.5)];
    assert!(ratios.eq(best), "{report}");
    let json = report.rows.last().unwrap();
    assert_eq!((json.ratio_redis, json.ratio_bun), (None, Some(0.8)));
}

#[test]
fn each_way_to_imq_must_be_sound() {
    let load = LoadName::RoomsOf10;
    let mut sample = run(ServerName::ImqWsProto, load, 0, 0.8, 1.0);
    assert!(CompareReport::new(std::slice::from_ref(&sample), Vec::new()).sound());
    sample.outcome.faults.doubled = 1;
    assert!(!CompareReport::new(&[sample], Vec::new()).sound());
    let bun = [run(ServerName::Bun, load, 0, 0.8, 1.0)];
    assert!(!CompareReport::new(&bun, Vec::new()).sound(), "imq has no runs");
}

#[test]
fn without_redis_there_is_no_ratio() {
    let samples = [run(ServerName::Imq, LoadName::RoomsOf100, 0, 0.5, 1.0)];
    let report = CompareReport::new(&samples, vec!["redis isn't installed".into()]);
    assert_eq!((report.rows[0].ratio_redis, report.rows[0].spread), (None, None));
    assert!(report.table().contains("note: redis isn't installed"));
}

#[test]
fn a_generator_at_its_limit_and_faults_are_noted() {
    let mut sample = run(ServerName::Imq, LoadName::RoomsOf10Wide, 0, 0.8, 1.0);
    sample.outcome.generator_cpu = SECOND * 98 / 100;
    let report = CompareReport::new(std::slice::from_ref(&sample), Vec::new());
    let note = report.rows[0].note.clone().unwrap();
    assert_eq!(note, "the generator was the limit in 1 of 1 runs");
    assert!(report.sound());
    sample.outcome.faults.lost = 3;
    let report = CompareReport::new(&[sample], Vec::new());
    let note = report.rows[0].note.clone().unwrap();
    assert!(note.ends_with("round 1: lost 3, doubled 0, out_of_order 0"), "{note}");
    assert!(!report.sound());
}

#[test]
fn the_document_has_the_agreed_names() {
    let report = CompareReport::new(&[run(ServerName::Imq, LoadName::Open, 0, 1.0, 1.0)], vec![]);
    let document = serde_json::to_value(&report).unwrap();
    let mut names: Vec<_> = document["rows"][0].as_object().unwrap().keys().cloned().collect();
    names.sort();
    let mut agreed = [
        "server",
        "load",
        "ratio_redis",
        "ratio_bun",
        "cpu_us_per_delivery",
        "deliveries_per_s",
        "p50_ms",
        "p99_ms",
        "p99_ratio_best",
        "open_cpu_ratio_redis",
        "spread",
        "server_busy",
        "generator_busy",
        "note",
    ];
    agreed.sort_unstable();
    assert_eq!(names, agreed);
    assert!(document.get("notes").is_none());
    assert_eq!(document["rows"][0]["load"], "open-2000");
}
