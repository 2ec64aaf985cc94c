//! Two ends and the bytes between them.

use super::*;

fn settings(id: &str, secret: &str) -> Settings {
    Settings {
        role: Role::QueueNode,
        id: id.to_owned(),
        incarnation: 1,
        cluster_id: 7,
        lane: 0,
        secret: secret.as_bytes().to_vec(),
        beat_ms: 100,
        dead_ms: 500,
    }
}

const START: Time = Time { ms: 1000, unix_ms: 0 };

/// Carries bytes between the two until nobody has any, and says what came of it.
fn shake(a: &str, b: &str) -> (Vec<String>, Link, Link) {
    let mut to_b = Vec::new();
    let mut dialler = Link::dial(START, settings("a", a), [1; 16], &mut to_b);
    let mut acceptor = Link::accept(START, settings("b", b), [2; 16]);
    let mut seen = Vec::new();
    while !to_b.is_empty() {
        let (mut to_a, mut up) = (Vec::new(), Vec::new());
        let taken = std::mem::take(&mut to_b);
        let result = acceptor.receive(START, &taken, &mut to_a, |got| up.push(name("b", got)));
        seen.append(&mut up);
        seen.extend(result.err().map(|error| format!("b: {error}")));
        let result = dialler.receive(START, &to_a, &mut to_b, |got| up.push(name("a", got)));
        seen.append(&mut up);
        seen.extend(result.err().map(|error| format!("a: {error}")));
    }
    (seen, dialler, acceptor)
}

fn name(end: &str, received: Received<'_>) -> String {
    match received {
        Received::Up(peer) => format!("{end} sees {}", peer.id),
        Received::Frame(frame) => format!("{end} got {frame:?}"),
        Received::Echoed { sent_ms } => format!("{end} was heard at {}", sent_ms - START.ms),
    }
}

#[test]
fn both_prove_the_secret() {
    assert_eq!(shake("s", "s").0, ["a sees b", "b sees a"]);
}

#[test]
fn a_wrong_secret_is_found_by_the_dialler() {
    let (seen, ..) = shake("s", "t");
    assert!(seen[0].starts_with("a: the peer's proof is wrong"), "{seen:?}");
    assert!(seen[1].starts_with("b: the peer refuses"), "{seen:?}");
}

#[test]
fn a_dialler_that_skips_its_proof_gets_nothing_through() {
    let mut hello = Vec::new();
    Link::dial(START, settings("a", "?"), [1; 16], &mut hello);
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut out = Vec::new();
    assert_eq!(acceptor.receive(START, &hello, &mut out, |_| panic!("not up")), Ok(()));
    let mut frame = Vec::new();
    put(&mut frame, 6, b"x");
    let refused = acceptor.receive(START, &frame, &mut out, |_| panic!("not up"));
    assert_eq!(refused, Err(LinkError::NoHello));
}

#[test]
fn its_own_proof_is_no_answer() {
    let mut hello = Vec::new();
    let mut dialler = Link::dial(START, settings("a", "s"), [1; 16], &mut hello);
    let mut out = Vec::new();
    let reflected = dialler.receive(START, &hello, &mut out, |_| panic!("not up"));
    assert_eq!(reflected, Err(LinkError::WrongProof));
}

#[test]
fn frames_pass_and_beats_do_not() {
    let (_, mut a, mut b) = shake("s", "s");
    let mut out = Vec::new();
    assert_eq!(a.wake(START.after(99), &mut out), Ok(()));
    assert_eq!(out, b"");
    assert_eq!(a.wake(START.after(100), &mut out), Ok(()));
    put(&mut out, 6, b"x");
    let mut got = Vec::new();
    let result = b.receive(START.after(100), &out, &mut Vec::new(), |r| got.push(name("b", r)));
    assert_eq!((result, got), (Ok(()), vec!["b got [50, 1, 120]".to_owned()]));
}

/// Gives one end these bytes; what it saw, and what it answered.
fn give(to: &mut Link, at_ms: u64, bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
    let (mut seen, mut answer) = (Vec::new(), Vec::new());
    let result = to.receive(START.after(at_ms), bytes, &mut answer, |r| seen.push(name("it", r)));
    assert_eq!(result, Ok(()));
    (seen, answer)
}

fn wake(end: &mut Link, at_ms: u64) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(end.wake(START.after(at_ms), &mut out), Ok(()));
    out
}

#[test]
fn a_beat_is_echoed_at_once_and_told_once() {
    let (_, mut dialler, mut acceptor) = shake("s", "s");
    let beat = wake(&mut dialler, 100);
    let (seen, echo) = give(&mut acceptor, 101, &beat);
    assert_eq!((seen.len(), echo.is_empty()), (0, false));
    assert_eq!(wake(&mut acceptor, 200), b"", "its answer was its beat");
    let (seen, answer) = give(&mut dialler, 102, &echo);
    assert_eq!((seen, answer), (vec!["it was heard at 100".to_owned()], Vec::new()));
    assert_eq!(give(&mut dialler, 103, &echo).0, [""; 0], "nothing newer");
    let next = wake(&mut dialler, 200);
    assert_eq!(give(&mut acceptor, 201, &next).0, ["it was heard at 101"]);
}

#[test]
fn beats_in_a_heap_have_one_echo() {
    let (_, mut dialler, mut acceptor) = shake("s", "s");
    let heap: Vec<u8> = (1..=4).flat_map(|at| wake(&mut dialler, at * 100)).collect();
    let (_, echo) = give(&mut acceptor, 450, &heap);
    assert_eq!(give(&mut dialler, 451, &echo).0, ["it was heard at 400"]);
    let again = wake(&mut dialler, 500);
    assert_eq!(give(&mut acceptor, 460, &again).1, b"", "it has just beaten");
    assert!(!wake(&mut acceptor, 600).is_empty(), "it beats by itself when nobody asks");
}

#[test]
fn an_echo_of_the_future_is_none() {
    let (_, mut dialler, _) = shake("s", "s");
    let mut lie = Vec::new();
    put(&mut lie, BEAT, &Beat { now_us: 1, echo_us: u64::MAX }.encode_to_vec());
    assert_eq!(give(&mut dialler, 50, &lie).0, [""; 0]);
    wake(&mut dialler, 100);
    assert_eq!(give(&mut dialler, 110, &lie).0, ["it was heard at 100"]);
}

#[test]
fn silence_is_death() {
    let (_, mut a, _) = shake("s", "s");
    assert_eq!(a.wake_at(), START.ms + 100);
    assert_eq!(a.wake(START.after(499), &mut Vec::new()), Ok(()));
    assert_eq!(a.wake(START.after(500), &mut Vec::new()), Err(LinkError::Silent(500)));
}

#[test]
fn a_large_frame_before_the_proof_is_refused() {
    let mut acceptor = Link::accept(START, settings("b", "s"), [2; 16]);
    let mut large = vec![0xff, 0xff, 0x7f];
    large.resize(2000, 0);
    let refused = acceptor.receive(START, &large, &mut Vec::new(), |_| {});
    assert_eq!(refused, Err(LinkError::NoHello));
}
