//! Keys that are bound to a moment or a session go with it, no earlier and not much later.

use std::collections::BTreeMap;

use imq_sdk::{Act, Answer, Change, Command, Failure};

use super::Violation;
use super::ledger::{Book, Fact, Ledger};
use super::spans::{Lives, Operation, Span};
use crate::journal::Journal;
use crate::plan::GRACE_MS;

/// By then auditors have seen what was due: a process stands still for 0.9 s, a lane needs 1.2 s to
/// come back, and commits, links and clients take a while.
pub(super) const SEEN_US: u64 = 4_000_000;

/// A key as somebody has set it.
struct Set<'a> {
    seq: u64,
    change: &'a Change,
    asked_us: u64,
    answered_us: u64,
    journal: &'a Journal,
}

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let mut sets: BTreeMap<(&str, u64), Vec<Set<'_>>> = BTreeMap::new();
    for operation in &lives.operations {
        if let Some((epoch, its)) = set_by(lives, operation) {
            sets.entry((operation.queue(), epoch)).or_default().extend(its);
        }
    }
    for ((queue, epoch), sets) in sets {
        let Some(book) = ledger.book(queue, epoch) else { continue };
        // Who has sat there all the time has seen all of it.
        let watched = lives.spans.iter().find(|span| {
            let is_its = span.queue == queue && span.start.epoch == epoch;
            is_its && span.journal.is_auditor && span.stands && span.wants_all()
        });
        for set in &sets {
            if let Some((rule, what)) = ended(lives, queue, set, book, watched) {
                let (key, seq) = (&set.change.key, set.seq);
                let what = format!("{queue} {seq} {key}, {:?}: {what}", set.change);
                violations.push(Violation { at_us: set.answered_us, rule, what });
            }
        }
    }
}

/// What an acknowledged operation of a member has bound, and in which epoch.
fn set_by<'a>(
    lives: &Lives<'a>,
    operation: &Operation<'a>,
) -> Option<(u64, impl Iterator<Item = Set<'a>> + use<'a>)> {
    let answer = operation.answer.as_ref()?;
    let Command::SendState { changes, .. } = operation.command else { return None };
    let Ok(Answer::Sent { seq }) = answer.result else { return None };
    let epoch = lives.spans[operation.span?].start.epoch;
    let bound = changes
        .iter()
        .filter(|change| change.act != Act::Delete && (change.ttl_ms > 0 || change.while_present));
    let (seq, asked_us, answered_us) = (*seq, operation.asked_us, answer.at_us);
    let journal = operation.journal;
    Some((epoch, bound.map(move |change| Set { seq, change, asked_us, answered_us, journal })))
}

/// What was wrong with the end of a key, if something was.
fn ended(
    lives: &Lives<'_>,
    queue: &str,
    set: &Set<'_>,
    book: &Book<'_>,
    watched: Option<&Span<'_>>,
) -> Option<(&'static str, String)> {
    let (ttl_rule, presence_rule) =
        ("keys end with their time to live", "keys end with the presence of their writers");
    let next = book.facts.range(set.seq + 1..).find_map(|(seq, fact)| match fact {
        Fact::State { changes, from, .. } => {
            let its = changes.iter().find(|(key, _)| *key == set.change.key)?;
            Some((*seq, *from, from.is_none() && its.1.is_none()))
        }
        Fact::Message { .. } | Fact::Members | Fact::Acknowledged(_) => None,
    });
    let last = next.map_or_else(|| book.newest(u64::MAX), |(seq, ..)| seq);
    if !book.is_whole(set.seq + 1, last) {
        return None;
    }
    let Set { change, asked_us, answered_us, journal, .. } = set;
    if let Some((seq, _, true)) = next {
        // It went by itself. A sum may have gone with what its key was bound to before.
        if matches!(change.act, Act::Add(_)) {
            return None;
        }
        let went_us = book.first_us(seq);
        // Machines know of no less than a millisecond.
        let in_time = change.ttl_ms > 0 && went_us + 1000 >= asked_us + change.ttl_ms * 1000;
        let is_there = lives.spans.iter().any(|span| {
            std::ptr::eq(span.journal, *journal)
                && span.queue == queue
                && span.start_us < *asked_us
                && span.end_us > went_us + SEEN_US
        });
        let with_it = change.while_present && !is_there;
        let rule = if change.ttl_ms > 0 { ttl_rule } else { presence_rule };
        return (!in_time && !with_it).then(|| (rule, format!("it went at {went_us} us")));
    }
    let watched = watched.filter(|span| span.start_us < *asked_us)?;
    let gone_us = next.map_or(lives.seen.farewell_us, |(seq, ..)| book.first_us(seq));
    if lives.seen.lost(watched.queue, *asked_us, gone_us) {
        return None;
    }
    let changed = next.and_then(|(seq, from, _)| Some((seq, from?)));
    let asked = changed.and_then(|event| earliest_us(lives, queue, &change.key, event, gone_us));
    let there_us = asked.unwrap_or(gone_us);
    let due_us = answered_us + change.ttl_ms * 1000 + SEEN_US;
    if change.ttl_ms > 0 && there_us > due_us {
        return Some((ttl_rule, format!("it was there at {there_us} us, due by {due_us} us")));
    }
    let left_us = left_us(lives, journal, queue, *answered_us)?;
    let due_us = left_us + GRACE_MS * 1000 + SEEN_US;
    let is_late = change.while_present && there_us > due_us;
    is_late.then(|| (presence_rule, format!("its writer left at {left_us} us, it stayed")))
}

/// Since when the change may have been asked for that this event makes of the key: it is decided
/// no earlier, and seen when all copies have it. What is asked for after it was seen is something
/// else. Nobody has asked for it if the key has gone with its writer, in that one's name.
fn earliest_us(
    lives: &Lives<'_>,
    queue: &str,
    key: &str,
    (seq, from): (u64, &str),
    seen_us: u64,
) -> Option<u64> {
    let mut unknown_us: Option<u64> = None;
    for operation in &lives.operations {
        let Command::SendState { changes, .. } = operation.command else { continue };
        let changes_it = changes.iter().any(|change| change.key == key);
        if operation.journal.user != from || operation.queue() != queue || !changes_it {
            continue;
        }
        let asked_us = operation.asked_us;
        if asked_us > seen_us {
            continue;
        }
        match operation.answer.as_ref().map(|answer| answer.result) {
            Some(Ok(Answer::Sent { seq: its })) if *its == seq => return Some(asked_us),
            None | Some(Err(Failure::OutcomeUnknown)) => {
                unknown_us = Some(unknown_us.map_or(asked_us, |us| us.min(asked_us)));
            }
            Some(_) => {}
        }
    }
    unknown_us
}

/// When the client left the queue for good, after that moment.
fn left_us(lives: &Lives<'_>, journal: &Journal, queue: &str, after_us: u64) -> Option<u64> {
    let unsubscribed = lives.operations.iter().filter_map(|operation| {
        let answer = operation.answer.as_ref()?;
        let leaves = matches!(operation.command, Command::Unsubscribe { .. });
        let is_its = std::ptr::eq(operation.journal, journal) && operation.queue() == queue;
        let done = leaves && is_its && matches!(answer.result, Ok(Answer::Done));
        (done && operation.asked_us > after_us).then_some(answer.at_us)
    });
    let closed = journal.moments.iter().map(|moment| moment.at_us);
    let closed = closed.filter(|at_us| journal.is_closed_before(*at_us)).min();
    unsubscribed.chain(closed).min()
}
