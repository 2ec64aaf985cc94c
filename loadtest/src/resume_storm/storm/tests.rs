//! The storm over real sockets, against two doors of a hub that does what a test plants.

mod hub;

use std::path::PathBuf;
use std::time::Duration;

use super::Storm;
use crate::interrupt::Interrupt;
use crate::resume_storm::{ResumeStormOptions, ResumeStormReport};
use crate::traffic::checker::Faults;
use crate::traffic::returns::Tally;
use crate::traffic::stamp::STAMP_BYTES;
use hub::{Hub, Plant};

/// Twenty sessions in two rooms; somebody sends every two milliseconds.
fn storm(plant: Plant) -> ResumeStormReport {
    let hub = Hub::new(plant);
    let (dies, stays) = (Hub::open(&hub, true), Hub::open(&hub, false));
    let mut options = ResumeStormOptions::new(PathBuf::new());
    options.sessions = 20;
    options.calm = Duration::from_millis(50);
    options.payload_bytes = STAMP_BYTES;
    // Whatever else the machine does, what is on its way has come by then.
    options.drain = Duration::from_secs(2);
    let interrupt = Interrupt::default();
    let mut storm = Storm::new(&options, dies, stays, &interrupt).expect("a storm");
    storm.open().expect("all join");
    storm.flow(options.calm).expect("messages flow");
    storm.began().expect("the generator's CPU is known");
    Hub::kill(&hub);
    storm.until_back().expect("all come back");
    storm.flow(options.calm).expect("messages flow");
    storm.drain().expect("all arrive");
    storm.report(40, 0)
}

#[test]
fn all_come_back_and_nobody_notices() {
    let report = storm(Plant::Nothing);
    assert!(report.sound(), "{report}");
    let whole =
        Tally { disconnected: 20, back: 20, resumed: 20, recovered: 40, ..Tally::default() };
    assert_eq!(report.tally, whole, "{report}");
    assert!(report.sent > 0 && report.delivered == report.sent * 11, "{report}");
    assert!(report.took.max_ms > 0.0, "{report}");
}

/// Each is done to the first who comes back.
#[test]
fn what_is_planted_is_found() {
    let none = Faults::default();
    assert_eq!(storm(Plant::Loss).faults, Faults { lost: 1, ..none });
    assert_eq!(storm(Plant::Double).faults, Faults { doubled: 1, ..none });
    let gap = storm(Plant::Gap);
    assert_eq!((gap.gaps, gap.faults), (1, Faults { lost: 1, ..none }));
    let left = storm(Plant::Left);
    assert_eq!((left.movements, left.faults), (1, none));
    assert!(!left.sound());
    let anew = storm(Plant::NotResumed);
    assert_eq!((anew.tally.back, anew.tally.resumed), (20, 19), "{anew}");
    let closed = storm(Plant::Replaced);
    assert_eq!((closed.tally.back, closed.tally.out), (19, 1), "{closed}");
    assert_eq!(closed.tally.closings, [(3500, 1)].into());
}
