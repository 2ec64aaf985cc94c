//! One queue as the client knows it: what waits for it, and how far its subscription got.

use std::collections::{BTreeMap, VecDeque};

use proto::c2g;

use super::operation::Operation;
use crate::{SubscribeOptions, limits};

/// The mark that `joined`, `left`, `mount_created` and `mount_deleted` move.
pub(super) const MEMBERS: &str = "members";

/// A queue that is subscribed, or has operations.
#[derive(Default)]
pub(super) struct Queue {
    /// Not sent yet.
    pub(super) waiting: VecDeque<Operation>,
    /// How many are unanswered.
    pub(super) in_flight: usize,
    pub(super) subscription: Option<Subscription>,
}

/// A subscription that the application has and keeps, whatever happens to connections.
pub(super) struct Subscription {
    pub(super) options: SubscribeOptions,
    pub(super) stage: Stage,
    pub(super) place: Option<Place>,
    /// The session is a member, as far as we know.
    pub(super) attached: bool,
    /// This connection's `connect` named it in `seen`.
    pub(super) named: bool,
    /// How often it was refused in a row.
    pub(super) refusals: u32,
}

/// Where a subscription is on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The queue has said yes.
    Standing,
    /// Asked for anew: operations wait for `subscribed`, lest they are refused to a non-member.
    Returning,
    /// Refused for now; to be asked for again.
    Paused { until_ms: u64 },
}

/// How far a subscription got.
pub(super) struct Place {
    pub(super) epoch: u64,
    pub(super) marks: BTreeMap<String, u64>,
}

impl Queue {
    /// Whether operations may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.subscription.as_ref().is_none_or(|subscription| subscription.stage == Stage::Standing)
    }

    pub(super) fn paused_until(&self) -> Option<u64> {
        match self.subscription.as_ref()?.stage {
            Stage::Paused { until_ms } => Some(until_ms),
            Stage::Standing | Stage::Returning => None,
        }
    }
}

impl Subscription {
    /// One that the queue has just said yes to.
    pub(super) fn new(options: SubscribeOptions) -> Subscription {
        Subscription {
            options,
            stage: Stage::Standing,
            place: None,
            attached: false,
            named: false,
            refusals: 0,
        }
    }

    /// The mark of a mount moves up.
    pub(super) fn reach(&mut self, mount: &str, seq: u64) {
        let Some(place) = &mut self.place else { return };
        if let Some(mark) = place.marks.get_mut(mount) {
            *mark = seq.max(*mark);
        } else if place.marks.len() < limits::MARKS_MAX {
            place.marks.insert(mount.to_owned(), seq);
        }
    }

    /// Whether something with this `seq` was there already.
    pub(super) fn has_reached(&self, mount: &str, seq: u64) -> bool {
        let mark = self.place.as_ref().and_then(|place| place.marks.get(mount));
        mark.is_some_and(|mark| seq <= *mark)
    }

    /// Forgets the mark of a mount that is gone.
    pub(super) fn forget(&mut self, mount: &str) {
        if let Some(place) = &mut self.place {
            place.marks.remove(mount);
        }
    }

    /// The request that brings the subscription back to where it was, with newer options if there
    /// are some.
    pub(super) fn ask_again(
        &self,
        queue: &str,
        newest: Option<&SubscribeOptions>,
    ) -> c2g::Subscribe {
        let options = newest.unwrap_or(&self.options);
        let since = self
            .place
            .as_ref()
            .map(|place| c2g::Since { epoch: place.epoch, marks: place.marks.clone() });
        // Old messages were had before; what is new comes by `since`.
        let history = if since.is_some() { 0 } else { options.history };
        c2g::Subscribe {
            op_id: 0,
            queue: queue.to_owned(),
            since,
            history,
            mounts: options.mounts.clone(),
            key_prefix: options.key_prefix.clone(),
        }
    }
}
