//! Names and reasons: who is named as the sender of an event sent it, and why somebody left or was
//! closed has happened.

use std::collections::BTreeMap;

use imq_sdk::{Act, Answer, Change, Command, Event, Message};
use proto::codes::Close;

use super::Violation;
use super::delivery::was_slow;
use super::ends::SEEN_US;
use super::ledger::Ledger;
use super::session::has_rival;
use super::spans::{Got, Lives, Span};
use crate::application::original;
use crate::call::Wish;
use crate::journal::{FULL, Journal, What};
use crate::plan::GRACE_MS;
use crate::world::FIRST_STAYS;

pub(super) fn check(lives: &Lives<'_>, ledger: &Ledger<'_>, violations: &mut Vec<Violation>) {
    let senders = Senders::of(lives);
    for span in &lives.spans {
        let book = ledger.book(span.queue, span.start.epoch);
        for item in &span.items {
            let (at_us, wrong) = (
                item.at_us,
                match item.what {
                    Got::Message(message) => senders.message(message),
                    Got::State(state) if !state.conflated => {
                        let values =
                            state.changes.iter().filter_map(|change| change.value.as_deref());
                        senders.values(values, state.from.as_deref())
                    }
                    Got::State(_) | Got::Joined(_) | Got::Gap(_) => None,
                    Got::Left(change) => {
                        // Others may have heard it long before who is slow.
                        let first_us = book.map_or(item.at_us, |book| book.first_us(change.seq));
                        let may = |user: &str| {
                            [item.at_us, first_us]
                                .into_iter()
                                .any(|at_us| may_leave(lives, span, user, &change.reason, at_us))
                        };
                        let wrong = change.users.iter().find(|user| !may(user));
                        if let Some(user) = wrong {
                            let what = format!("{}: {user} left: {:?}", span.name(), change.reason);
                            let rule = "who leaves does it for the reason that is told";
                            violations.push(Violation { at_us: item.at_us, rule, what });
                        }
                        None
                    }
                },
            );
            strange(at_us, wrong, violations);
        }
    }
    for operation in &lives.operations {
        let Some(answer) = &operation.answer else { continue };
        if let Ok(Answer::History(page)) = answer.result {
            let wrong = page.items.iter().find_map(|message| senders.message(message));
            strange(answer.at_us, wrong, violations);
        }
    }
    for journal in &lives.seen.journals {
        closings(lives, journal, violations);
    }
}

fn strange(at_us: u64, wrong: Option<String>, violations: &mut Vec<Violation>) {
    if let Some(what) = wrong {
        let rule = "an event names who sent it";
        violations.push(Violation { at_us, rule, what });
    }
}

/// Who sent what nobody else sends; nobody: the web application.
struct Senders<'a>(BTreeMap<&'a [u8], Option<&'a str>>);

impl<'a> Senders<'a> {
    fn of(lives: &Lives<'a>) -> Senders<'a> {
        let mut senders = BTreeMap::new();
        for operation in &lives.operations {
            let user = Some(&*operation.journal.user);
            senders.extend(writes(operation.command).map(|value| (value, user)));
        }
        for call in &lives.seen.calls {
            if let Wish::State { changes, .. } = &call.wish {
                senders.extend(values(changes).map(|value| (value, None)));
            }
        }
        Senders(senders)
    }

    /// What is wrong with the name on a message of a client.
    fn message(&self, message: &Message) -> Option<String> {
        let sender = *self.0.get(&*original(&message.payload))?;
        (sender != message.from.as_deref()).then(|| format!("{sender:?} sent {message:?}"))
    }

    /// What is wrong with the name on a change to these values.
    fn values<'v>(
        &self,
        values: impl Iterator<Item = &'v [u8]>,
        from: Option<&str>,
    ) -> Option<String> {
        let mut senders = values.filter_map(|value| self.0.get(value));
        let sender = senders.find(|sender| **sender != from)?;
        Some(format!("{sender:?} made a change that is from {from:?}"))
    }
}

/// What a command writes that is unlike anything else.
pub(super) fn writes(command: &Command) -> impl Iterator<Item = &[u8]> {
    let (payload, changes) = match command {
        Command::SendMessage { payload, .. } => (Some(&**payload), &[][..]),
        Command::SendState { changes, .. } => (None, &**changes),
        Command::Subscribe { .. }
        | Command::Unsubscribe { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. }
        | Command::Close => (None, &[][..]),
    };
    payload.into_iter().chain(values(changes))
}

/// The values that are unlike any other.
fn values(changes: &[Change]) -> impl Iterator<Item = &[u8]> {
    changes.iter().filter_map(|change| match &change.act {
        Act::Set(value) if value.starts_with(b"\"") => Some(&**value),
        Act::Set(_) | Act::Delete | Act::Add(_) => None,
    })
}

/// Whether no lane of the client has reached the home of its user for a grace.
pub(super) fn was_unheard(lives: &Lives<'_>, journal: &Journal, at_us: u64) -> bool {
    // The lane may be back before anybody is told, and who takes nothing hears of it later still.
    let before = journal.moments.iter().take_while(|moment| moment.at_us <= at_us);
    let stalled = before.filter(|moment| matches!(moment.what, What::Stalled)).last();
    let stalled_us = stalled.map_or(at_us, |moment| moment.at_us);
    let from_us = if at_us - stalled_us < STALLED_US { stalled_us } else { at_us };
    let from_us = from_us.min(at_us.saturating_sub(TOLD_US));
    let moments = (from_us..at_us).step_by(LOOK_US).chain([at_us]);
    moments.into_iter().any(|then_us| {
        let since_us = lives.seen.ways.apart_since(&journal.ways, &journal.user, then_us);
        since_us.is_some_and(|since_us| then_us - since_us + TOLD_US >= GRACE_MS * 1000)
    })
}

