//! What a primary does: decides, sends, counts acknowledgements, releases (sections 4 and 5).

use super::link::{Down, Sent, Up};
use super::log::{Log, Record};
use super::plants::{Plant, Rules};
use super::row::{Owner, PLACES, Place, Set, place as place_of};
use super::state::{Broken, Held, Output, Proposal, Role, Stage, State, What};

/// So many batches of a link may be unacknowledged in this model.
pub(crate) const UNACKNOWLEDGED_MAX: usize = 2;

impl State {
    /// S7: whom a turn waits for.
    pub(crate) fn wait_set(&self, place: Place, rules: Rules) -> Set {
        let node = self.node(place);
        let Some(row) = node.row else { return Set::EMPTY };
        let mut set = row.in_sync;
        if let Some((owner, _)) = node.awaited {
            set = set.with(owner);
        }
        match node.proposal {
            Some(Proposal { what: What::Add, owner, .. })
                if !rules.lacks(Plant::ProposesThenWaits) =>
            {
                set = set.with(owner);
            }
            Some(Proposal { what: What::Drop | What::DropLacking, owner, .. })
                if rules.lacks(Plant::StopsBeforeRow) =>
            {
                set = set.without(owner);
            }
            Some(_) | None => {}
        }
        set.without(self.owner(place))
    }

    /// Whether there is space for another batch to everybody who gets one.
    pub(crate) fn can_send(&self, place: Place) -> bool {
        self.node(place).fellows.iter().all(|fellow| fellow.sent.len() < UNACKNOWLEDGED_MAX)
    }

    /// Decides a write, or answers it again if its record is here, and ends the turn.
    pub(crate) fn decide_write(&mut self, place: Place, write: u8, loss: u8, rules: Rules) {
        let node = self.node_mut(place);
        let from = node.state.n();
        if !node.state.has_write(write) {
            let reign = node.exact().1;
            node.state.push(Record::new(reign, write));
        }
        self.hold(place, Output::Written(write), loss, rules);
        self.end_turn(place, from, rules);
    }

    /// Decides a read, and ends the turn.
    pub(crate) fn decide_read(&mut self, place: Place, loss: u8, rules: Rules) {
        let from = self.node(place).state.n();
        let seen = self.shown[usize::from(loss)].n();
        self.hold(place, Output::Read(seen), loss, rules);
        self.end_turn(place, from, rules);
    }

    fn hold(&mut self, place: Place, what: Output, loss: u8, rules: Rules) {
        let mut waits = self.wait_set(place, rules);
        let round = matches!(what, Output::Read(_));
        if rules.lacks(Plant::AckByTimeout) || (round && rules.lacks(Plant::ReadWithoutRound)) {
            waits = Set::EMPTY;
        }
        let node = self.node_mut(place);
        let n = node.state.n();
        node.held.push(Held { what, loss, n, waits });
    }

    /// The units behind `from` go out, then what waits for nobody (S8).
    pub(crate) fn end_turn(&mut self, place: Place, from: u8, rules: Rules) {
        for fellow in 0..PLACES {
            if matches!(self.fellow(place, fellow).stage, Stage::Streaming | Stage::Filling(_)) {
                self.send_batch(place, fellow, None, from, rules);
            }
        }
        self.release(place);
    }

    /// One part and the batch around it. `from`: the units behind this record.
    pub(crate) fn send_batch(
        &mut self,
        place: Place,
        to: Place,
        after: Option<u8>,
        from: u8,
        rules: Rules,
    ) {
        let node = self.node(place);
        let exact = node.exact();
        let units = node.state.behind(from);
        let committed = self.committed(place, rules);
        let part = Down::Batch { exact, after, from, units, committed };
        self.send(place, to, part, false);
    }

    fn send(&mut self, place: Place, to: Place, what: Down, last: bool) {
        let node = self.node(place);
        let n = node.state.n();
        let covers = node.held.iter().fold(0, |bits, held| bits | held.what.bit());
        self.fellow_mut(place, to).sent.push(Sent { counts: true, n, covers, last });
        self.link_mut(place, to).say(what);
    }

    /// The highest record that everybody in the wait set has acknowledged (S9).
    pub(crate) fn committed(&self, place: Place, rules: Rules) -> u8 {
        let n = self.node(place).state.n();
        let acked = self.wait_set(place, rules);
        let acked = acked.iter().map(|owner| self.fellow(place, place_of(owner)).acked);
        if rules.lacks(Plant::CommittedOfFirstAck) {
            return acked.max().unwrap_or(n).min(n);
        }
        acked.min().unwrap_or(n).min(n)
    }

    /// Says `Lead` on a link that is up.
    pub(crate) fn lead(&mut self, place: Place, to: Place) {
        let Some(row) = self.node(place).row else { return };
        self.fellow_mut(place, to).stage = Stage::Asked(row.conf);
        self.link_mut(place, to).say(Down::Lead(row));
    }

