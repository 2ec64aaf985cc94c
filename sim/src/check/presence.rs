//! Rosters against who is there: everybody who has a subscription is in them as long as it stands,
//! and nobody else is for long.

use std::collections::{BTreeMap, BTreeSet};

use imq_sdk::{Answer, Command, Event, Failure, Page, PageAsked, QueueEvent, Subscribed};

use super::Violation;
use super::delivery::was_slow;
use super::ends::SEEN_US;
use super::ledger::Ledger;
use super::roster::View;
use super::spans::{Lives, Operation, Span};
use crate::journal::{Journal, What};
use crate::plan::{AUDITORS, CLIENTS, GRACE_MS};

pub(super) fn check(
    lives: &Lives<'_>,
    ledger: &Ledger<'_>,
    views: &[View<'_, '_>],
    violations: &mut Vec<Violation>,
) {
    let mut stays: BTreeMap<(&str, u64), Vec<Stay<'_>>> = BTreeMap::new();
    for span in &lives.spans {
        let of_queue = stays.entry((span.queue, span.start.epoch)).or_default();
        of_queue.extend(Stay::of(lives, ledger, span));
    }
    for view in views {
        let key = (view.span.queue, view.span.start.epoch);
        lacks(lives, view, stays.get(&key).map_or(&[], |stays| stays), violations);
        if view.span.stands && lives.seen.calm_us < lives.seen.farewell_us {
            at_farewell(lives, view, violations);
        }
    }
    at_audit(lives, violations);
    stayed(lives, views, violations);
}

/// The events between which a client is known to be a member: it has heard of both, or stood there
/// to the end.
struct Stay<'a> {
    user: &'a str,
    first: u64,
    last: u64,
}

impl<'a> Stay<'a> {
    fn of(lives: &Lives<'a>, ledger: &Ledger<'_>, span: &Span<'a>) -> Option<Stay<'a>> {
        if is_after_a_loss(span.start) && !goes_on(lives, span) {
            return None;
        }
        let first = span.start.marks.values().copied().max().unwrap_or(0);
        let heard = span.items.iter().filter_map(|item| item.seq()).max().unwrap_or(first);
        let book = ledger.book(span.queue, span.start.epoch).filter(|_| span.stands);
        let last = book.map_or(heard, |book| book.newest(lives.seen.farewell_us).max(heard));
        Some(Stay { user: &span.journal.user, first, last })
    }
}

/// Whether the marks say what the client had seen before it lost its connection, and not where it
/// joined.
fn is_after_a_loss(start: &Subscribed) -> bool {
    start.recovered || start.gap
}

/// Whether the session that recovered its queue was a member all the time since it got it whole:
/// neither has anybody put it out while it was away, nor has it wanted to leave.
fn goes_on(lives: &Lives<'_>, span: &Span<'_>) -> bool {
    let leaves = lives.operations.iter().any(|operation| {
        std::ptr::eq(operation.journal, span.journal)
            && operation.queue() == span.queue
            && matches!(operation.command, Command::Unsubscribe { .. })
            && operation.asked_us <= span.start_us
            && operation.answer.as_ref().is_none_or(|answer| answer.at_us >= span.start_us)
    });
    if leaves {
        return false;
    }
    let moments = &span.journal.moments;
    for moment in moments.iter().rev().skip_while(|moment| moment.at_us > span.start_us) {
        match &moment.what {
            What::Event(Event::Queue { queue, event }) if **queue == *span.queue => {
                if let QueueEvent::Unsubscribed { .. } = event {
                    return false;
                }
                if let QueueEvent::Subscribed(start) = event
                    && !is_after_a_loss(start)
                {
                    return true;
                }
            }
            What::Event(Event::Connected { resumed: false, .. }) => return false,
            What::Event(_) | What::Command(..) | What::Stalled => {}
        }
    }
    false
}

/// Whoever is a member at an event is in everybody's roster then. Who was slow hears of several
/// events at once.
fn lacks(
    lives: &Lives<'_>,
    view: &View<'_, '_>,
    stays: &[Stay<'_>],
    violations: &mut Vec<Violation>,
) {
    for point in &view.points {
        let there = |stay: &&Stay<'_>| (stay.first..=stay.last).contains(&point.seq);
        let mut there = stays.iter().filter(there);
        let lacking = there.find(|stay| !point.users.contains(stay.user));
        if let Some(lacking) = lacking
            && !was_slow(lives, view.span, point.at_us)
        {
            let (seq, users) = (point.seq, &point.users);
            let what = format!("{} at {seq} lacks {}: {users:?}", view.span.name(), lacking.user);
            let rule = "who is in a queue is in everybody's roster";
            violations.push(Violation { at_us: point.at_us, rule, what });
        }
    }
}

/// Who is in a queue when all but the auditors are about to leave. Who came for the audit may be
/// on its way.
fn there_at_farewell<'a>(lives: &Lives<'a>, queue: &str) -> BTreeSet<&'a str> {
    let newcomer = format!("u{CLIENTS}");
    let spans = lives.spans.iter().filter(|span| span.stands && span.queue == queue);
    spans.map(|span| &*span.journal.user).filter(|user| *user != newcomer).collect()
}

