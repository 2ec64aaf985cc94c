//! State: what a client has made of snapshot and changes is what a reference model has at that
//! number.

use std::collections::BTreeMap;
use std::ops::Bound;

use imq_sdk::{Act, Answer, Change, Command, State};

use super::Violation;
use super::ledger::{Book, Fact, Ledger};
use super::spans::{Got, Lives, Span};
use crate::call::Wish;

/// Keys with their values and versions.
type Keys = BTreeMap<String, (Vec<u8>, u64)>;

/// The one state mount of every class.
const MOUNT: &str = "scores";

/// Something to compare with the model at a number.
struct Point<'a> {
    seq: u64,
    at_us: u64,
    span: &'a Span<'a>,
    keys: Keys,
    /// It came whole from the queue.
    is_snapshot: bool,
}

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let mut points: BTreeMap<(&str, u64), Vec<Point<'_>>> = BTreeMap::new();
    let mut held: BTreeMap<*const crate::journal::Journal, BTreeMap<&str, (u64, Keys)>> =
        BTreeMap::new();
    for span in lives.spans.iter().filter(|span| span.wants(MOUNT)) {
        let held = held.entry(std::ptr::from_ref(span.journal)).or_default();
        if span.is_ambiguous {
            held.remove(span.queue);
            continue;
        }
        let into = points.entry((span.queue, span.start.epoch)).or_default();
        follow(span, held, into, violations);
    }
    let sent = sent(lives);
    for ((queue, epoch), points) in points {
        if let Some(book) = ledger.book(queue, epoch) {
            replay((queue, epoch), book, points, &sent, violations);
        }
    }
}

/// Builds a client's state from its snapshot and its changes, and notes it where it can be
/// compared.
fn follow<'a>(
    span: &'a Span<'a>,
    held: &mut BTreeMap<&'a str, (u64, Keys)>,
    points: &mut Vec<Point<'a>>,
    violations: &mut Vec<Violation>,
) {
    let mut keys = Keys::new();
    let mut seq = span.mark(MOUNT);
    if span.start.recovered {
        match held.remove(span.queue) {
            Some((epoch, old)) if epoch == span.start.epoch => keys = old,
            Some(_) => {
                let rule = "only who was there before is recovered";
                let what = format!("{}: {:?}", span.name(), span.start.marks);
                violations.push(Violation { at_us: span.start_us, rule, what });
                return;
            }
            // What it was before can't be known.
            None => return,
        }
    } else {
        for mount in span.start.mounts.iter().filter(|mount| mount.name == MOUNT) {
            for entry in &mount.entries {
                keys.insert(entry.key.clone(), (entry.value.clone(), entry.version));
            }
        }
        let at_us = span.start_us;
        points.push(Point { seq, at_us, span, keys: keys.clone(), is_snapshot: true });
    }
    let mut at_us = span.start_us;
    for item in &span.items {
        let Got::State(state) = item.what else { continue };
        (seq, at_us) = (state.seq, item.at_us);
        apply(&mut keys, state);
        if state.conflated {
            points.push(Point { seq, at_us, span, keys: keys.clone(), is_snapshot: false });
        }
    }
    points.push(Point { seq, at_us, span, keys: keys.clone(), is_snapshot: false });
    held.insert(span.queue, (span.start.epoch, keys));
}

fn apply(keys: &mut Keys, state: &State) {
    for change in &state.changes {
        match &change.value {
            Some(value) => {
                keys.insert(change.key.clone(), (value.clone(), change.version));
            }
            None => {
                keys.remove(&change.key);
            }
        }
    }
}

/// The changes that were acknowledged, by queue, epoch and number.
type Sent<'a> = BTreeMap<(&'a str, u64, u64), &'a [Change]>;

