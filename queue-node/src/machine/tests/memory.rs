//! What things take.

use proto::class::Class;
use proto::g2c::ResultHead;
use proto::seeded::Seed;

use super::rig::{GRACE_MS, Rig, config, session_id};
use crate::machine::local::Local;
use crate::machine::state::idempotency::{Keyed, Keys, Known, Origin};
use crate::machine::state::queue::{Mount, Queue};
use crate::machine::state::recent::{self, Recent, Remembered};
use crate::machine::state::remember::Memory;

fn done(op_id: u32) -> Remembered {
    Remembered { head: ResultHead { op_id, status: 0, seq: 1_000_000 }, whole: None }
}

#[test]
fn an_empty_queue_with_two_mounts_is_small() {
    let class: &Class = &config().class[0];
    let mounts = class.mounts.len() * size_of::<Mount>();
    // The name with its two counts, and the queue's place in the map of names, half of it empty.
    let name = 2 * size_of::<usize>() + "/room/a-name-of-ordinary-length".len();
    let place = 2 * (size_of::<(u32, u32)>() + 1);
    let queue = size_of::<Queue>() + size_of::<Option<Local>>() + mounts + name + place;
    // Each was created under a key that the gateway drew.
    let mut keys = Keys::new(7);
    for number in 0..100_000u64 {
        let key = keys.key(0, &number.to_be_bytes(), &format!("/room/{number}"));
        let (api_key, body_hash, origin) = (0, number, Origin::Gateway);
        keys.remember(0, &Keyed { key, api_key, body_hash, origin }, &[]);
        assert_eq!(keys.look(key, body_hash), Known::Answered(Vec::new()));
    }
    let total = queue + keys.bytes() / 100_000;
    assert!(total <= 450, "{queue} bytes and {} for its key", total - queue);
    keys.trim(proto::limits::KEYLESS_REMEMBER_MS);
    assert_eq!(keys.look(keys.key(0, &[], "/room/1"), 0), Known::New);
}

#[test]
fn a_session_that_left_leaves_little() {
    let mut memory = Memory::new(Seed::new(5));
    for number in 0..10_000 {
        let mut recent = Recent::default();
        recent.remember(done(1));
        recent.remember(done(2));
        memory.keep(0, 1000, number, session_id("ann", number), &recent);
    }
    assert_eq!(memory.len(), 10_000);
    let bytes = memory.bytes();
    assert!(bytes <= 10_000 * 100, "{} bytes each", bytes / 10_000);
}

#[test]
fn what_left_no_trace_was_refused_and_what_had_to_go_is_unknown() {
    let mut recent = Recent::default();
    for op_id in [3, 5] {
        recent.remember(done(op_id));
    }
    let head = ResultHead { op_id: 7, status: 0, seq: 7 };
    recent.remember(Remembered { head, whole: Some(Box::default()) });
    let looks = |recent: &Recent, op_ids: &[u32]| -> Vec<recent::Known> {
        op_ids.iter().map(|op_id| recent.look(*op_id)).collect()
    };
    use recent::Known::{Answered, Forgotten, New, Traceless};
    let known = [Traceless, Answered(done(3)), Traceless, Traceless, Forgotten, New];
    assert_eq!(looks(&recent, &[1, 3, 4, 6, 7, 8]), known);
    // So it is after a rest.
    let (mut memory, ann) = (Memory::new(Seed::new(5)), session_id("ann", 1));
    memory.keep(0, 1000, 7, ann, &recent);
    let mut rested = memory.take(7, ann).expect("it was kept");
    assert_eq!(looks(&rested, &[1, 3, 4, 6, 7, 8]), known);
    // More than are kept: those below the oldest had to go.
    for op_id in 20..52 {
        rested.remember(done(op_id));
    }
    assert_eq!(looks(&rested, &[3, 19, 20]), [Forgotten, Forgotten, Answered(done(20))]);
}

