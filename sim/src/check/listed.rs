//! Lists of queues: in order, page by page, with each queue that was there, and no other.

use imq_sdk::Command;
use proto::bucket::BucketId;

use super::Violation;
use super::spans::Lives;
use crate::call::{Attempt, OWN, Wish};
use crate::plan::QUEUES;

pub(super) fn check(lives: &Lives<'_>, violations: &mut Vec<Violation>) {
    for (number, call) in lives.seen.calls.iter().enumerate() {
        let Wish::List { after, limit } = &call.wish else { continue };
        for attempt in &call.attempts {
            let Some((at_us, result)) = &attempt.answer else { continue };
            if result.status != 0 {
                continue;
            }
            let page = Page { after, next: &result.next, names: &attempt.names };
            let wrong = if page.is_in_order(*limit as usize) {
                let strange = page.names.iter().find(|name| !may_be_there(lives, name, *at_us));
                let strange = strange.map(|name| format!("nobody made {name}"));
                strange.or_else(|| {
                    let lacks = lacking(lives, &page, attempt, *at_us)?;
                    Some(format!("{lacks} isn't there"))
                })
            } else {
                Some("it is no page".to_owned())
            };
            if let Some(wrong) = wrong {
                let rule = "a list of queues has those that are there, in order";
                let what = format!("w{number}: {wrong}: at most {limit}: {page:?}");
                violations.push(Violation { at_us: *at_us, rule, what });
            }
        }
    }
}

/// A page of names, where it begins, and where the next one does.
#[derive(Debug)]
struct Page<'p> {
    after: &'p str,
    next: &'p str,
    names: &'p [String],
}

/// Where a name comes in the list: bucket by bucket, in each by name.
type Place<'n> = (u32, &'n str);

impl<'p> Page<'p> {
    /// How many bits choose a bucket, if the page is not the only one.
    fn bits(&self) -> Option<u8> {
        let token = if self.next.is_empty() { self.after } else { self.next };
        token.split_once('.')?.0.parse().ok()
    }

    /// Names rise, all behind where the page begins, and it is full if there is another one.
    fn is_in_order(&self, limit: usize) -> bool {
        let Some(bits) = self.bits() else { return self.names.len() < limit };
        let places: Vec<Place<'_>> = self.names.iter().map(|name| place(name, bits)).collect();
        let last = places.last().copied();
        let begins = named(self.after);
        places.windows(2).all(|pair| pair[0] < pair[1])
            && places.first().is_none_or(|first| begins.is_none_or(|begin| begin < *first))
            && self.names.len() <= limit
            && (self.next.is_empty() || (last == named(self.next) && places.len() == limit))
    }

    /// Whether the queue's place is on this page.
    fn has_place_of(&self, queue: &str) -> bool {
        let Some(bits) = self.bits() else { return true };
        let its = place(queue, bits);
        named(self.after).is_none_or(|begin| begin < its)
            && named(self.next).is_none_or(|end| its <= end)
    }
}

fn place(name: &str, bits: u8) -> Place<'_> {
    (BucketId::of(proto::name::hash(name.as_bytes()), bits).prefix(), name)
}

/// The place that a token names: bits, bucket, name.
fn named(token: &str) -> Option<Place<'_>> {
    let (bucket, name) = token.split_once('.')?.1.split_once('.')?;
    Some((bucket.parse().ok()?, name))
}

/// Whether anybody had asked for something that makes the queue.
fn may_be_there(lives: &Lives<'_>, queue: &str, by_us: u64) -> bool {
    if OWN.contains(&queue) {
        let makes = |wish: &Wish| matches!(wish, Wish::Create { queue: of } if of == queue);
        let mut calls = lives.seen.calls.iter();
        return calls.any(|call| makes(&call.wish) && call.window_us().0 <= by_us);
    }
    let mut operations = lives.operations.iter();
    operations.any(|operation| {
        matches!(operation.command, Command::Subscribe { .. })
            && operation.queue() == queue
            && operation.asked_us <= by_us
    })
}

/// A queue in which an auditor sat all the time, that should be on the page and isn't.
fn lacking(
    lives: &Lives<'_>,
    page: &Page<'_>,
    attempt: &Attempt,
    at_us: u64,
) -> Option<&'static str> {
    let stood = |queue: &str| {
        let mut spans = lives.spans.iter();
        spans.any(|span| {
            span.journal.is_auditor
                && span.queue == queue
                && span.start_us < attempt.sent_us
                && span.end_us > at_us
        }) && !lives.seen.lost(queue, attempt.sent_us, at_us)
    };
    QUEUES.into_iter().find(|queue| {
        page.has_place_of(queue) && !page.names.iter().any(|name| name == queue) && stood(queue)
    })
}
