//! A process dies at a step: as something of a kind is said to another process, or stored, whoever
//! says or hears it.

use proto::b2n::field::b2n;
use proto::n2b::field::n2b;
use proto::q2q::field::q2q;

use super::referee::each_frame;
use super::wires::Port;
use super::{Process, World};

/// Something that is said, or stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A node says this to another one.
    ToNode(u32),
    /// A node says this to the boss.
    ToBoss(u32),
    /// The boss says this to a node.
    OfBoss(u32),
    /// The boss begins to store.
    Stores,
    /// It has stored, and hasn't said so.
    HasStored,
}

/// All of them.
pub const STEPS: [Step; 19] = [
    Step::ToNode(q2q::LEAD),
    Step::ToNode(q2q::HAVE),
    Step::ToNode(q2q::RECORDS),
    Step::ToNode(q2q::SLICE),
    Step::ToNode(q2q::BATCH),
    Step::ToNode(q2q::ACK),
    Step::ToNode(q2q::AGAIN),
    Step::ToNode(q2q::MOVED),
    Step::ToNode(q2q::WORD),
    Step::ToNode(q2q::ANSWER),
    Step::ToBoss(n2b::REGISTER),
    Step::ToBoss(n2b::REPORT),
    Step::ToBoss(n2b::UNREACHABLE),
    Step::ToBoss(n2b::PROPOSE),
    Step::OfBoss(b2n::REGISTERED),
    Step::OfBoss(b2n::ROWS),
    Step::OfBoss(b2n::NOT_NOW),
    Step::Stores,
    Step::HasStored,
];

/// Who is killed at which step, in a run.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    /// The step.
    pub step: Step,
    /// So many of its kind pass before.
    pub spared: u64,
    /// Whoever hears it, rather than says it.
    pub is_hearer: bool,
    /// What is said then gets lost.
    pub loses: bool,
}

/// After so long its next life begins.
const DOWN_US: u64 = 700_000;

impl World {
    /// Bytes are about to leave: true if they get lost, since one of the two dies.
    pub(crate) fn kills_at(&mut self, from: Port, to: Port, bytes: &[u8]) -> bool {
        let Some(kill) = self.kill else { return false };
        let mut hits = 0;
        each_frame(bytes, |number, _| {
            let step = match (from, to) {
                (Port::Node(_), Port::Node(_)) => Step::ToNode(number),
                (Port::Node(_), Port::Boss) => Step::ToBoss(number),
                (Port::Boss, Port::Node(_)) => Step::OfBoss(number),
                (Port::Boss | Port::Node(_) | Port::Lane(..), _) => return,
            };
            hits += u64::from(step == kill.step);
        });
        let who = if kill.is_hearer { to } else { from };
        self.steps(who.process(), hits) && kill.loses
    }

    /// The boss stores.
    pub(crate) fn kills_boss_at(&mut self, step: Step) {
        let hits = u64::from(self.kill.is_some_and(|kill| kill.step == step));
        self.steps(Process::Boss, hits);
    }

    /// Steps of the kind have come: true if the process dies of it, as soon as its turn is over.
    fn steps(&mut self, process: Process, hits: u64) -> bool {
        let Some(kill) = &mut self.kill else { return false };
        if hits <= kill.spared {
            kill.spared -= hits;
            return false;
        }
        self.trace(|| format!("{process:?} dies at {:?}", self.kill));
        self.kill = None;
        let down_us = self.chance.below(DOWN_US);
        let life = self.life(process);
        self.agenda.after(0, super::agenda::Happening::Kill { process, life, down_us });
        true
    }
}
