//! What became of operations: once or never, answered in their order, and with a reason.

use std::collections::BTreeMap;

use imq_sdk::{Answer, Command, Failure, Status};

use super::Violation;
use super::ledger::{Fact, Ledger};
use super::spans::{Answered, Got, Lives, Operation};
use crate::application::{NO, original};
use crate::plan::GRACE_MS;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let mut newest = BTreeMap::new();
    let mut answered: Vec<(&Operation<'_>, &Answered<'_>)> = Vec::new();
    for operation in &lives.operations {
        match &operation.answer {
            Some(answer) => answered.push((operation, answer)),
            None if operation.asked_us < lives.seen.calm_us => {
                violations.push(Violation {
                    at_us: operation.asked_us,
                    rule: "every operation is answered",
                    what: format!("{} was not", name(operation)),
                });
            }
            None => {}
        }
    }
    for (operation, answer) in &answered {
        once(lives, operation, answer, ledger, violations);
        reason(lives, operation, answer, violations);
        result_first(lives, operation, answer, violations);
    }
    answered.sort_by_key(|(_, answer)| (answer.at_us, answer.place));
    for (operation, answer) in answered {
        in_order(operation, answer, &mut newest, violations);
    }
}

fn name(operation: &Operation<'_>) -> String {
    let (client, ticket) = (operation.journal.client, operation.ticket.0);
    match operation.command {
        Command::SendMessage { queue, payload, .. } => {
            format!("c{client}'s {ticket}, {} to {queue}", String::from_utf8_lossy(payload))
        }
        Command::Subscribe { .. }
        | Command::Unsubscribe { .. }
        | Command::SendState { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. }
        | Command::Close => format!("c{client}'s {ticket}, {:?}", operation.command),
    }
}

/// Acknowledged: exactly once. Unknown: at most once. Refused: never.
fn once(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    answer: &Answered<'_>,
    ledger: &Ledger<'_>,
    violations: &mut Vec<Violation>,
) {
    let Command::SendMessage { payload, .. } = operation.command else {
        return state_once(lives, operation, answer, ledger, violations);
    };
    let seen = ledger.payloads.get(payload.as_slice());
    let times = seen.map_or(0, |seen| seen.len());
    // Who isn't subscribed can't see that the queue began anew with an empty memory.
    let blind = operation.span.is_none() && answer.interrupted && lost(lives, operation, answer);
    let wrong = !blind
        && match answer.result {
            Ok(Answer::Sent { seq }) => {
                times > 1 || seen.is_some_and(|seen| !seen.contains(&(operation.queue(), *seq)))
            }
            Err(Failure::OutcomeUnknown) => times > 1,
            // A room that has heard of the end of a session has forgotten what it answered to it.
            Err(Failure::Refused { .. }) => times > 0 && !lost(lives, operation, answer),
            Ok(_) | Err(_) => times > 0,
        };
    if wrong {
        violations.push(Violation {
            at_us: answer.at_us,
            rule: "acknowledged: exactly once; unknown: at most once; refused: never",
            what: format!("{}: answered {:?}, seen at {seen:?}", name(operation), answer.result),
        });
    }
}

/// The event of an acknowledged change is that change.
fn state_once(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    answer: &Answered<'_>,
    ledger: &Ledger<'_>,
    violations: &mut Vec<Violation>,
) {
    let Command::SendState { changes, .. } = operation.command else { return };
    let (Ok(Answer::Sent { seq }), Some(span)) = (answer.result, operation.span) else { return };
    let span = &lives.spans[span];
    let deletes = changes.iter().all(|change| matches!(change.act, imq_sdk::Act::Delete));
    let book = ledger.book(span.queue, span.start.epoch);
    let fact = book.and_then(|book| book.facts.get(seq));
    let is_it = |fact: &Fact<'_>| match fact {
        Fact::State { from, changes: made, .. } => {
            *from == Some(operation.journal.user.as_str())
                && made.iter().all(|(key, _)| changes.iter().any(|change| change.key == *key))
        }
        Fact::Message { .. } | Fact::Members | Fact::Acknowledged(_) => false,
    };
    if !deletes && !fact.is_none_or(is_it) {
        violations.push(Violation {
            at_us: answer.at_us,
            rule: "the event of an acknowledged change is that change",
            what: format!("{}: answered {seq}, which is {fact:?}", name(operation)),
        });
    }
}

