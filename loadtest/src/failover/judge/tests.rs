//! Each fault, planted in what the judge is told, is found; and nothing else is.

use super::{Foreign, Judge, Verdict};

const UNAVAILABLE: u32 = 14;
const UNKNOWN: u32 = 2;

/// One room, one sender, two subscribers, as a script: `p` publishes, `aN` acknowledges, `rN`
/// refuses, `uN` says that nobody knows, `0>N` and `1>N` deliver to one, `0!` and `1!` announce,
/// `0.` and `1.` settle.
fn judge(script: &str) -> Judge {
    let mut judge = Judge::default();
    let room = judge.room();
    let receiver = judge.receiver(room);
    let stream = judge.stream(room);
    assert_eq!((receiver, stream, judge.receiver(room)), (0, 0, 1));
    for word in script.split_whitespace() {
        let number = |from: usize| word[from..].parse::<u32>().expect("a counter");
        let who = usize::from(word.starts_with('1'));
        match word.trim_start_matches(['0', '1']).chars().next().unwrap_or(' ') {
            'p' => {
                judge.publish(stream);
            }
            'a' => judge.answered(stream, number(1), 0),
            'r' => judge.answered(stream, number(1), UNAVAILABLE),
            'u' => judge.answered(stream, number(1), UNKNOWN),
            '>' => judge.deliver(who, stream, number(2)).expect("it was sent"),
            '!' => judge.announce(who),
            '.' => judge.settle(who),
            _ => panic!("{word}"),
        }
    }
    judge
}

fn check(script: &str, wanted: &Verdict) {
    let verdict = judge(script).verdict();
    let faults = |of: &Verdict| {
        let Verdict { lost, doubled, out_of_order, torn, refused_delivered, .. } = *of;
        [lost, doubled, out_of_order, torn, refused_delivered, of.lost_announced]
    };
    assert_eq!(faults(&verdict), faults(wanted), "{script}: {verdict:?}");
    let sound = faults(wanted)[..5] == [0; 5];
    assert_eq!(verdict.sound(), sound, "{script}");
}

#[test]
fn what_comes_once_and_in_order_is_sound() {
    let none = Verdict::default();
    check("", &none);
    check("p p a0 0>0 1>0 1>1 a1 0>1", &none);
    // What isn't acknowledged may come to all or to none.
    check("p p p u0 r1 p a3 0>3 1>3", &none);
    check("p u0 0>0 1>0", &none);
    check("p 0>0 1>0", &none);
}

#[test]
fn what_was_acknowledged_and_never_came_is_lost() {
    check("p a0 0>0", &Verdict { lost: 1, ..Verdict::default() });
    check("p p a0 a1 0>1 1>0 1>1", &Verdict { lost: 1, ..Verdict::default() });
    let gone = judge("p a0 0! 0. 1! 1.").verdict();
    assert_eq!((gone.acknowledged_gone, gone.lost, gone.lost_announced), (1, 0, 2));
}

#[test]
fn what_comes_twice_is_doubled() {
    check("p a0 0>0 0>0 1>0", &Verdict { doubled: 1, ..Verdict::default() });
    check("p u0 0>0 1>0 1>0", &Verdict { doubled: 1, ..Verdict::default() });
}

#[test]
fn what_comes_after_a_later_one_is_out_of_order() {
    check("p p a0 a1 0>1 0>0 1>0 1>1", &Verdict { out_of_order: 1, ..Verdict::default() });
    // Of what its sender gave up nobody said when it comes.
    check("p p u0 a1 0>1 0>0 1>0 1>1", &Verdict::default());
    // Acknowledged only later, it counts all the same.
    check("p p a1 0>1 0>0 1>0 1>1 a0", &Verdict { out_of_order: 1, ..Verdict::default() });
}

#[test]
fn what_was_refused_reaches_nobody() {
    check("p r0 0>0", &Verdict { refused_delivered: 1, ..Verdict::default() });
    check("p r0 0>0 1>0", &Verdict { refused_delivered: 2, ..Verdict::default() });
    let refused = judge("p r0").verdict().refused;
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), [(UNAVAILABLE, 1)]);
}

#[test]
fn what_one_sees_all_must_see() {
    check("p u0 0>0", &Verdict { torn: 1, ..Verdict::default() });
    check("p 0>0", &Verdict { torn: 1, ..Verdict::default() });
    check("p 0>0 1! 1.", &Verdict::default());
}

#[test]
fn an_announced_loss_is_excused() {
    let announced = |deliveries| Verdict { lost_announced: deliveries, ..Verdict::default() };
    // Lost until the subscription stands again.
    check("p a0 0>0 1>0 p a1 0! 0. 1! 1. p a2 0>2 1>2", &announced(2));
    // Nothing was sent afterwards.
    check("p a0 0! 0. 1>0", &announced(1));
    // The subscription never stands again.
    check("p a0 0! p a1 1>0 1>1", &announced(2));
    // Told twice.
    check("p a0 0! 0. p a1 0! 0. 1>0 1>1", &announced(2));
    // What comes is no loss.
    check("p a0 0! 0. 0>0 1>0", &announced(0));
}

#[test]
fn an_excuse_is_for_what_it_is_about() {
    let lost = |lost, lost_announced| Verdict { lost, lost_announced, ..Verdict::default() };
    // Sent when the subscription stood again.
    check("0! 0. p a0 1>0", &lost(1, 0));
    check("0! 0. p a0 p a1 0>1 1>0 1>1", &lost(1, 0));
    // Between two that came behind the excuse.
    check("0! p p p a0 a1 a2 0. 0>0 0>2 1>0 1>1 1>2", &lost(1, 0));
    // A hole from before it was said.
    check("p p a0 a1 0>1 0! 0. 1>0 1>1", &lost(1, 0));
    // Another's excuse.
    check("p a0 0! 0. 0>0", &lost(1, 0));
    // A first excuse has ended, a second is open, and a hole is between them.
    check("p a0 0! 0. p p p a1 a2 a3 0>1 0>3 0! 0. 1>0 1>1 1>2 1>3", &lost(1, 1));
}

#[test]
fn rooms_are_told_apart() {
    let mut judge = judge("p a0 0>0 1>0");
    let other = judge.room();
    let (stream, receiver) = (judge.stream(other), judge.receiver(other));
    assert_eq!(judge.deliver(0, stream, 0), Err(Foreign));
    assert_eq!(judge.deliver(receiver, stream, 0), Err(Foreign), "it wasn't sent");
    assert_eq!(judge.deliver(receiver, 7, 0), Err(Foreign));
    judge.publish(stream);
    assert_eq!(judge.deliver(receiver, stream, 0), Ok(()));
    assert!(judge.verdict().sound());
}

#[test]
fn a_message_that_nobody_had_to_see_may_be_in_the_history() {
    let judge = judge("p p r1 0! 0. p a2 0>2");
    assert!(!judge.excused(0, 0), "the second has no excuse");
    let mut judge = judge;
    judge.announce(1);
    assert!(judge.excused(0, 0));
    assert!(!judge.excused(0, 1), "it was refused");
    assert!(!judge.excused(0, 2), "the first saw it");
    assert!(!judge.excused(0, 9), "it was never sent");
}
