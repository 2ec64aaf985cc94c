//! What is known by answers alone.

use imq_sdk::Answer;
use proto::g2c;

use super::super::check;
use super::story::Story;
use super::{QUEUE, broken, pair};
use crate::call::{Attempt, Call, Wish};
use crate::journal::{Full, Observations};

/// A message of the web application by the first lane: sent, answered, and its number.
fn call((sent_us, answered_us, arrived): (u64, u64, u64), seq: u64) -> Call {
    let wish = Wish::Message { queue: QUEUE.into(), payload: format!("\"w{seq}\"").into() };
    let result = g2c::Result { seq, ..g2c::Result::default() };
    let (via, answer, names) = ((0, 0, 0), Some((answered_us, result)), Vec::new());
    let attempt = Attempt { sent_us, via, answer, names, arrived, is_lost: false };
    Call { wish, has_key: false, attempts: vec![attempt], is_over: true }
}

#[test]
fn a_request_runs_late_only_if_it_may_have_been_refused_and_sent_again() {
    let rule = "requests of one lane to one queue are done in their order";
    let is_broken = |full: (u64, u64), ended_us, third| {
        let calls = vec![
            call((1_000_000, 5_000_000, 1), 9),
            call((2_000_000, 5_000_000, 2), 6),
            call((3_000_000, 5_000_000, 3), third),
        ];
        let fulls = vec![Full { node: 1, from_us: full.0, to_us: full.1 }];
        let journals = vec![Story::of(0, 4, &["u0"]).0];
        let calm_us = u64::MAX;
        let mut seen = Observations { journals, calls, fulls, calm_us, ..Default::default() };
        seen.ways.home(0, (0, 0), 1, 1);
        seen.ways.joined(0, (0, 0), 1);
        seen.ways.ended(ended_us, (0, 0), 1);
        check(&seen).into_iter().any(|violation| violation.rule == rule)
    };
    let (then, later) = ((900_000, 1_500_000), (6_000_000, 7_000_000));
    assert!(!is_broken(then, 4_000_000, 7));
    assert!(is_broken(later, 4_000_000, 7), "there was space");
    assert!(is_broken(then, 6_000_000, 7), "no answer was lost");
    assert!(is_broken(then, 4_000_000, 5), "the third came before the second");
}

#[test]
fn a_number_that_came_behind_a_new_start_is_of_the_same_epoch() {
    let rule = "what is read of the history is its newest messages, oldest first";
    let read = |is_new_epoch: bool| {
        let (_, mut reader) = pair();
        for seq in 5..10 {
            reader = reader.message(seq, &format!("m{seq}"));
        }
        for seq in 10..26 {
            reader = reader.asked(seq, &format!("m{seq}"));
        }
        reader = reader.subscribed(9, &["u0", "u2"]);
        if is_new_epoch {
            reader = reader.of_epoch(8).subscribed(9, &["u0", "u2"]);
        }
        for seq in 10..26 {
            reader.answer(seq, Ok(Answer::Sent { seq }));
        }
        broken(vec![reader.finds_none_before(99, 6)])
    };
    // A room keeps 20 messages: behind the last one the fifth isn't among them.
    assert_eq!(read(false), Vec::<&str>::new());
    assert_eq!(read(true), [rule], "they may be of the epoch between");
}
