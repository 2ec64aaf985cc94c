//! Breadth first through all states: what is found first is a shortest schedule.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_128;

use super::action::Action;
use super::bounds::Bounds;
use super::encode::Encoder;
use super::plants::Rules;
use super::rules::{Event, Rule};
use super::state::State;

/// What a search found.
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) depth: usize,
    /// The first rule that was broken, and the steps that lead there.
    pub(crate) broken: Option<(Rule, Vec<String>)>,
    /// What was seen to happen, so that the search isn't vacuous.
    pub(crate) seen: Vec<Event>,
    /// All states within the bounds were seen.
    pub(crate) whole: bool,
}

/// States by their fingerprints, each with the one it was reached from. Two states of one
/// fingerprint would be taken for one: with 10^8 states that has a chance of 10^-23.
#[derive(Default)]
struct Known {
    by_print: HashTable<u32>,
    prints: Vec<u128>,
    parents: Vec<u32>,
}

impl Known {
    /// Its number, if it wasn't known.
    fn add(&mut self, print: u128, parent: u32) -> Option<u32> {
        let hash = |print: u128| print as u64;
        let prints = &self.prints;
        let same = |&at: &u32| prints[at as usize] == print;
        let rehash = |&at: &u32| hash(prints[at as usize]);
        match self.by_print.entry(hash(print), same, rehash) {
            hashbrown::hash_table::Entry::Occupied(_) => None,
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                let number = u32::try_from(self.prints.len()).ok()?;
                vacant.insert(number);
                self.prints.push(print);
                self.parents.push(parent);
                Some(number)
            }
        }
    }

    /// The fingerprints on the way to this state, from the first state on.
    fn way_to(&self, mut number: u32) -> Vec<u128> {
        let mut way = vec![self.prints[number as usize]];
        while number > 0 {
            number = self.parents[number as usize];
            way.push(self.prints[number as usize]);
        }
        way.reverse();
        way
    }
}

/// The same for a state and its mirror image.
fn print_of(encoder: &mut Encoder, state: &State) -> u128 {
    xxh3_128(encoder.encode(state))
}

/// Searches until one of `rules_kept` is broken, all states are seen, or there are `states_max`:
/// some 40 bytes for each, and the states of two depths.
pub(crate) fn search(
    bounds: &Bounds,
    rules: Rules,
    rules_kept: &[Rule],
    states_max: usize,
) -> Found {
    let mut encoder = Encoder::default();
    let mut known = Known::default();
    let first = bounds.first();
    let first_row = first.boss.row;
    known.add(print_of(&mut encoder, &first), 0);
    let mut seen: Vec<Event> = Vec::new();
    let mut level = vec![(0, first)];
    let mut depth = 0;
    let mut actions = Vec::new();
    let mut broken = None;
    let mut whole = true;
    'levels: while !level.is_empty() {
        let mut next = Vec::new();
        for (number, state) in level {
            state.actions(bounds, rules, &mut actions);
            for &action in &actions {
                let mut reached = state.clone();
                reached.take(action, rules);
                let Some(found) = known.add(print_of(&mut encoder, &reached), number) else {
                    continue;
                };
                for event in Event::ALL {
                    if !seen.contains(&event) && event.happened(&reached, first_row) {
                        seen.push(event);
                    }
                }
                if let Some(&rule) = rules_kept.iter().find(|rule| !rule.holds(&reached, rules)) {
                    let way = known.way_to(found);
                    broken = Some((rule, retell(bounds, rules, &way, &mut encoder)));
                    depth += 1;
                    whole = false;
                    break 'levels;
                }
                // Nothing that follows from a broken state says anything.
                if reached.broken.is_none() || !rules_kept.contains(&Rule::CantBe) {
                    next.push((found, reached));
                }
            }
            if known.prints.len() >= states_max {
                whole = false;
                break 'levels;
            }
        }
        level = next;
        depth += usize::from(!level.is_empty());
    }
    let states = known.prints.len();
    Found { states, depth, broken, seen, whole }
}

/// The steps of a way, by going it again.
fn retell(bounds: &Bounds, rules: Rules, way: &[u128], encoder: &mut Encoder) -> Vec<String> {
    let mut state = bounds.first();
    let mut steps = vec![format!("{:?}", state.boss.row)];
    let mut actions = Vec::new();
    for &print in &way[1..] {
        state.actions(bounds, rules, &mut actions);
        let step = actions.iter().find_map(|&action: &Action| {
            let mut reached = state.clone();
            reached.take(action, rules);
            (print_of(encoder, &reached) == print).then_some((action, reached))
        });
        let Some((action, reached)) = step else { break };
        steps.push(action.to_string());
        state = reached;
    }
    steps.extend(state.lines());
    steps
}
