//! What the web application is asked about: its word holds, it isn't asked without need, and
//! nobody waits for it but the session that it is asked about.

use std::collections::BTreeMap;

use imq_sdk::{Command, Event, Failure};
use proto::limits;

use super::Violation;
use super::ledger::{Fact, Ledger};
use super::spans::{Lives, Operation};
use crate::application::{NO, Post, Question, Ruling, amended, original};
use crate::journal::{Journal, What};

/// A read is answered by then though another session's operation waits for the application: twice
/// the slowest client and link, and the slowest commit, are 310 ms. An ask may take 1,500 ms.
const OTHERS_US: u64 = 700_000;

/// So long a lane may go on for a connection after the client has another: `docs/sessions.md`,
/// "Hearing".
const OVER_US: u64 = limits::DEAD_MS * 1000;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let mut messages: BTreeMap<&[u8], &Question> = BTreeMap::new();
    for question in &lives.seen.questions {
        if question.kind == "send_message" {
            messages.insert(&question.payload, question);
        }
        again(lives, question, violations);
    }
    done(lives, ledger, &messages, violations);
    for operation in &lives.operations {
        refused(lives, operation, &messages, violations);
    }
    others(lives, violations);
}

/// Whether the application is asked about messages to this queue.
fn is_asked(queue: &str) -> bool {
    queue.starts_with("/asked/")
}

/// What clients see is what the application has allowed before, as it wanted it.
fn done(
    lives: &Lives<'_>,
    ledger: &Ledger<'_>,
    messages: &BTreeMap<&[u8], &Question>,
    violations: &mut Vec<Violation>,
) {
    for (queue, book) in ledger.books().filter(|(queue, _)| is_asked(queue)) {
        for (seq, fact) in &book.facts {
            let Fact::Message { payload, from: Some(_), .. } = fact else { continue };
            let at_us = book.first_us(*seq);
            let question = messages.get(&*original(payload));
            let allowed = question.is_some_and(|question| {
                let wanted = match question.ruling {
                    Ruling::Allow => question.payload.clone(),
                    Ruling::Amend => amended(&question.payload),
                    Ruling::Refuse | Ruling::Silence => return false,
                };
                let mut answers = question.posts.iter().filter_map(|post| post.answered_us);
                wanted == *payload && answers.any(|answered_us| answered_us <= at_us)
            });
            if !allowed {
                let payload = String::from_utf8_lossy(payload);
                let what = format!("{queue} {seq}: {payload}, after {question:?}");
                let rule = "nothing is done before the application allows it, as it wants it";
                violations.push(Violation { at_us, rule, what });
            }
        }
    }
    joins(lives, violations);
}

/// Nobody is in a queue whom the application hasn't let in.
fn joins(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    for span in lives.spans.iter().filter(|span| is_asked(span.queue)) {
        let let_in = lives.seen.questions.iter().any(|question| {
            let mut answers = question.posts.iter().filter_map(|post| post.answered_us);
            question.kind == "subscribe"
                && question.queue == span.queue
                && question.user == span.journal.user
                && question.ruling == Ruling::Allow
                && answers.any(|answered_us| answered_us <= span.start_us)
        });
        if !let_in {
            let (at_us, what) = (span.start_us, span.name());
            let rule = "nobody is where the application hasn't let them in";
            violations.push(Violation { at_us, rule, what });
        }
    }
}

/// The application's no is its own, and not said of what it has allowed.
fn refused(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    messages: &BTreeMap<&[u8], &Question>,
    violations: &mut Vec<Violation>,
) {
    let Some(answer) = &operation.answer else { return };
    let Err(Failure::Refused { sentence, .. }) = answer.result else { return };
    if sentence != NO {
        return;
    }
    let said_no = match operation.command {
        Command::SendMessage { payload, .. } => {
            messages.get(payload.as_slice()).is_some_and(|one| one.ruling == Ruling::Refuse)
        }
        Command::Subscribe { .. }
        | Command::Unsubscribe { .. }
        | Command::SendState { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. }
        | Command::Close => lives.seen.said_no(&operation.journal.user, operation.queue()),
    };
    if !said_no {
        let rule = "the application's no is said only where it said no";
        let what = format!("{:?}: {sentence}", operation.command);
        violations.push(Violation { at_us: answer.at_us, rule, what });
    }
}

/// A lane that has the answer doesn't ask again, unless the client has come anew: it asks once for
/// each connection.
fn again(lives: &Lives<'_>, question: &Question, violations: &mut Vec<Violation>) {
    for (place, post) in question.posts.iter().enumerate() {
        let has = |before: &&Post| {
            before.via == post.via && before.answered_us.is_some_and(|us| us < post.sent_us)
        };
        let before: Vec<&Post> = question.posts[..place].iter().filter(has).collect();
        let Some(first) = before.first() else { continue };
        let since_us = first.sent_us.saturating_sub(OVER_US);
        let journals = lives.seen.journals.iter().filter(|journal| journal.user == question.user);
        let came_anew = journals.flat_map(|journal| &journal.moments).filter(|moment| {
            (since_us..=post.sent_us).contains(&moment.at_us)
                && matches!(moment.what, What::Event(Event::Connected { .. }))
        });
        if came_anew.count() < before.len() {
            let rule = "what was answered isn't asked again";
            let what = format!("{question:?}");
            violations.push(Violation { at_us: post.sent_us, rule, what });
        }
    }
}

/// Nobody else waits: who reads, and waits for nothing itself, is answered soon.
fn others(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    let mut waits_until: BTreeMap<(*const Journal, &str), u64> = BTreeMap::new();
    for operation in lives.operations.iter().filter(|one| is_asked(one.queue())) {
        let key = (std::ptr::from_ref(operation.journal), operation.queue());
        let waits = waits_until.entry(key).or_default();
        let is_free = *waits < operation.asked_us;
        let Some(answer) = &operation.answer else {
            *waits = u64::MAX;
            continue;
        };
        *waits = answer.at_us.max(*waits);
        let reads = match operation.command {
            Command::GetState { .. } | Command::GetHistory { .. } | Command::ListMembers { .. } => {
                operation.span.is_some()
            }
            Command::Subscribe { .. }
            | Command::Unsubscribe { .. }
            | Command::SendMessage { .. }
            | Command::SendState { .. }
            | Command::Close => false,
        };
        let (from_us, to_us) = (operation.asked_us, answer.at_us);
        let is_quiet = !answer.interrupted
            && !lives.seen.link_cut(operation.journal, operation.queue(), from_us, to_us)
            && !lives.seen.ways.waited_for_copy(operation.queue(), from_us, to_us)
            && !lives.seen.stood_still(from_us, to_us)
            && !operation.journal.was_stalled(from_us, to_us);
        if reads && is_free && is_quiet && to_us > from_us + OTHERS_US {
            let rule = "nobody waits for what another session is asked about";
            let what = format!("{:?} took {} us", operation.command, to_us - from_us);
            violations.push(Violation { at_us: to_us, rule, what });
        }
    }
}

#[cfg(test)]
mod tests;
