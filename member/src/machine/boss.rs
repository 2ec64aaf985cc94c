//! A process's side of the boss: registers once, reports, and hears the table and configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use link::machine::{LinkId, Outbox as Links};
use prost::Message as _;
use proto::b2n::{self, b2n::Body};
use proto::bucket::BucketId;
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b::{
    BucketReport, Called, Counter, Door, Inspected, Known, N2b, Propose, Reached, Register, Report,
    Unreachable, bucket_report, n2b,
};
use proto::table::{BucketTable, Moved, Owner, TableError, Version};
use proto::text::Foreign;
use proto::{limits, wire};

use super::{Dial, News, Notice, Outbox, Sample, Target};

/// Planted bugs, all off. Each proves that the tests would see its like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Every second table isn't heard.
    pub tables_missed: bool,
    /// After a link to the boss was lost, another process is registered.
    pub registers_anew: bool,
}

/// What this process says of itself, and what it has heard.
#[derive(Debug, Clone)]
pub(super) struct BossClient {
    id: String,
    role: Role,
    host: String,
    address: String,
    faults: Faults,
    process: u64,
    incarnation: u64,
    cluster_id: u64,
    link: Option<LinkId>,
    /// Why the boss hasn't taken this process, though it answers.
    waits: Option<Foreign>,
    /// What the boss has said of who has what.
    table: Option<Arc<BucketTable>>,
    /// The newest cluster configuration that it has told.
    config: b2n::Config,
    /// Nodes that can't be reached from here, with whether their ports refuse: those of the table,
    /// and others that the boss was told of on this link.
    unreachable: BTreeMap<Target, bool>,
    /// The nodes at the other ends of this process's own links.
    peers: BTreeMap<LinkId, Target>,
    /// Of a gateway.
    door: Option<Door>,
}

/// The boss said what it must not: why its link is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

const UNREADABLE: Broken = Broken("the boss sent something that can't be read");
/// With the next link comes the whole table.
const BEHIND: Broken = Broken("the boss told changes of another table than the one that is here");

