//! Requests of the web application: done once or not at all, as it was answered, and with a
//! reason; and who was put out is out.

use std::collections::{BTreeMap, BTreeSet};

use proto::codes::Status;

use super::Violation;
use super::ledger::Ledger;
use super::spans::Lives;
use crate::call::{Attempt, Call, Wish};
use crate::journal::{FULL, Observations};
use crate::plan::GRACE_MS;
use crate::ways::Way;

/// Until a client that takes no bytes for a while has heard what a slow link brings it.
const HEARS_US: u64 = 4_000_000;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    for (number, call) in lives.seen.calls.iter().enumerate() {
        let mut violated = |rule: &'static str| {
            let (at_us, _) = call.window_us();
            let what = format!("w{number} {:?}: {:?}", call.wish, call.attempts);
            violations.push(Violation { at_us, rule, what });
        };
        if call.attempts.iter().any(|one| one.answer.is_none() && !one.is_lost) {
            violated("every request is answered");
        }
        if !reasons(lives.seen, call) {
            violated("a request is refused, or its outcome unknown, for a reason");
        }
        if let Wish::Message { queue, payload } = &call.wish {
            let seen = ledger.payloads.get(payload.as_slice()).cloned().unwrap_or_default();
            let seen: BTreeSet<u64> = seen.into_iter().map(|(_, seq)| seq).collect();
            if !once(lives.seen, call, queue, &seen) {
                violated("a request is done once, with a key however often it is sent");
            }
        }
        if let Some(who) = stays(lives, call) {
            violated(who);
        }
    }
    in_order(lives, violations);
    nobody_else(lives, violations);
}

/// What is refused, and what nobody knows, is so for a reason.
fn reasons(seen: &Observations, call: &Call) -> bool {
    let queue = call.wish.home();
    let queue = queue.as_deref();
    call.attempts.iter().all(|attempt| {
        let Some((at_us, result)) = &attempt.answer else { return true };
        let waited = at_us - attempt.sent_us >= GRACE_MS * 1000;
        match Status::from_number(result.status) {
            Some(Status::Ok | Status::Unavailable) => true,
            // A list goes through all buckets.
            Some(Status::OutcomeUnknown) if matches!(call.wish, Wish::List { .. }) => {
                waited || seen.lost_any(attempt.sent_us, *at_us)
            }
            Some(Status::OutcomeUnknown) => {
                waited || queue.is_some_and(|queue| seen.lost(queue, attempt.sent_us, *at_us))
            }
            Some(Status::NotFound) => !matches!(call.wish, Wish::Create { .. } | Wish::List { .. }),
            Some(Status::Conflict) => {
                matches!(call.wish, Wish::Create { .. } | Wish::Mount { deleted: false, .. })
            }
            Some(Status::Precondition) => matches!(call.wish, Wish::State { .. }),
            Some(Status::Limit) => {
                let grows = matches!(
                    call.wish,
                    Wish::Create { .. }
                        | Wish::Message { .. }
                        | Wish::State { .. }
                        | Wish::Mount { deleted: false, .. }
                        | Wish::Join { .. }
                );
                // With a key, it is answered as it was before.
                let first_us = if call.has_key { call.window_us().0 } else { attempt.sent_us };
                grows
                    && result.error_message.as_deref() == Some(FULL)
                    && queue.is_some_and(|queue| seen.was_full(queue, first_us, *at_us))
            }
            Some(_) | None => false,
        }
    })
}

/// A message is there once; without a key once for each sending at most.
fn once(seen: &Observations, call: &Call, queue: &str, at: &BTreeSet<u64>) -> bool {
    let (from_us, to_us) = call.window_us();
    let ok = call.answers().filter(|(_, result)| result.status == 0);
    let answers: Vec<u64> = ok.map(|(_, result)| result.seq).collect();
    let given: BTreeSet<u64> = answers.iter().copied().collect();
    let refused = call.answers().filter(|(_, result)| ![0, 2].contains(&result.status)).count();
    let unknown = call.attempts.len() - answers.len() - refused;
    if seen.lost(queue, from_us, to_us) {
        // A queue that began anew has forgotten the key.
        return at.len() <= call.attempts.len();
    }
    if call.has_key {
        let most = usize::from(!given.is_empty() || unknown > 0);
        let is_its = given.is_empty() || at.is_subset(&given);
        given.len() <= 1 && at.len() <= most && is_its
    } else {
        let strange = at.difference(&given).count();
        given.len() == answers.len() && strange <= unknown
    }
}

