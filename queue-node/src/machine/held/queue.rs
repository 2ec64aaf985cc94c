//! Turns that wait, in their order, and what for.

use std::collections::VecDeque;

use link::machine::{LinkId, Outbox};
use smallvec::SmallVec;

use super::effect::Effect;
use super::turn::HeldTurn;
use super::{Acknowledged, Fellow};

/// Turns of the buckets that share it, or of one.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// A wait set, in order.
    waits: SmallVec<[Wait; 2]>,
    /// The turn that is going on.
    pub(super) open: HeldTurn,
    /// Those that have ended, oldest first. A later one never has all its tickets before an
    /// earlier one.
    filed: VecDeque<Filed>,
    /// How many buckets share it.
    pub(super) users: usize,
}

/// A node that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    fellow: Fellow,
    /// No batch has all that it lacks: what it acknowledges isn't about this bucket.
    lags: bool,
}

/// A turn that has ended.
#[derive(Debug)]
struct Filed {
    turn: HeldTurn,
    tickets: Tickets,
}

/// What has to be acknowledged: by each node its batch, if one has been sent that counts.
type Tickets = SmallVec<[(Fellow, Option<u64>); 2]>;

/// What was released, and turns to be used again.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// Links whose buffers have got something.
    pub(super) links: Vec<LinkId>,
    /// Effects that are to be carried out, each with the prefix of its bucket.
    pub(super) effects: VecDeque<(u32, Effect)>,
    spare: Vec<HeldTurn>,
}

/// So many turns are kept to be used again: those that wait while a copy acknowledges.
const SPARE_TURNS: usize = 32;

impl Queue {
    /// Waits for these from now on.
    pub(super) fn wait_for(&mut self, fellows: &[Fellow]) {
        let before = std::mem::take(&mut self.waits);
        let lags = |fellow: Fellow| {
            let lagged = || before.iter().any(|wait| wait.fellow == fellow && wait.lags);
            fellow == Fellow::NOBODY || lagged()
        };
        let stops = fellows.contains(&Fellow::NOBODY);
        self.waits = fellows.iter().map(|one| Wait { fellow: *one, lags: lags(*one) }).collect();
        self.waits.sort_unstable_by_key(|wait| wait.fellow);
        for filed in &mut self.filed {
            filed.tickets.retain(|(fellow, _)| fellows.contains(fellow));
            if stops && !filed.tickets.contains(&(Fellow::NOBODY, None)) {
                filed.tickets.push((Fellow::NOBODY, None));
            }
        }
    }

    /// Whether it waits for just these.
    pub(super) fn is_set(&self, fellows: &[Fellow]) -> bool {
        self.waits.len() == fellows.len() && fellows.iter().all(|one| self.waits_for(*one))
    }

    /// Whether this node is waited for.
    pub(super) fn waits_for(&self, fellow: Fellow) -> bool {
        self.waits.iter().any(|wait| wait.fellow == fellow)
    }

    /// What this node hasn't acknowledged by now waits until it has caught up.
    pub(super) fn lags(&mut self, fellow: Fellow, acknowledged: u64) {
        for wait in self.waits.iter_mut().filter(|wait| wait.fellow == fellow) {
            wait.lags = true;
        }
        for filed in &mut self.filed {
            let has = |batch: Option<u64>| batch.is_some_and(|batch| batch <= acknowledged);
            filed.tickets.retain(|(of, batch)| *of != fellow || !has(*batch));
            let tickets = filed.tickets.iter_mut().filter(|(of, _)| *of == fellow);
            tickets.for_each(|(_, batch)| *batch = None);
        }
    }

    /// This node catches up with this batch.
    pub(super) fn caught_up(&mut self, fellow: Fellow, batch: u64) {
        for wait in self.waits.iter_mut().filter(|wait| wait.fellow == fellow) {
            wait.lags = false;
        }
        let tickets = self.filed.iter_mut().flat_map(|filed| &mut filed.tickets);
        for (_, ticket) in tickets.filter(|(of, ticket)| *of == fellow && ticket.is_none()) {
            *ticket = Some(batch);
        }
    }

