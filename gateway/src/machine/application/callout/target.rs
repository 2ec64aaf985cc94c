//! One web application: its settings, the asks and the tells that are on their way to it.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::class::{Callout, NoAnswer};
use proto::q2g;
use proto::time::Time;
use rand::rngs::StdRng;

use super::ask::Ask;
use super::asks::Asks;
use super::counters::Counters;
use super::tells::Tells;
use super::{HttpRequest, Out, Outcome, signature};

/// What a handler has at hand.
pub(super) struct Context<'a> {
    pub(super) now: Time,
    pub(super) gateway: &'a str,
    pub(super) random: &'a mut StdRng,
    /// The newest request's number.
    pub(super) newest: &'a mut u64,
    pub(super) counters: &'a mut Counters,
    /// What durations are measured with.
    pub(super) micros: Option<fn() -> u64>,
    pub(super) out: &'a mut Out,
}

/// How a target is spoken to.
#[derive(Debug)]
pub(super) struct Settings {
    url: String,
    key: Vec<u8>,
    inner: bool,
    pub(super) deadline_ms: u64,
    /// Asks of this lane that may be under way.
    pub(super) concurrency: usize,
    pub(super) no_answer: NoAnswer,
}

/// How many asks may be under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// Lanes that share them.
    pub(super) lanes: usize,
    /// Of the places of the whole gateway, those of each application for each kind of asks: so one
    /// that is silent leaves the others theirs. None: as many as it is configured to have.
    pub(super) each: Option<usize>,
}

/// A web application.
#[derive(Debug)]
pub(super) struct Target {
    settings: Settings,
    /// About who connects: strangers, however many come, take no place of users'.
    strangers: Asks,
    asks: Asks,
    tells: Tells,
}

impl Context<'_> {
    /// A number for what may become a request. Rises, so that it is also the order of arrival.
    pub(super) fn number(&mut self) -> u64 {
        *self.newest += 1;
        *self.newest
    }

    /// The time in microseconds, for durations.
    pub(super) fn us(&self) -> u64 {
        self.micros.map_or(self.now.ms * 1000, |micros| micros())
    }

    /// Has io post this.
    pub(super) fn post(
        &mut self,
        request: u64,
        to: &Settings,
        id: &str,
        body: Vec<u8>,
        timeout_ms: u64,
        again: bool,
    ) {
        self.out.requests.push(HttpRequest {
            request,
            url: to.url.clone(),
            headers: signature::headers(&to.key, id, self.now, &body),
            body,
            timeout_ms,
            inner: to.inner,
            again,
        });
    }
}

impl Settings {
    fn new(callout: &Callout, key: Vec<u8>, places: Places) -> Settings {
        let Places { lanes, each } = places;
        let max = callout.concurrency_max;
        let concurrency = each.map_or(max, |each| each.min(max));
        Settings {
            url: callout.url.clone(),
            key,
            inner: callout.inner,
            deadline_ms: callout.deadline_ms,
            concurrency: (concurrency / lanes).max(1),
            no_answer: callout.no_answer,
        }
    }

    /// Where to, for the log: without a password, and without what stands behind `?`.
    pub(super) fn shown_url(&self) -> String {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}{path}")
    }
}

impl Target {
    pub(super) fn new(callout: &Callout, key: Vec<u8>, places: Places) -> Target {
        let settings = Settings::new(callout, key, places);
        let (strangers, asks) = (Asks::default(), Asks::default());
        Target { settings, strangers, asks, tells: Tells::default() }
    }

    /// The same target under new settings. At another URL somebody else may answer: what is known
    /// of how the old one answers is forgotten.
    pub(super) fn changed(mut self, callout: &Callout, key: Vec<u8>, places: Places) -> Target {
        if self.settings.url != callout.url {
            self.strangers.forget_failures();
            self.asks.forget_failures();
        }
        self.settings = Settings::new(callout, key, places);
        self
    }

    /// It is no target any more. Gives the newest of the tells not heard yet, of each link.
    pub(super) fn dismiss(self, context: &mut Context<'_>) -> BTreeMap<LinkId, u64> {
        self.strangers.dismiss(context);
        self.asks.dismiss(context);
        self.tells.newest_held()
    }

    pub(super) fn ask(&mut self, number: u64, ask: &Ask, context: &mut Context<'_>) {
        let asks = if ask.user.is_none() { &mut self.strangers } else { &mut self.asks };
        asks.ask(number, ask, &self.settings, context);
    }

    /// Nobody wants the verdict any more: it isn't asked for, unless it is under way already.
    pub(super) fn withdraw(&mut self, number: u64) {
        self.strangers.withdraw(number);
    }

    pub(super) fn holds(&self, link: LinkId, number: u64) -> bool {
        self.tells.holds(link, number)
    }

    pub(super) fn takes_tells(&self) -> bool {
        self.tells.has_space()
    }

    pub(super) fn take(&mut self, now: Time, link: LinkId, tell: q2g::Tell) {
        self.tells.take(now, link, tell);
    }

    pub(super) fn link_down(&mut self, link: LinkId) {
        self.tells.link_down(link);
    }

    pub(super) fn waits_for(&self, request: u64) -> bool {
        let asked = self.asks.is_under_way(request) || self.strangers.is_under_way(request);
        asked || self.tells.is_under_way(request)
    }

    pub(super) fn answered(
        &mut self,
        name: &str,
        request: u64,
        outcome: Outcome,
        context: &mut Context<'_>,
    ) {
        if self.tells.is_under_way(request) {
            self.tells.answered(name, &outcome, &self.settings, context);
        } else if self.strangers.is_under_way(request) {
            self.strangers.answered(name, request, &outcome, &self.settings, context);
        } else {
            self.asks.answered(name, request, &outcome, &self.settings, context);
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        let asks = self.strangers.wake_at().into_iter().chain(self.asks.wake_at());
        asks.chain(self.tells.wake_at()).min()
    }

    pub(super) fn wake(&mut self, name: &str, context: &mut Context<'_>) {
        self.strangers.wake(name, &self.settings, context);
        self.asks.wake(name, &self.settings, context);
        self.tells.wake(name, &self.settings, context);
    }

    /// Adds what is so now.
    pub(super) fn gauge(&self, counters: &mut Counters) {
        self.strangers.gauge(counters);
        self.asks.gauge(counters);
        self.tells.gauge(counters);
    }
}