/// "Nobody knows" and "there is no such queue" are said for a reason only.
fn reason(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    answer: &Answered<'_>,
    violations: &mut Vec<Violation>,
) {
    let (from_us, to_us) = (operation.asked_us, answer.at_us);
    let lost = lost(lives, operation, answer);
    // The client library counts whole milliseconds.
    let waited = to_us / 1000 - from_us / 1000 >= GRACE_MS;
    let (rule, wrong) = match answer.result {
        Err(Failure::Refused { sentence, .. }) if sentence == NO => return,
        Err(Failure::OutcomeUnknown) => {
            let over = lives.is_closed(operation.journal, answer.place);
            let rule = "an outcome is unknown only if a connection, a node or much time was lost";
            (rule, !answer.interrupted && !lost && !waited && !over)
        }
        Err(Failure::Refused { status: Status::NotFound, .. }) => {
            let rule = "a queue with members is there";
            let unsubscribes = matches!(operation.command, Command::Unsubscribe { .. });
            (rule, operation.span.is_some() && !lost && !unsubscribes)
        }
        Err(Failure::Refused { status: Status::Forbidden, .. }) => {
            let rule = "members may send";
            (rule, operation.span.is_some() && !lost)
        }
        Ok(_) | Err(_) => return,
    };
    if wrong {
        let what = format!("{}: answered {:?}", name(operation), answer.result);
        violations.push(Violation { at_us: answer.at_us, rule, what });
    }
}

/// Whether the queue, or the user's session, may have been lost in the meantime.
pub(super) fn lost(lives: &Lives<'_>, operation: &Operation<'_>, answer: &Answered<'_>) -> bool {
    let (from_us, to_us) = (operation.asked_us, answer.at_us);
    let user_queue = format!("/user/{}", operation.journal.user);
    lives.seen.lost(operation.queue(), from_us, to_us)
        || lives.seen.lost(&user_queue, from_us, to_us)
}

/// The result comes before the operation's own event, unless it may have been sent again.
fn result_first(
    lives: &Lives<'_>,
    operation: &Operation<'_>,
    answer: &Answered<'_>,
    violations: &mut Vec<Violation>,
) {
    let (Command::SendMessage { payload, .. }, Ok(_), Some(span)) =
        (operation.command, answer.result, operation.span)
    else {
        return;
    };
    let (journal, queue) = (operation.journal, operation.queue());
    let is_resent = || lives.seen.resent(journal, queue, operation.asked_us, answer.at_us);
    if answer.interrupted || is_resent() {
        return;
    }
    for item in &lives.spans[span].items {
        if let Got::Message(message) = item.what
            && *original(&message.payload) == **payload
            && item.place < answer.place
        {
            violations.push(Violation {
                at_us: answer.at_us,
                rule: "a result comes before its own event",
                what: name(operation),
            });
        }
    }
}

/// The newest answered operation of each client's life and queue.
type Newest<'a> = BTreeMap<(*const crate::journal::Journal, &'a str), u64>;

/// Answers of a queue come in the order of the operations.
fn in_order<'a>(
    operation: &'a Operation<'_>,
    answer: &Answered<'_>,
    newest: &mut Newest<'a>,
    violations: &mut Vec<Violation>,
) {
    let by_queue = matches!(answer.result, Ok(_) | Err(Failure::Refused { .. }));
    let closes = matches!(operation.command, Command::Close);
    // An `unsubscribe` of what is not subscribed any more is answered by the library itself.
    let unsubscribes = matches!(operation.command, Command::Unsubscribe { .. });
    if !by_queue || closes || unsubscribes {
        return;
    }
    let key = (std::ptr::from_ref(operation.journal), operation.queue());
    let ticket = operation.ticket.0;
    let before = newest.insert(key, ticket).unwrap_or(0);
    if before > ticket {
        violations.push(Violation {
            at_us: answer.at_us,
            rule: "results of a queue come in the order of the operations",
            what: format!("{} was answered after {before}", name(operation)),
        });
    }
}