    /// Whether its bucket may share a queue with others that wait for the same nodes.
    pub(super) fn may_share(&self) -> bool {
        !self.waits.is_empty() && !self.waits.iter().any(|wait| wait.lags)
    }

    /// Whether buckets share it that wait for the same nodes as this one.
    pub(super) fn is_for(&self, own: &Queue) -> bool {
        self.users > 0 && self.waits == own.waits
    }

    /// Whether no bucket has anything to do with it.
    pub(super) fn is_unused(&self) -> bool {
        self.users == 0 && self.is_empty()
    }

    /// One more bucket shares it.
    pub(super) fn share(&mut self, own: &Queue) {
        self.waits.clone_from(&own.waits);
        self.users += 1;
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.filed.is_empty() && self.open.is_empty()
    }

    /// A bucket shares it no more: all that is of it goes behind what its own queue has.
    pub(super) fn cut(&mut self, prefix: u32, own: &mut Queue, released: &mut Released) {
        for filed in &mut self.filed {
            let mut turn = released.spare();
            if filed.turn.cut(prefix, &mut turn) {
                own.filed.push_back(Filed { turn, tickets: filed.tickets.clone() });
            } else {
                released.keep(turn);
            }
        }
        self.open.cut(prefix, &mut own.open);
        self.users -= 1;
        if self.users == 0 {
            // Nothing is left in these.
            self.filed.drain(..).for_each(|filed| released.keep(filed.turn));
            self.open.clear();
        }
    }

    /// Files what was let out in the turn that ends.
    pub(super) fn end_turn(
        &mut self,
        waits_for_some: bool,
        released: &mut Released,
        out: &mut Outbox,
        batch: &mut impl FnMut(Fellow) -> u64,
    ) {
        if self.open.is_empty() {
            return;
        }
        let ticket = |wait: &Wait| (wait.fellow, (!wait.lags).then(|| batch(wait.fellow)));
        let mut tickets: Tickets = self.waits.iter().map(ticket).collect();
        if waits_for_some {
            tickets.truncate(1);
        }
        let mut turn = std::mem::replace(&mut self.open, released.spare());
        turn.buffers().iter().for_each(|buffer| out.hold(buffer.link, buffer.bytes.len()));
        self.filed.push_back(Filed { turn, tickets });
    }

    /// Lets out what waits for nothing more.
    pub(super) fn release(
        &mut self,
        acknowledged: &Acknowledged,
        released: &mut Released,
        out: &mut Outbox,
    ) {
        let has = |(fellow, batch): &(Fellow, Option<u64>)| {
            batch.is_some_and(|batch| acknowledged.get(fellow).is_some_and(|known| *known >= batch))
        };
        while let Some(mut filed) = self.filed.pop_front_if(|filed| filed.tickets.iter().all(has)) {
            released.turn(&mut filed.turn, true, out);
            released.keep(filed.turn);
        }
    }

    /// A link went down.
    pub(super) fn link_down(&mut self, link: LinkId) {
        self.open.link_down(link);
        self.filed.iter_mut().for_each(|filed| filed.turn.link_down(link));
    }

    /// What waits is for nobody.
    pub(super) fn drop_all(mut self, out: &mut Outbox) {
        self.filed.iter_mut().for_each(|filed| filed.turn.drop_all(out));
    }
}

impl Released {
    /// Lets out all of a turn. If it was filed, its bytes are counted as held.
    pub(super) fn turn(&mut self, turn: &mut HeldTurn, was_filed: bool, out: &mut Outbox) {
        for buffer in turn.buffers().iter_mut().filter(|buffer| !buffer.bytes.is_empty()) {
            if was_filed {
                out.let_go(buffer.link, buffer.bytes.len());
            }
            out.swap_in(buffer.link, &mut buffer.bytes);
            self.links.push(buffer.link);
        }
        self.effects.extend(turn.effects.drain(..));
    }

    fn spare(&mut self) -> HeldTurn {
        self.spare.pop().unwrap_or_default()
    }

    fn keep(&mut self, mut turn: HeldTurn) {
        if self.spare.len() < SPARE_TURNS {
            turn.clear();
            self.spare.push(turn);
        }
    }
}