/// Who of them was told `subscribed` after that moment: a back-off may last as long as the calm.
fn came_since<'a>(lives: &Lives<'a>, queue: &str, since_us: u64) -> BTreeSet<&'a str> {
    let spans = lives.spans.iter().filter(|span| span.stands && span.queue == queue);
    let came = spans.filter(|span| span.start_us >= since_us);
    came.map(|span| &*span.journal.user).collect()
}

/// Who may be in a queue without getting anything of it: the outcome of a `subscribe` is unknown,
/// and nothing has been answered since that settles it.
fn unknown<'a>(lives: &Lives<'a>, queue: &str) -> BTreeSet<&'a str> {
    let its = lives.operations.iter().filter(|operation| operation.queue() == queue);
    let mut unknown = BTreeMap::new();
    for operation in its {
        let Some(answer) = &operation.answer else { continue };
        let journal: *const Journal = operation.journal;
        match (operation.command, answer.result) {
            (Command::Subscribe { .. }, Err(Failure::OutcomeUnknown)) => {
                unknown.insert(journal, &*operation.journal.user);
            }
            (Command::Subscribe { .. } | Command::Unsubscribe { .. }, Ok(_)) => {
                unknown.remove(&journal);
            }
            _ => {}
        }
    }
    unknown.into_values().collect()
}

/// After the calm a roster is who is there.
fn at_farewell(lives: &Lives<'_>, view: &View<'_, '_>, violations: &mut Vec<Violation>) {
    let farewell_us = lives.seen.farewell_us;
    let newcomer = format!("u{CLIENTS}");
    let Some(last) = view.points.iter().rfind(|point| point.at_us < farewell_us) else { return };
    let there = there_at_farewell(lives, view.span.queue);
    let unknown = unknown(lives, view.span.queue);
    let counts =
        |user: &&str| **user != *newcomer && (there.contains(user) || !unknown.contains(user));
    let known: BTreeSet<&str> = last.users.iter().copied().filter(counts).collect();
    if known != there {
        let what = format!("{} knows {known:?}, and there are {there:?}", view.span.name());
        let rule = "after the calm the roster is who is there";
        violations.push(Violation { at_us: farewell_us, rule, what });
    }
}

