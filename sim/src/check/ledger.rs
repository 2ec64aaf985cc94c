//! What all clients together saw of each queue: one book per epoch, one line per number.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Answer, Command, Message, State};

use super::Violation;
use super::spans::{Answered, Got, Lives, Operation, Span};
use crate::application::original;
use crate::call::Wish;

/// What is seen first may have happened so long before.
pub(super) const SEEN_US: u64 = 3_000_000;

/// All books, by queue and epoch.
#[derive(Debug, Default)]
pub(super) struct Ledger<'a> {
    books: BTreeMap<&'a str, BTreeMap<u64, Book<'a>>>,
    /// Where each payload was seen: in which queue, under which number.
    /// A payload that the web application amended stands for the one that was sent.
    pub(super) payloads: BTreeMap<Vec<u8>, BTreeSet<(&'a str, u64)>>,
}

/// What happened in one epoch of a queue.
#[derive(Debug, Default)]
pub(super) struct Book<'a> {
    pub(super) facts: BTreeMap<u64, Fact<'a>>,
    /// When each was seen first.
    first_us: BTreeMap<u64, u64>,
    /// From when on each number may have been given, as far as anybody knows it: seen or not.
    given_us: BTreeMap<u64, u64>,
    /// Who joined or left, as those say who have heard of the fewest.
    names: BTreeMap<u64, &'a [String]>,
}

impl Book<'_> {
    /// When an event was seen first.
    pub(super) fn first_us(&self, seq: u64) -> u64 {
        self.first_us.get(&seq).copied().unwrap_or(0)
    }

    /// By when an event had happened, if anybody has seen it: it, or a later one, was seen then.
    pub(super) fn happened_us(&self, seq: u64) -> Option<u64> {
        self.first_us.get(&seq)?;
        self.first_us.range(seq..).map(|(_, at_us)| *at_us).min()
    }

    /// Somebody sees an event, or a part of it.
    fn sees(&mut self, seq: u64, at_us: u64) {
        let first_us = self.first_us.entry(seq).or_insert(at_us);
        *first_us = at_us.min(*first_us);
        self.may_be_given(seq, at_us.saturating_sub(SEEN_US));
    }

    /// Somebody knows the number, which was given at that moment or later.
    fn may_be_given(&mut self, seq: u64, from_us: u64) {
        let given_us = self.given_us.entry(seq).or_insert(from_us);
        *given_us = from_us.min(*given_us);
    }

    /// Whether all events between these are known, both included.
    pub(super) fn is_whole(&self, first: u64, last: u64) -> bool {
        let known = self.facts.range(first..).take_while(|(seq, _)| **seq <= last).count();
        known as u64 == (last + 1).saturating_sub(first)
    }

    /// Whether nobody but this user joined or left: it isn't told so itself.
    pub(super) fn is_only_of(&self, seq: u64, user: &str) -> bool {
        self.names.get(&seq).is_some_and(|users| users.iter().all(|one| one == user))
    }

    /// Whether anybody has seen the event.
    pub(super) fn is_seen(&self, seq: u64) -> bool {
        self.first_us.contains_key(&seq)
    }

    /// The newest number that may have been given by then.
    pub(super) fn newest_given(&self, by_us: u64) -> u64 {
        let given = self.given_us.iter().rev().find(|(_, from_us)| **from_us <= by_us);
        given.map_or(0, |(seq, _)| *seq)
    }

    /// The newest event that anybody had seen by then.
    pub(super) fn newest(&self, by_us: u64) -> u64 {
        let seen = self.first_us.iter().rev().find(|(_, at_us)| **at_us <= by_us);
        seen.map_or(0, |(seq, _)| *seq)
    }
}

/// One event, as somebody saw it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact<'a> {
    Message {
        mount: &'a str,
        from: Option<&'a str>,
        payload: &'a [u8],
    },
    State {
        mount: &'a str,
        from: Option<&'a str>,
        changes: Vec<(&'a str, Option<&'a [u8]>)>,
    },
    /// Somebody joined or left. Slow receivers hear of several at once, so who it was is not
    /// compared.
    Members,
    /// Its sender was told this number, and nobody has seen it yet.
    Acknowledged(&'a [u8]),
}

impl<'a> Ledger<'a> {
    /// All books, with their queues.
    pub(super) fn books(&self) -> impl Iterator<Item = (&'a str, &Book<'a>)> {
        self.books.iter().flat_map(|(queue, books)| books.values().map(|book| (*queue, book)))
    }

