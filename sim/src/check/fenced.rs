//! Fences by what clients saw: of two logins of a user one has won, and where the winner has been
//! heard, or a while after it was welcomed, nothing of the loser is done any more.

use std::collections::BTreeMap;

use imq_sdk::{Answer, Command};
use proto::limits;

use super::Violation;
use super::causes::writes;
use super::ledger::{Fact, Ledger};
use super::spans::Lives;
use crate::application::original;
use crate::call::Wish;
use crate::journal::Journal;
use crate::world::SEVERAL;

/// What a lane has let out comes to a node so soon, if that doesn't stand still.
const ARRIVES_US: u64 = 60_000;

/// A queue in one of its incarnations.
type Place<'a> = (&'a str, u64);

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let asked = asked(lives);
    for winner in lives.seen.journals.iter().filter(|one| !SEVERAL.contains(&&*one.user)) {
        let losers = lives.seen.journals.iter().filter(|loser| has_lost(loser, winner));
        let losers: Vec<&Journal> = losers.collect();
        if losers.is_empty() {
            continue;
        }
        for (place, (first, _)) in heard(lives, winner) {
            let Some(book) = ledger.book(place.0, place.1) else { continue };
            for (seq, fact) in book.facts.range(first + 1..) {
                let Some(by) = asked_by(&asked, fact).and_then(|one| one.journal) else { continue };
                if losers.iter().any(|loser| std::ptr::eq(*loser, by)) {
                    let rule = "where a winner was heard, nothing of the loser is done";
                    let what = format!(
                        "{} {seq} is of c{}, and c{} was heard at {first}: {fact:?}",
                        place.0, by.client, winner.client
                    );
                    violations.push(Violation { at_us: book.first_us(*seq), rule, what });
                }
            }
        }
        late(lives, ledger, winner, &losers, &asked, violations);
    }
}

/// Whether all of one client's connections were welcomed before the other's, by the same home.
fn has_lost(loser: &Journal, winner: &Journal) -> bool {
    /// A generation is its bucket's `loss` above so many bits, and a record's number.
    const LOSS_SHIFT: u32 = 40;
    let (Some(last), Some(first)) = (loser.welcomes.last(), winner.welcomes.first()) else {
        return false;
    };
    loser.user == winner.user
        && last.generation < first.generation
        && last.generation >> LOSS_SHIFT == first.generation >> LOSS_SHIFT
}

/// Where the client was heard first, in each queue that it was in: from its `subscribed`, or an
/// answer.
fn heard<'a>(lives: &Lives<'a>, journal: &Journal) -> BTreeMap<Place<'a>, (u64, u64)> {
    let mut heard: BTreeMap<Place<'a>, (u64, u64)> = BTreeMap::new();
    let mut hear = |place: Place<'a>, seq: u64, at_us: u64| {
        let first = heard.entry(place).or_insert((seq, at_us));
        *first = (seq, at_us).min(*first);
    };
    for span in lives.spans.iter().filter(|span| std::ptr::eq(span.journal, journal)) {
        if !span.start.recovered {
            let mark = span.start.marks.values().copied().max().unwrap_or(0);
            hear((span.queue, span.start.epoch), mark, span.start_us);
        }
    }
    for operation in lives.operations.iter().filter(|one| std::ptr::eq(one.journal, journal)) {
        let (Some(answer), Some(span)) = (&operation.answer, operation.span) else { continue };
        let is_message = matches!(operation.command, Command::SendMessage { .. });
        if let (true, Ok(Answer::Sent { seq })) = (is_message, answer.result) {
            let span = &lives.spans[span];
            hear((span.queue, span.start.epoch), *seq, answer.at_us);
        }
    }
    heard
}

/// Who asked for something that nobody else asks for, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// None: the web application.
    journal: Option<&'a Journal>,
    pub(super) at_us: u64,
}

/// All that is unlike anything else.
pub(super) fn asked<'a>(lives: &Lives<'a>) -> BTreeMap<&'a [u8], Asked<'a>> {
    let mut asked = BTreeMap::new();
    for operation in &lives.operations {
        let by = Asked { journal: Some(operation.journal), at_us: operation.asked_us };
        asked.extend(writes(operation.command).map(|value| (value, by)));
    }
    for call in &lives.seen.calls {
        if let Wish::Message { payload, .. } = &call.wish {
            let (at_us, _) = call.window_us();
            asked.insert(&**payload, Asked { journal: None, at_us });
        }
    }
    asked
}

/// Who asked for an event.
pub(super) fn asked_by<'a>(
    asked: &BTreeMap<&[u8], Asked<'a>>,
    fact: &Fact<'_>,
) -> Option<Asked<'a>> {
    match fact {
        Fact::Message { payload, .. } | Fact::Acknowledged(payload) => {
            asked.get(&*original(payload)).copied()
        }
        Fact::State { changes, .. } => {
            let mut values = changes.iter().filter_map(|(_, value)| *value);
            values.find_map(|value| asked.get(value).copied())
        }
        Fact::Members => None,
    }
}

/// A dead time after a winner was welcomed lanes forward nothing of the loser: what was asked for
/// later than that is done later, too, as long as everybody goes on working.
fn late(
    lives: &Lives<'_>,
    ledger: &Ledger<'_>,
    winner: &Journal,
    losers: &[&Journal],
    asked: &BTreeMap<&[u8], Asked<'_>>,
    violations: &mut Vec<Violation>,
) {
    let Some(welcome) = winner.welcomes.first() else { return };
    let over_us = welcome.at_us + limits::DEAD_MS * 1000 + ARRIVES_US;
    for (queue, book) in ledger.books() {
        let mut after = None;
        for (seq, fact) in &book.facts {
            let Some(by) = asked_by(asked, fact) else { continue };
            let is_lost = by
                .journal
                .is_some_and(|journal| losers.iter().any(|loser| std::ptr::eq(*loser, journal)));
            if let (Some((other, other_us)), true) = (after, is_lost)
                && !lives.seen.stood_still(welcome.at_us, other_us)
            {
                let rule = "a dead time after a winner's welcome nothing of the loser is done";
                let (client, at_us) = (winner.client, welcome.at_us);
                let what = format!(
                    "{queue} {seq} is behind {other}, and c{client} was welcomed at {at_us} us"
                );
                violations.push(Violation { at_us: book.first_us(*seq), rule, what });
            }
            if !is_lost && by.at_us > over_us {
                after.get_or_insert((*seq, by.at_us));
            }
        }
    }
}
