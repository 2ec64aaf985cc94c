//! How many queues a user may create by subscribing.

use super::rig::Rig;

/// The answers to so many subscribes of one user to queues of their own.
fn subscribe(rig: &mut Rig, at_ms: u64, count: u32, first: u32, pattern: &str) -> Vec<String> {
    let line =
        |op_id: u32| format!("{at_ms} g1 1 {op_id} subscribe {pattern}{op_id} sub={op_id}\n");
    let lines: Vec<String> = (first..first + count).map(line).collect();
    let said = rig.run(&lines.concat());
    let answers = said.lines().filter(|line| line.contains("answer"));
    answers.filter_map(|line| Some(line.split_once("status=")?.1.to_owned())).collect()
}

#[test]
fn a_user_creates_no_more_than_so_many_at_once() {
    let mut rig = Rig::new();
    rig.run("0 g1 up\n0 g1 introduce 1 ann\n0 g1 login 1 ann\n");
    let answers = subscribe(&mut rig, 1, 202, 1, "/room/");
    let (let_in, refused) = answers.split_at(200);
    assert!(let_in.iter().all(|status| status == "0"), "{let_in:?}");
    assert_eq!(refused, ["8", "8"]);
    assert_eq!(subscribe(&mut rig, 250, 3, 300, "/room/"), ["0", "0", "8"]);
    assert_eq!(subscribe(&mut rig, 251, 1, 1, "/room/"), ["0"], "the queue is there");
    let short = subscribe(&mut rig, 252, 100, 400, "/short/");
    assert!(short.iter().all(|status| status == "0"), "they go with their member");
}
