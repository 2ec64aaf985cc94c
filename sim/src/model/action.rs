//! What may happen next. Time is left out: whatever waits for a clock may happen at any moment.

use super::boss::Decision;
use super::bounds::Bounds;
use super::fall::{ADOPTED, LANE};
use super::plants::{Plant, Rules};
use super::row::{Owner, PLACES, Place, Row, Set};
use super::state::{Output, Proposal, Role, Stage, State, What};

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    Write(Place, u8),
    Read(Place),
    /// An empty part says what is committed.
    Beat(Place, Place),
    LinkUp(Place, Place),
    Lead(Place, Place),
    Last(Place, Place),
    ReadDown(Place, Place),
    /// True: a tail that may be trimmed is.
    ReadUp(Place, Place, bool),
    /// True: the dialler notices first.
    Cut(Place, Place, bool),
    DiallerNotices(Place, Place),
    AcceptorNotices(Place, Place),
    Crash(Place),
    Restart(Place),
    Hear(Place, Row),
    /// From a node or a lane.
    HearFromAnother(Place, Row),
    /// So many steps are lost; by how much the next numbers jump.
    Fall(usize, u8),
    Report(Place),
    /// With this heir, if the primary is missing.
    Adopt(Owner),
    Await(Place, Owner),
    LetGo(Place),
    Propose(Place, What, Owner),
    /// A planted bug: the proposal ends without a row.
    EndProposal(Place),
    Forget(Place),
    Decide(Proposal, Decision),
    Promote(Owner, Set),
    Bury(Owner),
    Choose(Owner),
    GiveUp(Owner),
    /// A planted bug: a promotion is said, and its boss dies before it is stored.
    PushUnstored(Owner, Set),
}

impl State {
    /// All that may happen.
    pub(crate) fn actions(&self, bounds: &Bounds, rules: Rules, out: &mut Vec<Action>) {
        out.clear();
        for place in 0..PLACES {
            let node = self.node(place);
            if node.dead {
                if self.left.restarts > 0 && node.life == 0 {
                    out.push(Action::Restart(place));
                }
                continue;
            }
            if self.left.crashes > 0 {
                out.push(Action::Crash(place));
            }
            self.actions_of_hearing(place, node.conf(), rules, out);
            let me = self.owner(place);
            if node.role == Role::Level && node.row.is_some_and(|row| !row.names(me)) {
                out.push(Action::Forget(place));
            }
            if node.role == Role::Primary {
                self.actions_of_primary(place, bounds, rules, out);
            }
        }
        if bounds.budget.falls > 0 {
            let conf = self.lane.row.map_or(0, |row| row.conf);
            self.actions_of_hearing(LANE, conf, rules, out);
        }
        self.actions_of_links(out);
        self.actions_of_boss(bounds, rules, out);
    }

    fn actions_of_primary(&self, p: Place, bounds: &Bounds, rules: Rules, out: &mut Vec<Action>) {
        let node = self.node(p);
        let Some(row) = node.row else { return };
        if self.can_send(p) {
            for write in 1..=bounds.writes {
                if self.may_write(p, write) {
                    out.push(Action::Write(p, write));
                }
            }
            if self.left.reads > 0 {
                out.push(Action::Read(p));
            }
        }
        let committed = self.committed(p, rules);
        for m in (0..PLACES).filter(|&m| m != p) {
            let it = self.owner(m);
            let fellow = self.fellow(p, m);
            let link = self.link(p, m);
            let leads = row.names(it) && self.lives(it);
            if leads && !link.dialler {
                out.push(Action::LinkUp(p, m));
            }
            if leads && link.is_up() && fellow.stage == Stage::Away {
                out.push(Action::Lead(p, m));
            }
            let room = fellow.sent.len() < super::primary::UNACKNOWLEDGED_MAX;
            if fellow.stage == Stage::Filling(false) && room {
                out.push(Action::Last(p, m));
            }
            let behind = self.node(m).role == Role::Level && self.node(m).state.n() < committed;
            if fellow.stage == Stage::Streaming && fellow.sent.is_empty() && behind {
                out.push(Action::Beat(p, m));
            }
            if row.learners.has(it) && fellow.stage == Stage::Streaming && node.awaited.is_none() {
                out.push(Action::Await(p, it));
            }
        }
        self.proposals(p, row, rules, out);
    }

