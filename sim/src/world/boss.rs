//! The boss's process: the machine, and the disk that outlives it.

use boss::machine::boss::Found;
use boss::machine::configuration::Configuration;
use boss::machine::configurations::Configurations;
use boss::machine::kept::Kept;
use boss::machine::{Boss, Effect, Input, Outbox, Settings};

use proto::bucket::BucketId;
use proto::limits::LINK_FRAME_BYTES_MAX;
use proto::n2b::field::n2b;
use proto::table::Row;

use super::Process;
use super::World;
use super::agenda::Happening;
use super::disk::{Disk, Read, Write};
use super::kills::Step;
use super::process::Arrival;
use super::wires::Port;
use crate::phase::Phase;
use crate::plan;

/// The boss, and what it has stored.
#[derive(Debug)]
pub(crate) struct BossHost {
    pub(crate) boss: Option<Boss>,
    pub(crate) out: Outbox,
    pub(crate) disk: Disk,
}

impl BossHost {
    /// A boss that hasn't begun, with an empty disk.
    pub(crate) fn new(seed: u64) -> BossHost {
        BossHost { boss: None, out: Outbox::default(), disk: Disk::new(seed) }
    }
}

/// Of a hundred proposals, so many come once more, so much later at most.
const REPEATED_PERCENT: u64 = 10;
const REPEATED_US: u64 = 2_000_000;

const CLUSTER: &str = include_str!("../cluster.toml");
/// A class of queues that nobody has: those behind it have other places.
const SPARE: &str = "[[class]]
pattern = \"/spare/*\"
";

impl World {
    /// Begins the boss's term; when it listens, the term is on the disk.
    pub(crate) fn boss_starts(&mut self) {
        let now = self.now();
        self.store_falls();
        let (kept, is_older) = match self.found() {
            Ok((kept, is_older)) => (self.given_anew(kept), is_older),
            Err(problem) => return self.violated("the boss can read its disk", problem),
        };
        let settings = Settings {
            settle_ms: 300,
            expected_queue_nodes: Some(self.plan.nodes),
            dead_ms: proto::limits::DEAD_MS,
        };
        let chance = self.life(Process::Boss).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut boss = Boss::new(now, settings, Found { kept, is_older, chance });
        boss.plant(self.plan.faults.boss);
        self.boss.out = Outbox::default();
        boss.handle(now, Input::Wake, &mut self.boss.out);
        for effect in std::mem::take(&mut self.boss.out.effects) {
            if let Effect::Store(bytes) = effect {
                self.boss.disk.put(self.agenda.now_us(), bytes);
                boss.handle(now, Input::Stored, &mut self.boss.out);
            }
        }
        self.boss.boss = Some(boss);
        self.begins_behind();
        self.rows_are_stored();
    }

    /// What the store has, and whether that is known to be an older step than the last.
    fn found(&mut self) -> Result<(Kept, bool), String> {
        match self.boss.disk.read() {
            Read::Step { bytes, is_older } => {
                let kept = Kept::decode(&bytes).map_err(|error| error.to_string())?;
                Ok((kept, is_older))
            }
            Read::Nothing => {
                let unix_ms = self.now().unix_ms;
                let config = Configurations::new(&self.configuration(0), 0, unix_ms);
                Ok((Kept::new(self.chance.seed(), config), false))
            }
            Read::Damaged => Err("both files are damaged".to_owned()),
        }
    }

    /// Each life of the boss begins with another text: there is a class more, or it is gone again.
    fn given_anew(&self, mut kept: Kept) -> Kept {
        let life = self.life(Process::Boss);
        kept.config.give(&self.configuration(life), life, self.now().unix_ms);
        kept
    }

    fn configuration(&self, life: u64) -> Configuration {
        let alone = if self.plan.alone_holds { "\nalone = \"hold\"" } else { "" };
        let copies = format!("copies = {}{alone}", self.plan.copies);
        let text = CLUSTER.replacen("copies = 1", &copies, 1);
        let text = match life % 2 {
            0 => text,
            _ => text.replacen("[[class]]", &format!("{SPARE}[[class]]"), 1),
        };
        Configuration::parse(&text).expect("the simulation's configuration has no problem")
    }

    /// What was being written is on the disk, or isn't.
    pub(crate) fn boss_dies(&mut self) {
        self.boss.boss = None;
        let comes = self.chance.percent(50);
        if self.boss.disk.is_torn(self.agenda.now_us(), comes) {
            self.rows_are_stored();
        }
    }

    /// What a node proposes may come twice, and late.
    pub(crate) fn repeats(&mut self, node: usize, bytes: &[u8]) {
        let mut repeated = Vec::new();
        let mut rest = bytes;
        while let Ok(Some((frame, end))) = proto::frame::split(rest, LINK_FRAME_BYTES_MAX) {
            rest = &rest[end..];
            if matches!(proto::wire::envelope(frame), Ok((n2b::PROPOSE, _))) {
                repeated.push(frame.to_vec());
            }
        }
        let life = self.life(Process::Node(node));
        for frame in repeated {
            if self.phase == Phase::Trouble && self.chance.percent(REPEATED_PERCENT) {
                let us = self.chance.below(REPEATED_US);
                self.agenda.after(us, Happening::Repeated { node, life, frame });
            }
        }
    }

