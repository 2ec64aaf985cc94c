//! Scripts of processes that come: `id [incarnation]`, and what each is told.

use proto::table::Version;

use super::*;

fn process(id: &str, incarnation: Option<u64>) -> Registration {
    Registration {
        id: NodeId::try_from(id).unwrap(),
        role: NodeRole::QueueNode,
        host: "h".to_owned(),
        address: "a:1".to_owned(),
        incarnation,
        process: 0,
        reports: Vec::new(),
        buckets: Vec::new(),
        ahead: Vec::new(),
        config: 0,
        table: Version::default(),
    }
}

/// Runs a script of registrations and `gone` words against what comes of each.
fn check(script: &str) {
    let mut roster = Roster::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (step, expected) = line.split_once(" => ").expect("a step and what comes of it");
        let mut words = step.split(' ');
        let id = words.next().unwrap();
        let word = words.next();
        let came = if word == Some("gone") {
            let id = NodeId::try_from(id).unwrap();
            roster.set_state(&id, State::Gone).to_string()
        } else {
            match roster.register(&process(id, word.map(|word| word.parse().unwrap())), 0) {
                Ok(Registered::New { before }) => format!("new {} {before:?}", roster.newest),
                Ok(known) => format!("{known:?}").to_lowercase(),
                Err(refusal) => refusal.reason,
            }
        };
        assert!(came.contains(expected), "{step}: {came}");
    }
}

#[test]
fn a_process_registers_once_and_is_known_by_its_incarnation() {
    check(
        "q1 => new 1 None
         q2 => new 2 None
         q1 1 => known
         q1 => new 3 Some(1)
         q1 1 => another process at a:1 on host \"h\" has registered
         q1 3 => known",
    );
}

#[test]
fn who_was_given_up_may_return_but_not_after_a_successor() {
    check(
        "q1 => new 1 None
         q1 gone => true
         q1 gone => false
         q1 1 => returned
         q1 1 => known
         q1 gone => true
         q1 => new 2 Some(1)
         q1 1 => another process",
    );
}

#[test]
fn incarnations_that_the_store_lost_are_adopted_and_never_given_again() {
    check(
        "q1 => new 1 None
         q2 7 => adopted { before: none }
         q1 9 => adopted { before: some(1) }
         q3 => new 10 None",
    );
}

#[test]
fn only_so_many_of_the_gone_are_kept() {
    let mut roster = Roster::default();
    for at in 0..GONE_MAX + 3 {
        let id = format!("q{at}");
        roster.register(&process(&id, None), 0).unwrap();
        roster.set_state(&NodeId::try_from(id.as_str()).unwrap(), State::Gone);
    }
    let names = ["q0", "q1", "q2"].map(|id| NodeId::try_from(id).unwrap());
    assert_eq!(roster.forget(), names);
    assert_eq!(roster.iter().count(), GONE_MAX);
}

#[test]
fn a_roster_survives_being_stored() {
    let mut roster = Roster::default();
    roster.register(&process("q1", None), 0).unwrap();
    let text = serde_json::to_string(&roster).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&text).unwrap(), roster);
    assert!(serde_json::from_str::<Roster>(&text.replace("\"newest\":1", "\"newest\":0")).is_err());
    assert!(serde_json::from_str::<Roster>(&text.replace("q1", "<q1>")).is_err());
}

#[test]
fn another_process_with_the_same_incarnation_is_another_process() {
    let mut roster = Roster::default();
    let drawn =
        |number, incarnation| Registration { process: number, ..process("q1", incarnation) };
    assert_eq!(roster.register(&drawn(7, None), 0), Ok(Registered::New { before: None }));
    assert_eq!(roster.register(&drawn(7, Some(1)), 0), Ok(Registered::Known));
    assert!(roster.register(&drawn(8, Some(1)), 0).is_err_and(|refusal| refusal.for_good));
}

#[test]
fn each_term_gives_incarnations_of_its_own() {
    let mut roster = Roster::default();
    roster.register(&process("q1", None), 3).unwrap();
    roster.register(&process("q2", None), 3).unwrap();
    roster.register(&process("q3", None), 9).unwrap();
    let lives: Vec<u64> = roster.iter().map(|node| node.incarnation).collect();
    assert_eq!(lives, [(3 << 20) + 1, (3 << 20) + 2, (9 << 20) + 1]);
    assert!(!roster.needs_term(9));
    roster.newest = (9 << 20) + 0xf_ffff;
    assert!(roster.needs_term(9));
    assert!(!roster.needs_term(10));
}
