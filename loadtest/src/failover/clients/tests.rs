//! What clients hear, and what is judged of it.

use super::{Cast, Ear, Eyes, PROBE_LISTENERS, PROBE_SENDERS, Pending, Told};
use crate::traffic::stamp::{STAMP_BYTES, Stamp};

/// The talkers of a room are neighbours; the first listener is behind all of them.
const LISTENER: usize = PROBE_SENDERS;

fn cast() -> Cast {
    Cast {
        users: (0..PROBE_SENDERS).map(|who| format!("u{who}")).collect(),
        rooms: (0..PROBE_SENDERS / 2).map(|room| format!("/load/{room}")).collect(),
        room_size: 2,
        probes: vec!["/load/probe".into()],
        messages_per_s: 1.0,
        payload_bytes: STAMP_BYTES,
    }
}

/// All are in their rooms.
fn eyes() -> Eyes {
    let mut eyes = Eyes::new(&cast());
    for who in 0..cast().clients() {
        hear(&mut eyes, who, &Told::Subscribed { epoch: 1 });
    }
    eyes
}

fn hear(eyes: &mut Eyes, who: usize, told: &Told) -> bool {
    eyes.hear(who, 0, told, None).expect("nothing wrong")
}

/// A client sends, to its own room or to the probe room; the message's counter.
fn send(eyes: &mut Eyes, who: usize, to_probe: bool, operation: u32) -> u32 {
    let stream = if to_probe { PROBE_SENDERS + who } else { who };
    let counter = eyes.judge.publish(stream);
    eyes.unanswered[who].push_back(Pending { operation, stream, counter });
    counter
}

/// A message of a stream reaches somebody.
fn arrive(eyes: &mut Eyes, who: usize, stream: usize, counter: u32) -> anyhow::Result<bool> {
    let mut payload = [0; STAMP_BYTES];
    Stamp { sender: stream as u32, counter, intended: 5 }.write(&mut payload);
    let told = Told::Message { seq: u64::from(counter) + 1, history: false };
    eyes.hear(who, 9, &told, Some(&payload))
}

#[test]
fn results_are_of_the_publishes_they_name() {
    let mut eyes = eyes();
    let (own, probe) = (send(&mut eyes, 0, false, 7), send(&mut eyes, 0, true, 8));
    assert_eq!(eyes.unanswered(), 2);
    // The later one may be answered first: it is of another queue.
    assert!(hear(&mut eyes, 0, &Told::Result { operation: 8, status: 14 }));
    assert!(!hear(&mut eyes, 0, &Told::Result { operation: 9, status: 14 }), "a subscribe's");
    assert!(hear(&mut eyes, 0, &Told::Result { operation: 7, status: 0 }));
    assert!(!hear(&mut eyes, LISTENER, &Told::Result { operation: 1, status: 0 }));
    for who in [0, 1] {
        arrive(&mut eyes, who, 0, own).expect("it is of this room");
    }
    let verdict = eyes.judge.verdict();
    assert!(verdict.sound(), "{verdict:?}");
    assert_eq!((verdict.acknowledged, verdict.refused[&14], eyes.unanswered()), (1, 1, 0));
    for who in 0..PROBE_LISTENERS {
        arrive(&mut eyes, LISTENER + who, PROBE_SENDERS, probe).expect("it is of this room");
    }
    assert_eq!(eyes.judge.verdict().refused_delivered, 2);
}

#[test]
fn a_message_of_another_room_ends_the_run() {
    let mut eyes = eyes();
    let counter = send(&mut eyes, 0, false, 1);
    arrive(&mut eyes, 2, 0, counter).expect_err("another room");
    arrive(&mut eyes, 0, 0, counter + 1).expect_err("it was never sent");
    eyes.hear(0, 0, &Told::Message { seq: 1, history: false }, Some(b"x")).expect_err("a stranger");
}

/// Somebody sends, is acknowledged, and only they get it: what the other is told, before or after.
fn missed(before: &[Told], after: &[Told]) -> super::super::judge::Verdict {
    let mut eyes = eyes();
    for told in before {
        hear(&mut eyes, 1, told);
    }
    let counter = send(&mut eyes, 0, false, 1);
    hear(&mut eyes, 0, &Told::Result { operation: 1, status: 0 });
    arrive(&mut eyes, 0, 0, counter).expect("it is of this room");
    for told in after {
        hear(&mut eyes, 1, told);
    }
    eyes.judge.verdict()
}

#[test]
fn only_who_is_told_has_lost_nothing_in_silence() {
    let ended = || Told::Unsubscribed { reason: "node lost".into() };
    let stands = |epoch| Told::Subscribed { epoch };
    assert_eq!(missed(&[], &[]).lost, 1);
    assert_eq!(missed(&[], &[stands(1)]).lost, 1, "the same incarnation goes on");
    for (before, after) in [
        (vec![], vec![ended()]),
        (vec![], vec![ended(), stands(2)]),
        (vec![ended()], vec![stands(2)]),
        (vec![], vec![Told::Gap]),
        // It says nothing else, but the room is another one.
        (vec![], vec![stands(2)]),
    ] {
        let verdict = missed(&before, &after);
        assert_eq!((verdict.lost, verdict.lost_announced), (0, 1), "{before:?} {after:?}");
    }
    // What was sent afterwards must come.
    assert_eq!(missed(&[ended(), stands(2)], &[]).lost, 1);
    assert_eq!(missed(&[Told::Gap], &[]).lost, 1);
}

#[test]
fn who_loses_the_connection_has_no_answers_and_an_excuse_only_with_its_home() {
    for (code, excused) in [(None, false), (Some(3001), false), (Some(3002), true)] {
        let mut eyes = eyes();
        let first = send(&mut eyes, 0, false, 1);
        hear(&mut eyes, 0, &Told::Result { operation: 1, status: 0 });
        arrive(&mut eyes, 0, 0, first).expect("it is of this room");
        send(&mut eyes, 1, false, 5);
        eyes.lose(1, code);
        assert_eq!(eyes.unanswered(), 0);
        hear(&mut eyes, 1, &Told::Subscribed { epoch: 1 });
        let verdict = eyes.judge.verdict();
        let wanted = if excused { (0, 1) } else { (1, 0) };
        assert_eq!((verdict.lost, verdict.lost_announced), wanted, "{code:?}");
        assert_eq!(verdict.unanswered, 1);
    }
}
