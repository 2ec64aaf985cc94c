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
