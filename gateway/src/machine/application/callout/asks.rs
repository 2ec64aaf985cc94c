//! The asks of one target: a bounded number under way, some more that wait for their turn, each
//! with its deadline.

use std::collections::{BTreeMap, BTreeSet};

use proto::class::NoAnswer;
use proto::limits;

use super::ask::{Ask, AskKind};
use super::breaker::{Breaker, Change};
use super::complaints::Complaints;
use super::counters::{Counters, Silence};
use super::outcome::Outcome;
use super::target::{Context, Settings};
use super::verdict::Verdict;
use crate::machine::door::Prefix;

/// So many asks wait for each that may be under way: a burst of logins is served, and what waits
/// longer than its deadline could be is refused at once.
const WAITING_PER_UNDER_WAY: usize = 4;

/// When the circuit opens, so many of those that wait get no answer in each millisecond. All at
/// once, with what waits behind each in its session, they would hold up a lane's other clients.
const LET_GO_PER_MS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Asks {
    /// By the request's number.
    under_way: BTreeMap<u64, Pending>,
    /// By number, which is the order of arrival.
    waiting: BTreeMap<u64, (Pending, Unposted)>,
    /// Of both, the next first.
    deadlines: BTreeSet<(u64, u64)>,
    bytes: usize,
    /// How many places each of them holds.
    held: BTreeMap<Filler, usize>,
    breaker: Breaker,
    /// When more of those that wait are let go, after the circuit has opened.
    let_go_ms: Option<u64>,
    complaints: Complaints,
}

/// Who takes places. Who connects isn't anybody yet, but comes from somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Filler {
    User(String),
    Address(Prefix),
    Unknown,
}

impl Filler {
    fn of(ask: &Ask) -> Filler {
        match (ask.from, &ask.user) {
            (Some(from), _) => Filler::Address(from),
            (None, Some(user)) => Filler::User(user.clone()),
            (None, None) => Filler::Unknown,
        }
    }
}

#[derive(Debug)]
struct Pending {
    /// The lane's.
    number: u64,
    kind: AskKind,
    filler: Filler,
    deadline_ms: u64,
    bytes: usize,
    /// Whether the breaker waits for it.
    probe: bool,
    posted_us: u64,
}

/// What is to be posted.
#[derive(Debug)]
struct Unposted {
    id: String,
    body: Vec<u8>,
}

impl Asks {
    pub(super) fn ask(&mut self, number: u64, ask: &Ask, to: &Settings, context: &mut Context<'_>) {
        let kind = ask.asked.kind();
        let free = self.under_way.len() < to.concurrency;
        let closed = self.breaker.is_closed();
        let probe = !closed && free && self.breaker.probe(context.now.ms);
        if !closed && !probe {
            return silent(number, kind, Silence::CircuitOpen, to, context);
        }
        let body = ask.body(context.gateway);
        let bytes = body.len();
        let filler = Filler::of(ask);
        if !probe && !self.has_space(free, bytes, &filler, to) {
            return silent(number, kind, Silence::Busy, to, context);
        }
        let deadline_ms = context.now.ms + to.deadline_ms;
        *self.held.entry(filler.clone()).or_default() += 1;
        let pending = Pending { number, kind, filler, deadline_ms, bytes, probe, posted_us: 0 };
        let unposted = Unposted { id: format!("{}/{}", ask.id, kind.name()), body };
        let request = context.number();
        self.bytes += bytes;
        self.deadlines.insert((deadline_ms, request));
        if free {
            self.post(request, pending, unposted, to, context);
        } else {
            self.waiting.insert(request, (pending, unposted));
        }
    }

    /// An ask that waits isn't posted any more.
    pub(super) fn withdraw(&mut self, number: u64) {
        let mut waiting = self.waiting.iter();
        let request = waiting.find(|(_, (pending, _))| pending.number == number);
        if let Some(request) = request.map(|(request, _)| *request)
            && let Some((pending, _)) = self.waiting.remove(&request)
        {
            self.settled(request, &pending);
        }
    }

