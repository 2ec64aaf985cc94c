//! What the web application is told: at least once, the same at each repetition, in order, and in
//! the end it knows who is there.

use std::collections::BTreeMap;

use super::Violation;
use crate::application::Told;
use crate::journal::Observations;

pub(super) fn check(seen: &Observations, violations: &mut Vec<Violation>) {
    let mut first: BTreeMap<&str, &Told> = BTreeMap::new();
    let mut newest: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    let mut there: BTreeMap<(&str, u64, &str), bool> = BTreeMap::new();
    let mut began: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    for told in &seen.told {
        let mut violated = |rule: &'static str| {
            violations.push(Violation { at_us: told.at_us, rule, what: format!("{told:?}") });
        };
        if let Some(before) = first.get(&*told.id) {
            if **before != (Told { at_us: before.at_us, ..told.clone() }) {
                violated("a tell is the same at each repetition");
            }
            continue;
        }
        first.insert(&told.id, told);
        let is_theirs = seen.sessions.get(&told.session) == Some(&told.user);
        if matches!(&*told.kind, "joined" | "left") && !is_theirs {
            violated("who is told to have joined or left did, by its own session");
        }
        began.entry((&told.queue, told.epoch)).or_insert(told.at_us);
        let newest = newest.entry((&told.queue, told.epoch)).or_default();
        if told.seq < *newest {
            violated("tells of a queue come in their order");
        }
        *newest = told.seq.max(*newest);
        if matches!(&*told.kind, "joined" | "left") {
            let joined = told.kind == "joined";
            let is_there = there.entry((&told.queue, told.epoch, &told.user)).or_default();
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
