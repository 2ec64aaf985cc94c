//! Call-outs: what a lane asks and tells the web application over HTTP. `docs/callouts.md` is the
//! application's view.
//!
//! In reading order: [`ask`] is what can be asked; `asks` are those under way at one target;
//! `outcome` is what became of a request; `breaker` stops asking who doesn't answer; [`verdict`]
//! reads answers; `complaints` are what the log hears of failures; `tells` brings what happened, in
//! order, until it is heard; `signature` proves who speaks; [`counters`] counts.
//!
//! [`Callouts`] never waits for anybody: what isn't answered by its deadline gets the configured
//! answer. Nothing in here opens a socket; io runs the [`HttpRequest`]s.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::class::ClusterConfig;
use proto::q2g;
use proto::time::Time;
use rand::rngs::StdRng;

pub mod ask;
mod asks;
mod breaker;
mod complaints;
pub mod counters;
mod outcome;
mod retry;
mod signature;
mod target;
mod tells;
pub mod verdict;

pub use ask::{Ask, AskKind, Asked};
pub use counters::{Counters, Silence};
pub use outcome::{Failure, Outcome};
pub use verdict::Verdict;

use target::{Context, Places, Target};

/// What a target needs of [`Callouts`], of fields that are borrowed apart from `targets`.
macro_rules! context {
    ($callouts:expr, $now:expr, $out:expr) => {
        Context {
            now: $now,
            gateway: &$callouts.gateway,
            random: &mut $callouts.random,
            newest: &mut $callouts.newest,
            counters: &mut $callouts.counters,
            micros: $callouts.micros,
            out: $out,
        }
    };
}

/// An HTTP POST that io shall run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its number, for [`Callouts::answered`]. Rises.
    pub request: u64,
    /// Where to.
    pub url: String,
    /// All headers but those of HTTP itself.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
    /// From its start to the last byte of its answer it may take so long.
    pub timeout_ms: u64,
    /// Whether it may go to an address of the inner network.
    pub inner: bool,
    /// Whether it may be sent once more where its connection ended before anything of an answer
    /// came: doing it twice does no harm.
    pub again: bool,
}

/// What [`Callouts`] let out.
#[derive(Debug, Default)]
pub struct Out {
    /// For io.
    pub requests: Vec<HttpRequest>,
    /// What asks came to, by the numbers that the lane gave them.
    pub verdicts: Vec<(u64, Verdict)>,
    /// Numbers of tells that the web application has, by the link they came on.
    pub acknowledged: Vec<(LinkId, Vec<u64>)>,
    /// Sentences for the operator's log.
    pub notices: Vec<String>,
}

/// All call-outs of a lane.
#[derive(Debug)]
pub struct Callouts {
    gateway: String,
    lanes: usize,
    /// Asks of the whole gateway that may be under way, of all applications, if that is bounded.
    places: Option<usize>,
    random: StdRng,
    newest: u64,
    targets: BTreeMap<String, Target>,
    /// The newest tell of a link and target that wasn't taken. What comes behind it isn't, either,
    /// until the node begins again, with a number not above it: so the order of a queue's tells
    /// holds.
    declined: BTreeMap<(LinkId, String), u64>,
    counters: Counters,
    micros: Option<fn() -> u64>,
}

impl Callouts {
    /// Call-outs of one of so many lanes of the gateway of this id. The lanes share each target's
    /// `concurrency_max` evenly.
    pub fn new(gateway: &str, lanes: usize, random: StdRng) -> Callouts {
        Callouts {
            gateway: gateway.to_owned(),
            lanes: lanes.max(1),
            places: None,
            random,
            newest: 0,
            targets: BTreeMap::new(),
            declined: BTreeMap::new(),
            counters: Counters::default(),
            micros: None,
        }
    }

    /// The same, which measures durations with this clock instead of the turn's.
    #[must_use]
    pub fn measured_with(self, micros: Option<fn() -> u64>) -> Callouts {
        Callouts { micros, ..self }
    }

