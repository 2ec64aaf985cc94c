//! Queues of the web application alone: it knows what is in them, as far as it was answered.

use std::collections::BTreeMap;

use imq_sdk::Act;
use proto::codes::Status;
use proto::g2c;

use super::Violation;
use crate::call::{Call, Wish};
use crate::journal::Observations;

/// What is known of a queue.
#[derive(Debug, Default)]
struct Own {
    is_there: Option<bool>,
    /// The value of its one key.
    value: Option<Option<Vec<u8>>>,
    /// When the call before was sent.
    known_us: u64,
    /// Something that wasn't answered may be done until then.
    murky_until_us: u64,
}

/// What became of a call.
enum Became<'a> {
    Done(&'a g2c::Result),
    Refused(Status),
    Unknown,
}

pub(super) fn check(seen: &Observations, violations: &mut Vec<Violation>) {
    let mut known: BTreeMap<&str, Own> = BTreeMap::new();
    for (number, call) in seen.calls.iter().enumerate() {
        let Some(queue) = call.wish.own_queue() else { continue };
        let fresh = Own { is_there: Some(false), ..Own::default() };
        let own = known.entry(queue).or_insert(fresh);
        let (from_us, to_us) = call.window_us();
        let is_murky = from_us < own.murky_until_us || seen.lost(queue, own.known_us, to_us);
        own.known_us = from_us;
        if is_murky {
            own.forget();
        }
        if !own.follow(call, became(call)) {
            let rule = "queues of the web application are as it was answered";
            let what = format!("w{number} {:?}: {:?}, but {own:?}", call.wish, call.attempts);
            violations.push(Violation { at_us: from_us, rule, what });
        }
        if is_murky {
            // Whatever was late may have been done behind this call.
            own.forget();
        }
    }
}

/// The first answer that was heard ended the call, and later calls waited for it. A read that was
/// sent twice may have been answered once more since.
fn became(call: &Call) -> Became<'_> {
    let unknown = Status::OutcomeUnknown.number();
    let answers = call.answers().filter(|(_, result)| result.status != unknown);
    let Some((_, first)) = answers.min_by_key(|(us, _)| *us) else { return Became::Unknown };
    match Status::from_number(first.status) {
        Some(Status::Ok) => Became::Done(first),
        // It isn't remembered, and another sending may still be on its way.
        Some(Status::Unavailable | Status::Limit) | None if call.attempts.len() > 1 => {
            Became::Unknown
        }
        status => Became::Refused(status.unwrap_or(Status::Unavailable)),
    }
}

impl Own {
    fn forget(&mut self) {
        (self.is_there, self.value) = (None, None);
    }

    /// Follows a call; false if it can't have become that.
    fn follow(&mut self, call: &Call, became: Became<'_>) -> bool {
        let there = match became {
            Became::Unknown => {
                self.forget();
                self.murky_until_us = call.window_us().1.max(self.murky_until_us);
                return true;
            }
            // The queue isn't there, or the mount.
            Became::Refused(Status::NotFound) if matches!(call.wish, Wish::Mount { .. }) => {
                return true;
            }
            Became::Refused(Status::NotFound) => false,
            Became::Refused(Status::Conflict) => true,
            Became::Refused(_) => return true,
            Became::Done(_) => !matches!(call.wish, Wish::Create { .. }),
        };
        let fits = self.is_there.is_none_or(|known| known == there);
        self.is_there = Some(there);
        let Became::Done(result) = became else { return fits };
        match &call.wish {
            Wish::Create { .. } => (self.is_there, self.value) = (Some(true), Some(None)),
            Wish::Delete { .. } => (self.is_there, self.value) = (Some(false), None),
            Wish::State { changes, .. } => {
                let set = changes.iter().find_map(|change| match &change.act {
                    Act::Set(value) => Some(value.clone()),
                    Act::Delete | Act::Add(_) => None,
                });
                self.value = Some(set);
            }
            Wish::Read { .. } => {
                let found = result.entries.first().map(|entry| entry.value.clone());
                let is_it = self.value.as_ref().is_none_or(|value| *value == found);
                self.value = Some(found);
                return fits && is_it;
            }
            Wish::Message { .. }
            | Wish::Join { .. }
            | Wish::Remove { .. }
            | Wish::Disconnect { .. }
            | Wish::Mount { .. }
            | Wish::List { .. } => {}
        }
        fits
    }
}