    pub(crate) fn repeated(&mut self, node: usize, life: u64, frame: Vec<u8>) {
        if !self.is_alive(Process::Node(node), life) {
            return;
        }
        // On a link on which it has registered.
        let heard = self.nodes[node].member.boss_link();
        if heard.is_none() || heard != self.link_between(Port::Node(node), Port::Boss) {
            return;
        }
        let Some(link) = self.link_between(Port::Boss, Port::Node(node)) else { return };
        match self.arrived_us(Port::Boss, link).filter(|at_us| *at_us > self.agenda.now_us()) {
            // Its registration may be on the way.
            Some(at_us) => self.agenda.at(at_us, Happening::Repeated { node, life, frame }),
            None => self.arrive(Process::Boss, Arrival::Frame { port: Port::Boss, link, frame }),
        }
    }

    /// A write has ended.
    pub(crate) fn written(&mut self, life: u64, fails: bool) {
        if !self.is_alive(Process::Boss, life) {
            return;
        }
        self.boss.disk.end(self.agenda.now_us(), fails);
        self.rows_are_stored();
        if fails {
            return self.arrive(Process::Boss, Arrival::StoreFailed);
        }
        self.kills_boss_at(Step::HasStored);
        self.arrive(Process::Boss, Arrival::Stored);
    }

    /// The recorder reads what is on the disk.
    fn rows_are_stored(&mut self) {
        let Some(kept) = self.kept() else { return };
        let rows = rows(&kept);
        for what in self.logs.numbers.store(kept.step(), &rows) {
            self.violated("no number of the boss is given out twice", what);
        }
        match self.falls.is_behind() {
            true => self.stored_behind(&kept, rows),
            false => self.logs_store(&rows),
        }
    }

    fn kept(&self) -> Option<Kept> {
        self.boss.disk.newest().and_then(|bytes| Kept::decode(bytes).ok())
    }

    /// The rows on the disk.
    pub(crate) fn stored_rows(&self) -> Option<Vec<(BucketId, Row)>> {
        self.kept().as_ref().map(rows)
    }

    /// One turn; when it wants to be woken.
    pub(crate) fn boss_turn(&mut self, inbox: Vec<Arrival>) -> Option<u64> {
        let now = self.now();
        let mut down = Vec::new();
        let host = &mut self.boss;
        let (boss, out) = (host.boss.as_mut()?, &mut host.out);
        for arrival in inbox {
            match arrival {
                Arrival::Up { link, peer, .. } => {
                    out.links.up(link);
                    boss.handle(now, Input::LinkUp { link, peer }, out);
                }
                Arrival::Frame { link, frame, .. } => {
                    boss.handle(now, Input::Frame { link, frame: &frame }, out);
                }
                Arrival::Down { link, silent_ms, .. } => {
                    out.links.down(link);
                    boss.handle(now, Input::LinkDown { link, silent_ms }, out);
                    down.push(link);
                }
                Arrival::Stored => boss.handle(now, Input::Stored, out),
                Arrival::StoreFailed => {
                    let reason = "the disk says no".to_owned();
                    boss.handle(now, Input::StoreFailed { reason }, out);
                }
                Arrival::Asked { .. }
                | Arrival::Answered { .. }
                | Arrival::Opened { .. }
                | Arrival::Received { .. }
                | Arrival::Gone { .. }
                | Arrival::Writable { .. }
                | Arrival::Drained { .. } => {}
            }
        }
        boss.handle(now, Input::Wake, out);
        let wake_ms = boss.wake_at(now);
        self.boss_lets_out();
        for link in down {
            self.link_is_down(Port::Boss, link);
        }
        self.look_at_fall();
        wake_ms
    }

    /// What the boss has decided leaves it.
    pub(crate) fn boss_lets_out(&mut self) {
        let mut stores = false;
        for effect in std::mem::take(&mut self.boss.out.effects) {
            if let Effect::Store(bytes) = effect {
                stores = true;
                if let Ok(kept) = Kept::decode(&bytes) {
                    self.logs.numbers.begin(kept.step(), self.agenda.now_us());
                }
                let life = self.life(Process::Boss);
                let us = self.chance.below(20_000);
                let Write { more_us, fails } = self.begin_write(bytes);
                self.agenda.after(us + more_us, Happening::Written { life, fails });
            }
        }
        self.flush_links(Port::Boss);
        if stores {
            self.kills_boss_at(Step::Stores);
        }
    }

    /// While there is trouble the disk may be slow, or say no.
    fn begin_write(&mut self, bytes: Vec<u8>) -> Write {
        let has_trouble = self.phase == Phase::Trouble;
        let plan = if has_trouble { self.plan.disk } else { plan::Disk::default() };
        self.boss.disk.begin(bytes, plan.fails_percent, plan.slow_percent)
    }
}

fn rows(kept: &Kept) -> Vec<(BucketId, Row)> {
    let rows = kept.rows.buckets();
    rows.map(|(bucket, row)| (bucket, row.wire(bucket.prefix()))).collect()
}
