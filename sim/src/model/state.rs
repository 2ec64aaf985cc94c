//! Everything there is at one moment: three nodes, the links that primaries dial, the boss, and
//! what was shown.

use super::boss::Boss;
use super::link::{Link, Sent};
use super::log::Log;
use super::row::{Owner, PLACES, Place, Row, Set, mirror_owner, owner};

/// The most raises of `loss` in this model, and one.
pub(crate) const LOSSES: usize = 4;

/// What a node has of the bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Role {
    /// Nothing.
    #[default]
    Absent,
    /// A part of a snapshot.
    Filling,
    /// A state and a tail.
    Level,
    /// It serves, or is about to.
    Primary,
}

/// How far a primary has got with one of its fellows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Stage {
    #[default]
    Away,
    /// By the lead of the row of this `conf`.
    Asked(u8),
    /// Gets a snapshot; true: the last slice is sent.
    Filling(bool),
    Streaming,
    Lacking,
}

/// A fellow, as its primary keeps it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Fellow {
    pub(crate) stage: Stage,
    /// The highest record that it has acknowledged.
    pub(crate) acked: u8,
    /// Batches of the link that aren't acknowledged, the oldest first.
    pub(crate) sent: Vec<Sent>,
}

impl Fellow {
    /// No acknowledgement of what was sent counts for the bucket any more.
    pub(crate) fn nothing_counts(&mut self) {
        self.sent.fill(Sent { counts: false, n: 0, covers: 0, last: false });
    }
}

/// What waits for acknowledgements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Held {
    pub(crate) what: Output,
    /// The loss under which it is shown.
    pub(crate) loss: u8,
    /// It speaks of the log up to here.
    pub(crate) n: u8,
    /// Who hasn't acknowledged the batch that ended its turn.
    pub(crate) waits: Set,
}

/// What a bucket lets out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Output {
    /// The result of this write.
    Written(u8),
    /// An answer to a read; so many records had been shown when it was asked.
    Read(u8),
}

impl Output {
    /// Its bit in [`Sent::covers`].
    pub(crate) fn bit(self) -> u8 {
        match self {
            Output::Read(_) => 1,
            Output::Written(write) => 1 << write,
        }
    }
}

/// A change of the set that a primary has asked the boss for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Proposal {
    pub(crate) conf: u8,
    pub(crate) by: Owner,
    pub(crate) what: What,
    pub(crate) owner: Owner,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum What {
    Add,
    /// It is silent.
    Drop,
    /// It can't be caught up.
    DropLacking,
}

/// One node: its process, if it lives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Node {
    pub(crate) life: u8,
    pub(crate) dead: bool,
    /// The highest row that it has heard.
    pub(crate) row: Option<Row>,
    /// The highest row that came from the boss itself, with the whole table.
    pub(crate) table: Option<Row>,
    /// It has answered a frozen boss, and takes rows of nobody else until that boss has said one.
    pub(crate) holds: bool,
    pub(crate) role: Role,
    /// What is applied; a primary's state is its whole log.
    pub(crate) state: Log,
    pub(crate) tail: Log,
    /// Whose stream it accepts, and of which (loss, reign).
    pub(crate) leader: Option<(Place, (u8, u8))>,
    pub(crate) fellows: [Fellow; PLACES as usize],
    /// The learner that is waited for before it is a member, and the record where that began.
    pub(crate) awaited: Option<(Owner, u8)>,
    pub(crate) proposal: Option<Proposal>,
    pub(crate) held: Vec<Held>,
    /// A primary is sure to have the units behind this record.
    pub(crate) floor: u8,
}

impl Node {
    pub(crate) fn log(&self) -> Log {
        let mut log = self.state;
        log.extend(&self.tail);
        log
    }

    pub(crate) fn conf(&self) -> u8 {
        self.row.map_or(0, |row| row.conf)
    }

    /// What it takes the bucket for: (loss, reign).
    pub(crate) fn exact(&self) -> (u8, u8) {
        self.row.map_or((0, 0), |row| row.exact())
    }

    pub(crate) fn loss(&self) -> u8 {
        self.exact().0
    }
}

impl Proposal {
    pub(crate) fn mirrored(&self) -> Proposal {
        Proposal { by: mirror_owner(self.by), owner: mirror_owner(self.owner), ..*self }
    }
}

/// A lane, as far as it matters here: it hears rows, and reports them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) row: Option<Row>,
    pub(crate) table: Option<Row>,
}

/// What the search may still do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) reads: u8,
    pub(crate) crashes: u8,
    pub(crate) restarts: u8,
    pub(crate) cuts: u8,
    pub(crate) falls: u8,
}

/// The whole state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct State {
    pub(crate) nodes: [Node; PLACES as usize],
    /// `links[p][m]`: what p dialled to m.
    pub(crate) links: [[Link; PLACES as usize]; PLACES as usize],
    pub(crate) boss: Boss,
    pub(crate) lane: Lane,
    /// What anybody was shown, by loss: a log's beginning.
    pub(crate) shown: [Log; LOSSES],
    pub(crate) left: Budget,
    /// What is wrong with the step that led here.
    pub(crate) broken: Option<Broken>,
    /// The losses under which outputs contradicted one another while the boss was blind, as bits.
    pub(crate) contradicted: u8,
}

/// An invariant that a step broke by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Broken {
    /// An output isn't what others have been shown.
    Shown,
    /// A read missed what had been shown.
    Read,
    /// What "can't be" by the page was.
    CantBe(&'static str),
}

impl State {
    pub(crate) fn node(&self, place: Place) -> &Node {
        &self.nodes[usize::from(place)]
    }

    pub(crate) fn node_mut(&mut self, place: Place) -> &mut Node {
        &mut self.nodes[usize::from(place)]
    }

    pub(crate) fn link(&self, dialler: Place, acceptor: Place) -> &Link {
        &self.links[usize::from(dialler)][usize::from(acceptor)]
    }

    pub(crate) fn link_mut(&mut self, dialler: Place, acceptor: Place) -> &mut Link {
        &mut self.links[usize::from(dialler)][usize::from(acceptor)]
    }

    pub(crate) fn fellow(&self, primary: Place, place: Place) -> &Fellow {
        &self.node(primary).fellows[usize::from(place)]
    }

    pub(crate) fn fellow_mut(&mut self, primary: Place, place: Place) -> &mut Fellow {
        &mut self.node_mut(primary).fellows[usize::from(place)]
    }

    /// The process that a node is, dead or alive.
    pub(crate) fn owner(&self, place: Place) -> Owner {
        owner(place, self.node(place).life)
    }

    pub(crate) fn lives(&self, it: Owner) -> bool {
        let place = super::row::place(it);
        self.owner(place) == it && !self.node(place).dead
    }

    pub(crate) fn break_by(&mut self, broken: Broken) {
        if self.boss.memory.blind && !matches!(broken, Broken::CantBe(_)) {
            return;
        }
        match self.broken {
            Some(Broken::Shown | Broken::Read) => {}
            Some(Broken::CantBe(_)) | None => self.broken = Some(broken),
        }
    }
}
