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

#[test]
fn all_sessions_of_a_user_create_as_one() {
    let mut rig = Rig::new();
    rig.run(
        "0 g1 up\n0 g2 up
         0 g1 introduce 1 ann\n0 g1 login 1 ann
         0 g2 introduce 2 ann\n0 g2 login 2 ann
         0 g2 introduce 3 bob\n0 g2 login 3 bob",
    );
    let answers = |said: String| -> Vec<String> {
        let answers = said.lines().filter(|line| line.contains("answer"));
        answers.filter_map(|line| Some(line.split_once("status=")?.1.to_owned())).collect()
    };
    let line = |(link, session), at: u32| {
        format!("1 {link} {session} {at} subscribe /room/{session}-{at} sub={at}\n")
    };
    let both: Vec<String> =
        (1..=100).map(|at| line(("g1", 1), at) + &line(("g2", 2), at)).collect();
    let said = answers(rig.run(&both.concat()));
    assert_eq!(said.len(), 200);
    assert!(said.iter().all(|status| status == "0"), "{said:?}");
    let more = [line(("g1", 1), 101), line(("g2", 2), 101), line(("g2", 3), 101)];
    let mut said = answers(rig.run(&more.concat().replace("1 g", "2 g")));
    said.sort();
    assert_eq!(said, ["0", "8", "8"], "another user has its own");
    // A new session brings nothing along.
    rig.run("3 g1 lost 1 ann bye\n3 g1 introduce 4 ann\n3 g1 login 4 ann");
    let said = answers(rig.run("4 g1 4 1 subscribe /room/4 sub=1"));
    assert_eq!(said, ["8"]);
}