#[test]
fn memory_gives_back_what_was_kept_and_forgets_after_twice_the_grace() {
    let mut memory = Memory::new(Seed::new(5));
    let (ann, grace_ms) = (session_id("ann", 1), 1000);
    let mut recent = Recent::default();
    for op_id in 1..=40 {
        recent.remember(done(op_id));
    }
    let result = proto::g2c::Result::refusal(41, proto::codes::Status::Limit, "no more");
    let whole = prost::Message::encode_to_vec(&result);
    let head = ResultHead { op_id: 41, status: result.status, seq: 0 };
    let refused = Remembered { head, whole: Some(whole.into()) };
    recent.remember(refused.clone());
    memory.keep(0, grace_ms, 7, ann, &recent);
    let kept = memory.take(7, ann).expect("it was kept");
    assert_eq!(kept.look(42), recent::Known::New);
    assert_eq!(kept.look(41), recent::Known::Answered(refused));
    assert_eq!(kept.look(40), recent::Known::Answered(done(40)));
    assert_eq!(kept.look(9), recent::Known::Forgotten);
    assert_eq!(memory.take(7, ann), None);
    memory.keep(100, grace_ms, 7, ann, &kept);
    memory.trim(2100, grace_ms);
    assert!(memory.take(7, ann).is_some());
    memory.keep(100, grace_ms, 7, ann, &kept);
    memory.trim(2700, grace_ms);
    assert_eq!(memory.len(), 0);
}

#[test]
fn nothing_is_left_of_those_who_went() {
    let mut rig = Rig::new();
    let mut turns = ["0 g1 up\n", "", "", "3 g1 down\n80000 g2 up\n"].map(str::to_owned);
    for handle in 1..50 {
        let room = format!("/room/{}", handle % 7);
        turns[0] += &format!("0 g1 introduce {handle} user{handle}\n");
        turns[0] += &format!("0 g1 login {handle} user{handle}\n");
        turns[1] += &format!("1 g1 {handle} 1 subscribe {room} sub={handle}\n");
        turns[2] += &format!("2 g1 {handle} 2 send {room} chat hello\n");
        turns[2] += &format!("2 g1 {handle} 3 set {room} k=1! l=2~50\n");
    }
    rig.run(&turns.concat());
    let counters = rig.node.counters();
    let left = [counters.sessions, counters.subscriptions, counters.queues, counters.replay_bytes];
    assert_eq!(left, [0; 4]);
    assert_eq!(counters.queues_created, 7 + 49, "rooms and inboxes");
}

/// Twenty sessions join a queue of their own and leave it again, in every 10 ms.
#[test]
fn coming_and_going_takes_no_more_and_no_more() {
    const SESSIONS: u32 = 20;
    let mut rig = Rig::new();
    rig.run("0 g1 up\n");
    let link = rig.link("g1");
    for handle in 0..SESSIONS {
        rig.introduce(link, handle, &format!("user{handle}"));
        rig.run(&format!("0 g1 login {handle} user{handle}\n"));
    }
    let mut sizes = Vec::new();
    for turn in 1..=u64::from(6 * (GRACE_MS as u32) / 10) {
        let at_ms = turn * 10;
        let mut lines = [String::new(), String::new()];
        for handle in 0..SESSIONS {
            let (room, op_id) = (format!("/short/{turn}-{handle}"), 2 * turn);
            lines[0] += &format!("{at_ms} g1 {handle} {op_id} subscribe {room} sub={handle}\n");
            let op_id = op_id + 1;
            lines[1] += &format!("{} g1 {handle} {op_id} unsubscribe {room}\n", at_ms + 5);
        }
        rig.run(&lines.concat());
        sizes.push(rig.node.bytes());
    }
    let counters = rig.node.counters();
    let inboxes = u64::from(SESSIONS);
    let left = (counters.queues, counters.subscriptions, counters.unanswered);
    assert_eq!(left, (inboxes, inboxes, 0));
    // What is there for one that left goes within a grace after its time.
    let kept_ms = 2 * GRACE_MS + 3 * GRACE_MS / 4;
    let gone = kept_ms / 10 * u64::from(SESSIONS);
    let level = &sizes[(kept_ms / 10) as usize..];
    let (least, most) = (level.iter().min().unwrap().0, level.iter().max().unwrap().0);
    assert!(most * 10 <= least * 13, "from {least} to {most} bytes");
    let last = level.iter().map(|(_, left)| *left).max().unwrap();
    assert!(last <= gone as usize * 100, "{} bytes each", last / gone as usize);
}
