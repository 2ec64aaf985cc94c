//! Each refusal has its cause: what was asked can't be done, or somebody who was needed wasn't
//! there.

use imq_sdk::{Act, Change, Command, Failure, Status};
use proto::limits::UNANSWERED_PER_QUEUE_MAX;

use super::Violation;
use super::ledger::{Book, Fact, Ledger};
use super::spans::{Answered, Lives, Operation};
use crate::application::{NO, Ruling};
use crate::journal::{ALONE, FULL, UNHEARD};
use crate::plan::GRACE_MS;

/// What was seen by then may have been done a little earlier, and what is seen a little later may
/// have been done by then: twice the slowest client and link, a slow commit, and a receiver that
/// takes no bytes for a while.
const SEEN_US: u64 = 3_000_000;

/// The deadline of what the web application is asked: see `cluster.toml`.
const DEADLINE_US: u64 = 1_500_000;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    for operation in &lives.operations {
        let Some(answer) = &operation.answer else { continue };
        if let_in(lives, operation, answer) {
            let rule = "a full node lets nobody in";
            let what = format!("c{} in {}", operation.journal.client, operation.queue());
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
        let Err(Failure::Refused { status, sentence, .. }) = answer.result else { continue };
        if sentence == NO {
            continue;
        }
        let has_cause = match status {
            // Looked at in `outcome`.
            Status::NotFound | Status::Forbidden => true,
            Status::Precondition => precondition(lives, operation, answer, ledger),
            Status::Limit if sentence == FULL => no_space(lives, operation, answer),
            Status::Limit => is_full(lives, operation, answer.at_us),
            Status::Unavailable if sentence == ALONE => lives.seen.alone_holds,
            Status::Unavailable => {
                unavailable(lives, operation, answer) || stood_behind(lives, operation, answer)
            }
            Status::Unauthenticated => is_over(lives, operation, answer),
            // Nobody asks for what can't be, and no machine has a bug.
            Status::Ok
            | Status::OutcomeUnknown
            | Status::Invalid
            | Status::Conflict
            | Status::Unimplemented
            | Status::Internal => false,
        };
        if !has_cause {
            let rule = "a refusal has its cause";
            let (client, ticket) = (operation.journal.client, operation.ticket.0);
            let what = format!("c{client}'s {ticket}: {sentence}: {:?}", operation.command);
            violations.push(Violation { at_us: answer.at_us, rule, what });
        }
    }
}

/// Whether a condition of the change may have failed: it has one, and the key was touched around
/// that time, or wasn't as the condition wants it.
fn precondition(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    answer: &Answered<'_>,
    ledger: &Ledger<'_>,
) -> bool {
    let Command::SendState { changes, .. } = operation.command else { return false };
    let Some(span) = operation.span.map(|span| &lives.spans[span]) else { return true };
    let Some(book) = ledger.book(span.queue, span.start.epoch) else { return true };
    let window = (operation.asked_us.saturating_sub(SEEN_US), answer.at_us + SEEN_US);
    changes.iter().any(|change| may_fail(change, book, window))
}

fn may_fail(change: &Change, book: &Book<'_>, (from_us, to_us): (u64, u64)) -> bool {
    let is_number = change.key.starts_with('n');
    if matches!(change.act, Act::Add(_)) && !is_number {
        return true;
    }
    if change.if_version.is_none() && !change.if_absent {
        return false;
    }
    // The last change of the key before, unless it was changed meanwhile or nobody knows.
    let mut last = None;
    for (seq, fact) in &book.facts {
        let Fact::State { changes, .. } = fact else { continue };
        let Some((_, value)) = changes.iter().find(|(key, _)| *key == change.key) else { continue };
        match book.first_us(*seq) {
            at_us if at_us < from_us => last = Some((*seq, value.map_or(0, |_| *seq))),
            at_us if at_us <= to_us => return true,
            _ => break,
        }
    }
    let Some((since, version)) = last else { return true };
    if !book.is_whole(since, book.newest(to_us)) {
        // Whoever was slow heard of several changes at once: nobody has seen this one.
        return true;
    }
    change.if_version.is_some_and(|wanted| wanted != version) || (change.if_absent && version > 0)
}

/// Whether so many operations of the client on the queue were unanswered, when a lane refused it,
/// that one more was too much: two of them may be subscribes by which the client library comes
/// back, which are in no journal. What the library has given up the lane may still wait for: for a
/// grace, or until the web application was asked about all that stood in line before it.
///
/// The refusal stands in line, too, so that the lane may have decided it since it was asked.
pub(super) fn is_full(lives: &Lives<'_>, operation: &Operation<'_>, at_us: u64) -> bool {
    let is_asked = operation.queue().starts_with("/asked/");
    let line_us = if is_asked { UNANSWERED_PER_QUEUE_MAX as u64 * DEADLINE_US } else { 0 };
    let until_us = |answer: &Answered<'_>| match answer.result {
        Err(Failure::OutcomeUnknown) => answer.at_us + GRACE_MS * 1000 + line_us,
        Ok(_) | Err(_) => answer.at_us + super::session::REFUSED_US,
    };
    let its = lives.operations.iter().filter(|other| {
        std::ptr::eq(other.journal, operation.journal) && other.queue() == operation.queue()
    });
    let spans: Vec<(u64, u64)> = its
        .map(|other| (other.asked_us, other.answer.as_ref().map_or(u64::MAX, until_us)))
        .filter(|(from_us, until_us)| *from_us <= at_us && *until_us >= operation.asked_us)
        .collect();
    let begun = spans.iter().map(|(from_us, _)| (*from_us).max(operation.asked_us));
    begun.into_iter().any(|then_us| {
        let there = spans.iter().filter(|(from_us, to_us)| (*from_us..=*to_us).contains(&then_us));
        there.count() + 2 >= UNANSWERED_PER_QUEUE_MAX
    })
}