    /// The fellow is led anew before anything of it counts.
    fn lead_anew(&mut self, place: Place, fellow: Place) {
        let it = self.fellow_mut(place, fellow);
        it.nothing_counts();
        it.stage = Stage::Away;
        self.let_go_of_late(place, fellow);
    }

    /// The last slice.
    pub(crate) fn send_last(&mut self, place: Place, to: Place) {
        let exact = self.node(place).exact();
        self.fellow_mut(place, to).stage = Stage::Filling(true);
        self.send(place, to, Down::Last { exact }, true);
    }

    /// The next of what came back on the link to `from`. `short`: a tail that may be trimmed is.
    pub(crate) fn read_up(&mut self, place: Place, from: Place, short: bool, rules: Rules) {
        match self.link_mut(place, from).up.remove(0) {
            Up::Have { conf, state_n, log } => {
                if self.answers_newest_lead(place, from, conf, rules) {
                    self.read_have(place, from, state_n, log.as_ref(), short, rules);
                }
            }
            Up::Ack => self.read_ack(place, from, rules),
            Up::Row(row) => {
                // S6: no acknowledgement behind it counts until the bucket is led anew.
                if !rules.lacks(Plant::RowIgnoredBeforeAck) {
                    self.lead_anew(place, from);
                    if !self.node(place).holds || rules.lacks(Plant::ActsBehindItsAnswer) {
                        self.hear(place, row, rules);
                    }
                }
            }
        }
    }

    /// Whether the tail may be too short for what this `Have` says: then both must be right.
    pub(crate) fn tail_may_be_short(&self, place: Place, from: Place) -> bool {
        let Some(Up::Have { conf, state_n, log: Some(log) }) = self.link(place, from).up.first()
        else {
            return false;
        };
        let node = self.node(place);
        let common = node.state.common(log, first_reign(node.loss()));
        self.answers_newest_lead(place, from, *conf, Rules::whole())
            && common.is_some_and(|c| c >= *state_n && c < node.floor)
    }

    /// A fellow that was led anew may have dropped what it told in its answer before.
    fn answers_newest_lead(&self, place: Place, from: Place, conf: u8, rules: Rules) -> bool {
        let stage = self.fellow(place, from).stage;
        let old = rules.lacks(Plant::OldHaveTaken) && matches!(stage, Stage::Asked(_));
        stage == Stage::Asked(conf) || old
    }

    fn read_have(
        &mut self,
        place: Place,
        from: Place,
        state_n: u8,
        log: Option<&Log>,
        short: bool,
        rules: Rules,
    ) {
        let it = self.owner(from);
        let node = self.node(place);
        let Some(row) = node.row else { return };
        let proposed = node
            .proposal
            .is_some_and(|proposal| proposal.what == What::Add && proposal.owner == it);
        let bound = row.in_sync.has(it) || (proposed && !rules.lacks(Plant::ProposedIsFilled));
        let first = first_reign(row.loss);
        let common = log.and_then(|log| {
            if rules.lacks(Plant::PrefixByNumber) {
                return Some(log.n().min(node.state.n()));
            }
            node.state.common(log, first)
        });
        let usable = common.filter(|&c| state_n <= c || rules.lacks(Plant::CutBelowState));
        match usable {
            Some(_) if bound && short => {
                if self.boss.memory.reports.is_none() {
                    self.break_by(Broken::CantBe("a member's units are gone"));
                }
                self.fellow_mut(place, from).stage = Stage::Lacking;
            }
            Some(c) if !(short || proposed && rules.lacks(Plant::ProposedIsFilled)) => {
                let fellow = self.fellow_mut(place, from);
                fellow.stage = Stage::Streaming;
                if rules.lacks(Plant::HaveAcknowledges) {
                    let has = log.map_or(0, Log::n);
                    fellow.acked = has;
                    let held = self.node_mut(place).held.iter_mut();
                    held.filter(|held| held.n <= has)
                        .for_each(|held| held.waits = held.waits.without(it));
                    self.release(place);
                }
                self.send_batch(place, from, Some(c), c, rules);
            }
            Some(_) | None if bound => self.fellow_mut(place, from).stage = Stage::Lacking,
            Some(_) | None => {
                let node = self.node(place);
                let (exact, state) = (node.exact(), node.state);
                let fellow = self.fellow_mut(place, from);
                fellow.stage = Stage::Filling(false);
                fellow.acked = 0;
                self.send(place, from, Down::First { exact, state }, false);
            }
        }
    }

    fn read_ack(&mut self, place: Place, from: Place, rules: Rules) {
        let it = self.owner(from);
        let fellow = self.fellow_mut(place, from);
        if fellow.sent.is_empty() {
            return;
        }
        let sent = fellow.sent.remove(0);
        if !sent.counts {
            return;
        }
        if sent.last {
            fellow.stage = Stage::Streaming;
        }
        let early = rules.lacks(Plant::LevelWithoutLastSlice);
        if early && matches!(fellow.stage, Stage::Filling(_)) {
            fellow.stage = Stage::Streaming;
        }
        if fellow.stage == Stage::Streaming {
            fellow.acked = fellow.acked.max(sent.n);
        }
        let some = rules.lacks(Plant::WaitsForSome);
        for held in &mut self.node_mut(place).held {
            if sent.covers & held.what.bit() != 0 {
                held.waits = if some { Set::EMPTY } else { held.waits.without(it) };
            }
        }
        self.raise_floor(place, rules);
        self.release(place);
    }

