//! What each subscription received: in order, nothing twice, nothing missed, nothing it must not
//! have.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Command, Message};

use super::Violation;
use super::fenced::{Asked, asked, asked_by};
use super::ledger::{Book, Fact, Ledger};
use super::spans::{self, Got, Lives, Span};
use crate::application::original;
use crate::journal::Journal;
use crate::plan::LOG_MS;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let (excluded, asked) = (excluded(lives), asked(lives));
    let mut marks = BTreeMap::new();
    for span in &lives.spans {
        order(span, violations);
        doubles(span, &mut marks, violations);
        exclusion(span, &excluded, violations);
        gaps(span, ledger, violations);
        if span.is_ambiguous {
            continue;
        }
        unhurried(lives, span, ledger, &asked, violations);
        filters(span, violations);
        history(span, ledger, violations);
        if let Some(book) = ledger.book(span.queue, span.start.epoch) {
            missed(lives, span, book, &excluded, violations);
        }
    }
}

/// What somebody sent, and whether it shall not have it.
struct Own<'a> {
    journal: &'a Journal,
    place: usize,
    excludes: bool,
}

/// All payloads that were sent.
type Excluded<'a> = BTreeMap<&'a [u8], Own<'a>>;

fn excluded<'a>(lives: &Lives<'a>) -> Excluded<'a> {
    let mut excluded = BTreeMap::new();
    for operation in &lives.operations {
        if let Command::SendMessage { queue, payload, exclude_self, .. } = operation.command {
            let excludes = *exclude_self || queue.starts_with("/strict/");
            let (journal, place) = (operation.journal, operation.place);
            excluded.insert(payload.as_slice(), Own { journal, place, excludes });
        }
    }
    excluded
}

fn is_own_excluded(span: &Span<'_>, excluded: &Excluded<'_>, payload: &[u8]) -> bool {
    let sent = excluded.get(&*original(payload));
    sent.is_some_and(|own| own.excludes && own.journal.client == span.journal.client)
}