    fn may_write(&self, place: Place, write: u8) -> bool {
        let node = self.node(place);
        let answered = self.shown[usize::from(node.loss())].has_write(write);
        let held = node.held.iter().any(|held| held.what == Output::Written(write));
        // Writes are sent in their order.
        let before = write == 1 || self.nodes.iter().any(|node| node.log().has_write(write - 1));
        !answered && !held && before
    }

    fn proposals(&self, p: Place, row: Row, rules: Rules, out: &mut Vec<Action>) {
        let node = self.node(p);
        if node.proposal.is_some() {
            if rules.lacks(Plant::NotNowIsNo) {
                out.push(Action::EndProposal(p));
            }
            if !rules.lacks(Plant::TwoProposals) {
                return;
            }
        }
        let open =
            |what, owner| node.proposal.is_some_and(|it| it.what == what && it.owner == owner);
        if rules.lacks(Plant::ProposesThenWaits) {
            for learner in row.learners.iter() {
                if self.fellow(p, super::row::place(learner)).stage == Stage::Streaming {
                    out.push(Action::Propose(p, What::Add, learner));
                }
            }
        }
        if let Some((owner, _)) = node.awaited
            && !open(What::Add, owner)
        {
            out.push(Action::LetGo(p));
            if self.may_propose(p, rules) {
                out.push(Action::Propose(p, What::Add, owner));
            }
        }
        // A proposed drop changes nothing at the proposer until the row comes (G6): it is one step
        // with the boss's decision, but where that rule is missing.
        let early = rules.lacks(Plant::StopsBeforeRow);
        if rules.lacks(Plant::TwoProposals) {
            for owner in row.learners.iter().filter(|&owner| open(What::Add, owner)) {
                out.push(Action::Propose(p, What::Drop, owner));
            }
        }
        for owner in row.in_sync.without(self.owner(p)).iter().filter(|_| early) {
            let m = super::row::place(owner);
            let lacking = self.owner(m) == owner && self.fellow(p, m).stage == Stage::Lacking;
            let what = if lacking { What::DropLacking } else { What::Drop };
            if !open(what, owner) {
                out.push(Action::Propose(p, what, owner));
            }
        }
    }

    fn actions_of_links(&self, out: &mut Vec<Action>) {
        for p in 0..PLACES {
            for m in (0..PLACES).filter(|&m| m != p) {
                let link = self.link(p, m);
                if link.acceptor && !link.down.is_empty() {
                    out.push(Action::ReadDown(p, m));
                }
                if link.dialler && !link.up.is_empty() {
                    out.push(Action::ReadUp(p, m, false));
                    if self.tail_may_be_short(p, m) {
                        out.push(Action::ReadUp(p, m, true));
                    }
                }
                if link.is_up() {
                    if self.left.cuts > 0 {
                        out.push(Action::Cut(p, m, true));
                        if !link.up.is_empty() {
                            out.push(Action::Cut(p, m, false));
                        }
                    }
                } else if link.dialler {
                    out.push(Action::DiallerNotices(p, m));
                } else if link.acceptor {
                    out.push(Action::AcceptorNotices(p, m));
                }
            }
        }
    }

    /// What the boss says comes to who has registered with it; and who knows a row tells it (F2).
    fn actions_of_hearing(&self, who: Place, conf: u8, rules: Rules, out: &mut Vec<Action>) {
        let memory = &self.boss.memory;
        let registered =
            memory.reports.as_ref().is_none_or(|reports| reports[usize::from(who)].is_some());
        let holds = who != LANE && self.node(who).holds;
        let holds = holds && !rules.lacks(Plant::ActsBehindItsAnswer);
        let said = self.boss.pushed.iter().filter(|_| registered);
        // A process that has registered reads nothing of its older link to the boss.
        let late = memory.on_their_way.iter().filter(|_| !registered || memory.reports.is_none());
        for &row in said.chain(late) {
            if row.conf > conf && (!holds || row.conf >= ADOPTED) {
                out.push(Action::Hear(who, row));
            }
        }
        if holds || (self.left.falls == 0 && memory.reports.is_none()) {
            return;
        }
        let rows = self.nodes.iter().map(|node| node.row).chain([self.lane.row]);
        let mut told: Vec<Row> = rows.flatten().filter(|row| row.conf > conf).collect();
        told.sort_unstable();
        told.dedup();
        out.extend(told.into_iter().map(|row| Action::HearFromAnother(who, row)));
    }

