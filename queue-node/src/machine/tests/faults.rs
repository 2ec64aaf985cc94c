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
    assert_ne!(Rig::with(0, faults).run(&script), good, "{faults:?} is not seen");
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

/// Ann has come back on another connection.
const BACK: &str = "
    2 g1 introduce 3 ann
    2 g1 login 3 ann secret=3 resume=1,0
    3 g1 introduce 3 ann id=1
    3 g1 resume 3 /room/1 5 e1:chat=1,scores=1,members=1\n";

#[test]
fn a_fence_that_is_skipped() {
    // Nobody but the fence tells the room, while the new connection asks for nothing there.
    let script = "2 g2 up\n2 g2 introduce 3 ann\n2 g2 login 3 ann secret=3 resume=1,0";
    shows(Faults { fence_skipped: true, ..Faults::default() }, script);
}

#[test]
fn a_lost_that_is_late() {
    let faults = Faults { late_lost_ends_new_session: true, ..Faults::default() };
    shows(faults, &format!("{BACK} 4 g1 lost 1 ann bye\n5 g1 2 2 members /room/1"));
}

#[test]
fn a_secret_that_is_rotated_early() {
    let faults = Faults { secret_rotated_early: true, ..Faults::default() };
    let script = "4 g1 introduce 4 ann\n4 g1 login 4 ann secret=4 resume=1,0";
    shows(faults, &format!("{BACK} {script}"));
}

#[test]
fn a_resume_that_makes_a_member() {
    let faults = Faults { resume_makes_member: true, ..Faults::default() };
    let script = "4 g1 2 2 subscribe /room/2 sub=6\n5 g1 resume 3 /room/2 6";
    shows(faults, &format!("{BACK} {script}"));
}

#[test]
fn a_grace_that_is_decided_twice() {
    let faults = Faults { grace_decided_twice: true, ..Faults::default() };
    shows(faults, &format!("2 g1 lost 1 ann {BACK} 1500 g1 2 2 members /room/1"));
}

#[test]
fn an_end_that_is_forgotten() {
    let faults = Faults { ended_forgotten: true, ..Faults::default() };
    shows(faults, "2 g1 lost 1 ann bye\n3 g1 2 2 members /room/1");
}

#[test]
fn a_floor_that_is_ignored() {
    let faults = Faults { floor_ignored: true, ..Faults::default() };
    let script = "2 g1 introduce 1 ann floor=900\n3 g1 1 2 send /room/1 chat late";
    shows(faults, script);
}

#[test]
fn a_kick_that_is_lost() {
    shows(Faults { kick_lost: true, ..Faults::default() }, BACK);
}

#[test]
fn a_sweep_that_removes_who_came_back() {
    let faults = Faults { sweep_removes_resumed: true, ..Faults::default() };
    shows(faults, &format!("{BACK} 1500 g1 2 2 members /room/1"));
}