/// And so is what is read of it.
fn at_audit(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    let newcomer = format!("u{CLIENTS}");
    for operation in &lives.operations {
        let (Some(answer), queue) = (&operation.answer, operation.queue()) else { continue };
        let (Command::ListMembers { page: asked, .. }, Ok(Answer::Members { page, .. })) =
            (operation.command, answer.result)
        else {
            continue;
        };
        if !is_page(asked, page, |user| user) {
            let what = format!("{queue}: {asked:?} gave {page:?}");
            let rule = "a page of members is what was asked for";
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
        let is_then =
            operation.asked_us >= lives.seen.audit_us && answer.at_us < lives.seen.farewell_us;
        let (there, unknown) = (there_at_farewell(lives, queue), unknown(lives, queue));
        let came = came_since(lives, queue, operation.asked_us);
        // Who came for the audit, or comes back as late as that, is or isn't among them yet.
        let old = |user: &&str| {
            **user != *newcomer
                && !came.contains(user)
                && **user > *asked.after
                && (there.contains(user) || !unknown.contains(user))
        };
        let read: Vec<&str> = page.items.iter().map(|user| &**user).filter(old).collect();
        let there: Vec<&str> = there.iter().copied().filter(old).collect();
        let is_it = if page.next.is_none() { read == there } else { there.starts_with(&read) };
        if is_then && !is_it {
            let what = format!("{queue}: {asked:?} gave {read:?}, and there are {there:?}");
            let rule = "after the calm the roster is who is there";
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
    }
}

/// Whether a page has what comes after what was named, in order, and is as long as was asked for
/// if there is more.
pub(super) fn is_page<T>(asked: &PageAsked, page: &Page<T>, key: impl Fn(&T) -> &str) -> bool {
    let keys: Vec<&str> = page.items.iter().map(key).collect();
    let is_after = keys.iter().all(|key| **key > *asked.after);
    let rises = keys.windows(2).all(|pair| pair[0] < pair[1]);
    let limit = if asked.limit == 0 { usize::MAX } else { asked.limit as usize };
    let is_full = page.next.is_none() || keys.len() == limit;
    is_after
        && rises
        && is_full
        && keys.len() <= limit
        && page.next.as_deref().is_none_or(|next| keys.last() == Some(&next))
}

/// A client that has left a queue.
struct Leave<'a> {
    journal: &'a Journal,
    queue: &'a str,
    /// When it wanted to, and when everybody must have heard.
    wanted_us: u64,
    due_us: u64,
}

/// Who has left is in no roster for long.
fn stayed(lives: &Lives<'_>, views: &[View<'_, '_>], violations: &mut Vec<Violation>) {
    for leave in lives.operations.iter().flat_map(|operation| leaves(lives, operation)) {
        let user = &*leave.journal.user;
        let user_queue = format!("/user/{user}");
        if comes_again(lives, &leave)
            || lives.seen.lost(&user_queue, leave.wanted_us, leave.due_us)
            || lives.seen.lost(leave.queue, leave.wanted_us, leave.due_us)
        {
            continue;
        }
        let watches = |view: &&View<'_, '_>| {
            view.span.queue == leave.queue
                && view.span.start_us < leave.wanted_us
                && view.span.end_us > leave.due_us
                && (view.span.journal.client < AUDITORS || leave.due_us < lives.seen.farewell_us)
        };
        for view in views.iter().filter(watches) {
            let Some(last) = view.points.iter().rfind(|point| point.at_us <= leave.due_us) else {
                continue;
            };
            if last.users.contains(user) && !was_slow(lives, view.span, leave.due_us) {
                let ms = leave.wanted_us / 1000;
                let what = format!("{} knows {user}, who left at {ms} ms", view.span.name());
                let rule = "who has left is in no roster for long";
                violations.push(Violation { at_us: leave.due_us, rule, what });
            }
        }
    }
}

/// The queues that a client has left by this.
fn leaves<'a>(lives: &Lives<'a>, operation: &Operation<'a>) -> Vec<Leave<'a>> {
    let Some(answer) = operation.answer.as_ref() else { return Vec::new() };
    let (journal, wanted_us) = (operation.journal, operation.asked_us);
    let is_done = matches!(answer.result, Ok(Answer::Done));
    match operation.command {
        Command::Unsubscribe { queue } if is_done && !answer.interrupted => {
            vec![Leave { journal, queue, wanted_us, due_us: answer.at_us + SEEN_US }]
        }
        Command::Close => {
            // Without a connection nobody hears it before the grace is over.
            let due_us = wanted_us + GRACE_MS * 1000 + SEEN_US;
            let its = lives.spans.iter().filter(|span| std::ptr::eq(span.journal, journal));
            let queues: BTreeSet<&str> = its.map(|span| span.queue).collect();
            let leave = |queue| Leave { journal, queue, wanted_us, due_us };
            queues.into_iter().map(leave).collect()
        }
        Command::Subscribe { .. }
        | Command::Unsubscribe { .. }
        | Command::SendMessage { .. }
        | Command::SendState { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. } => Vec::new(),
    }
}

/// Whether the user may be a member by then, by this client or another.
fn comes_again(lives: &Lives<'_>, leave: &Leave<'_>) -> bool {
    let is_theirs = |journal: &Journal| journal.user == leave.journal.user;
    let stands = lives.spans.iter().any(|span| {
        is_theirs(span.journal)
            && span.queue == leave.queue
            && span.start_us < leave.due_us
            // It stands then, or the web application has put them in again.
            && (span.end_us > leave.due_us || span.start_us > leave.wanted_us)
    });
    let asks = lives.operations.iter().any(|operation| {
        let is_own = std::ptr::eq(operation.journal, leave.journal);
        let from_us = leave.wanted_us.saturating_sub(if is_own { 0 } else { SEEN_US });
        matches!(operation.command, Command::Subscribe { .. })
            && is_theirs(operation.journal)
            && operation.queue() == leave.queue
            && (from_us..=leave.due_us).contains(&operation.asked_us)
    });
    // Another client of the user may come back to it by itself.
    let rival = super::session::has_rival(lives, leave.journal, leave.wanted_us, leave.due_us);
    // By the web application, before any client of theirs hears of it.
    let (user, queue) = (&leave.journal.user, leave.queue);
    let put_in = lives.seen.put_in(user, queue, leave.wanted_us, leave.due_us);
    stands || asks || put_in || (rival && !is_alone(lives, leave))
}

/// Whether no other client of the user ever was in that queue.
fn is_alone(lives: &Lives<'_>, leave: &Leave<'_>) -> bool {
    !lives.operations.iter().any(|operation| {
        matches!(operation.command, Command::Subscribe { .. })
            && operation.journal.user == leave.journal.user
            && !std::ptr::eq(operation.journal, leave.journal)
            && operation.queue() == leave.queue
    })
}