/// What ends a session takes so long to come to who is told.
const TOLD_US: u64 = 300_000;
/// A client takes no bytes for less than this.
const STALLED_US: u64 = 2_000_000;
/// Moments before are looked at in such steps.
const LOOK_US: usize = 50_000;

/// Whether the user may have left for that reason by then.
fn may_leave(lives: &Lives<'_>, span: &Span<'_>, user: &str, reason: &str, at_us: u64) -> bool {
    let from_us = at_us.saturating_sub(GRACE_MS * 1000 + SEEN_US);
    let asked = |wanted: fn(&Command) -> bool, queue: Option<&str>| {
        lives.operations.iter().any(|operation| {
            operation.journal.user == user
                && wanted(operation.command)
                && queue.is_none_or(|queue| operation.queue() == queue)
                && operation.asked_us <= at_us
                && operation.answer.as_ref().is_none_or(|answer| answer.at_us >= from_us)
        })
    };
    let its = || lives.seen.journals.iter().filter(|journal| journal.user == *user);
    match reason {
        "" => {
            let leaves = |command: &Command| matches!(command, Command::Unsubscribe { .. });
            asked(leaves, Some(span.queue)) || was_slow(lives, span, at_us)
        }
        "bye" => asked(|command| matches!(command, Command::Close), None),
        // By a client that came back and could not resume, too.
        "replaced" => {
            its().filter(|journal| journal.lives(from_us, at_us)).count() > 1
                || its().any(|journal| journal.was_lost(at_us))
        }
        // So it is told, too, if a room hears that a session was over when it joined.
        // Others may hear it just before the client does, of whose gateway stood still for a grace.
        "lost" => {
            its().any(|journal| journal.was_lost(at_us + TOLD_US))
                || its().filter(|journal| journal.lives(from_us, at_us)).count() > 1
                || asked(|command| matches!(command, Command::Close), None)
                || lives.seen.put_out(user, None, from_us, at_us)
                || at_us >= lives.seen.farewell_us
                || lives.seen.lost(&format!("/user/{user}"), from_us, at_us)
                || its().any(|journal| was_unheard(lives, journal, at_us))
        }
        "not resumed" => its().any(|journal| journal.was_lost(at_us)),
        "removed by the application" => lives.seen.put_out(user, Some(span.queue), from_us, at_us),
        "disconnected by the application" => lives.seen.put_out(user, None, from_us, at_us),
        _ => false,
    }
}

/// Each code with which a client was closed has its cause, and means what it says about coming
/// back.
fn closings(lives: &Lives<'_>, journal: &Journal, violations: &mut Vec<Violation>) {
    for moment in &journal.moments {
        let What::Event(Event::Closed { code: Some(code), reason, may_retry }) = &moment.what
        else {
            continue;
        };
        let close = Close::from_number(*code);
        let is_caused = close.is_some_and(|close| {
            // Who wanted it itself doesn't come back.
            (close.may_retry() == *may_retry || close == Close::Bye)
                && !reason.is_empty()
                && may_close(lives, journal, (close, reason), moment.at_us)
        });
        if !is_caused {
            let what = format!("c{}: {code} {reason}", journal.client);
            let rule = "who is closed is told the code of its cause";
            violations.push(Violation { at_us: moment.at_us, rule, what });
        }
    }
}

/// Whether that may have happened to the client by then.
fn may_close(
    lives: &Lives<'_>,
    journal: &Journal,
    (close, reason): (Close, &str),
    at_us: u64,
) -> bool {
    let from_us = at_us.saturating_sub(GRACE_MS * 1000 + SEEN_US);
    let user_queue = format!("/user/{}", journal.user);
    let has_rival = has_rival(lives, journal, from_us, at_us);
    let first_stays = FIRST_STAYS.contains(&&*journal.user);
    match close {
        Close::Replaced => has_rival,
        Close::AlreadyConnected => has_rival && first_stays,
        Close::Forbidden => lives.seen.put_out(&journal.user, None, from_us, at_us),
        Close::Bye => journal.is_closed_before(at_us),
        Close::HomeLost => {
            lives.seen.lost(&user_queue, from_us, at_us)
                || lives.seen.link_cut(journal, &user_queue, from_us, at_us)
        }
        Close::Slow => {
            journal.was_stalled(from_us, at_us)
                || journal.was_holding(from_us, at_us)
                || lives.seen.stood_still(from_us, at_us)
                || 2 * journal.came_at_once(at_us) >= lives.seen.slow_bytes
        }
        Close::Overloaded if reason == FULL => {
            // Since it was closed before, it has come here.
            let before = journal.moments.iter().take_while(|moment| moment.at_us < at_us);
            let closed = |what: &What| matches!(what, What::Event(Event::Closed { .. }));
            let closed_us = before.filter(|moment| closed(&moment.what)).last();
            let since_us = closed_us.map_or(journal.born_us, |moment| moment.at_us);
            lives.seen.was_full(&user_queue, since_us.max(from_us), at_us)
        }
        Close::Overloaded => true,
        Close::TokenExpired => journal.token_ended(at_us),
        Close::Draining
        | Close::PingTimeout
        | Close::Rate
        | Close::BadToken
        | Close::BadFrame
        | Close::ConnectTimeout
        | Close::Version
        | Close::FrameTooLarge
        | Close::NotConnected
        | Close::Resumed => false,
    }
}