/// Whether the queue's home was full, and this is what is refused then: coming in, not staying, and
/// growth.
fn no_space(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let lost = super::outcome::lost(lives, operation, answer);
    let is_refused = match operation.command {
        Command::Subscribe { .. } => operation.span.is_none() || lost,
        Command::SendMessage { .. } => true,
        Command::SendState { changes, .. } => {
            changes.iter().any(|change| change.act != Act::Delete)
        }
        Command::Unsubscribe { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. }
        | Command::Close => false,
    };
    is_refused && lives.seen.was_full(operation.queue(), operation.asked_us, answer.at_us)
}

/// Who was let in for the first time while the queue's home was full, though the queue was there
/// with another member: a node that keeps nothing has space for one.
fn let_in(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let (from_us, to_us, queue) = (operation.asked_us, answer.at_us, operation.queue());
    if !matches!((operation.command, answer.result), (Command::Subscribe { .. }, Ok(_)))
        || !lives.seen.is_full(queue, from_us, to_us)
        || lives.seen.lost(queue, from_us, to_us)
    {
        return false;
    }
    let mut earlier = lives.operations.iter().filter(|other| {
        std::ptr::eq(other.journal, operation.journal)
            && other.ticket < operation.ticket
            && other.queue() == queue
    });
    let mut others = lives
        .spans
        .iter()
        .filter(|span| span.queue == queue && span.start_us < from_us && span.end_us > to_us);
    !earlier.any(|other| matches!(other.command, Command::Subscribe { .. }))
        && !lives.seen.put_in(&operation.journal.user, queue, 0, to_us)
        && others.next().is_some()
}

/// Somebody wasn't there: it waited as long as anything may wait, the way to the queue or to the
/// user's home was broken, or the web application was asked and said nothing in time.
fn unavailable(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let (from_us, to_us) = (operation.asked_us, answer.at_us);
    let (journal, queue) = (operation.journal, operation.queue());
    let waited_us = to_us - from_us;
    let is_asked = queue.starts_with("/asked/");
    let silent = lives.seen.questions.iter().any(|question| {
        let is_its = question.user == journal.user && question.queue == queue;
        is_its && question.ruling == Ruling::Silence
    });
    waited_us >= GRACE_MS * 1000
        || is_over(lives, operation, answer)
        || lives.seen.link_cut(journal, queue, from_us.saturating_sub(GRACE_MS * 1000), to_us)
        || lives.seen.lost(queue, from_us.saturating_sub(GRACE_MS * 1000), to_us)
        || (is_asked && (silent || waited_us >= DEADLINE_US || seems_down(lives, operation, to_us)))
}

/// Whether it stood in line behind an operation that had waited for the grace: what waits until the
/// home of the user is heard is refused together. The client may hear of the first later, behind
/// what it asked of the same queue before.
fn stood_behind(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let is_unheard = |one: &Answered<'_>| {
        let Err(Failure::Refused { sentence, .. }) = one.result else { return false };
        sentence == UNHEARD
    };
    let mut firsts = lives.operations.iter().filter(|first| {
        std::ptr::eq(first.journal, operation.journal) && first.place < operation.place
    });
    is_unheard(answer)
        && firsts.any(|first| {
            first.answer.as_ref().is_some_and(|its| {
                is_unheard(its)
                    && answer.at_us >= first.asked_us + GRACE_MS * 1000
                    && its.at_us >= operation.asked_us
            })
        })
}

/// Whether a lane that the client was connected to may take the web application for down: so many
/// of its asks weren't answered in time, and it may not have asked since.
fn seems_down(lives: &Lives<'_>, operation: &Operation<'_>, to_us: u64) -> bool {
    const FAILURES: usize = 5;
    let posts = lives.seen.questions.iter().flat_map(|question| &question.posts);
    let mut failed = std::collections::BTreeMap::new();
    for post in posts.filter(|post| post.sent_us <= to_us) {
        let due_us = post.sent_us + DEADLINE_US;
        if post.answered_us.is_none_or(|answered_us| answered_us > due_us) {
            let (gateway, _, lane) = post.via;
            *failed.entry((gateway, lane)).or_insert(0) += 1;
        }
    }
    let mut ways = operation.journal.ways.iter();
    ways.any(|way| failed.get(&way.lane).is_some_and(|count| *count >= FAILURES))
}

/// Its connection was over, as far as somebody had heard by then.
fn is_over(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let (from_us, to_us, journal) = (operation.asked_us, answer.at_us, operation.journal);
    answer.interrupted
        || super::session::has_rival(lives, journal, from_us, to_us)
        || lives.seen.put_out(&journal.user, None, from_us, to_us)
        || super::outcome::lost(lives, operation, answer)
}