    fn actions_of_falls(&self, out: &mut Vec<Action>) {
        let memory = &self.boss.memory;
        if self.left.falls > 0 {
            for steps in 1..=memory.store.len().min(2) {
                out.push(Action::Fall(steps, 4));
                out.push(Action::Fall(steps, 16));
            }
        }
        let Some(reports) = &memory.reports else { return };
        for who in 0..=LANE {
            let report = self.report_of(who);
            let asked = memory.frozen && who != LANE && !self.node(who).holds;
            let says_more = report != reports[usize::from(who)] || asked;
            if report.is_some() && says_more && !memory.lost.is_empty() {
                out.push(Action::Report(who));
            }
        }
        if memory.frozen {
            out.extend(self.heirs().into_iter().map(Action::Adopt));
        }
    }

    fn actions_of_boss(&self, bounds: &Bounds, rules: Rules, out: &mut Vec<Action>) {
        let row = self.boss.row;
        self.actions_of_falls(out);
        if self.boss.steps >= bounds.steps || !self.may_change() {
            return;
        }
        for proposal in self.decidable(rules) {
            for decision in self.decisions(proposal) {
                if decision != Decision::Promote || self.boss.reigns < bounds.reigns {
                    out.push(Action::Decide(proposal, decision));
                }
            }
        }
        if self.boss.reigns < bounds.reigns {
            for (owner, in_sync) in self.promotions(rules) {
                out.push(Action::Promote(owner, in_sync));
            }
            if self.may_give_up() && row.loss < bounds.losses {
                for place in 0..PLACES {
                    let heir = self.owner(place);
                    if heir != row.primary && self.lives(heir) {
                        out.push(Action::GiveUp(heir));
                    }
                }
            }
        }
        for proposal in self.drops(rules) {
            for decision in self.decisions(proposal) {
                if decision != Decision::Promote || self.boss.reigns < bounds.reigns {
                    out.push(Action::Decide(proposal, decision));
                }
            }
        }
        if rules.lacks(Plant::PushedBeforeStored) && self.boss.reigns < bounds.reigns {
            for (owner, in_sync) in self.promotions(rules) {
                if self.boss.pushed.is_empty() {
                    out.push(Action::PushUnstored(owner, in_sync));
                }
            }
        }
        out.extend(self.buried().map(Action::Bury));
        out.extend(self.candidates().into_iter().map(Action::Choose));
    }

