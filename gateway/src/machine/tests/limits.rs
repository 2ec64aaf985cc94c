//! The list of a bucket is full: what is refused, in which order, and who goes on.

use proto::bucket::BucketId;
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

struct Full {
    bench: Bench,
    /// What the list holds for: the last of them has two operations and the list no room for more.
    rooms: Vec<String>,
}

impl Full {
    /// Eight queues with 32 large operations each, and a ninth.
    fn new() -> Full {
        let settings = Settings { bytes_burst: 100 << 20, ..dev() };
        let mut full = Full { bench: Bench::new(settings), rooms: rooms(0).take(11).collect() };
        full.step(BEGIN);
        for op_id in 1..=258 {
            let log = full.send(1, op_id, (op_id as usize - 1) / 32);
            assert!(log.contains(&format!("send {op_id} ")), "{log}");
        }
        full
    }

    fn step(&mut self, steps: &str) -> String {
        let before = self.bench.log.len();
        lines(steps).for_each(|line| self.bench.step(line));
        self.bench.log[before..].to_owned()
    }

    fn send(&mut self, at_ms: u64, op_id: u32, room: usize) -> String {
        let (room, large) = (self.rooms[room].clone(), "x".repeat(65_000));
        self.step(&format!("{at_ms} c0 send {op_id} {room} chat {large}"))
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
fn what_finds_no_room_is_refused_in_its_turn_and_others_go_on() {
    let mut full = Full::new();
    assert_eq!(full.send(2, 259, 8) + &full.send(2, 260, 8), "", "they wait for what was before");
    let alone = full.send(3, 261, 9);
    assert_eq!(results(&alone), [(261, 14)]);
    let sentence = "too many operations wait for this part of the cluster: try again later";
    assert!(alone.contains(sentence), "{alone}");
    let (ninth, last) = (full.rooms[8].clone(), full.rooms[10].clone());
    let subscribe = full.step(&format!("4 c0 subscribe 262 {last}"));
    assert_eq!(results(&subscribe), [(262, 14)]);
    assert_eq!(full.step(&format!("4 n2 invited 0 7 {last}")), "", "a guest has to wait, too");
    let parts = full.bench.lane.sessions[0].parts();
    assert_eq!((parts, full.bench.lane.interest.len()), (0, 0), "nothing is left of them");
    let other = full.step(&format!("5 c1 send 1 {ninth} chat x"));
    assert_eq!(results(&other), [(1, 14)]);
    // What lives at the other home isn't held up.
    let there = rooms(1).next().expect("there is one");
    let log = full.step(&format!("6 c0 send 263 {there} chat x\n6 n2 answer 0 263 0"));
    assert!(log.contains("n2 operation of 0 sub 0: send 263"), "{log}");
    assert_eq!(results(&log), [(263, 0)]);

    let answers = |ids: std::ops::RangeInclusive<u32>| -> String {
        ids.map(|op_id| format!("7 n1 answer 0 {op_id} 0\n")).collect()
    };
    let log = full.step(&answers(1..=257));
    let done: Vec<(u32, u32)> = (1..=257).map(|op_id| (op_id, 0)).collect();
    assert_eq!(results(&log), done);
    // There is room again; what comes now stands behind the refusals.
    let log = full.send(8, 264, 8);
    assert!(log.contains("n1 operation of 0 sub 0: send 264"), "{log}");
    let log = full.step(&answers(258..=258));
    assert_eq!(results(&log), [(258, 0), (259, 14), (260, 14)]);
    let log = full.step("9 n1 answer 0 264 0");
    assert_eq!(results(&log), [(264, 0)]);
    let log = full.step(&format!("10 c0 subscribe 265 {last}"));
    assert!(log.contains(&format!("subscribe 265 {last}")), "{log}");
}

#[test]
fn a_full_list_is_sent_again_whole_and_its_refusals_keep_their_turn() {
    let mut full = Full::new();
    assert_eq!(full.send(2, 259, 8), "");
    full.step("3 down n1");
    let alone = full.send(4, 260, 9);
    assert_eq!(results(&alone), [(260, 14)], "it is as full without a link");
    let log = full.step("5 up n1\n6 n1 at 1 0 1 0");
    assert_eq!(log.matches("n1 operation of 0").count(), 258, "{log}");
    let answers: String = (1..=258).map(|op_id| format!("7 n1 answer 0 {op_id} 0\n")).collect();
    let came = results(&full.step(&answers));
    let mut wanted: Vec<(u32, u32)> = (1..=258).map(|op_id| (op_id, 0)).collect();
    wanted.push((259, 14));
    assert_eq!(came, wanted);
}
