//! A node that keeps as much as it may.

use super::rig::Rig;

const BEGIN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann
    1 g1 1 1 subscribe /room/1 sub=5
";

#[test]
fn newcomers_are_refused_first_and_then_growth() {
    let mut rig = Rig::keeping(40_000);
    rig.run(BEGIN);
    let big = "x".repeat(3_000);
    let mut said = String::new();
    for key in 0..40 {
        said += &rig.run(&format!("2 g1 1 {} set /room/1 {key}={big}", key + 2));
    }
    assert!(said.contains("status=0") && said.contains("status=8"), "{said}");
    let said = rig.run(
        "3 g1 introduce 2 bob
         3 g1 login 2 bob
         4 g1 1 50 subscribe /room/2 sub=6
         5 g1 request 1 create /room/3
         6 g1 1 51 send /room/1 chat hi
         7 g1 1 52 set /room/1 -0
         8 g1 1 53 members /room/1",
    );
    assert!(said.contains("logged_in 2 8 0 code=3004"), "{said}");
    assert!(said.contains("4: g1 answer 1 op=50 status=8"), "{said}");
    assert!(said.contains("5: g1 reply 1 op=0 status=8"), "{said}");
    assert!(said.contains("6: g1 answer 1 op=51 status=8"), "{said}");
    // What makes space is let in.
    assert!(said.contains("7: g1 answer 1 op=52 status=0"), "{said}");
    assert!(said.contains("8: g1 answer 1 op=53 status=0"), "{said}");
    for key in 1..40 {
        rig.run(&format!("9 g1 1 {} set /room/1 -{key}", key + 60));
    }
    let said = rig.run("10 g1 1 110 subscribe /room/2 sub=6\n11 g1 1 111 send /room/1 chat hi");
    assert!(said.contains("op=110 status=0") && said.contains("op=111 status=0"), "{said}");
}

#[test]
fn what_finds_no_space_may_come_again() {
    let mut rig = Rig::new();
    rig.run(BEGIN);
    let growth = |rig: &mut Rig, at: u32| {
        rig.run(&format!(
            "{at} g1 1 {at} subscribe /room/2 sub=6
             {at} g1 request {at} send /room/1 chat hi key=k"
        ))
    };
    rig.node.set_bytes_max(0);
    rig.run("2 loud");
    let said = growth(&mut rig, 3);
    let refused = said.lines().filter(|line| line.ends_with("later (may retry)"));
    assert_eq!(refused.count(), 2, "{said}");
    // Nothing was done: under the same key it may be done now.
    rig.node.set_bytes_max(u64::MAX);
    let said = growth(&mut rig, 4);
    assert_eq!(said.matches("status=0").count(), 2, "{said}");
}

#[test]
fn a_history_that_only_moves_on_is_no_growth() {
    let mut rig = Rig::keeping(1_000_000);
    rig.run("0 config history /room/* 3");
    rig.run(BEGIN);
    let long = "y".repeat(5_000);
    let send = |rig: &mut Rig, at: u32| rig.run(&format!("2 g1 1 {at} send /room/1 chat {long}"));
    (2..6).for_each(|at| drop(send(&mut rig, at)));
    let kept = rig.node.counters().kept_bytes;
    assert!(send(&mut rig, 6).contains("status=0"));
    assert_eq!(rig.node.counters().kept_bytes, kept);
}

#[test]
fn nothing_is_counted_when_nothing_is_there() {
    let mut rig = Rig::new();
    rig.run(BEGIN);
    rig.run("2 g1 1 2 set /room/1 a=1 b=2\n2 g1 1 3 send /room/1 chat hi");
    assert!(rig.node.counters().kept_bytes > 0);
    rig.run("3 g1 lost 1 ann bye");
    rig.run("900000 g1 forget 1");
    assert_eq!(rig.node.counters().kept_bytes, 0);
}
