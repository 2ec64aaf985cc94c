//! Reads: what was read was so at some moment between question and answer.

use std::collections::BTreeMap;

use imq_sdk::{Answer, Command, Entry, Message, Page, PageAsked};

use super::Violation;
use super::delivery::kept;
use super::fenced::{Asked, asked, asked_by};
use super::ledger::{Book, Fact, Ledger};
use super::presence::is_page;
use super::spans::{Answered, Lives, Operation};

/// What is seen so soon after the answer may have been done before it.
const SEEN_US: u64 = 3_000_000;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let asked = asked(lives);
    for operation in &lives.operations {
        let (Some(answer), Some(span)) = (&operation.answer, operation.span) else { continue };
        let span = &lives.spans[span];
        let Some(book) = ledger.book(span.queue, span.start.epoch) else { continue };
        if super::outcome::lost(lives, operation, answer) {
            // It was read of a queue that had begun anew, and the client hasn't heard of that yet.
            continue;
        }
        let at = Read { operation, answer, book, asked: &asked };
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
    asked: &'r BTreeMap<&'a [u8], Asked<'a>>,
}

impl Read<'_, '_> {
    /// Whether anybody had seen the event before it was asked.
    fn is_old(&self, seq: u64) -> bool {
        self.book.first_us(seq) < self.operation.asked_us && self.book.is_seen(seq)
    }

    /// The newest event that somebody had seen soon after the answer, or message that somebody had
    /// sent before it.
    fn newest_message(&self) -> u64 {
        let is_sent = |fact: &Fact<'_>| {
            asked_by(self.asked, fact).is_some_and(|by| by.at_us <= self.answer.at_us)
        };
        let sent = self.book.facts.iter().rev().find(|(_, fact)| is_sent(fact));
        let sent = sent.map_or(0, |(seq, _)| *seq);
        sent.max(self.book.newest(self.answer.at_us + SEEN_US))
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
        let may_be_messages = (1..=self.newest_message().max(last)).rev().filter(|seq| {
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
        let mut present = std::collections::BTreeMap::new();
        for (seq, fact) in &self.book.facts {
            let Fact::State { changes, .. } = fact else { continue };
            let at_us = self.book.first_us(*seq);
            for (key, value) in changes {
                if *seq <= read || at_us < self.operation.asked_us {
                    present.insert(*key, value.map(|_| *seq));
                } else if at_us <= self.answer.at_us + SEEN_US {
                    present.remove(key);
                }
            }
        }
        let newest = self.book.newest_known(self.answer.at_us + SEEN_US);
        let lacks = present.into_iter().find(|(key, since)| {
            let is_read = items.iter().any(|item| item.key == *key);
            // Whoever was slow heard of several changes at once: nobody may have seen the last one.
            let is_known = since.is_some_and(|since| self.book.is_whole(since, newest));
            is_known && is_within(key) && !is_read
        });
        lacks.map(|(key, since)| format!("{key} of {since:?} is not among {items:?}"))
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
