//! A node becomes the primary of a bucket: with what a copy has, or with nothing.

use proto::bucket::Loss;
use proto::limits::{DEAD_MS, TAKE_UP_AFTER_MS, TAKE_UP_EVERY_MS, TAKEN_UP_PER_TURN};
use proto::table::Row;

use super::application::{Cause, Happened};
use super::bucket::Bucket;
use super::clock::{Clock, NodeMs};
use super::copies::{Fellows, Inherited};
use super::held::Effect;
use super::local::Local;
use super::state::queue::QueueIndex;
use super::state::record::Record;
use super::state::tells::Tell;
use super::state::{LOG_GRACES, State};
use super::timers::Timer;
use super::turn::Turn;

/// What a new primary goes on from, beside its copy's state.
#[derive(Debug, Clone, Copy)]
pub struct Promotion {
    /// Its reign.
    pub reign: u64,
    /// What the primary before has said last that the bucket's clock shows; 0 if it hasn't.
    pub clock_ms: u64,
}

impl Bucket {
    /// Begins a reign: its first record.
    pub(crate) fn open(&mut self, turn: &mut Turn<'_>, reign: u64) {
        let faults = turn.shared.settings.faults();
        if faults.no_opening {
            return;
        }
        if faults.decides_before_opening {
            self.record(turn, Record::Noop, None);
        }
        let Loss(loss) = self.outputs.epochs().loss;
        self.record(turn, Record::Opened { reign, loss }, None);
    }

    /// Goes on from a copy, as the primary of this row.
    pub(crate) fn inherit(&mut self, turn: &mut Turn<'_>, had: Inherited, row: &Row) {
        let Inherited { state, tail, clock_ms } = had;
        // What others lack of the entries they get from here, and the opening behind them.
        self.fellows = Fellows::with_tail(tail);
        self.stream.follow();
        // Nothing is let out before it is known whom it waits for.
        self.meet_fellows(turn, row, false);
        self.promote(turn, state, Promotion { reign: row.reign, clock_ms });
        let own = self.outputs.bucket();
        for number in self.state.words().numbers() {
            if let Some(word) = self.state.words().get(number) {
                let home = turn.shared.rows.bucket(word.to()).unwrap_or(own);
                self.posted.kept(&mut turn.shared.unanswered, number, home, word);
            }
        }
    }

    /// Says again all that isn't answered or taken, when the opening of its reign is on every copy:
    /// before, what it says may be nobody else's.
    pub(crate) fn speak_again(&mut self, turn: &mut Turn<'_>) {
        let is_early = turn.shared.settings.faults().words_before_opening;
        for number in self.state.words().numbers() {
            let links = &mut turn.shared.links;
            if is_early || self.outputs.effect(links, Effect::Word { number }).is_some() {
                self.send_word(turn, number);
            }
        }
        let (bucket, couriers) = (self.outputs.bucket(), &turn.shared.couriers);
        let happened = |(n, tell): (u64, &Tell)| {
            let user = Some(&*tell.user).filter(|user| !user.is_empty());
            let cause = user.map_or(Cause::default(), |user| couriers.cause(user));
            Happened { bucket, n, cause, target: tell.target.clone() }
        };
        let tells: Vec<Happened> = self.state.tells().iter().map(happened).collect();
        for tell in tells {
            self.tell(turn, tell);
        }
    }

    /// Goes on with the state of a copy, as the primary of a new reign.
    pub(crate) fn promote(&mut self, turn: &mut Turn<'_>, copy: State, by: Promotion) {
        let faults = turn.shared.settings.faults();
        let copy = if faults.graces_go_on { copy.with_graces_that_go_on() } else { copy };
        let copy = if faults.word_number_reused { copy.with_words_counted_anew() } else { copy };
        self.take_over(turn, copy);
        // Never further than the clock has come for certain: an outage makes nothing end early.
        let shown_ms = self.state.newest().at_ms.max(by.clock_ms);
        let NodeMs(own_ms) = turn.node_ms();
        let shown_ms = if faults.clock_of_its_own { own_ms } else { shown_ms };
        self.clock = Clock::showing(shown_ms, turn.node_ms());
        self.open(turn, by.reign);
        let now = turn.node_ms();
        turn.shared.streams.fill_later(now);
        self.take_up_queues(turn);
        self.take_up_sessions(turn);
        let classes = turn.shared.classes.clone();
        self.configure(turn, &classes);
    }

    /// Goes on with the state of a copy that has the same records, and nothing else changes.
    pub(crate) fn stand_in(&mut self, turn: &mut Turn<'_>, copy: State) {
        self.take_over(turn, copy);
        // A copy lets go of old events when it comes to them: now it has to.
        let queues: Vec<QueueIndex> = self.state.queues().iter().map(|(index, _)| index).collect();
        let grace_ms = turn.shared.settings.grace_ms;
        if let Some(before_ms) = self.now_ms(turn).checked_sub(LOG_GRACES * grace_ms) {
            queues.into_iter().for_each(|index| self.pass_queue(turn, index, before_ms));
        }
    }

