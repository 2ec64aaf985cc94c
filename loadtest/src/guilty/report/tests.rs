//! What is sound, and the names of the figures.

use std::collections::BTreeMap;

use super::{GuiltyReport, OffenceReport};
use crate::guilty::NAMES;
use crate::guilty::offence::{KERNEL_BYTES_EACH_MAX, Offence};
use crate::neighbours::{Influence, Round};
use crate::peers::imq::counting::Outcomes;
use crate::traffic::checker::Faults;

fn report(met: bool) -> GuiltyReport {
    let offence = OffenceReport {
        name: "pings",
        what: "many",
        expected: "closing 3009".to_owned(),
        met,
        closed: BTreeMap::from([(3009, 2)]),
        refused: BTreeMap::new(),
        kernel_bytes_each: None,
        counted: BTreeMap::from([("imq_gateway_closed_total rate".to_owned(), 2)]),
        grown_bytes: BTreeMap::from([("boss".to_owned(), 1_200_000)]),
        influence: Influence::new(vec![Round::default()]),
    };
    let (offences, faults) = (vec![offence], Faults::default());
    GuiltyReport { connections: 500, offences, faults, generator_busy: 0.5 }
}

#[test]
fn it_is_sound_when_all_came_and_nothing_was_lost() {
    assert!(report(true).sound());
    assert!(!report(false).sound());
    for (bytes, sound) in [(KERNEL_BYTES_EACH_MAX, true), (KERNEL_BYTES_EACH_MAX + 1, false)] {
        let mut report = report(true);
        report.offences[0].kernel_bytes_each = Some(bytes);
        assert_eq!(report.sound(), sound);
        assert_eq!(report.to_string().contains("WERE TO BE"), !sound);
    }
    let faults = Faults { lost: 1, ..Faults::default() };
    assert!(!GuiltyReport { faults, ..report(true) }.sound());
}

#[test]
fn the_figures_have_their_names() {
    let json = serde_json::to_value(report(true)).unwrap();
    assert_eq!(json["offences"][0]["closed"]["3009"], 2);
    assert!(json["offences"][0].get("p99_ratio").is_some());
    assert_eq!(json["lost"], 0);
    assert!(report(false).to_string().contains("closing 3009: DID NOT COME"));
}

#[test]
fn what_is_expected_must_be_told_and_counted() {
    let expected = &Offence::named("pings").unwrap().expected;
    let outcomes = Outcomes { closed: BTreeMap::from([(3009, 1)]), ..Outcomes::default() };
    let counted = BTreeMap::from([("imq_gateway_closed_total rate".to_owned(), 1)]);
    assert!(expected.is_met(&outcomes, &counted, &BTreeMap::new()));
    assert!(!expected.is_met(&Outcomes::default(), &counted, &BTreeMap::new()));
    assert!(!expected.is_met(&outcomes, &BTreeMap::new(), &BTreeMap::new()));
    let expected = &Offence::named("http-idle").unwrap().expected;
    let grown = |bytes| BTreeMap::from([("boss".to_owned(), bytes)]);
    let met = |bytes| expected.is_met(&Outcomes::default(), &BTreeMap::new(), &grown(bytes));
    assert!(met(9_999_999) && !met(10_000_000));
    assert!(report(true).to_string().contains("grown         1.2 MB boss"));
    assert!(Offence::named("patience").is_err());
    assert!(NAMES.iter().all(|name| Offence::named(name).is_ok()));
}
