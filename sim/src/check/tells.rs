//! What the web application is told: at least once, the same at each repetition, in order, and in
//! the end it knows who is there.

use std::collections::BTreeMap;

use super::Violation;
use crate::application::Tell;
use crate::journal::Observations;

pub(super) fn check(seen: &Observations, violations: &mut Vec<Violation>) {
    let mut first: BTreeMap<&str, &Tell> = BTreeMap::new();
    let mut newest: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    let mut there: BTreeMap<(&str, u64, &str), bool> = BTreeMap::new();
    let mut began: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    for tell in &seen.tells {
        let mut violated = |rule: &'static str| {
            violations.push(Violation { at_us: tell.at_us, rule, what: format!("{tell:?}") });
        };
        if let Some(before) = first.get(&*tell.id) {
            if **before != (Tell { at_us: before.at_us, ..tell.clone() }) {
                violated("a tell is the same at each repetition");
            }
            continue;
        }
        first.insert(&tell.id, tell);
        let is_theirs = seen.sessions.get(&tell.session) == Some(&tell.user);
        if matches!(&*tell.kind, "joined" | "left") && !is_theirs {
            violated("who is told to have joined or left did, by its own session");
        }
        began.entry((&tell.queue, tell.epoch)).or_insert(tell.at_us);
        let newest = newest.entry((&tell.queue, tell.epoch)).or_default();
        if tell.seq < *newest {
            violated("tells of a queue come in their order");
        }
        *newest = tell.seq.max(*newest);
        if matches!(&*tell.kind, "joined" | "left") {
            let joined = tell.kind == "joined";
            let is_there = there.entry((&tell.queue, tell.epoch, &tell.user)).or_default();
            if std::mem::replace(is_there, joined) == joined {
                violated("joined and left are told in turns");
            }
        }
    }
    for ((queue, epoch, user), _) in there.into_iter().filter(|(_, is_there)| *is_there) {
        // A node's tells die with it; and with it dies the epoch, which may be told of only then.
        let told_us = began.get(&(queue, epoch)).copied().unwrap_or(0);
        let began_us = seen.epoch_began_us(queue, epoch).map_or(told_us, |us| us.min(told_us));
        if !seen.lost(queue, began_us, seen.roster_us) {
            let what = format!("{user} is in {queue} of {epoch} for ever");
            let rule = "in the end the application knows that everybody has left";
            violations.push(Violation { at_us: seen.roster_us, rule, what });
        }
    }
}