/// Numbers rise; only a conflated state has no place in the order.
fn order(span: &Span<'_>, violations: &mut Vec<Violation>) {
    let mut newest = 0;
    for item in &span.items {
        let Some(seq) = item.seq() else { continue };
        if seq <= newest {
            let what = format!("{}: {:?} came after {newest}", span.name(), item.what);
            let rule = "events come in order, none twice";
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
        newest = newest.max(seq);
    }
}

/// How far each client got in each epoch, per mount.
type Marks<'a> = BTreeMap<(*const Journal, &'a str, u64, &'a str), u64>;

/// Nothing comes again after `subscribed` anew, and nothing that a gap has given up.
fn doubles<'a>(span: &Span<'a>, marks: &mut Marks<'a>, violations: &mut Vec<Violation>) {
    let journal: *const Journal = span.journal;
    for item in &span.items {
        let (mount, seq, reached) = match item.what {
            Got::Message(message) if message.history => continue,
            Got::Message(message) => (message.mount.as_str(), message.seq, message.seq),
            Got::State(state) => (state.mount.as_str(), state.seq, state.seq),
            Got::Joined(change) | Got::Left(change) => ("members", change.seq, change.seq),
            Got::Gap(gap) => (gap.mount.as_str(), gap.before_seq, gap.before_seq - 1),
        };
        let key = (journal, span.queue, span.start.epoch, mount);
        let mark = marks.entry(key).or_default();
        *mark = span.mark(mount).max(*mark);
        if seq <= *mark {
            let what = format!("{}: {:?} at mark {mark}", span.name(), item.what);
            let rule = "nothing comes twice";
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
        *mark = reached.max(*mark);
    }
}

/// Only what the subscription wants.
fn filters(span: &Span<'_>, violations: &mut Vec<Violation>) {
    let prefix = span.options.key_prefix.as_str();
    let mut unwanted = |at_us: u64, what: String| {
        let rule = "a filter holds for live events, history, replay and snapshots";
        violations.push(Violation { at_us, rule, what: format!("{} got {what}", span.name()) });
    };
    for mount in &span.start.mounts {
        let strange = mount.entries.iter().any(|entry| !entry.key.starts_with(prefix));
        if !span.wants(&mount.name) || strange {
            unwanted(span.start_us, format!("{mount:?}"));
        }
    }
    for item in &span.items {
        let (mount, strange) = match item.what {
            Got::Message(message) => (message.mount.as_str(), false),
            Got::State(state) => {
                let strange = state.changes.iter().any(|change| !change.key.starts_with(prefix));
                (state.mount.as_str(), strange)
            }
            Got::Joined(_) | Got::Left(_) => ("members", false),
            Got::Gap(gap) => (gap.mount.as_str(), false),
        };
        if !span.wants(mount) || strange {
            unwanted(item.at_us, format!("{:?}", item.what));
        }
    }
}

/// Who excludes itself doesn't hear itself, in the same session.
fn exclusion(span: &Span<'_>, excluded: &Excluded<'_>, violations: &mut Vec<Violation>) {
    for item in &span.items {
        let Got::Message(message) = item.what else { continue };
        // Of what was said it is a part, for its sender, too.
        if message.history {
            continue;
        }
        let Some(own) = excluded.get(&*original(&message.payload)) else { continue };
        if !own.excludes || !std::ptr::eq(own.journal, span.journal) || own.place > item.place {
            continue;
        }
        let between = &span.journal.moments[own.place..item.place];
        if !between.iter().any(spans::is_connected) {
            let what = format!("{} got {} back", span.name(), text(message));
            let rule = "exclude_self: not to this session";
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
    }
}

fn text(message: &Message) -> String {
    format!("{} {}", message.seq, String::from_utf8_lossy(&message.payload))
}

/// How many old messages a queue keeps: see `cluster.toml`.
pub(super) fn kept(queue: &str) -> usize {
    match queue {
        queue if queue.starts_with("/room/") => 20,
        queue if queue.starts_with("/strict/") => 10,
        _ => 5,
    }
}

/// The newest messages at or below the mark, oldest first, as many as were asked for and are kept.
fn history(span: &Span<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let old = span.items.iter().filter_map(|item| match item.what {
        Got::Message(message) if message.history => Some(message.seq),
        Got::Message(_) | Got::State(_) | Got::Joined(_) | Got::Left(_) | Got::Gap(_) => None,
    });
    let old: Vec<u64> = old.collect();
    let Some(asked) = span.history else { return };
    let kept = kept(span.queue);
    let mark = span.mark("chat");
    let book = ledger.book(span.queue, span.start.epoch);
    let mut expected = Vec::new();
    // Below the first hole, nobody knows what there was.
    let known = (1..=mark).rev().map_while(|seq| Some((seq, book?.facts.get(&seq)?)));
    for (seq, fact) in known.take_while(|_| span.wants("chat")) {
        if let Fact::Message { .. } | Fact::Acknowledged(_) = fact {
            expected.push(seq);
        }
    }
    expected.truncate(kept.min(asked as usize));
    expected.reverse();
    let rises = old.windows(2).all(|pair| pair[0] < pair[1]);
    let is_within = old.iter().all(|seq| *seq <= mark) && old.len() <= kept.min(asked as usize);
    let lacks = expected.iter().find(|seq| !old.contains(seq));
    // What was still on its way when the connection ended isn't sent again.
    let is_done = span.stands || span.items.iter().any(|item| item.seq().is_some());
    if !rises || !is_within || (is_done && lacks.is_some()) {
        let what = format!(
            "{}: of {asked} at most, at mark {mark}: got {old:?}, expected {expected:?}",
            span.name()
        );
        let rule = "history is the newest messages at or below the mark, oldest first";
        violations.push(Violation { at_us: span.start_us, rule, what });
    }
}

/// A gap stands for something.
fn gaps(span: &Span<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    for item in &span.items {
        let Got::Gap(gap) = item.what else { continue };
        let facts = ledger.book(span.queue, span.start.epoch).map(|book| &book.facts);
        let within = gap.after_seq + 1..gap.before_seq.max(gap.after_seq + 1);
        let all_known = facts.is_some_and(|facts| {
            facts.range(within.clone()).count() as u64 == within.end.saturating_sub(within.start)
        });
        let any_message = facts.is_some_and(|facts| {
            facts.range(within).any(|(_, fact)| match fact {
                Fact::Message { mount, .. } => *mount == gap.mount,
                Fact::Acknowledged(_) => true,
                Fact::State { .. } | Fact::Members => false,
            })
        });
        if gap.before_seq <= gap.after_seq + 1 || (all_known && !any_message) {
            let what = format!("{}: {gap:?}", span.name());
            let rule = "a gap is announced only where something was dropped";
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
    }
}

/// A gap comes to who was slow, or has been away for longer than the log of recent events reaches
/// back: not to who took all there was. More than may be unsent may come at once: from many
/// who speak, or when a process has stood still, or a link was lost.
fn unhurried(
    lives: &Lives<'_>,
    span: &Span<'_>,
    ledger: &Ledger<'_>,
    asked: &BTreeMap<&[u8], Asked<'_>>,
    violations: &mut Vec<Violation>,
) {
    let book = ledger.book(span.queue, span.start.epoch);
    for item in &span.items {
        let Got::Gap(gap) = item.what else { continue };
        // The newest event that the log had let go of: nobody may have seen it, or only who came
        // back as late, and it may have happened as soon as it was asked for.
        let newest = gap.before_seq.saturating_sub(1);
        let happened_us = book.and_then(|book| {
            let seen_us = book.happened_us(newest)?;
            let asked = book.facts.get(&newest).and_then(|fact| asked_by(asked, fact));
            Some(asked.map_or(seen_us, |asked| seen_us.min(asked.at_us)))
        });
        let happened_us = happened_us.unwrap_or(0);
        let is_old = happened_us + LOG_MS * 1000 <= item.at_us + CAUGHT_UP_US;
        // Short logs let go of young events, too.
        let was_away = span.start.gap && (is_old || lives.seen.has_short_logs);
        if !was_away && !was_slow(lives, span, item.at_us) {
            let rule = "a gap comes only to who was slow or away for long";
            let what = format!("{}: {gap:?}", span.name());
            violations.push(Violation { at_us: item.at_us, rule, what });
        }
    }
}

/// Whether the client may have had more unsent than it may, when it got something at that moment.
pub(super) fn was_slow(lives: &Lives<'_>, span: &Span<'_>, at_us: u64) -> bool {
    let from_us = at_us.saturating_sub(CAUGHT_UP_US);
    // Of what came at once, some was dropped.
    2 * span.journal.came_at_once(at_us) >= lives.seen.slow_bytes
        || span.journal.was_stalled(from_us, at_us)
        || span.journal.was_holding(from_us, at_us)
        || lives.seen.stood_still(from_us, at_us)
        || lives.seen.link_cut(span.journal, span.queue, from_us, at_us)
}

/// How long what was unsent to a slow receiver may take to reach it when it reads again.
const CAUGHT_UP_US: u64 = 3_000_000;

/// Everything between the mark and the newest event that came has come, or is excused.
fn missed(
    lives: &Lives<'_>,
    span: &Span<'_>,
    book: &Book<'_>,
    excluded: &Excluded<'_>,
    violations: &mut Vec<Violation>,
) {
    let farewell_us = lives.seen.farewell_us;
    let last = book.newest(farewell_us);
    let newest = span.items.iter().filter_map(|item| item.seq()).max().unwrap_or(0);
    let newest = if span.stands { last } else { newest };
    let newest_state = span.states().map(|state| state.seq).max().unwrap_or(0);
    let newest_state = if span.stands { last } else { newest_state };
    let messages: BTreeSet<u64> = span.messages().map(|message| message.seq).collect();
    let states: BTreeSet<u64> = span.states().map(|state| state.seq).collect();
    let members: BTreeSet<u64> = span.members().map(|(_, change)| change.seq).collect();
    let conflated = span.states().filter(|state| state.conflated).map(|state| state.seq).max();
    let prefix = span.options.key_prefix.as_str();
    for (seq, fact) in &book.facts {
        let (mount, came) = match fact {
            Fact::Members => {
                let is_own = book.is_only_of(*seq, &span.journal.user);
                let came = members.contains(seq) || *seq > newest || is_own;
                ("members", came || is_merged(lives, span, book, *seq))
            }
            Fact::Message { mount, payload, .. } => {
                let excused = is_own_excluded(span, excluded, payload) || *seq > newest;
                (*mount, messages.contains(seq) || excused)
            }
            Fact::Acknowledged(payload) => {
                let excused = is_own_excluded(span, excluded, payload) || *seq > newest;
                ("chat", messages.contains(seq) || excused)
            }
            Fact::State { mount, changes, .. } => {
                let wanted = changes.iter().any(|(key, _)| key.starts_with(prefix));
                let merged = conflated.is_some_and(|newest| *seq <= newest);
                (*mount, states.contains(seq) || merged || !wanted || *seq > newest_state)
            }
        };
        let is_over = *seq <= span.mark(mount) || span.has_gap(mount, *seq);
        if !came && !is_over && span.wants(mount) {
            let what = format!("{} never got {seq} {fact:?}", span.name());
            let at_us = if span.stands { farewell_us } else { span.end_us };
            let rule = "nothing is missed between a mark and the end";
            violations.push(Violation { at_us, rule, what });
        }
    }
}

/// Whether the client may have heard of that joining or leaving together with a later one, or of
/// neither where they cancelled each other: it was slow when its turn was, or when others saw it.
fn is_merged(lives: &Lives<'_>, span: &Span<'_>, book: &Book<'_>, seq: u64) -> bool {
    let before = span.items.iter().filter(|item| item.seq().is_some_and(|one| one < seq));
    let after = span.items.iter().filter(|item| item.seq().is_some_and(|one| one > seq));
    let from_us = before.map(|item| item.at_us).max().unwrap_or(span.start_us);
    let end_us = span.end_us.min(lives.seen.farewell_us);
    let to_us = after.map(|item| item.at_us).min().unwrap_or(end_us);
    let seen_us = book.first_us(seq);
    let mut between = span.items.iter().map(|item| item.at_us).chain([from_us, to_us, seen_us]);
    between.any(|at_us| (from_us..=to_us).contains(&at_us) && was_slow(lives, span, at_us))
}