/// Who was removed or disconnected is out: none of what they had then still stands.
fn stays(lives: &Lives<'_>, call: &Call) -> Option<&'static str> {
    let (user, room) = match &call.wish {
        Wish::Remove { queue, user } => (user, Some(queue)),
        Wish::Disconnect { user } => (user, None),
        Wish::Message { .. }
        | Wish::State { .. }
        | Wish::Read { .. }
        | Wish::List { .. }
        | Wish::Create { .. }
        | Wish::Delete { .. }
        | Wish::Mount { .. }
        | Wish::Join { .. } => return None,
    };
    let (done_us, _) = call.answers().find(|(_, result)| result.status == 0)?;
    let (from_us, _) = call.window_us();
    // Whoever disconnects asks the home of the user's sessions, who tells their rooms.
    let home = room.cloned().unwrap_or_else(|| format!("/user/{user}"));
    if lives.seen.lost(&home, from_us, done_us) {
        return None;
    }
    let stays = lives.spans.iter().any(|span| {
        span.journal.user == *user
            && room.is_none_or(|room| span.queue == *room)
            && span.start_us < from_us
            && span.end_us > done_us + HEARS_US
            && !lives.seen.lost(span.queue, from_us, done_us)
    });
    stays.then_some("who was removed or disconnected is out")
}

/// What is sent by one lane to one queue is done in that order.
fn in_order(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    let mut done: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in &lives.seen.calls {
        // Of a call that was sent twice, nobody knows which of them was done.
        if let (Wish::Message { queue, .. }, [attempt]) = (&call.wish, &call.attempts[..])
            && let Some((epoch, seq)) = lives.done(call)
        {
            let of_lane = done.entry((queue, epoch, attempt.via)).or_default();
            of_lane.push((attempt.arrived, seq, may_run_late(lives.seen, call, attempt, queue)));
        }
    }
    for ((queue, ..), mut done) in done {
        done.sort_unstable();
        let mut last = (0, 0);
        for (arrived, seq, may_be_late) in done {
            let this = (arrived, seq);
            if last.1 >= seq {
                let rule = "requests of one lane to one queue are done in their order";
                let what = format!("{queue}: {:?}", [last, this]);
                violations.push(Violation { at_us: lives.seen.calm_us, rule, what });
                break;
            }
            if !may_be_late {
                last = this;
            }
        }
    }
}

/// Whether a call that was sent once may have been done behind those that came later. What is
/// refused for the moment, for lack of space or of a second copy, isn't remembered under its key
/// (docs/rpc.md, "Running once"). If such an answer is lost, with a link or a home, the lane sends
/// the call again, and it is done then (505955).
fn may_run_late(seen: &Observations, call: &Call, attempt: &Attempt, queue: &str) -> bool {
    let (from_us, to_us) = call.window_us();
    let (gateway, _, lane) = attempt.via;
    let way = Way { at_us: from_us, lane: (gateway, lane) };
    let may_be_refused = seen.alone_holds || seen.was_full(queue, from_us, to_us);
    let is_resent = || {
        seen.ways.cut(&[way], queue, from_us, to_us) || seen.ways.came_anew(queue, from_us, to_us)
    };
    may_be_refused && is_resent()
}

/// What the web application sends is from nobody.
fn nobody_else(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    let messages = lives.spans.iter().flat_map(|span| &span.items);
    for item in messages {
        let super::spans::Got::Message(message) = item.what else { continue };
        if message.payload.starts_with(b"\"w") != message.from.is_none() {
            let rule = "messages of the web application, and no others, are from nobody";
            let what = format!("{message:?}");
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
    }
}