fn sent<'a>(lives: &'a Lives<'_>) -> Sent<'a> {
    let mut sent = Sent::new();
    for operation in &lives.operations {
        let Some(answer) = &operation.answer else { continue };
        if let (Command::SendState { queue, changes, .. }, Ok(Answer::Sent { seq }), Some(span)) =
            (operation.command, answer.result, operation.span)
        {
            // Without an effect, the answer is the number of another's event.
            if changes.iter().any(|change| change.act != Act::Delete) {
                sent.insert((queue, lives.spans[span].start.epoch, *seq), changes);
            }
        }
    }
    for call in &lives.seen.calls {
        if let Wish::State { queue, changes } = &call.wish
            && let Some((epoch, seq)) = lives.done(call)
        {
            sent.insert((queue, epoch, seq), changes);
        }
    }
    sent
}

/// Replays an epoch, and compares everything with the model where the book has no holes.
fn replay(
    (queue, epoch): (&str, u64),
    book: &Book<'_>,
    mut points: Vec<Point<'_>>,
    sent: &Sent<'_>,
    violations: &mut Vec<Violation>,
) {
    // A snapshot comes before what is compared with it.
    points.sort_by_key(|point| (point.seq, !point.is_snapshot, !point.span.wants_all()));
    let mut model: Option<Keys> = None;
    let mut done = 0;
    for point in points {
        let events = book.facts.range((Bound::Excluded(done), Bound::Included(point.seq)));
        let is_whole = events.clone().count() as u64 == point.seq - done;
        done = point.seq;
        if !is_whole {
            model = None;
        }
        for (seq, fact) in events {
            if let (Some(model), Fact::State { changes, .. }) = (&mut model, fact) {
                let intents = sent.get(&(queue, epoch, *seq)).copied();
                decide(queue, *seq, model, changes, intents, violations);
                step(model, *seq, changes);
            }
        }
        match &model {
            Some(model) => compare(queue, model, &point, violations),
            None if point.is_snapshot && point.span.wants_all() => model = Some(point.keys),
            None => {}
        }
    }
}

fn step(model: &mut Keys, seq: u64, changes: &[(&str, Option<&[u8]>)]) {
    for (key, value) in changes {
        match value {
            Some(value) => {
                model.insert((*key).to_owned(), (value.to_vec(), seq));
            }
            None => {
                model.remove(*key);
            }
        }
    }
}

/// An acknowledged change made of the keys what the model makes of them.
fn decide(
    queue: &str,
    seq: u64,
    model: &Keys,
    made: &[(&str, Option<&[u8]>)],
    intents: Option<&[Change]>,
    violations: &mut Vec<Violation>,
) {
    let fits = |changes: &[Change]| {
        changes.iter().all(|change| {
            let now = made.iter().find(|(key, _)| *key == change.key).map(|(_, value)| *value);
            let old = model.get(&change.key);
            let version = old.map_or(0, |(_, version)| *version);
            let allowed = change.if_version.is_none_or(|wanted| wanted == version)
                && !(change.if_absent && old.is_some());
            let expected = match &change.act {
                Act::Set(value) => now == Some(Some(value.as_slice())),
                Act::Delete => now == Some(None) || (now.is_none() && old.is_none()),
                Act::Add(amount) => {
                    let before = old.map_or(Some(0), |(value, _)| number(value));
                    let sum = before.map(|before| (before + amount).to_string());
                    now.flatten() == sum.as_ref().map(|sum| sum.as_bytes())
                }
            };
            allowed && expected
        })
    };
    if let Some(intents) = intents
        && !fits(intents)
    {
        let rule = "a change makes of the present what the model makes of it";
        let what = format!("{queue} {seq}: {intents:?} made {made:?} of {model:?}");
        violations.push(Violation { at_us: 0, rule, what });
    }
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn compare(queue: &str, model: &Keys, point: &Point<'_>, violations: &mut Vec<Violation>) {
    let prefix = point.span.options.key_prefix.as_str();
    let wanted = model.iter().filter(|(key, _)| key.starts_with(prefix));
    if !wanted.eq(point.keys.iter()) {
        let rule = "snapshot and changes make the state that the model has";
        let what = format!(
            "{} at {} of {queue}: has {:?}, the model {model:?}",
            point.span.name(),
            point.seq,
            point.keys
        );
        violations.push(Violation { at_us: point.at_us, rule, what });
    }
}
