//! The list of a bucket is full: what is refused, in which order, and who goes on.

use proto::bucket::BucketId;
use proto::ids::Handle;
use proto::name;

use super::{Bench, Settings, dev, lines};

/// Queues of the first bucket of two, or of the second.
fn rooms(bucket: u32) -> impl Iterator<Item = String> {
    let rooms = (1..).map(|number| format!("/room/{number}"));
    rooms.filter(move |room| BucketId::of(name::hash(room.as_bytes()), 1).prefix() == bucket)
}

/// Ann and Bob, whose queues live at `n1` and `n2`.
const BEGIN: &str = "
    0 halves 1 n1 n2
    0 up n1
    0 up n2
    0 n1 at 1 0 1 0
    0 n2 at 1 0 1 1
    0 c0 open
    0 c0 connect ann
    0 n2 logged_in 0 0
    0 c1 open
    0 c1 connect eve
    0 n2 logged_in 1 0
";

/// So many large operations of one session fit, which is its share of the list.
const SHARE: u32 = 129;

/// A list that can't take more of ann, and after [`Full::fill`] of nobody.
struct Full {
    bench: Bench,
    /// What the list holds of ann is for these: four with 32 operations each, and a fifth.
    rooms: Vec<String>,
    /// Operations of others, behind ann's.
    others: Vec<(usize, u32)>,
}

impl Full {
    fn new() -> Full {
        let settings = Settings { bytes_burst: 100 << 20, ..dev() };
        let rooms = rooms(0).take(11).collect();
        let mut full = Full { bench: Bench::new(settings), rooms, others: Vec::new() };
        full.step(BEGIN);
        for op_id in 1..=SHARE {
            let log = full.send(1, op_id, (op_id as usize - 1) / 32);
            assert!(log.contains(&format!("send {op_id} ")), "{log}");
        }
        full
    }

    /// Others fill the rest, each its share.
    fn fill(&mut self) {
        let far = (0..).map(|number| format!("far{number}"));
        let is_far = |user: &String| {
            BucketId::of(name::hash(format!("/user/{user}").as_bytes()), 1).prefix() == 1
        };
        for (conn, user) in (2..).zip(far.filter(is_far)) {
            self.step(&format!(
                "1 c{conn} open\n1 c{conn} connect {user}\n1 n2 logged_in {conn} 0"
            ));
            let mut op_id = 1;
            while self.send_as(conn, 1, op_id, op_id as usize / 32).contains("n1 operation") {
                self.others.push((conn, op_id));
                op_id += 1;
            }
            if op_id == 1 {
                return;
            }
        }
    }

    fn step(&mut self, steps: &str) -> String {
        let before = self.bench.log.len();
        lines(steps).for_each(|line| self.bench.step(line));
        self.bench.log[before..].to_owned()
    }

    fn send(&mut self, at_ms: u64, op_id: u32, room: usize) -> String {
        self.send_as(0, at_ms, op_id, room)
    }

    fn send_as(&mut self, conn: usize, at_ms: u64, op_id: u32, room: usize) -> String {
        let (room, large) = (self.rooms[room].clone(), "x".repeat(65_000));
        self.step(&format!("{at_ms} c{conn} send {op_id} {room} chat {large}"))
    }

    /// The homes of these rooms answer ann's operations.
    fn answers(&mut self, at_ms: u64, ids: std::ops::RangeInclusive<u32>) -> String {
        let answers: String = ids.map(|op_id| format!("{at_ms} n1 answer 0 {op_id} 0\n")).collect();
        self.step(&answers)
    }
}

