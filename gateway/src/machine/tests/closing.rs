//! The end of a connection, and what the lane then lets go.

use super::{Bench, dev, lines, run};

/// One client in one room, whose home is told of its end.
const ONE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

fn after_one(steps: &str) -> Vec<String> {
    let log = run(dev(), &format!("{ONE}{steps}"));
    log.lines().filter(|line| !line.starts_with("0:")).map(str::to_owned).collect()
}

#[test]
fn clients_of_a_gateway_that_shuts_down_come_back_at_different_times() {
    let opened = [0, 1, 7, 60].map(|conn| format!("0 c{conn} open\n")).concat();
    let log = run(dev(), &format!("{opened}1 drain"));
    let mut after: Vec<u64> = Vec::new();
    for line in log.lines().filter(|line| line.contains(r#""closing""#)) {
        let ms = line.split_once(r#""retry_after_ms":"#).map_or("0", |(_, rest)| rest);
        after.push(ms.trim_end_matches('}').parse().unwrap());
    }
    assert_eq!(after, [0, 97, 679, 820], "{log}");
}

#[test]
fn who_hangs_up_is_lost_at_once_and_cut_if_the_socket_stays() {
    let steps = "
        1 n1 message 1 4 4
        2 c0 hangup
        2 c0 hangup
        3 c0 send 2 /room/1 chat a
        4 drain
        6000 wait";
    let expected = [
        r#"1: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":4}}"#,
        "2: c0 closes when written",
        "2: n1 lost 0",
        "2: n1 detach 0 /room/1",
        "5025: c0 closes at once",
    ];
    assert_eq!(after_one(steps), expected);
}

#[test]
fn a_session_is_forgotten_by_the_nodes_that_know_it_and_by_no_other() {
    let steps = "
        0 halves 1 n1 n2
        0 up n1
        0 up n2
        0 n2 at 1 0 1 1
        0 c0 open
        0 c0 connect ann
        0 n2 logged_in 0 0
        1 c0 gone
        2 n2 lost_noted 0";
    let log = run(dev(), steps);
    let forgets: Vec<&str> = log.lines().filter(|line| line.contains("forget")).collect();
    assert_eq!(forgets, ["2: n2 forget 0"], "{log}");
}

#[test]
fn a_refusal_does_not_wait_for_an_operation_of_a_session_that_is_over() {
    // Bob's refusal keeps its place behind ann's operation, which nobody sends again.
    let steps = "
        1 c1 open
        1 c1 connect bob
        1 n1 logged_in 1 0
        2 c1 send 1 /room/1 chat a
        2 c0 send 2 /room/1 chat b
        2 c1 send 0 /room/1 chat unnumbered
        3 n1 answer 1 1 0
        3 c0 gone
        4 down
        5 up";
    let lines = after_one(steps);
    let refused = r#"5: c1 {"result":{"status":3,"error_message":"op_id begins with 1"#;
    assert!(lines.iter().any(|line| line.starts_with(refused)), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("5: n1 operation")), "{lines:?}");
}

#[test]
fn who_leaves_while_the_home_is_away_is_forgotten_after_the_grace() {
    for steps in ["1 down\n2 c0 gone", "1 c0 gone\n2 down"] {
        let mut bench = Bench::new(dev());
        lines(&format!("{ONE}{steps}\n10000 wait")).for_each(|line| bench.step(line));
        assert_eq!(bench.lane.parts.sessions.len(), 1, "its end is still to be told: {steps}");
        lines("40000 wait").for_each(|line| bench.step(line));
        assert!(bench.lane.parts.sessions.len() == 0, "{steps}");
    }
}

#[test]
fn what_a_client_sends_before_its_login_is_refused_counts_no_longer() {
    let says = "1 c0 open\n1 c0 connect ann\n1 c0 send 1 /room/1 chat a";
    let refused = format!("0 ready\n{says}\n2 n1 logged_in 0 7 you are banned");
    let given_up = format!("0 ready\n0 down\n{says}\n20000 wait");
    for steps in [refused, given_up] {
        let mut bench = Bench::new(dev());
        lines(&steps).for_each(|line| bench.step(line));
        assert!(bench.lane.parts.sessions.len() == 0, "{}", bench.log);
    }
}
