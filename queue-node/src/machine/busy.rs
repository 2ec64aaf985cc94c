//! Which queues are busy. It is counted only while somebody asks: else an event costs one look.

use std::collections::HashMap;

use super::clock::NodeMs;
use super::hashing::Numbers;
use super::node::Node;
use super::timers::QueueRef;
use super::turn::Shared;
use proto::time::Time;

/// Counting ends so long after the last question.
const WATCHED_MS: u64 = 10_000;
/// What is counted in less isn't shown: it says little.
const WINDOW_MS: u64 = 1_000;
/// So many queues are told apart in a window. Where there are more, one that is busy comes early.
const QUEUES_MAX: usize = 16 * 1024;
/// So many are shown.
const SHOWN_MAX: usize = 100;

/// A queue with traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Busy {
    /// Its name.
    pub queue: String,
    /// Events a second: messages, changes of state, comings and goings.
    pub events_per_s: f64,
    /// Users in it.
    pub members: u32,
}

/// What is counted while somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Watch(Option<Window>);

#[derive(Debug)]
struct Window {
    events: HashMap<(u32, u32), (QueueRef, u64), Numbers>,
    since: NodeMs,
    asked: NodeMs,
    /// What the window before has shown.
    shown: Vec<Busy>,
}

impl Watch {
    /// Whether events are to be counted.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// An event of this queue.
    pub(crate) fn event(&mut self, now: NodeMs, queue: QueueRef) {
        let Some(window) = &mut self.0 else { return };
        if now.0 > window.asked.0 + WATCHED_MS {
            self.0 = None;
            return;
        }
        let has_space = window.events.len() < QUEUES_MAX;
        let key = (queue.bucket, queue.serial);
        if let Some((_, count)) = window.events.get_mut(&key) {
            *count += 1;
        } else if has_space {
            window.events.insert(key, (queue, 1));
        }
    }
}

impl Node {
    /// The busiest queues of this node, those with the most deliveries first. The first question
    /// begins the counting: its answer is empty, and so is one within the second after it.
    pub fn busy(&mut self, now: Time) -> Vec<Busy> {
        let now = NodeMs(now.ms);
        let window = self.shared.watch.0.get_or_insert_with(|| Window::new(now));
        if now.0 > window.asked.0 + WATCHED_MS {
            *window = Window::new(now);
        }
        window.asked = now;
        let passed_ms = now.0 - window.since.0;
        if passed_ms < WINDOW_MS {
            return window.shown.clone();
        }
        let counted = std::mem::take(&mut window.events);
        window.since = now;
        let shown = self.rates(counted.into_values(), passed_ms);
        keep(&mut self.shared, &shown);
        shown
    }

    fn rates(&mut self, counted: impl Iterator<Item = (QueueRef, u64)>, ms: u64) -> Vec<Busy> {
        let mut busy: Vec<Busy> = counted
            .filter_map(|(queue, events)| {
                let bucket = self.buckets.get(queue.bucket)?;
                // Another queue may be in its place by now.
                bucket.locals.get(queue.index, queue.serial)?;
                let (queue, events_per_s) =
                    (bucket.state.queue(queue.index), events as f64 * 1_000.0 / ms as f64);
                Some(Busy { queue: queue.name.to_string(), events_per_s, members: queue.users })
            })
            .collect();
        busy.sort_by(|a, b| b.weight().total_cmp(&a.weight()).then_with(|| a.queue.cmp(&b.queue)));
        busy.truncate(SHOWN_MAX);
        busy
    }
}

fn keep(shared: &mut Shared, shown: &[Busy]) {
    if let Some(window) = &mut shared.watch.0 {
        shown.clone_into(&mut window.shown);
    }
}

impl Busy {
    /// Its deliveries a second, about.
    fn weight(&self) -> f64 {
        self.events_per_s * f64::from(self.members.max(1))
    }
}

impl Window {
    fn new(now: NodeMs) -> Window {
        Window { events: HashMap::default(), since: now, asked: now, shown: Vec::new() }
    }
}
