//! Sessions: who is connected stays who it is, and stays where it is.

use imq_sdk::{Event, QueueEvent};
use proto::codes::Close;

use super::Violation;
use super::causes::was_unheard;
use super::spans::Lives;
use crate::application::NO;
use crate::journal::{FULL, Journal, What};
use crate::plan::GRACE_MS;

/// How much earlier than the client a gateway may notice that a connection is gone.
const NOTICE_US: u64 = 800_000;

/// How long a login of one that is gone may be on its way.
const RIVAL_US: u64 = 1_500_000;

pub(super) fn check(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    for journal in &lives.seen.journals {
        stays(lives, journal, violations);
        comes_back(lives, journal, violations);
    }
}

/// Whether another client may have logged in as the same user between these moments, or just
/// before.
pub(super) fn has_rival(lives: &Lives<'_>, journal: &Journal, from_us: u64, to_us: u64) -> bool {
    let from_us = from_us.saturating_sub(RIVAL_US);
    let mut others = lives.seen.journals.iter();
    others.any(|other| {
        let is_other = other.user == journal.user && !std::ptr::eq(other, journal);
        is_other && other.lives(from_us, to_us)
    })
}

/// Who comes back within the grace goes on with its session, unless its home lost it or the web
/// application ended it. The grace begins when its home lost its gateway, if that was earlier: also
/// if they were together again when the gateway had noticed the end of the connection. It may also
/// have been over while the connection stood. They are together again when the home has been told
/// of the session: a home that waits for rows of its boss, whose store has lost steps, ends each
/// link of a lane that has heard of them, and its grace goes on (508137).
fn comes_back(lives: &Lives<'_>, journal: &Journal, violations: &mut Vec<Violation>) {
    let user_queue = format!("/user/{}", journal.user);
    let (mut connected_us, mut lost) = (None, None);
    for moment in &journal.moments {
        match &moment.what {
            What::Event(Event::Closed { code, .. }) => {
                if let Some(connected_us) = connected_us {
                    // A slow client reads long after it was said that its home is lost.
                    let says_so = *code == Some(Close::HomeLost as u32);
                    let home_us = if says_so { connected_us } else { moment.at_us };
                    lost.get_or_insert((moment.at_us, home_us));
                }
            }
            What::Event(Event::Connected { resumed, .. }) => {
                let lost = lost.take().filter(|_| !resumed);
                if let Some((since_us, home_us)) = lost
                    && let ways = &lives.seen.ways
                    && let noticed_us = since_us.saturating_sub(NOTICE_US)
                    && let apart_us = [noticed_us, since_us]
                        .into_iter()
                        .filter_map(|at_us| ways.apart_since(&journal.ways, &journal.user, at_us))
                    && let since_us = apart_us.min().unwrap_or(since_us)
                    && moment.at_us - since_us + NOTICE_US < GRACE_MS * 1000
                    && let from_us = connected_us.unwrap_or_default()
                    && let apart_us =
                        ways.longest_apart_us(&journal.ways, &journal.user, from_us, since_us)
                    && apart_us + NOTICE_US < GRACE_MS * 1000
                    && !lives.seen.lost(&user_queue, home_us, moment.at_us)
                    && !lives.seen.put_out(&journal.user, None, since_us, moment.at_us)
                    && !has_rival(lives, journal, since_us, moment.at_us)
                {
                    violations.push(Violation {
                        at_us: moment.at_us,
                        rule: "who comes back in time is resumed",
                        what: format!("c{} was away since {} ms", journal.client, since_us / 1000),
                    });
                }
                connected_us = Some(moment.at_us);
            }
            What::Event(_) | What::Command(..) | What::Stalled => {}
        }
    }
}

/// A session that is connected isn't ended: nobody is put out of a queue for good, unless the home
/// of the user's sessions was lost, or the web application wanted it or
/// didn't let in once more. Who loses an arbitration is put out of its queues, and then
/// told.
fn stays(lives: &Lives<'_>, journal: &Journal, violations: &mut Vec<Violation>) {
    let user_queue = format!("/user/{}", journal.user);
    for moment in &journal.moments {
        let What::Event(Event::Queue { queue, event }) = &moment.what else { continue };
        let QueueEvent::Unsubscribed { reason, retrying } = event else { continue };
        if *retrying {
            // The client library asked for it anew.
            if reason.ends_with(FULL) && !was_full(lives, journal, queue, moment.at_us) {
                let rule = "a refusal has its cause";
                let what = format!("c{} isn't let in {queue}: {reason}", journal.client);
                violations.push(Violation { at_us: moment.at_us, rule, what });
            }
            continue;
        }
        let from_us = moment.at_us.saturating_sub(GRACE_MS * 1000);
        let is_put_out =
            lives.seen.put_out(&journal.user, Some(&**queue), moment.at_us, moment.at_us);
        let is_refused = reason.ends_with(NO) && lives.seen.said_no(&journal.user, queue);
        let is_full = reason.starts_with("limit") && is_full(lives, journal, queue, moment.at_us);
        let is_beaten = has_rival(lives, journal, from_us, moment.at_us);
        let is_allowed = is_put_out
            || is_refused
            || is_full
            || is_beaten
            || was_unheard(lives, journal, moment.at_us);
        if !lives.seen.lost(&user_queue, from_us, moment.at_us) && !is_allowed {
            violations.push(Violation {
                at_us: moment.at_us,
                rule: "a session that is connected isn't ended",
                what: format!("c{} is out of {queue}: {reason}", journal.client),
            });
        }
    }
}

/// Whether the queue's home was full since the client was connected, as far as it could take to
/// hear of it.
fn was_full(lives: &Lives<'_>, journal: &Journal, queue: &str, at_us: u64) -> bool {
    let before = journal.moments.iter().take_while(|moment| moment.at_us <= at_us);
    let connected_us = before.filter(|moment| super::spans::is_connected(moment)).last();
    let from_us = connected_us.map_or(0, |moment| moment.at_us);
    lives.seen.was_full(queue, from_us.max(at_us.saturating_sub(GRACE_MS * 1000)), at_us)
}

/// Whether so many operations of the client on the queue were unanswered, when a lane refused it,
/// that one more was too much: two of them may be subscribes by which the client library comes
/// back, which are in no journal.
fn is_full(lives: &Lives<'_>, journal: &Journal, queue: &str, at_us: u64) -> bool {
    let its = lives.operations.iter().filter(|operation| {
        let answer = operation.answer.as_ref();
        std::ptr::eq(operation.journal, journal)
            && operation.queue() == queue
            && operation.asked_us <= at_us
            && answer.is_none_or(|answer| answer.at_us + REFUSED_US >= at_us)
    });
    its.count() + 2 >= proto::limits::UNANSWERED_PER_QUEUE_MAX
}

/// How long what a lane says may take to the client.
pub(super) const REFUSED_US: u64 = 200_000;