    /// Does it.
    pub(crate) fn take(&mut self, action: Action, rules: Rules) {
        match action {
            Action::Write(place, write) => {
                let loss = self.node(place).loss();
                self.decide_write(place, write, loss, rules);
            }
            Action::Read(place) => {
                self.left.reads -= 1;
                let loss = self.node(place).loss();
                self.decide_read(place, loss, rules);
            }
            Action::Beat(place, to) => self.beat(place, to, rules),
            Action::LinkUp(place, to) => {
                self.link_up(place, to);
                self.lead(place, to);
            }
            Action::Lead(place, to) => self.lead(place, to),
            Action::Last(place, to) => self.send_last(place, to),
            Action::ReadDown(place, to) => self.read_down(place, to, rules),
            Action::ReadUp(place, from, short) => self.read_up(place, from, short, rules),
            Action::Cut(place, to, dialler) => {
                self.left.cuts -= 1;
                if dialler {
                    self.dialler_notices(place, to);
                } else {
                    self.acceptor_notices(place, to);
                }
            }
            Action::DiallerNotices(place, to) => self.dialler_notices(place, to),
            Action::AcceptorNotices(place, to) => self.acceptor_notices(place, to),
            Action::Crash(place) => self.crash(place),
            Action::Restart(place) => {
                self.left.restarts -= 1;
                *self.node_mut(place) = super::state::Node { life: 1, ..Default::default() };
            }
            Action::Hear(who, row) => self.hear_of_boss(who, row, rules),
            Action::HearFromAnother(LANE, row) => self.lane.row = Some(row),
            Action::HearFromAnother(place, row) => self.hear(place, row, rules),
            Action::Fall(steps, jump) => self.fall(steps, jump),
            Action::Report(who) => self.report(who, rules),
            Action::Adopt(heir) => self.adopt(heir, rules),
            Action::Await(place, owner) => self.await_learner(place, owner),
            Action::LetGo(place) => self.let_go(place, rules),
            Action::Propose(place, what, owner) => self.propose(place, what, owner, rules),
            Action::EndProposal(place) => {
                self.node_mut(place).proposal = None;
                self.let_go(place, rules);
            }
            Action::Forget(place) => self.drop_copy(place),
            Action::Decide(proposal, decision) => self.decide(proposal, decision, rules),
            Action::Promote(owner, in_sync) => self.promote(owner, in_sync, rules),
            Action::Bury(owner) => self.bury(owner, rules),
            Action::Choose(owner) => self.choose(owner, rules),
            Action::GiveUp(heir) => self.give_up(heir, rules),
            Action::PushUnstored(owner, in_sync) => {
                let stored = self.boss.row;
                self.promote(owner, in_sync, rules);
                self.boss.row = stored;
            }
        }
        self.settle();
    }

    fn beat(&mut self, place: Place, to: Place, rules: Rules) {
        let from = self.node(place).state.n();
        self.send_batch(place, to, None, from, rules);
    }

    fn hear_of_boss(&mut self, who: Place, row: Row, rules: Rules) {
        let table = (self.left.falls > 0 || self.boss.memory.lost.contains(&row)).then_some(row);
        if who == LANE {
            self.lane = super::state::Lane { row: Some(row), table };
            return;
        }
        self.node_mut(who).table = table;
        self.node_mut(who).holds = false;
        self.hear(who, row, rules);
    }

    fn propose(&mut self, place: Place, what: What, owner: Owner, rules: Rules) {
        let by = self.owner(place);
        let conf = self.node(place).conf();
        let proposal = Proposal { conf, by, what, owner };
        self.node_mut(place).proposal = Some(proposal);
        let proposed = &mut self.boss.proposed;
        if !proposed.contains(&proposal) {
            proposed.push(proposal);
            proposed.sort_unstable();
        }
        if rules.lacks(Plant::StopsBeforeRow) {
            self.file_anew(place, rules);
        }
        self.forget_what_is_decided(rules);
    }

    fn crash(&mut self, place: Place) {
        self.left.crashes -= 1;
        for other in (0..PLACES).filter(|&other| other != place) {
            self.dialler_notices(place, other);
            self.acceptor_notices(other, place);
        }
        let life = self.node(place).life;
        *self.node_mut(place) = super::state::Node { life, dead: true, ..Default::default() };
    }

    /// What makes no difference goes, so that equal states are found equal.
    fn settle(&mut self) {
        self.forget_what_all_have_heard();
        self.forget_tables();
        for p in 0..PLACES {
            for m in (0..PLACES).filter(|&m| m != p) {
                let link = self.link(p, m);
                if link.dialler && !link.acceptor && link.up.is_empty() {
                    self.dialler_notices(p, m);
                }
                let link = self.link(p, m);
                if link.acceptor && !link.dialler && link.down.is_empty() {
                    self.acceptor_notices(p, m);
                }
                let link = self.link(p, m);
                let idle = link.is_up() && link.down.is_empty() && link.up.is_empty();
                if idle && self.node(p).role != Role::Primary {
                    self.dialler_notices(p, m);
                    self.acceptor_notices(p, m);
                }
            }
        }
    }
}