    fn has_space(&self, free: bool, bytes: usize, filler: &Filler, to: &Settings) -> bool {
        let waiting_max = to.concurrency * WAITING_PER_UNDER_WAY;
        let places = (to.concurrency + waiting_max) / limits::CALLOUTS_PART_OF_A_USER;
        let held = self.held.get(filler).copied().unwrap_or(0);
        let fair = *filler == Filler::Unknown || held < places.max(limits::CALLOUTS_OF_A_USER_MIN);
        fair && self.bytes + bytes <= limits::CALLOUTS_BYTES_MAX
            && (free || self.waiting.len() < waiting_max)
    }

    fn post(
        &mut self,
        request: u64,
        mut pending: Pending,
        unposted: Unposted,
        to: &Settings,
        context: &mut Context<'_>,
    ) {
        pending.posted_us = context.us();
        let left_ms = pending.deadline_ms.saturating_sub(context.now.ms);
        // What was called for may have been done, though nothing has come back.
        let again = pending.kind != AskKind::Call;
        context.post(request, to, &unposted.id, unposted.body, left_ms, again);
        self.under_way.insert(request, pending);
    }

    pub(super) fn is_under_way(&self, request: u64) -> bool {
        self.under_way.contains_key(&request)
    }

    pub(super) fn answered(
        &mut self,
        name: &str,
        request: u64,
        outcome: &Outcome,
        to: &Settings,
        context: &mut Context<'_>,
    ) {
        let Some(pending) = self.under_way.remove(&request) else { return };
        self.settled(request, &pending);
        context.counters.ask_times.count(context.us().saturating_sub(pending.posted_us));
        match outcome.verdict(pending.kind) {
            Ok(verdict) => {
                context.counters.answered(&verdict);
                context.out.verdicts.push((pending.number, verdict));
            }
            Err(why) => {
                let reason = match why {
                    Silence::Wrong => "its answer is invalid: ",
                    Silence::Late
                    | Silence::Unreachable
                    | Silence::InnerAddress
                    | Silence::Redirected
                    | Silence::Status
                    | Silence::Huge
                    | Silence::CircuitOpen
                    | Silence::Busy
                    | Silence::Unconfigured => "",
                };
                let reason = || format!("{reason}{}", outcome.with_excerpt());
                self.complaints.note(name, pending.kind.name(), to, reason, context);
                unanswered(&pending, why, outcome.is_down(), to, context);
            }
        }
        let change =
            self.breaker.over(context.now.ms, pending.probe, outcome.is_down(), context.random);
        self.changed(name, change, outcome, to, context);
        self.post_next(to, context);
    }

    fn changed(
        &mut self,
        name: &str,
        change: Change,
        outcome: &Outcome,
        to: &Settings,
        context: &mut Context<'_>,
    ) {
        match change {
            Change::None => {}
            Change::Closed => {
                context.out.notices.push(format!("call-out {name:?} answers again"));
            }
            Change::Opened { for_ms } => {
                context.counters.circuits_opened += 1;
                context.out.notices.push(format!(
                    "call-out {name:?} is down ({outcome}): for {for_ms} ms it isn't asked, and \
                     `no_answer` decides its asks"
                ));
                self.let_go(to, context);
            }
        }
    }

    /// The next of those that wait get no answer, or are asked if the circuit has closed meanwhile.
    fn let_go(&mut self, to: &Settings, context: &mut Context<'_>) {
        self.let_go_ms = None;
        if self.breaker.is_closed() {
            return self.post_next(to, context);
        }
        for _ in 0..LET_GO_PER_MS {
            let Some((request, (pending, _))) = self.waiting.pop_first() else { return };
            self.settled(request, &pending);
            silent(pending.number, pending.kind, Silence::CircuitOpen, to, context);
        }
        self.let_go_ms = Some(context.now.ms + 1);
    }

    fn post_next(&mut self, to: &Settings, context: &mut Context<'_>) {
        while self.breaker.is_closed() && self.under_way.len() < to.concurrency {
            let Some((request, (pending, unposted))) = self.waiting.pop_first() else { return };
            if pending.deadline_ms <= context.now.ms {
                self.settled(request, &pending);
                silent(pending.number, pending.kind, Silence::Late, to, context);
            } else {
                self.post(request, pending, unposted, to, context);
            }
        }
    }

