//! The protocol of `docs/replication.md` as a model: all states within some bounds, searched
//! breadth first, so that a counterexample is a shortest one.
//!
//! In reading order: `row` and `log` are values; `state` is all that there is at one moment, `link`
//! what is in flight; `copy`, `primary` and `boss` are what each does, `fall` what happens when the
//! boss's store falls back; `action` is what may happen next, `brief` says it in words, `rules`
//! what must hold, `plants` which rules can be left out, `bounds` how much may happen; `encode` and
//! `search` go through it.
//!
//! It shares no code with the machines: it is the page alone, and says nothing of how they do it.

mod action;
mod boss;
mod bounds;
mod brief;
mod copy;
mod encode;
mod fall;
mod link;
mod log;
mod plants;
mod primary;
mod row;
mod rules;
mod search;
mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::gate::Tally;
use bounds::Scope;
use plants::Rules;
use rules::{Event, Rule};
use search::Found;

/// A search with more states is given up, and fails.
const STATES_MAX: usize = 20_000_000;

/// Goes through all states of the small bounds, or of the full ones. Prints what was found.
#[must_use]
pub fn whole(full: bool, clock: &dyn Fn() -> Duration) -> Tally {
    let mut tally = Tally::default();
    let mut seen = Vec::new();
    for Scope { name, bounds } in bounds::scopes(full) {
        let began = clock();
        let found = search::search(&bounds, Rules::whole(), &Rule::ALL, STATES_MAX);
        let Found { states, depth, whole, .. } = found;
        let took = (clock() - began).as_secs_f64();
        println!("model: {name}: {states} states, depth {depth}, {took:.1} s");
        if !whole && found.broken.is_none() {
            println!("model: {name}: too many states: not all were seen");
        }
        tally.count(whole);
        if let Some((rule, steps)) = found.broken {
            println!("model: {name}: {rule:?} is broken by");
            steps.iter().for_each(|step| println!("    {step}"));
        }
        seen.extend(found.seen);
    }
    for rule in Rule::ALL {
        println!("model: always: {rule:?}: {}", rule.says());
    }
    for event in Event::ALL {
        let times = seen.iter().filter(|&&it| it == event).count();
        println!("model: sometimes: {}: in {times} searches", event.says());
        tally.count(times > 0);
    }
    tally
}

/// Leaves out each rule alone: the invariant that the page names must break.
#[must_use]
pub fn planted_bugs() -> Tally {
    let mut tally = Tally::default();
    for bug in plants::all() {
        let found =
            search::search(&bug.bounds, Rules::without(bug.plant), &[bug.breaks], STATES_MAX);
        tally.count(found.broken.is_some());
        let (name, breaks, states) = (bug.name, bug.breaks, found.states);
        if found.broken.is_some() {
            let steps = found.depth;
            println!("{name:32} breaks {breaks:?} in {steps} steps, {states} states");
        } else {
            println!("{name:32} NOT FOUND in {states} states: {breaks:?} holds");
        }
    }
    tally
}

/// The counterexample of a planted bug, step by step. No such bug: that is a failure.
#[must_use]
pub fn counterexample(named: &str) -> Tally {
    let mut tally = Tally::default();
    for bug in plants::all().into_iter().filter(|bug| bug.name == named) {
        let found =
            search::search(&bug.bounds, Rules::without(bug.plant), &[bug.breaks], STATES_MAX);
        tally.count(found.broken.is_some());
        if let Some((rule, steps)) = found.broken {
            println!("{named} breaks {rule:?} by");
            steps.iter().for_each(|step| println!("    {step}"));
        }
    }
    if tally == Tally::default() {
        println!("no planted bug of the model is called `{named}`: `sim model` names them");
        tally.count(false);
    }
    tally
}