    /// P17: what somebody in the wait set hasn't acknowledged is kept.
    fn raise_floor(&mut self, place: Place, rules: Rules) {
        let n = self.node(place).state.n();
        let set = self.wait_set(place, rules);
        let acked = set.iter().map(|owner| self.fellow(place, place_of(owner)).acked);
        let floor = acked.min().unwrap_or(n);
        let node = self.node_mut(place);
        node.floor = node.floor.max(floor);
    }

    /// A row of the same reign ends the open proposal (G3), and the wait set is that of the row.
    pub(crate) fn hear_of_same_reign(&mut self, place: Place, skipped: bool, rules: Rules) {
        let node = self.node_mut(place);
        let Some(row) = node.row else { return };
        let proposed = node.proposal.take();
        node.awaited = node.awaited.filter(|&(owner, _)| {
            row.learners.has(owner) && proposed.is_none_or(|proposal| proposal.owner != owner)
        });
        for fellow in 0..PLACES {
            let it = self.owner(fellow);
            // Behind a row that wasn't heard a learner may have been dropped, and be one again.
            let anew = skipped && !rules.lacks(Plant::SkippedRowNotLed);
            if !row.names(it) || (anew && row.learners.has(it)) {
                self.fellow_mut(place, fellow).acked = 0;
                self.lead_anew(place, fellow);
            }
        }
        self.file_anew(place, rules);
    }

    /// S8b: what waits is filed under the rest of its nodes.
    pub(crate) fn file_anew(&mut self, place: Place, rules: Rules) {
        let set = self.wait_set(place, rules);
        for held in &mut self.node_mut(place).held {
            held.waits = held.waits.and(set);
        }
        self.raise_floor(place, rules);
        self.release(place);
    }

    /// Lets out what waits for nobody, in order.
    fn release(&mut self, place: Place) {
        while self.node(place).role == Role::Primary {
            let Some(&held) = self.node(place).held.first() else { break };
            if !held.waits.is_empty() {
                break;
            }
            self.node_mut(place).held.remove(0);
            self.show(place, held);
        }
        let held = self.node(place).held.iter().fold(0, |bits, held| bits | held.what.bit());
        for fellow in &mut self.node_mut(place).fellows {
            for sent in &mut fellow.sent {
                sent.covers &= held;
            }
        }
    }

    /// An output leaves: it speaks of the log up to `held.n`.
    fn show(&mut self, place: Place, held: Held) {
        let log = self.node(place).state.up_to(held.n);
        let shown = &mut self.shown[usize::from(held.loss)];
        // What is shown under a lower loss is announced as lost.
        let lost = held.loss < self.boss.row.loss;
        let agrees = log.begins_with(shown) || shown.begins_with(&log) || lost;
        if log.begins_with(shown) {
            *shown = log;
        }
        if !agrees && self.boss.memory.blind {
            self.contradicted |= 1 << held.loss;
        }
        match held.what {
            Output::Read(seen) if !agrees || (held.n < seen && !lost) => {
                self.break_by(Broken::Read)
            }
            Output::Written(_) if !agrees => self.break_by(Broken::Shown),
            Output::Read(_) | Output::Written(_) => {}
        }
    }

    /// G1: from here on all that is decided waits for this learner, too.
    pub(crate) fn await_learner(&mut self, place: Place, owner: Owner) {
        let n = self.node(place).state.n();
        self.node_mut(place).awaited = Some((owner, n));
    }

    /// An awaited learner whose link ends is let go of, unless it is proposed.
    pub(crate) fn let_go_of_late(&mut self, place: Place, fellow: Place) {
        let node = self.node(place);
        let Some((owner, _)) = node.awaited else { return };
        let proposed = node.proposal.is_some_and(|it| it.what == What::Add && it.owner == owner);
        if !proposed && place_of(owner) == fellow {
            self.let_go(place, Rules::whole());
        }
    }

    pub(crate) fn let_go(&mut self, place: Place, rules: Rules) {
        self.node_mut(place).awaited = None;
        self.file_anew(place, rules);
    }

    /// Whether the awaited learner may be proposed.
    pub(crate) fn may_propose(&self, place: Place, rules: Rules) -> bool {
        let Some((owner, n0)) = self.node(place).awaited else { return false };
        let has = |owner: Owner| self.fellow(place, place_of(owner)).acked >= n0;
        if rules.lacks(Plant::ProposesAheadOfMembers) {
            return has(owner);
        }
        self.wait_set(place, rules).iter().all(has)
    }
}

/// The reign that a log of this loss without an opening is of.
fn first_reign(loss: u8) -> u8 {
    u8::from(loss == 0)
}