    /// The same, where no more asks of all applications may be under way in the whole gateway.
    #[must_use]
    pub fn within(self, places: usize) -> Callouts {
        Callouts { places: Some(places), ..self }
    }

    /// Who can be asked and told from now on. What is under way goes on; who is not there any more
    /// is asked and told nothing.
    pub fn configure(&mut self, now: Time, config: &ClusterConfig, out: &mut Out) {
        let mut before = std::mem::take(&mut self.targets);
        // Each application is asked about users and about strangers.
        let wanted = config.callout.iter().map(|callout| 2 * callout.concurrency_max).sum();
        let places = self.places.filter(|places| *places < wanted);
        let each = places.map(|places| places / (2 * config.callout.len()));
        let places = Places { lanes: self.lanes, each };
        for callout in &config.callout {
            let Some(key) = callout.secret_bytes() else { continue };
            let target = match before.remove(&callout.name) {
                Some(target) => target.changed(callout, key, places),
                None => Target::new(callout, key, places),
            };
            self.targets.insert(callout.name.clone(), target);
        }
        for (name, target) in before {
            let mut context = context!(self, now, out);
            for (link, newest) in target.dismiss(&mut context) {
                self.declined.insert((link, name.clone()), newest);
            }
        }
    }

    /// Asks a target, if there is one. The verdict comes under `number`, perhaps in this very turn.
    pub fn ask(&mut self, now: Time, number: u64, target: Option<&str>, ask: &Ask, out: &mut Out) {
        match target.and_then(|target| self.targets.get_mut(target)) {
            Some(target) => target.ask(number, ask, &mut context!(self, now, out)),
            None => {
                self.counters.silent(Silence::Unconfigured);
                out.verdicts.push((number, Verdict::unavailable(Silence::Unconfigured)));
            }
        }
    }

    /// Nobody wants this verdict of a `connect` any more.
    pub fn withdraw(&mut self, number: u64) {
        self.targets.values_mut().for_each(|target| target.withdraw(number));
    }

    /// Takes a tell of a queue node, unless too many wait. One that isn't taken is not
    /// acknowledged: the node keeps it and gives it again.
    pub fn tell(&mut self, now: Time, link: LinkId, tell: q2g::Tell) {
        let key = (link, tell.target.clone());
        let target = self.targets.get_mut(&tell.target);
        if target.as_ref().is_some_and(|target| target.holds(link, tell.number)) {
            return;
        }
        let behind = self.declined.get(&key).is_some_and(|newest| tell.number > *newest);
        match target.filter(|target| !behind && target.takes_tells()) {
            Some(target) => {
                self.declined.remove(&key);
                self.counters.tells_taken += 1;
                target.take(now, link, tell);
            }
            None => {
                self.counters.tells_declined += 1;
                self.declined.insert(key, tell.number);
            }
        }
    }

    /// A link is down: its node gives its tells to whom it finds next.
    pub fn link_down(&mut self, link: LinkId) {
        self.declined.retain(|(of, _), _| *of != link);
        for target in self.targets.values_mut() {
            target.link_down(link);
        }
    }

    /// What became of a request. One that isn't known any more is of the past.
    pub fn answered(&mut self, now: Time, request: u64, outcome: Outcome, out: &mut Out) {
        let mut context = context!(self, now, out);
        let target = self.targets.iter_mut().find(|(_, target)| target.waits_for(request));
        if let Some((name, target)) = target {
            target.answered(name, request, outcome, &mut context);
        }
    }

    /// When [`Callouts::wake`] has something to do.
    pub fn wake_at(&self) -> Option<u64> {
        self.targets.values().filter_map(Target::wake_at).min()
    }

    /// Ends what is late, and posts the tells that have gathered.
    pub fn wake(&mut self, now: Time, out: &mut Out) {
        let mut context = context!(self, now, out);
        for (name, target) in &mut self.targets {
            target.wake(name, &mut context);
        }
    }

    /// What has been counted.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        for target in self.targets.values() {
            target.gauge(&mut counters);
        }
        counters
    }
}

#[cfg(test)]
mod tests;
