//! Each planted bug that a script shows: with it, something else is said.

use super::rig::Rig;
use crate::machine::Faults;

fn shows(faults: Faults, script: &str) {
    let start = "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5";
    let script = format!("{start}\n{script}");
    let good = Rig::new().run(&script);
    assert_ne!(Rig::with(false, faults).run(&script), good, "{faults:?} is not seen");
}

#[test]
fn a_filter_that_is_skipped_in_replay() {
    let faults = Faults { replay_unfiltered: true, ..Faults::default() };
    shows(
        faults,
        "2 g1 2 2 set /room/1 a=1
         2 g1 2 3 set /room/1 b=1
         3 g1 1 2 subscribe /room/1 sub=5 since=e1:chat=1,scores=1,members=1 prefix=a",
    );
}

#[test]
fn a_history_that_is_disordered() {
    let faults = Faults { history_disordered: true, ..Faults::default() };
    shows(
        faults,
        "2 g1 2 2 send /room/1 chat a
         2 g1 2 3 send /room/1 chat b
         3 g1 1 2 subscribe /room/1 sub=5 history=2",
    );
}

#[test]
fn a_note_that_is_lost() {
    let faults = Faults { note_lost: true, ..Faults::default() };
    shows(faults, "2 g1 lost 2 bob bye\n3 g1 1 2 members /room/1");
}

#[test]
fn a_queue_that_goes_with_its_members() {
    let faults = Faults { idle_destroys_members: true, ..Faults::default() };
    shows(faults, "2000 g1 2 2 send /room/1 chat a\n9000 g1 1 2 members /room/1");
}