    fn settled(&mut self, request: u64, pending: &Pending) {
        self.deadlines.remove(&(pending.deadline_ms, request));
        self.bytes -= pending.bytes;
        if let Some(held) = self.held.get_mut(&pending.filler) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&pending.filler);
            }
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        let deadline_ms = self.deadlines.first().map(|(deadline_ms, _)| *deadline_ms);
        deadline_ms.into_iter().chain(self.let_go_ms).min()
    }

    /// Ends what is late, and lets go of what isn't asked any more.
    pub(super) fn wake(&mut self, name: &str, to: &Settings, context: &mut Context<'_>) {
        if self.let_go_ms.is_some_and(|at_ms| at_ms <= context.now.ms) {
            self.let_go(to, context);
        }
        while let Some((deadline_ms, request)) = self.deadlines.first().copied() {
            if deadline_ms > context.now.ms {
                return;
            }
            if let Some((pending, _)) = self.waiting.remove(&request) {
                self.settled(request, &pending);
                let reason = || {
                    "it waited too long for its turn: `concurrency_max` others were under way"
                        .to_owned()
                };
                self.complaints.note(name, pending.kind.name(), to, reason, context);
                silent(pending.number, pending.kind, Silence::Late, to, context);
            } else {
                self.answered(name, request, &Outcome::TimedOut, to, context);
            }
        }
    }

    /// What is known of how the target answers is of no use any more.
    pub(super) fn forget_failures(&mut self) {
        self.breaker = Breaker::default();
    }

    /// Nobody is asked any more.
    pub(super) fn dismiss(self, context: &mut Context<'_>) {
        let waiting = self.waiting.into_values().map(|(pending, _)| pending);
        for pending in self.under_way.into_values().chain(waiting) {
            context.counters.silent(Silence::Unconfigured);
            let verdict = Verdict::unavailable(Silence::Unconfigured);
            context.out.verdicts.push((pending.number, verdict));
        }
    }

    pub(super) fn gauge(&self, counters: &mut Counters) {
        counters.asks_under_way += self.under_way.len() as u64;
        counters.asks_waiting += self.waiting.len() as u64;
        counters.circuits_open += u64::from(!self.breaker.is_closed());
    }
}

/// An ask was posted and has no answer. Of a call nobody knows whether it was done. What is wrong
/// with one ask only may be the asking user's doing: it is refused, whatever is configured for an
/// application that is down.
fn unanswered(
    pending: &Pending,
    why: Silence,
    is_down: bool,
    to: &Settings,
    context: &mut Context<'_>,
) {
    let is_tried = match why {
        Silence::Late | Silence::Unreachable | Silence::Status | Silence::Huge | Silence::Wrong => {
            true
        }
        Silence::InnerAddress
        | Silence::Redirected
        | Silence::Busy
        | Silence::CircuitOpen
        | Silence::Unconfigured => false,
    };
    if pending.kind == AskKind::Call && is_tried {
        context.counters.silent(why);
        context.out.verdicts.push((pending.number, Verdict::unknown(why)));
    } else if is_down {
        silent(pending.number, pending.kind, why, to, context);
    } else {
        context.counters.silent(why);
        context.out.verdicts.push((pending.number, Verdict::unavailable(why)));
    }
}

/// An ask has no answer. It is refused, or allowed where that is configured and means something:
/// without an answer nobody knows who connects, or what a call returns. What was never asked since
/// too many were is refused, whatever is configured: a flood opens no door.
fn silent(number: u64, kind: AskKind, why: Silence, to: &Settings, context: &mut Context<'_>) {
    context.counters.silent(why);
    let verdict = match (to.no_answer, kind) {
        (NoAnswer::Refuse, _) | (NoAnswer::Allow, AskKind::Connect | AskKind::Call) => {
            Verdict::unavailable(why)
        }
        (
            NoAnswer::Allow,
            AskKind::CreateQueue | AskKind::Subscribe | AskKind::SendMessage | AskKind::SendState,
        ) if why == Silence::Busy => Verdict::unavailable(why),
        (
            NoAnswer::Allow,
            AskKind::CreateQueue | AskKind::Subscribe | AskKind::SendMessage | AskKind::SendState,
        ) => Verdict::Allow,
    };
    context.out.verdicts.push((number, verdict));
}
