//! Who joined and left a queue in a turn, announced together.
//!
//! A run of subscribes and unsubscribes is let out before anything else is decided on the queue, or
//! at the end of the turn: first the words about members to those who were there before, then what
//! the new ones are told. So nobody hears of themselves, and nobody hears twice of anybody.

use std::rc::Rc;

use indexmap::IndexSet;
use proto::c2g::Since;
use proto::class::{Presence, TellKind};
use proto::g2c::EventKind;
use proto::g2c::field::joined;
use proto::ids::{Generation, SessionId};
use proto::wire;

use super::application::About;
use super::bucket::Bucket;
use super::hashing::Numbers;
use super::state::event_ring::MEMBERS;
use super::state::people::{SessionKey, UserKey};
use super::state::queue::{Mount, QueueIndex};
use super::state::record::{Draft, Step};
use super::state::state_mount::{self, KeyStep};
use super::turn::Turn;

/// What a run has gathered.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Sessions that wait for `subscribed`.
    pub(crate) joins: Vec<Join>,
    /// Whoever joined or left in it: each user once.
    pub(crate) users: IndexSet<UserKey, Numbers>,
    pub(crate) joined: Vec<Came>,
    pub(crate) left: Vec<Gone>,
    /// Nobody was in the queue when it began.
    pub(crate) was_empty: bool,
}

/// Runs that were let out, for their vectors.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "a queue takes one with its box and gives it back with it")]
pub(crate) struct SpareRuns(Vec<Box<Run>>);

/// A session that waits for `subscribed`.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) session: SessionKey,
    pub(crate) since: Option<Since>,
    pub(crate) history: usize,
}

/// A user's first session.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) user: Rc<str>,
    pub(crate) session: SessionId,
    pub(crate) generation: Option<Generation>,
}

/// A session that left.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) user: Rc<str>,
    pub(crate) session: SessionId,
    pub(crate) generation: Option<Generation>,
    /// It was the user's last one.
    pub(crate) announced: bool,
    pub(crate) reason: Option<Rc<str>>,
}

/// A run that was larger isn't kept for another use.
const REUSED_MAX: usize = 64;
/// So many are kept: the queues of a busy turn.
const SPARE_MAX: usize = 256;

impl Run {
    /// Keeps the run's vectors for the next, unless there are enough or they are large.
    fn reuse(mut self: Box<Self>, spare: &mut SpareRuns) {
        let SpareRuns(spare) = spare;
        let largest = self.joins.len().max(self.left.len()).max(self.users.len());
        if spare.len() < SPARE_MAX && largest <= REUSED_MAX {
            self.joins.clear();
            self.users.clear();
            self.joined.clear();
            self.left.clear();
            spare.push(self);
        }
    }
}

#[cfg(test)]
impl SpareRuns {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Bucket {
    /// The run of the queue, to be let out at the end of the turn at the latest. `users` is how
    /// many there were before what it is to have.
    pub(crate) fn run(&mut self, turn: &mut Turn<'_>, index: QueueIndex, users: u32) -> &mut Run {
        self.list_dirty(turn, index);
        let SpareRuns(spare) = &mut turn.shared.spare_runs;
        self.locals[index].run.get_or_insert_with(|| {
            let mut run = spare.pop().unwrap_or_default();
            run.was_empty = users == 0;
            run
        })
    }

    /// Lets out what the queue's run has gathered. False: nobody is left, and the queue is no more.
    pub(crate) fn settle(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        if self.locals[index].run.is_none() {
            return true;
        }
        self.beforehand(turn, |bucket, turn| bucket.let_run_out(turn, index))
    }

    fn let_run_out(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        let Some(run) = self.locals[index].run.take() else { return true };
        // Only the web application can hear of what happened in a queue that goes with its last
        // member.
        let is_told = self.state.queue(index).class.tells_any();
        if is_told || !self.goes_at_once(index) {
            let seq = self.state.queue(index).seq;
            self.let_out(turn, index, &run);
            if is_told {
                self.tell_of_run(turn, index, &run, seq);
            }
        }
        run.reuse(&mut turn.shared.spare_runs);
        self.rest_or_go(turn, index)
    }

    fn let_out(&mut self, turn: &mut Turn<'_>, index: QueueIndex, run: &Run) {
        let times = if turn.shared.settings.faults().joined_twice { 2 } else { 1 };
        for _ in 0..times {
            let users = run.joined.iter().map(|came| &*came.user);
            self.announce(turn, index, EventKind::Joined, users, "");
        }
        self.announce_left(turn, index, &run.left);
        for gone in &run.left {
            self.delete_keys_of(turn, index, gone);
        }
        let mut is_prepared = false;
        for join in &run.joins {
            self.subscribed(turn, index, join, &mut is_prepared);
        }
    }

    /// Whether the queue has no members and may not be without.
    fn goes_at_once(&self, index: QueueIndex) -> bool {
        let queue = self.state.queue(index);
        queue.members.is_empty() && queue.class.class.idle_ttl_ms == 0
    }

