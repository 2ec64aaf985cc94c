//! Reads: what was read was so at some moment between question and answer.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Act, Answer, Command, Entry, Message, Page, PageAsked};

use super::Violation;
use super::delivery::kept;
use super::ledger::{Book, Fact, Ledger, SEEN_US};
use super::presence::is_page;
use super::spans::{Answered, Lives, Operation};
use crate::call::Wish;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let passing = passing(lives);
    for operation in &lives.operations {
        let (Some(answer), Some(span)) = (&operation.answer, operation.span) else { continue };
        let span = &lives.spans[span];
        let Some(book) = ledger.book(span.queue, span.start.epoch) else { continue };
        if super::outcome::lost(lives, operation, answer) {
            // It was read of a queue that had begun anew, and the client hasn't heard of that yet.
            continue;
        }
        let at = Read { operation, answer, book, passing: &passing };
        let (rule, wrong) = match (operation.command, answer.result) {
            (Command::GetHistory { limit, before_seq, .. }, Ok(Answer::History(page))) => {
                let rule = "what is read of the history is its newest messages, oldest first";
                (rule, at.history(*limit as usize, *before_seq, &page.items))
            }
            (Command::GetState { key_prefix, page: asked, .. }, Ok(Answer::State(page))) => {
                let rule = "what is read of the state is its present";
                (rule, at.state(key_prefix, asked, page))
            }
            (Command::ListMembers { page: asked, .. }, Ok(Answer::Members { page, .. })) => {
                let user = &operation.journal.user;
                let is_within = *user > asked.after
                    && (page.next.is_none() || page.items.last().is_some_and(|last| user <= last));
                let wrong = is_within && !page.items.contains(user);
                let rule = "who reads the members and is one is among them";
                (rule, wrong.then(|| format!("{user} is not in {:?}", page.items)))
            }
            _ => continue,
        };
        if let Some(wrong) = wrong {
            let (client, ticket) = (operation.journal.client, operation.ticket.0);
            let what = format!("c{client}'s {ticket} of {}: {wrong}", span.queue);
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
    }
}

/// A read of a queue whose events are known.
struct Read<'r, 'a> {
    operation: &'r Operation<'a>,
    answer: &'r Answered<'a>,
    book: &'r Book<'a>,
    passing: &'r Passing<'a>,
}

/// Queues, keys and values (none: any) that may go although nobody deletes them: after a time, or
/// with the session that set them.
type Passing<'a> = BTreeSet<(&'a str, &'a str, Option<&'a [u8]>)>;

fn passing<'a>(lives: &Lives<'a>) -> Passing<'a> {
    let of_clients = lives.operations.iter().filter_map(|operation| {
        let Command::SendState { queue, changes, .. } = operation.command else { return None };
        Some((queue, changes))
    });
    let of_back_ends = lives.seen.calls.iter().filter_map(|call| {
        let Wish::State { queue, changes } = &call.wish else { return None };
        Some((queue, changes))
    });
    let all = of_clients.chain(of_back_ends);
    let all = all.flat_map(|(queue, changes)| changes.iter().map(move |change| (queue, change)));
    let passing = all.filter_map(|(queue, change)| {
        let value = match &change.act {
            Act::Set(value) => Some(&**value),
            Act::Add(_) => None,
            Act::Delete => return None,
        };
        let passes = change.ttl_ms > 0 || change.while_present;
        passes.then_some((&**queue, &*change.key, value))
    });
    passing.collect()
}

impl Read<'_, '_> {
    /// Whether anybody had seen the event before it was asked.
    fn is_old(&self, seq: u64) -> bool {
        self.book.first_us(seq) < self.operation.asked_us && self.book.is_seen(seq)
    }

    /// The newest number that may have been given before the answer.
    fn newest_given(&self) -> u64 {
        self.book.newest_given(self.answer.at_us)
    }

