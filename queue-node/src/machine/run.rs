//! Who joined and left a queue in a turn, announced together.
//!
//! A run of subscribes and unsubscribes is let out before anything else is decided on the queue, or at
//! the end of the turn: first the words about members to those who were there before, then what the
//! new ones are told. So nobody hears of themselves, and nobody hears twice of anybody.

use std::rc::Rc;

use indexmap::IndexSet;
use proto::c2g::Since;
use proto::class::Presence;
use proto::g2c::EventKind;
use proto::ids::SessionId;
use proto::wire;

use super::bucket::{Bucket, Draft};
use super::hashing::Numbers;
use super::queue::{Mount, QueueIndex};
use super::record::Step;
use super::replay::MEMBERS;
use super::session::{SessionKey, UserKey};
use super::state_mount::{self, KeyStep};
use super::turn::Turn;

/// What a run has gathered.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Sessions that wait for `subscribed`.
    pub(crate) joins: Vec<Join>,
    /// Whoever joined or left in it: each user once.
    pub(crate) users: IndexSet<UserKey, Numbers>,
    pub(crate) joined: Vec<Rc<str>>,
    pub(crate) left: Vec<Gone>,
}

/// A session that waits for `subscribed`.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) session: SessionKey,
    pub(crate) since: Option<Since>,
    pub(crate) history: usize,
}

/// A session that left.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) user: Rc<str>,
    pub(crate) session: SessionId,
    /// It was the user's last one.
    pub(crate) announced: bool,
    pub(crate) reason: Rc<str>,
}

impl Bucket {
    /// The run of the queue, to be let out at the end of the turn at the latest.
    pub(crate) fn run(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> &mut Run {
        self.mark(turn, index);
        self.queues[index].run.get_or_insert_default()
    }

    /// Lets out what the queue's run has gathered. False: nobody is left, and the queue is no more.
    pub(crate) fn settle(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        let Some(run) = self.queues[index].run.take() else { return true };
        let times = if turn.shared.settings.faults.joined_twice { 2 } else { 1 };
        for _ in 0..times {
            self.announce(turn, index, EventKind::Joined, &run.joined, "");
        }
        self.announce_left(turn, index, &run.left);
        for gone in &run.left {
            self.delete_keys_of(turn, index, gone);
        }
        let mut prepared = None;
        for join in &run.joins {
            self.subscribed(turn, index, join, &mut prepared);
        }
        self.rest_or_go(turn, index)
    }

    /// The turn ends for a queue that was marked.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        self.queues[index].is_dirty = false;
        if self.queues[index].run.is_some() {
            self.settle(turn, index);
        } else {
            self.rest_or_go(turn, index);
        }
    }

    /// A queue without members goes at once if its class says so, else after its idle time.
    fn rest_or_go(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        let queue = &mut self.queues[index];
        if !queue.members.is_empty() {
            return true;
        }
        let idle_ttl_ms = queue.class.class.idle_ttl_ms;
        if idle_ttl_ms == 0 {
            self.destroy(turn, index);
            return false;
        }
        queue.idle_ms = turn.now.ms;
        self.arm(turn, index, turn.now.ms.saturating_add(idle_ttl_ms));
        true
    }

    fn announce_left(&mut self, turn: &mut Turn<'_>, index: QueueIndex, left: &[Gone]) {
        for alike in left.chunk_by(|one, other| one.reason == other.reason) {
            let users: Vec<Rc<str>> =
                alike.iter().filter(|gone| gone.announced).map(|gone| gone.user.clone()).collect();
            self.announce(turn, index, EventKind::Left, &users, &alike[0].reason);
        }
    }

    fn announce(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: EventKind,
        users: &[Rc<str>],
        reason: &str,
    ) {
        let queue = &self.queues[index];
        if users.is_empty() || queue.class.class.presence != Presence::Users {
            return;
        }
        let body = &mut turn.shared.body;
        body.clear();
        wire::put_uint(body, 3, queue.seq + 1);
        for user in users {
            wire::put_bytes(body, 4, user.as_bytes());
        }
        wire::put_bytes(body, 5, reason.as_bytes());
        let event = self.event(turn, index, Draft { kind, mount: MEMBERS, exclude: None });
        self.emit(turn, index, Step::Event(event));
    }

    /// The keys that were there only while this session was.
    fn delete_keys_of(&mut self, turn: &mut Turn<'_>, index: QueueIndex, gone: &Gone) {
        for place in 0..self.queues[index].mounts.len() {
            let steps = match &self.queues[index].mounts[place] {
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
            let queue = &self.queues[index];
            let mount = &queue.class.class.mounts[place].name;
            turn.shared.body.clear();
            state_mount::put_body(&mut turn.shared.body, mount, from, queue.seq + 1, part);
            let draft = Draft { kind: EventKind::State, mount: place as u8, exclude: None };
            let event = self.event(turn, index, draft);
            self.emit(turn, index, Step::State(event, part.to_vec()));
        }
    }
}