    /// The turn ends for a queue that was marked.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        self.locals[index].is_dirty = false;
        if self.locals[index].run.is_some() {
            self.settle(turn, index);
        } else {
            self.rest_or_go(turn, index);
        }
    }

    /// A queue without members goes at once if its class says so, else after its idle time.
    fn rest_or_go(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        if self.goes_at_once(index) {
            self.destroy(turn, index, "idle");
            return false;
        }
        let queue = self.state.queue(index);
        if !queue.members.is_empty() {
            return true;
        }
        let idle_ttl_ms = queue.class.class.idle_ttl_ms;
        let now_ms = self.now_ms(turn);
        self.locals[index].idle_ms = now_ms;
        self.arm(turn, index, now_ms.saturating_add(idle_ttl_ms));
        true
    }

    /// Tells the web application what a run came to, whose events begin above this number.
    fn tell_of_run(&mut self, turn: &mut Turn<'_>, index: QueueIndex, run: &Run, mut seq: u64) {
        seq += u64::from(!run.joined.is_empty());
        for Came { user, session, generation } in &run.joined {
            let (session, generation) = (Some(*session), *generation);
            let about = About { seq, user, session, generation, reason: "" };
            self.tell_application(turn, index, TellKind::Joined, about);
        }
        let about = About { seq, ..About::default() };
        let is_empty = self.state.queue(index).members.is_empty();
        if run.was_empty && !is_empty {
            self.tell_application(turn, index, TellKind::QueueFirstJoin, about);
        }
        for alike in run.left.chunk_by(|one, other| one.reason == other.reason) {
            seq += u64::from(alike.iter().any(|gone| gone.announced));
            for gone in alike.iter().filter(|gone| gone.announced) {
                let (session, generation) = (Some(gone.session), gone.generation);
                let reason = gone.reason.as_deref().unwrap_or("");
                let about = About { seq, user: &gone.user, session, generation, reason };
                self.tell_application(turn, index, TellKind::Left, about);
            }
        }
        if !run.was_empty && is_empty {
            let about = About { seq, ..About::default() };
            self.tell_application(turn, index, TellKind::QueueLastLeave, about);
        }
    }

    /// The same of a queue that goes with whoever is in it: nobody else hears of who leaves.
    pub(crate) fn tell_of_disbanding(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let Some(run) = self.locals[index].run.take() else { return };
        if self.state.queue(index).class.tells_any() {
            let seq = self.state.queue(index).seq;
            self.announce_left(turn, index, &run.left);
            self.tell_of_run(turn, index, &run, seq);
        }
        run.reuse(&mut turn.shared.spare_runs);
    }

    fn announce_left(&mut self, turn: &mut Turn<'_>, index: QueueIndex, left: &[Gone]) {
        for alike in left.chunk_by(|one, other| one.reason == other.reason) {
            let users = alike.iter().filter(|gone| gone.announced).map(|gone| &*gone.user);
            let reason = alike[0].reason.as_deref().unwrap_or("");
            self.announce(turn, index, EventKind::Left, users, reason);
        }
    }

    fn announce<'a>(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: EventKind,
        users: impl Iterator<Item = &'a str>,
        reason: &str,
    ) {
        let queue = self.state.queue(index);
        let mut users = users.peekable();
        if users.peek().is_none() || queue.class.class.presence != Presence::Users {
            return;
        }
        let body = &mut turn.shared.body;
        body.clear();
        wire::put_uint(body, joined::SEQ, queue.seq + 1);
        for user in users {
            wire::put_bytes(body, joined::USERS, user.as_bytes());
        }
        wire::put_bytes(body, joined::REASON, reason.as_bytes());
        let draft = Draft { kind, mount: MEMBERS, exclude: None };
        self.emit(turn, index, Step::Event(draft));
    }

    /// The keys that were there only while this session was.
    fn delete_keys_of(&mut self, turn: &mut Turn<'_>, index: QueueIndex, gone: &Gone) {
        for place in 0..self.state.queue(index).mounts.len() {
            let steps = match &self.state.queue(index).mounts[place] {
                Mount::State(Some(mount)) => mount.left_by(gone.session),
                Mount::State(None) | Mount::Message(_) => Vec::new(),
            };
            self.delete_keys(turn, index, place, &gone.user, steps);
        }
    }

    /// Deletes keys of a mount on nobody's demand.
    pub(crate) fn delete_keys(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        place: usize,
        from: &str,
        steps: Vec<KeyStep>,
    ) {
        for part in steps.chunks(proto::limits::CHANGES_MAX) {
            let queue = self.state.queue(index);
            let mount = &queue.class.class.mounts[place].name;
            turn.shared.body.clear();
            state_mount::put_body(&mut turn.shared.body, mount, from, queue.seq + 1, part);
            let draft = Draft { kind: EventKind::State, mount: place as u8, exclude: None };
            self.emit(turn, index, Step::State(draft, part.to_vec()));
        }
    }
}