    /// The book of an epoch; an empty one if nobody saw anything.
    pub(super) fn book(&self, queue: &str, epoch: u64) -> Option<&Book<'a>> {
        self.books.get(queue)?.get(&epoch)
    }

    fn page(&mut self, queue: &'a str, epoch: u64) -> &mut Book<'a> {
        self.books.entry(queue).or_default().entry(epoch).or_default()
    }

    fn line(
        &mut self,
        (queue, epoch, seq): (&'a str, u64, u64),
        fact: Fact<'a>,
        at_us: u64,
        violations: &mut Vec<Violation>,
    ) {
        if let Fact::Message { payload, .. } = fact {
            self.payloads.entry(original(payload).into_owned()).or_default().insert((queue, seq));
        }
        let book = self.page(queue, epoch);
        book.sees(seq, at_us);
        let facts = &mut book.facts;
        match facts.get(&seq) {
            None => {
                facts.insert(seq, fact);
            }
            Some(old) if *old == fact => {}
            Some(old) => {
                let rule = "everybody sees the same event under a number";
                let what = format!("{queue} {seq}: one saw {old:?}, another {fact:?}");
                violations.push(Violation { at_us, rule, what });
            }
        }
    }
}

/// What a filter has narrowed, or slowness merged, is not the whole event.
fn is_whole(span: &Span<'_>, state: &State) -> bool {
    !state.conflated && !span.is_ambiguous && span.options.key_prefix.is_empty()
}

/// A message as a line of a book.
fn message_fact(message: &Message) -> Fact<'_> {
    Fact::Message {
        mount: &message.mount,
        from: message.from.as_deref(),
        payload: &message.payload,
    }
}

/// A change of state as a line of a book.
pub(super) fn state_fact(state: &State) -> Fact<'_> {
    let changes = state.changes.iter();
    Fact::State {
        mount: &state.mount,
        from: state.from.as_deref(),
        changes: changes.map(|change| (&*change.key, change.value.as_deref())).collect(),
    }
}

/// The queue's epoch in which an operation was done that got a number. If it came behind a new
/// start of the subscription, it was done since the first one that came behind its question, since
/// results come in the order of operations. So if all starts since then are of one epoch, it was
/// that one.
fn done_in<'a>(
    lives: &Lives<'a>,
    operation: &Operation<'a>,
    answer: &Answered<'a>,
) -> Option<(&'a str, u64)> {
    if let Some(span) = operation.span {
        let span = &lives.spans[span];
        return Some((span.queue, span.start.epoch));
    }
    if answer.interrupted || super::outcome::lost(lives, operation, answer) {
        return None;
    }
    let since = lives.spans.iter().filter(|span| {
        std::ptr::eq(span.journal, operation.journal)
            && span.queue == operation.queue()
            && span.end_us >= operation.asked_us
            && span.start_us <= answer.at_us
    });
    let since: Vec<&Span<'a>> = since.collect();
    let (first, last) = (since.first()?, since.last()?);
    let epoch = first.start.epoch;
    let is_one = since.iter().all(|span| span.start.epoch == epoch);
    (is_one && last.end_us > answer.at_us).then_some((first.queue, epoch))
}

/// Puts all books together; where clients contradict each other, that is a violation.
pub(super) fn gather<'a>(lives: &Lives<'a>) -> (Ledger<'a>, Vec<Violation>) {
    let mut ledger = Ledger::default();
    let mut violations = Vec::new();
    for span in &lives.spans {
        let (queue, epoch) = (span.queue, span.start.epoch);
        for mark in span.start.marks.values() {
            let from_us = span.start_us.saturating_sub(SEEN_US);
            ledger.page(queue, epoch).may_be_given(*mark, from_us);
        }
        for item in &span.items {
            let (seq, fact) = match item.what {
                Got::Message(message) => (message.seq, message_fact(message)),
                Got::State(state) if is_whole(span, state) => (state.seq, state_fact(state)),
                Got::Joined(change) | Got::Left(change) => (change.seq, Fact::Members),
                Got::State(state) => {
                    // That there was an event is known, and not what it was.
                    ledger.page(queue, epoch).sees(state.seq, item.at_us);
                    continue;
                }
                Got::Gap(_) => continue,
            };
            if let Got::Joined(change) | Got::Left(change) = item.what {
                let names = ledger.page(queue, epoch).names.entry(seq).or_insert(&change.users);
                if change.users.len() < names.len() {
                    *names = &change.users;
                }
            }
            ledger.line((queue, epoch, seq), fact, item.at_us, &mut violations);
        }
    }
    for call in &lives.seen.calls {
        let (Wish::Message { queue, .. } | Wish::State { queue, .. }) = &call.wish else {
            continue;
        };
        if let Some((epoch, seq)) = lives.done(call) {
            let book = ledger.page(queue, epoch);
            let (from_us, _) = call.window_us();
            book.may_be_given(seq, from_us);
            if let Wish::Message { payload, .. } = &call.wish {
                book.facts.entry(seq).or_insert(Fact::Acknowledged(payload));
            }
        }
    }
    for operation in &lives.operations {
        let Some(answer) = &operation.answer else { continue };
        match (operation.command, answer.result) {
            (Command::GetHistory { queue, .. }, Ok(Answer::History(page))) => {
                for message in &page.items {
                    let seen = ledger.payloads.entry(original(&message.payload).into_owned());
                    let seen = seen.or_default();
                    seen.insert((queue, message.seq));
                }
            }
            (command, Ok(Answer::Sent { seq })) => {
                if let Some((queue, epoch)) = done_in(lives, operation, answer) {
                    let book = ledger.page(queue, epoch);
                    book.may_be_given(*seq, operation.asked_us);
                    if let Command::SendMessage { payload, .. } = command {
                        book.facts.entry(*seq).or_insert(Fact::Acknowledged(payload));
                    }
                }
            }
            _ => {}
        }
    }
    (ledger, violations)
}
