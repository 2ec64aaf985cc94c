//! A store of the boss that has lost steps: from then on until all who know of them have told, what
//! is stored says nothing of what is so.
//!
//! What nobody knows can't be kept. Who has told makes the boss freeze, and what it then adopts has
//! all that was shown, or a higher `loss`.

use boss::machine::boss::Adopt;
use boss::machine::events::Kind;
use boss::machine::kept::Kept;
use boss::machine::{Input, Outbox};
use proto::bucket::BucketId;
use proto::table::Row;

use super::agenda::Happening;
use super::disk::{Fallen, Read};
use super::logs::Logs;
use super::wires::Port;
use super::{Process, World};
use crate::journal::Falls as Seen;
use crate::phase::Phase;
use crate::plan::GATEWAYS;

/// What is known of falls.
#[derive(Debug, Default)]
pub(crate) struct Falls {
    /// The one that isn't made up for.
    fall: Option<Fall>,
    /// When a node or a gateway died last.
    died_us: Option<u64>,
    pub(crate) seen: Seen,
}

/// Steps are gone, and not all who know of them have told.
#[derive(Debug)]
struct Fall {
    at_us: u64,
    /// When the first lost step was written.
    since_us: u64,
    /// The boss has frozen in its present life.
    is_frozen: bool,
    /// The boss has changed a row before it froze.
    is_forked: bool,
    /// An operator went on without somebody.
    by_hand: bool,
    /// The rows that the boss has begun with.
    rows: Option<Vec<(BucketId, Row)>>,
}

/// One is enough: two of them, one behind the other, may lose what was shown (docs/open.md).
const FALLS_MAX: u64 = 1;

impl Falls {
    /// Whether what is stored is behind what may be so.
    pub(crate) fn is_behind(&self) -> bool {
        self.fall.is_some()
    }

    /// A process has died, with what it knew.
    pub(crate) fn dies(&mut self, process: Process, at_us: u64) {
        if process != Process::Boss {
            self.died_us = Some(at_us);
        }
    }

    /// Whether somebody may have known of lost steps who is no more.
    fn has_forgotten(&self, fall: &Fall) -> bool {
        self.died_us.is_some_and(|died_us| died_us >= fall.since_us)
    }
}

impl World {
    /// The boss is about to start: its disk may have lost steps.
    pub(crate) fn store_falls(&mut self) {
        let may = self.plan.disk.falls && self.phase == Phase::Trouble;
        if !may || self.falls.seen.falls == FALLS_MAX {
            return;
        }
        let Some(Fallen { mut since_us, how }) = self.boss.disk.fall() else { return };
        self.trace(|| format!("the boss's store has lost steps since {since_us} us: {how}"));
        if let Read::Damaged = self.boss.disk.read() {
            // The boss refuses it by name, and whoever looks after it has a backup.
            let Some(back) = self.boss.disk.put_back() else { return };
            since_us = back.since_us;
        }
        let at_us = self.agenda.now_us();
        let (is_frozen, is_forked, by_hand) = (false, false, false);
        let rows = None;
        self.falls.fall = Some(Fall { at_us, since_us, is_frozen, is_forked, by_hand, rows });
        self.falls.seen.falls += 1;
        self.logs.fall();
    }

    /// The boss has begun a life.
    pub(crate) fn begins_behind(&mut self) {
        if let Some(fall) = &mut self.falls.fall {
            fall.is_frozen = false;
        }
    }

    /// The boss has had a turn: whether it has frozen, or everybody has come back and nobody knew
    /// of a lost step.
    pub(crate) fn look_at_fall(&mut self) {
        let Some(fall) = &mut self.falls.fall else { return };
        let Some(boss) = &self.boss.boss else { return };
        let is_frozen = boss.status().frozen.is_some();
        if is_frozen && !std::mem::replace(&mut fall.is_frozen, true) {
            self.falls.seen.frozen += 1;
            let life = self.life(Process::Boss);
            let us = self.boss.disk.patience_us();
            self.agenda.after(us, Happening::OperatorLooks { life });
        } else if !is_frozen && !fall.is_frozen && self.is_everybody_back() {
            self.fall_ends(false);
        }
    }

    /// An operator finds the boss frozen, and goes on without those who haven't told.
    pub(crate) fn operator_looks(&mut self, life: u64) {
        if !self.is_alive(Process::Boss, life) {
            return;
        }
        if !self.is_awake(Process::Boss) {
            return self.agenda.after(20_000, Happening::OperatorLooks { life });
        }
        let now = self.now();
        let Some(boss) = &mut self.boss.boss else { return };
        let Some(frozen) = boss.status().frozen else { return };
        let out: &mut Outbox = &mut self.boss.out;
        let adopt = Adopt::All { trust_primaries: false };
        boss.handle(now, Input::Adopt { question: 0, adopt }, out);
        if boss.status().frozen.is_some() {
            // Nobody who has answered knows a table: it is refused.
            self.boss_lets_out();
            return self.agenda.after(20_000, Happening::OperatorLooks { life });
        }
        self.falls.seen.by_hand += 1;
        if let Some(fall) = &mut self.falls.fall {
            fall.by_hand |= !frozen.waits_for.is_empty();
        }
        self.trace(|| format!("an operator goes on without {:?}", frozen.waits_for));
        self.boss_lets_out();
    }

    /// Something is stored behind lost steps: it may be what makes up for them.
    pub(crate) fn stored_behind(&mut self, kept: &Kept, rows: Vec<(BucketId, Row)>) {
        if kept.events.iter().any(|event| event.kind == Kind::Adopted) {
            return self.fall_ends(true);
        }
        let Some(fall) = &mut self.falls.fall else { return };
        match &fall.rows {
            Some(before) => fall.is_forked |= *before != rows,
            None => fall.rows = Some(rows),
        }
    }

    /// Whether each process that is up has registered with this life of the boss.
    fn is_everybody_back(&self) -> bool {
        let nodes = (0..self.plan.nodes).map(Port::Node);
        let lanes = (0..GATEWAYS).map(|gateway| Port::Lane(gateway, 0));
        nodes.chain(lanes).all(|port| {
            let heard = match port {
                Port::Node(at) => self.nodes[at].member.boss_link(),
                Port::Lane(at, lane) => self.gateways[at].boss_link(lane),
                Port::Boss => None,
            };
            let is_linked = heard.is_some() && heard == self.link_between(port, Port::Boss);
            is_linked || !self.is_up(port.process())
        })
    }

    /// What is stored is so again.
    fn fall_ends(&mut self, is_adopted: bool) {
        let Some(fall) = self.falls.fall.take() else { return };
        self.trace(|| format!("the boss has made up for lost steps, by adopting: {is_adopted}"));
        let Some(rows) = self.stored_rows() else { return };
        let has_forgotten = self.falls.has_forgotten(&fall);
        let is_excused = has_forgotten || fall.is_forked || fall.by_hand;
        self.note_raised(&rows, is_excused);
        let (at_us, now_us) = (fall.at_us, self.agenda.now_us());
        for row in self.logs.raised_since_fall(&rows) {
            self.losses.begins(row, at_us, now_us);
        }
        self.logs.note_since(now_us, &rows);
        let alive = self.alive();
        for (bucket, what) in self.logs.rise(&alive, &rows) {
            // Nobody lives who has told.
            if !is_adopted && has_forgotten {
                self.losses.unannounced(bucket, at_us, now_us);
                self.logs.forget(bucket);
            } else {
                self.violated(Logs::RISEN, what);
            }
        }
    }
}