    /// Another state in the place of this one, and what the node counts of it.
    fn take_over(&mut self, turn: &mut Turn<'_>, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        self.outputs.go_on_from(self.state.newest().n);
        let shared = &mut *turn.shared;
        shared.sized(before.sizes(), self.state.sizes());
        for (origin, api_key, count) in before.keys().counts() {
            shared.key_shares.remove(origin, api_key, count);
        }
        for (origin, api_key, count) in self.state.keys().counts() {
            shared.key_shares.add_all(origin, api_key, count);
        }
        let counters = &mut shared.counters;
        let ((queues, members), (more, all)) = (counted(&before), counted(&self.state));
        counters.subscriptions = counters.subscriptions + all - members;
        counters.queues_created += more.saturating_sub(queues);
        counters.queues_destroyed += queues.saturating_sub(more);
    }

    /// What a process has of each queue; its deadlines are set by and by, so that a bucket of many
    /// queues serves as soon as one of few.
    fn take_up_queues(&mut self, turn: &mut Turn<'_>) {
        let now_ms = self.now_ms(turn);
        let question_ms = now_ms + turn.shared.settings.grace_ms;
        self.locals.reserve(self.state.queues().places() as usize);
        for (index, queue) in self.state.queues().iter() {
            if self.locals.is_there(index) {
                continue;
            }
            turn.shared.serials = turn.shared.serials.wrapping_add(1);
            let mut local = Local::new(now_ms, turn.shared.serials, Cause::default());
            (0..queue.members.len()).for_each(|_| local.came(now_ms));
            if !queue.members.is_empty() {
                local.question_ms = question_ms;
            }
            self.locals.came(index, local);
        }
        self.unarmed = 0..self.state.queues().places();
        let deadlines = Timer::Deadlines(self.outputs.bucket().prefix());
        turn.shared.timers.set(turn.node_ms().after(TAKE_UP_AFTER_MS), deadlines);
    }

    /// The next of these queues get their deadlines.
    pub(crate) fn set_deadlines(&mut self, turn: &mut Turn<'_>) {
        let end = self.unarmed.end.min(self.unarmed.start + TAKEN_UP_PER_TURN);
        for place in std::mem::replace(&mut self.unarmed.start, end)..end {
            if let Some(index) = self.state.queues().in_place(place) {
                self.wake(turn, index);
            }
        }
        if !self.unarmed.is_empty() {
            let deadlines = Timer::Deadlines(self.outputs.bucket().prefix());
            turn.shared.timers.set(turn.node_ms().after(TAKE_UP_EVERY_MS), deadlines);
        }
    }

    /// The deadlines of sessions whose user queues are here.
    fn take_up_sessions(&mut self, turn: &mut Turn<'_>) {
        let (prefix, grace_ms) = (self.outputs.bucket().prefix(), turn.shared.settings.grace_ms);
        let mut attached = Vec::new();
        for key in self.state.logins().in_order() {
            let Some(login) = self.state.logins().present(key) else { continue };
            match login.detached_ms {
                Some(ms) => self.wake_at(turn, ms + grace_ms, Timer::Grace(prefix, key)),
                None => attached.push(key),
            }
            if let Some(sweep) = login.sweep {
                self.wake_at(turn, sweep.due_ms, Timer::Sweep(prefix, key));
            }
        }
        // Their lanes introduce them as soon as they hear of the row, unless they died, too.
        let until = turn.node_ms().after(DEAD_MS);
        self.unintroduced = (attached, until);
        turn.shared.timers.set(until, Timer::Unintroduced(prefix));
    }

    /// The next sessions that no lane has introduced since the node took over are detached.
    pub(crate) fn detach_unintroduced(&mut self, turn: &mut Turn<'_>) {
        let (unintroduced, until) = &mut self.unintroduced;
        // A later reign has begun.
        if turn.node_ms() < *until || turn.shared.settings.faults().nobody_detaches {
            return;
        }
        let left = unintroduced.len().saturating_sub(TAKEN_UP_PER_TURN as usize);
        let next = unintroduced.split_off(left);
        if left > 0 {
            let timer = Timer::Unintroduced(self.outputs.bucket().prefix());
            turn.shared.timers.set(turn.node_ms().after(1), timer);
        }
        for key in next {
            if !self.seats.contains_key(&key) {
                self.detach_session(turn, key, 0);
            }
        }
    }
}

/// How many queues there are in a state, and members.
fn counted(state: &State) -> (u64, u64) {
    state.queues().iter().fold((0, 0), |(queues, members), (_, queue)| {
        (queues + 1, members + queue.members.len() as u64)
    })
}
