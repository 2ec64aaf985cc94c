//! Sessions: who is connected stays who it is, and stays where it is.

use imq_sdk::{Event, QueueEvent};

use super::Violation;
use super::spans::Lives;
use crate::journal::What;
use crate::plan::GRACE_MS;

/// A session that is connected isn't ended: nobody is put out of a queue for good, unless the home
/// of the user's sessions was lost.
pub(super) fn check(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    for journal in &lives.seen.journals {
        let user_queue = format!("/user/{}", journal.user);
        for note in &journal.notes {
            let What::Told(Event::Queue { queue, event }) = &note.what else { continue };
            let QueueEvent::Unsubscribed { reason, retrying: false } = event else { continue };
            let from_us = note.at_us.saturating_sub(GRACE_MS * 1000);
            // Who loses an arbitration is put out of its queues, and then told.
            let has_rival = lives
                .seen
                .journals
                .iter()
                .any(|other| other.user == journal.user && !std::ptr::eq(other, journal));
            if !has_rival && !lives.seen.lost(&user_queue, from_us, note.at_us) {
                violations.push(Violation {
                    at_us: note.at_us,
                    rule: "a session that is connected isn't ended",
                    what: format!("c{} is out of {queue}: {reason}", journal.client),
                });
            }
        }
    }
}
