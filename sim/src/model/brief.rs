//! Steps and states in words, for counterexamples.

use super::action::Action;
use super::fall::LANE;
use super::row::{PLACES, Place, name};
use super::state::{Node, Proposal, State};

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Action::Write(p, write) => write!(f, "{} decides write {write}", name(p)),
            Action::Read(p) => write!(f, "{} decides a read", name(p)),
            Action::Beat(p, m) => write!(f, "{} tells {} what is committed", name(p), name(m)),
            Action::LinkUp(p, m) => write!(f, "{} dials {} and leads it", name(p), name(m)),
            Action::Lead(p, m) => write!(f, "{} leads {}", name(p), name(m)),
            Action::Last(p, m) => write!(f, "{} sends the last slice to {}", name(p), name(m)),
            Action::ReadDown(p, m) => write!(f, "{} reads what {} said", name(m), name(p)),
            Action::ReadUp(p, m, short) => {
                let tail = if short { ", its tail trimmed" } else { "" };
                write!(f, "{} reads what {} answered{tail}", name(p), name(m))
            }
            Action::Cut(p, m, true) => write!(f, "{}'s link to {} ends for it", name(p), name(m)),
            Action::Cut(p, m, false) => write!(f, "{}'s link to {} ends there", name(p), name(m)),
            Action::DiallerNotices(p, m) => write!(f, "{} notices: {} is away", name(p), name(m)),
            Action::AcceptorNotices(p, m) => write!(f, "{} notices: {} is away", name(m), name(p)),
            Action::Crash(p) => write!(f, "{} dies", name(p)),
            Action::Restart(p) => write!(f, "{} starts anew", name(p)),
            Action::Hear(p, row) => write!(f, "{} hears {row:?}", listener(p)),
            Action::HearFromAnother(p, row) => write!(f, "{} is told {row:?}", listener(p)),
            Action::Fall(steps, jump) => write!(f, "the store loses {steps} steps, jump {jump}"),
            Action::Report(p) => write!(f, "{} registers", listener(p)),
            Action::Adopt(heir) => write!(f, "the boss adopts, heir {}", name(heir)),
            Action::Await(p, it) => write!(f, "{} awaits {}", name(p), name(it)),
            Action::LetGo(p) => write!(f, "{} lets its learner go", name(p)),
            Action::Propose(p, what, it) => write!(f, "{} proposes {what:?} {}", name(p), name(it)),
            Action::EndProposal(p) => write!(f, "{} takes its proposal for ended", name(p)),
            Action::Forget(p) => write!(f, "{} forgets its copy", name(p)),
            Action::Decide(proposal, decision) => {
                let Proposal { conf, by, what, owner } = proposal;
                let (by, it) = (name(by), name(owner));
                write!(f, "the boss: {decision:?} of {by}'s {what:?} {it} over conf {conf}")
            }
            Action::Promote(it, set) => write!(f, "the boss promotes {} of {set:?}", name(it)),
            Action::Bury(it) => write!(f, "the boss buries {}", name(it)),
            Action::Choose(it) => write!(f, "the boss chooses {} as a learner", name(it)),
            Action::GiveUp(it) => write!(f, "the boss gives the bucket up, to {}", name(it)),
            Action::PushUnstored(it, set) => {
                write!(f, "the boss says that {} of {set:?} is primary, and dies", name(it))
            }
        }
    }
}

fn listener(who: Place) -> &'static str {
    if who == LANE { "the lane" } else { name(who) }
}

impl State {
    /// What there is, in some lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (stored, shown) = (self.boss.row, &self.shown[usize::from(self.boss.row.loss)]);
        let mut lines = vec![format!("stored {stored:?}, shown {shown:?}")];
        if let Some(broken) = self.broken {
            lines.push(format!("the last step: {broken:?}"));
        }
        for place in (0..PLACES).filter(|&place| !self.node(place).dead) {
            let Node { role, row, state, tail, held, awaited, proposal, .. } = self.node(place);
            let mut line = format!("{}: {role:?}, {state:?}", name(self.owner(place)));
            if tail.n() > 0 {
                line += &format!(", tail {tail:?}");
            }
            if let Some(row) = row {
                line += &format!(", knows {row:?}");
            }
            if !held.is_empty() {
                line += &format!(", holds {held:?}");
            }
            if let Some((owner, n0)) = awaited {
                line += &format!(", awaits {} from {n0} on", name(*owner));
            }
            if let Some(Proposal { what, owner, .. }) = proposal {
                line += &format!(", has proposed {what:?} {}", name(*owner));
            }
            lines.push(line);
        }
        lines
    }
}