/// The results in what was said: operation and status.
fn results(log: &str) -> Vec<(u32, u32)> {
    let number = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split([',', '}']).next()?.parse().ok()
    };
    let result = |line| Some((number(line, r#""op_id":"#)?, number(line, r#""status":"#)?));
    log.lines().filter_map(result).collect()
}

#[test]
fn one_session_fills_its_share_of_a_list_and_others_go_on() {
    let mut full = Full::new();
    let alone = full.send(2, 130, 9);
    assert_eq!(results(&alone), [(130, 8)]);
    let sentence = "this session's operations fill their share of the 16777216 bytes that may wait \
                    for this part of the cluster: wait for results";
    assert!(alone.contains(sentence) && alone.contains(r#""may_retry":true"#), "{alone}");
    let (same, other) = (full.rooms[0].clone(), full.rooms[9].clone());
    let log = full.step(&format!("3 c1 send 1 {same} chat x\n3 c1 subscribe 2 {other}"));
    assert_eq!(log.matches("n1 operation of 1").count(), 2, "{log}");
    // Answered, it has its share anew.
    full.answers(4, 1..=SHARE);
    assert!(full.send(5, 131, 9).contains("send 131 "));
    full.step("6 n1 answer 1 1 0\n6 n1 answer 1 2 0\n6 n1 answer 0 131 0");
    assert_eq!(full.bench.lane.parts.sessions[Handle::at(0)].under_way().1, 0);
    assert_eq!(full.bench.lane.parts.sessions[Handle::at(1)].under_way().1, 0);
}

#[test]
fn what_is_given_up_counts_no_more() {
    let mut full = Full::new();
    full.step("2 down n1\n30000 wait");
    assert_eq!(
        full.bench.lane.parts.sessions[Handle::at(0)].under_way().0,
        0,
        "all of it was given up"
    );
    assert_eq!(full.bench.lane.parts.sessions[Handle::at(0)].under_way().1, 0);
}

#[test]
fn what_finds_no_space_is_refused_in_its_turn_and_others_go_on() {
    let mut full = Full::new();
    full.fill();
    assert_eq!(full.send(2, 130, 4) + &full.send(2, 131, 4), "", "they wait for what was before");
    let alone = full.send(3, 132, 9);
    assert_eq!(results(&alone), [(132, 8)]);
    let (fifth, last) = (full.rooms[4].clone(), full.rooms[10].clone());
    let subscribe = full.step(&format!("4 c0 subscribe 133 {last}"));
    assert_eq!(results(&subscribe), [(133, 8)]);
    assert_eq!(full.step(&format!("4 n2 invited 0 7 {last}")), "", "a guest has to wait, too");
    let parts = full.bench.lane.parts.sessions[Handle::at(0)].parts();
    assert_eq!(
        (parts, full.bench.lane.parts.desk.delivery.interest().len()),
        (0, 0),
        "nothing is left of them"
    );
    let other = full.step(&format!("5 c1 send 1 {fifth} chat x"));
    assert_eq!(results(&other), [(1, 14)], "it isn't the one who fills it");
    let sentence = "too many operations wait for this part of the cluster: try again later";
    assert!(other.contains(sentence), "{other}");
    // What lives at the other home isn't held up.
    let there = rooms(1).next().expect("there is one");
    let log = full.step(&format!("6 c0 send 134 {there} chat x\n6 n2 answer 0 134 0"));
    assert!(log.contains("n2 operation of 0 sub 0: send 134"), "{log}");
    assert_eq!(results(&log), [(134, 0)]);

    let log = full.answers(7, 1..=SHARE - 1);
    let done: Vec<(u32, u32)> = (1..SHARE).map(|op_id| (op_id, 0)).collect();
    assert_eq!(results(&log), done);
    // There is space again; what comes now stands behind the refusals.
    let log = full.send(8, 135, 4);
    assert!(log.contains("n1 operation of 0 sub 0: send 135"), "{log}");
    let log = full.answers(8, SHARE..=SHARE);
    assert_eq!(results(&log), [(129, 0)]);
    let others = std::mem::take(&mut full.others).into_iter();
    let answers = others.map(|(session, op_id)| format!("9 n1 answer {session} {op_id} 0\n"));
    let log = full.step(&answers.collect::<String>());
    let (_, mine): (Vec<_>, Vec<_>) = results(&log).into_iter().partition(|(id, _)| *id < 130);
    assert_eq!(mine, [(130, 8), (131, 8)]);
    assert_eq!(results(&full.answers(9, 135..=135)), [(135, 0)]);
    let log = full.step(&format!("10 c0 subscribe 136 {last}"));
    assert!(log.contains(&format!("subscribe 136 {last}")), "{log}");
}

#[test]
fn a_full_list_is_sent_again_whole_and_its_refusals_keep_their_turn() {
    let mut full = Full::new();
    assert_eq!(full.send(2, 130, 4), "");
    full.step("3 down n1");
    let alone = full.send(4, 131, 9);
    assert_eq!(results(&alone), [(131, 8)], "it is as full without a link");
    let log = full.step("5 up n1\n6 n1 at 1 0 1 0");
    assert_eq!(log.matches("n1 operation of 0").count(), SHARE as usize, "{log}");
    let came = results(&full.answers(7, 1..=SHARE));
    let mut wanted: Vec<(u32, u32)> = (1..=SHARE).map(|op_id| (op_id, 0)).collect();
    wanted.push((130, 8));
    assert_eq!(came, wanted);
}