    /// Of the messages that are kept, the newest below that number.
    fn history(&self, limit: usize, before_seq: u64, items: &[Message]) -> Option<String> {
        let below = |seq: u64| before_seq == 0 || seq < before_seq;
        let kept = kept(self.operation.queue());
        let most = if limit == 0 { kept } else { limit.min(kept) };
        let seqs: Vec<u64> = items.iter().map(|message| message.seq).collect();
        let shown = || format!("got {seqs:?}, at most {most}");
        if seqs.len() > most
            || !seqs.iter().all(|seq| below(*seq))
            || !seqs.windows(2).all(|pair| pair[0] < pair[1])
        {
            return Some(shown());
        }
        let last = seqs.last().copied().unwrap_or(0);
        // Whatever may be a message may have taken the place of an older one.
        let may_be_messages = (1..=self.newest_given().max(last)).rev().filter(|seq| {
            !matches!(self.book.facts.get(seq), Some(Fact::State { .. } | Fact::Members))
        });
        let lacks = may_be_messages.take(kept).filter(|seq| below(*seq)).take(most).find(|seq| {
            let must_be = *seq <= last || self.is_old(*seq);
            must_be && self.book.facts.contains_key(seq) && !seqs.contains(seq)
        });
        lacks.map(|seq| format!("{}, not {seq}", shown()))
    }

    /// Whatever is not newer than what was read had happened by then.
    fn state(&self, prefix: &str, asked: &PageAsked, page: &Page<Entry>) -> Option<String> {
        if !is_page(asked, page, |entry| &entry.key) {
            return Some(format!("{asked:?} gave {page:?}"));
        }
        let items = &page.items[..];
        let read = items.iter().map(|item| item.version).max().unwrap_or(0);
        for Entry { key, value, version } in items {
            if !key.starts_with(prefix) {
                return Some(format!("{key} doesn't begin with {prefix}"));
            }
            let known = self.book.facts.get(version);
            let is_it = |fact: &Fact<'_>| match fact {
                Fact::State { changes, .. } => changes.contains(&(key, Some(value))),
                Fact::Message { .. } | Fact::Members => false,
                Fact::Acknowledged(_) => true,
            };
            if !known.is_none_or(is_it) {
                return Some(format!("{key} of {version} is {value:?}, and that is {known:?}"));
            }
            let mut newer = self.changes_of(key, version + 1);
            let newer = newer.find(|(seq, _)| *seq <= read || self.is_old(*seq));
            if let Some((seq, _)) = newer {
                return Some(format!("{key} is of {version}, and was changed at {seq}"));
            }
        }
        let end = page.next.as_deref();
        let is_within = |key: &str| {
            key.starts_with(prefix) && *key > *asked.after && end.is_none_or(|end| key <= end)
        };
        self.lacking(is_within, items, read)
    }

    /// A key that was there all the time and wasn't read.
    fn lacking(
        &self,
        is_within: impl Fn(&str) -> bool,
        items: &[Entry],
        read: u64,
    ) -> Option<String> {
        let mut present = BTreeMap::new();
        for (seq, fact) in &self.book.facts {
            let Fact::State { changes, .. } = fact else { continue };
            let at_us = self.book.first_us(*seq);
            for (key, value) in changes {
                if *seq <= read || at_us < self.operation.asked_us {
                    present.insert(*key, value.map(|value| (*seq, value)));
                } else if at_us <= self.answer.at_us + SEEN_US {
                    present.remove(key);
                }
            }
        }
        let newest = self.newest_given().max(read);
        let lacks = present.into_iter().find(|(key, was)| {
            let Some((since, value)) = *was else { return false };
            let is_read = items.iter().any(|item| item.key == *key);
            // Whoever was slow heard of several changes at once: nobody may have seen the last one.
            let is_known = self.book.is_whole(since, newest);
            // The last thing that happened may have been that it went, without anybody watching.
            is_known && is_within(key) && !is_read && !self.may_pass(key, value)
        });
        lacks.map(|(key, since)| format!("{key} of {since:?} is not among {items:?}"))
    }

    fn may_pass(&self, key: &str, value: &[u8]) -> bool {
        let queue = self.operation.queue();
        [Some(value), None].iter().any(|value| self.passing.contains(&(queue, key, *value)))
    }

    fn changes_of<'k>(
        &'k self,
        key: &'k str,
        from: u64,
    ) -> impl Iterator<Item = (u64, Option<&'k [u8]>)> {
        self.book.facts.range(from..).filter_map(move |(seq, fact)| match fact {
            Fact::State { changes, .. } => {
                changes.iter().find(|(of, _)| *of == key).map(|(_, value)| (*seq, *value))
            }
            Fact::Message { .. } | Fact::Members | Fact::Acknowledged(_) => None,
        })
    }
}