/// How a process is, as it reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health<'a> {
    /// It serves.
    Ready,
    /// It doesn't, for this reason.
    Unready(&'a str),
    /// It is about to end, says this sentence.
    Draining(&'a str),
}

impl BossClient {
    /// A process that isn't registered yet.
    pub(super) fn new(id: &str, role: Role, host: &str, address: &str, process: u64) -> BossClient {
        BossClient {
            id: id.to_owned(),
            role,
            host: host.to_owned(),
            address: address.to_owned(),
            faults: Faults::default(),
            // As all numbers that bosses keep.
            process: process % limits::NUMBER_MAX,
            incarnation: 0,
            cluster_id: 0,
            link: None,
            waits: None,
            table: None,
            config: b2n::Config::default(),
            unreachable: BTreeMap::new(),
            peers: BTreeMap::new(),
            door: None,
        }
    }

    /// The planted bugs: there are none in a build without debug assertions, which has no code for
    /// them.
    #[inline]
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// Plants bugs.
    pub(super) fn plant(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The life the boss has given, 0 before.
    pub(super) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Why the boss doesn't take this process, if it has said so and nothing else since.
    pub(super) fn waits(&self) -> Option<&Foreign> {
        self.waits.as_ref()
    }

    /// The boss's link, while there is one.
    pub(super) fn link(&self) -> Option<LinkId> {
        self.link
    }

    /// A link to the boss is up: registers, or says who this already is and which buckets it holds.
    pub(super) fn up(&mut self, link: LinkId, holds: &[BucketReport], out: &mut Links) {
        self.link = Some(link);
        let register = n2b::Body::Register(self.register(holds));
        self.say(register, out);
        // A boss that has just come to know its nodes counts only what they say from now on.
        if self.table.is_some() {
            self.forget_unreachable(|place, target| place.is_some_and(|place| place == *target));
        }
        for (target, refused) in &self.unreachable {
            self.say_unreachable(target, *refused, out);
        }
    }

    /// The boss's link is down. The table stands still until there is another.
    pub(super) fn down(&mut self) {
        self.link = None;
    }

    /// Where the gateway's clients come in.
    pub(super) fn set_door(&mut self, door: Door) {
        self.door = Some(door);
    }

    /// Reports what the page shows, and what has changed of what the process has of buckets, and
    /// whether it is full.
    pub(super) fn report(
        &self,
        samples: &[Sample],
        health: Health<'_>,
        (buckets, full): (&[BucketReport], bool),
        out: &mut Links,
    ) {
        let message = match health {
            Health::Ready => "",
            Health::Unready(reason) | Health::Draining(reason) => reason,
        };
        let counters = samples.iter().flat_map(Sample::figures);
        let counters = counters.map(|(name, value)| Counter { name, value });
        let report = Report {
            table_term: self.heard().term,
            table_version: self.heard().version,
            counters: counters.collect(),
            message: message.to_owned(),
            ready: health == Health::Ready,
            draining: matches!(health, Health::Draining(_)),
            buckets: buckets.to_vec(),
            full,
            door: self.door.clone(),
        };
        if let Some(link) = self.link {
            let body = Some(n2b::Body::Report(report));
            wire::put_message(out.routine(link), &N2b { body });
        }
    }

    /// A node can't be reached, or its link has ended: says so, and once more on each new link to
    /// the boss, until [`BossClient::peer_up`].
    pub(super) fn peer_unreachable(&mut self, target: &Target, refused: bool, out: &mut Links) {
        if self.unreachable.len() < NODES_MAX {
            self.unreachable.insert(target.clone(), refused);
        }
        self.say_unreachable(target, refused, out);
    }

    fn say_unreachable(&self, target: &Target, refused: bool, out: &mut Links) {
        if let Target::Node { id, incarnation } = target {
            let (id, incarnation) = (id.clone(), *incarnation);
            self.say(n2b::Body::Unreachable(Unreachable { id, incarnation, refused }), out);
        }
    }

    /// Forgets who is out of reach and isn't to be kept, by the place that the table has for the
    /// id. Who has none may be back in the same life: the boss still knows what it was told.
    fn forget_unreachable(&mut self, is_kept: impl Fn(Option<Target>, &Target) -> bool) {
        let places = self.table.as_deref().map_or(&[][..], BucketTable::places);
        self.unreachable.retain(|target, _| {
            let Target::Node { id, .. } = target else { return false };
            let place = places.iter().find(|place| place.id == *id);
            is_kept(place.map(Target::at), target)
        });
    }

    /// This process has a link to this node.
    pub(super) fn peer_up(&mut self, link: LinkId, target: &Target, out: &mut Links) {
        let was_unreachable = self.unreachable.remove(target).is_some();
        if let Target::Node { id, incarnation } = target
            && was_unreachable
        {
            let (id, incarnation) = (id.clone(), *incarnation);
            self.say(n2b::Body::Reached(Reached { id, incarnation }), out);
        }
        self.peers.insert(link, target.clone());
    }

    /// A link to a node has ended, if it was one; there may be a newer one by now.
    pub(super) fn peer_down(&mut self, link: LinkId, out: &mut Links) {
        if let Some(target) = self.peers.remove(&link)
            && !self.peers.values().any(|other| *other == target)
        {
            self.peer_unreachable(&target, false, out);
        }
    }

    /// Proposes a row, if there is a boss.
    pub(super) fn propose(&self, proposal: Propose, out: &mut Links) {
        self.say(n2b::Body::Propose(proposal), out);
    }

    /// Answers [`News::TellAll`]: the process has this of buckets.
    pub(super) fn tell_all(&self, holds: &[BucketReport], out: &mut Links) {
        let known = Known {
            table: self.table.as_ref().map(|table| table.wire().clone()),
            ahead: self.ahead(holds),
            config_version: self.config.version,
            config: self.config.toml.clone(),
        };
        self.say(n2b::Body::Known(known), out);
    }

    /// Answers [`News::Inspect`].
    pub(super) fn inspected(&self, inspected: Inspected, out: &mut Links) {
        self.say(n2b::Body::Inspected(inspected), out);
    }

    /// Answers a call.
    pub(super) fn called(&self, called: Called, out: &mut Links) {
        self.say(n2b::Body::Called(called), out);
    }

    /// Reads a frame of the boss. A table that is newer than all before comes back, too.
    pub(super) fn hear(
        &mut self,
        frame: &[u8],
        out: &mut Outbox,
    ) -> Result<Option<Arc<BucketTable>>, Broken> {
        let b2n::B2n { body } = b2n::B2n::decode(frame).map_err(|_| UNREADABLE)?;
        match body {
            Some(Body::Registered(registered)) => self.registered(&registered, out)?,
            Some(Body::Table(table)) => {
                let table = BucketTable::try_from(table).map_err(|_| UNREADABLE)?;
                return self.table(table, out);
            }
            Some(Body::Rows(rows)) => {
                let known = self.table.as_ref().ok_or(BEHIND)?;
                let table = known.with(rows).map_err(|error| match error {
                    TableError::Base => BEHIND,
                    TableError::Rows { .. } | TableError::Numbers => UNREADABLE,
                })?;
                return self.table(table, out);
            }
            Some(Body::Config(config)) => {
                let read: ClusterConfig = toml::from_str(&config.toml).map_err(|_| UNREADABLE)?;
                // A boss that is behind hears of the higher one.
                if config.version >= self.config.version {
                    let read = ClusterConfig { version: config.version, ..read };
                    self.config = config;
                    out.news.push(News::Config(Arc::new(read)));
                }
            }
            Some(Body::Inspect(b2n::Inspect { number, queue })) => {
                out.news.push(News::Inspect { number, queue });
            }
            Some(Body::Call(call)) => out.calls.push(call),
            Some(Body::Doors(doors)) => out.news.push(News::Doors(Arc::new(doors))),
            Some(Body::Wait(wait)) => {
                let reason = self.waits_for(&wait.reason);
                out.notices.push(Notice::Waits(reason));
            }
            Some(Body::Refused(refused)) => {
                let reason = self.waits_for(&refused.reason);
                let for_good = refused.for_good;
                out.notices.push(Notice::Refused { reason, for_good });
            }
            Some(Body::NotNow(not_now)) => out.news.push(News::NotNow(not_now)),
            Some(Body::TellAll(_)) => out.news.push(News::TellAll),
            Some(Body::Hello(_) | Body::Proof(_) | Body::Refuse(_) | Body::Beat(_)) | None => {}
        }
        Ok(None)
    }

    /// A process has one life, and a cluster one id: a boss that says otherwise is another's.
    fn registered(&mut self, message: &b2n::Registered, out: &mut Outbox) -> Result<(), Broken> {
        let b2n::Registered { incarnation, cluster_id } = *message;
        let fits = |known: u64, named: u64| {
            (1..limits::NUMBER_MAX).contains(&named) && (known == 0 || named == known)
        };
        if !fits(self.incarnation, incarnation) || !fits(self.cluster_id, cluster_id) {
            return Err(UNREADABLE);
        }
        (self.incarnation, self.cluster_id, self.waits) = (incarnation, cluster_id, None);
        out.news.push(News::Registered { incarnation, cluster_id });
        out.dials.push(Dial::IntroduceAs { incarnation, cluster_id });
        Ok(())
    }

    /// The table, if it is newer.
    fn table(
        &mut self,
        table: BucketTable,
        out: &mut Outbox,
    ) -> Result<Option<Arc<BucketTable>>, Broken> {
        let version = table.version();
        if version <= self.heard() {
            return Ok(None);
        }
        if !self.is_plausible(version) {
            return Err(UNREADABLE);
        }
        let table = Arc::clone(self.table.insert(Arc::new(table)));
        if self.faults().tables_missed && version.version.is_multiple_of(2) {
            return Ok(None);
        }
        self.forget_unreachable(|place, target| place.is_none_or(|place| place == *target));
        out.news.push(News::Table(Arc::clone(&table)));
        Ok(Some(table))
    }

    /// The version of the newest table, the lowest before there is one.
    fn heard(&self) -> Version {
        self.table.as_ref().map_or(Version::default(), |table| table.version())
    }

    fn waits_for(&mut self, reason: &str) -> Foreign {
        self.waits.insert(Foreign::new(reason)).clone()
    }

    /// Whether a table can be the next: from one that is far ahead there would be no way on.
    fn is_plausible(&self, named: Version) -> bool {
        let known = self.heard();
        known == Version::default()
            || (limits::is_plausible(named.term, known.term)
                && limits::is_plausible(named.version, known.version))
    }

    fn register(&self, holds: &[BucketReport]) -> Register {
        Register {
            id: self.id.clone(),
            role: self.role.into(),
            host: self.host.clone(),
            address: self.address.clone(),
            incarnation: if self.faults().registers_anew { 0 } else { self.incarnation },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            buckets: holds.to_vec(),
            table_term: self.heard().term,
            table_version: self.heard().version,
            process: self.process,
            ahead: self.ahead(holds),
            config_version: self.config.version,
        }
    }

    /// Rows that this process has acted upon and that its table lacks: as their primary, or because
    /// it isn't in sync by them.
    fn ahead(&self, holds: &[BucketReport]) -> Vec<Moved> {
        let me = Owner { id: self.id.clone(), incarnation: self.incarnation };
        let ahead = |report: &BucketReport| {
            let row = report.row.as_ref()?;
            let bucket = BucketId::new(report.bits, report.prefix)?;
            let known = self.table.as_ref().and_then(|table| table.row(bucket));
            let is_ahead = known.is_none_or(|known| row.conf() > known.conf());
            let has_acted =
                report.role() == bucket_report::Role::Primary || !row.in_sync.contains(&me);
            let moved = Moved { bits: report.bits, row: Some(row.clone()), place: None };
            (is_ahead && has_acted).then_some(moved)
        };
        holds.iter().filter_map(ahead).collect()
    }

    fn say(&self, body: n2b::Body, out: &mut Links) {
        if let Some(link) = self.link {
            wire::put_message(out.buffer(link), &N2b { body: Some(body) });
        }
    }
}

/// Nodes that are remembered as unreachable: more than any table has.
const NODES_MAX: usize = 65_536;

#[cfg(test)]
mod tests;
