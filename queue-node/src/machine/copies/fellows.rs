//! The fellows of a bucket: who they are by its row, what they are asked, and what they get of its
//! log.

use link::machine::LinkId;
use proto::limits::{TAIL_KEPT_BYTES, TAILS_KEPT_BYTES};
use proto::q2q;
use proto::table::{Owner, Row};
use proto::wire;

use super::entry;
use super::fellow::{Fellow, Gets, Log, Stage};
use super::sent::Part;
use super::stream::Reader;
use super::streams::{Records, put_records};
use super::tail::Tail;
use crate::machine::bucket::Bucket;
use crate::machine::lane::Broken;
use crate::machine::rows::Change;
use crate::machine::state::codec;
use crate::machine::state::openings::Opening;
use crate::machine::state::snapshot::Snapshot;
use crate::machine::turn::Turn;

/// The fellows of a bucket, and its newest entries.
#[derive(Debug, Default)]
pub(crate) struct Fellows {
    list: Vec<Fellow>,
    /// Entries for whom may go on from them.
    tail: Tail,
    /// What was recorded in this turn, as far as units of it are complete.
    entry: Vec<u8>,
    /// The newest record that all members have.
    committed: u64,
    /// The reign under which they were asked.
    reign: u64,
    /// What is recorded is kept.
    keeps: bool,
}

impl Fellows {
    /// Nobody yet, and these entries: what others have of them isn't known. All before them was
    /// said to be committed.
    pub(crate) fn with_tail(tail: Tail) -> Fellows {
        Fellows { committed: tail.before(), tail, keeps: true, ..Fellows::default() }
    }

    /// All entries, also that of the turn that is going on, up to this record.
    pub(crate) fn into_tail(self, newest: u64) -> Tail {
        let Fellows { mut tail, entry, .. } = self;
        if !entry.is_empty() {
            tail.push(&entry, newest);
        }
        if tail.end() == newest { tail } else { Tail::behind(newest) }
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Who is on this link.
    pub(crate) fn on(&mut self, link: LinkId) -> Option<&mut Fellow> {
        self.list.iter_mut().find(|fellow| fellow.link() == Some(link))
    }

    /// The links on which somebody has all of it, and gets what is recorded.
    pub(crate) fn streaming(&self) -> impl Iterator<Item = LinkId> {
        let streaming = self.list.iter().filter(|fellow| fellow.stage() == Stage::Streaming);
        streaming.filter_map(Fellow::link)
    }

    /// The newest record that all members have, where the bucket has this one.
    fn commit(&mut self, newest: u64) -> u64 {
        let members = self.list.iter().filter(|fellow| fellow.is_member);
        let all = members.map(|fellow| fellow.acknowledged().unwrap_or(0)).min();
        self.committed = self.committed.max(all.unwrap_or(newest));
        self.committed
    }
}

impl Bucket {
    /// Its row is another: fellows come and go, and some are asked anew what they have.
    pub(crate) fn row_changed(&mut self, turn: &mut Turn<'_>, row: &Row, change: Change) {
        let settings = &turn.shared.settings;
        let is_me =
            |owner: &Owner| owner.id == settings.id && owner.incarnation == settings.incarnation;
        let members = row.in_sync.iter().map(|owner| (owner, true));
        let all = members.chain(row.learners.iter().map(|owner| (owner, false)));
        let mut before = std::mem::take(&mut self.fellows.list);
        for (owner, is_member) in all.filter(|(owner, _)| !is_me(owner)) {
            let known = before.iter().position(|fellow| fellow.owner == *owner);
            let known = known.map(|at| before.swap_remove(at));
            let mut fellow = known.unwrap_or_else(|| Fellow::new(owner.clone(), is_member));
            fellow.is_member = is_member;
            self.fellows.list.push(fellow);
        }
        before.iter().filter_map(Fellow::link).for_each(|link| self.end_slices(turn, link));
        self.read_by_fellows(turn);
        let is_anew = self.fellows.reign != row.reign;
        self.fellows.reign = row.reign;
        for at in 0..self.fellows.list.len() {
            let fellow = &self.fellows.list[at];
            let is_asked = match fellow.stage() {
                Stage::Away => true,
                Stage::Lacking => !fellow.is_member || is_anew,
                // It may have dropped what it had (G12).
                Stage::Asked { .. } | Stage::Empty | Stage::Filling { .. } | Stage::Streaming => {
                    let forgets = turn.shared.settings.faults().skipped_row_not_led;
                    is_anew || change.skips && !fellow.is_member && !forgets
                }
            };
            let owner = &fellow.owner;
            if is_asked && let Some(link) = turn.shared.links.to_node(&owner.id, owner.incarnation)
            {
                self.ask(turn, at, link);
            }
        }
    }

    /// There is a link with a node: if it is a fellow, it is asked what it has.
    pub(crate) fn fellow_up(&mut self, turn: &mut Turn<'_>, link: LinkId, id: &str, life: u64) {
        let is_its = |fellow: &Fellow| fellow.owner.id == id && fellow.owner.incarnation == life;
        if let Some(at) = self.fellows.list.iter().position(is_its) {
            self.ask(turn, at, link);
        }
    }

    /// A link has ended, and with it a fellow's stream.
    pub(crate) fn fellow_down(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        if let Some(fellow) = self.fellows.on(link) {
            fellow.link_down();
            self.end_slices(turn, link);
        }
    }

    /// By its row, this node is the primary: what has the fellow?
    fn ask(&mut self, turn: &mut Turn<'_>, at: usize, link: LinkId) {
        let bucket = self.outputs.bucket();
        let Some(told) = turn.shared.rows.told(bucket) else { return };
        let conf = told.row.as_ref().map_or(0, |row| row.conf);
        self.end_slices(turn, link);
        let next_batch = turn.shared.streams.next_batch(link);
        self.fellows.list[at].ask(link, conf, next_batch);
        let offset_ms = self.clock.offset_ms();
        let lead = q2q::Lead { bits: told.bits, row: told.row, place: told.place, offset_ms };
        let body = Some(q2q::q2q::Body::Lead(lead));
        wire::put_message(turn.out.links.buffer(link), &q2q::Q2q { body });
    }

    /// What a fellow has.
    pub(crate) fn fellow_has(&mut self, turn: &mut Turn<'_>, link: LinkId, have: &q2q::Have) {
        let openings: Vec<Opening> = self.state.openings().copied().collect();
        let (streams, faults) = (&mut turn.shared.streams, turn.shared.settings.faults());
        let log = Log { openings: &openings, tail: &self.fellows.tail };
        let mut list = self.fellows.list.iter_mut();
        let Some(fellow) = list.find(|fellow| fellow.link() == Some(link)) else { return };
        let Some(gets) = fellow.has(have, log, streams.next_batch(link), faults) else { return };
        let id = self.outputs.bucket();
        match gets {
            Gets::Nothing => {}
            Gets::Slices => streams.fill(link, id.prefix()),
            Gets::Tail { after } => {
                let committed = self.fellows.commit(self.fellows.tail.end());
                let tail = &self.fellows.tail;
                let Ok(entries) = tail.after(after) else { return };
                let part = Part { prefix: id.prefix(), n: tail.end() };
                let of = (id, self.outputs.epochs());
                streams.put(&mut turn.out.links, link, part, |out| {
                    let cut = Records { committed, after: Some(after), units: &[] };
                    put_records(out, of, cut);
                    for (_, units) in entries {
                        put_records(out, of, Records { committed, after: None, units });
                    }
                });
            }
        }
    }

    /// A fellow can't go on.
    pub(crate) fn fellow_again(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        let next_batch = turn.shared.streams.next_batch(link);
        let Some(fellow) = self.fellows.on(link) else { return };
        match fellow.again(next_batch) {
            Gets::Nothing | Gets::Tail { .. } => {}
            Gets::Slices => {
                self.end_slices(turn, link);
                turn.shared.streams.fill(link, self.outputs.bucket().prefix());
            }
        }
    }

    /// A unit of this turn is complete.
    pub(crate) fn keep_unit(&mut self, unit: &[u8]) {
        let is_kept = codec::first_of(unit) > self.fellows.tail.end();
        if !self.fellows.is_empty() && is_kept {
            entry::put_unit(&mut self.fellows.entry, unit);
        }
    }

    /// The turn has ended: what it has recorded is kept, and goes to whom it is for.
    pub(crate) fn close_entry(&mut self, turn: &mut Turn<'_>, buckets: usize) {
        if self.fellows.entry.is_empty() {
            return;
        }
        let mut units = std::mem::take(&mut self.fellows.entry);
        let n = self.state.newest().n;
        self.fellows.tail.push(&units, n);
        let committed = self.fellows.commit(n);
        let (id, epochs) = (self.outputs.bucket(), self.outputs.epochs());
        let part = Part { prefix: id.prefix(), n };
        for link in self.fellows.list.iter().filter_map(Fellow::reads_on) {
            turn.shared.streams.put(&mut turn.out.links, link, part, |out| {
                let records = Records { committed, after: None, units: &units };
                put_records(out, (id, epochs), records);
            });
        }
        units.clear();
        self.fellows.entry = units;
        let bytes_max = TAIL_KEPT_BYTES.min(TAILS_KEPT_BYTES / buckets.max(1));
        while self.fellows.tail.bytes() > bytes_max && self.fellows.tail.take(committed).is_some() {
        }
    }

    /// A slice for the fellow on a link, and whether it is the first and the last. Nothing: there
    /// is none to be filled.
    pub(crate) fn next_slice(
        &mut self,
        turn: &Turn<'_>,
        link: LinkId,
        bytes: usize,
    ) -> Option<((bool, bool), Vec<u8>)> {
        let now_ms = self.now_ms(turn);
        let fellow = self.fellows.on(link)?;
        let is_first = match fellow.stage() {
            Stage::Empty => true,
            Stage::Filling { last: None } => false,
            Stage::Filling { last: Some(_) }
            | Stage::Away
            | Stage::Asked { .. }
            | Stage::Streaming
            | Stage::Lacking => return None,
        };
        if is_first {
            fellow.begin();
            let snapshot = Snapshot::new(&self.state, now_ms);
            self.stream.begin(Reader::Node(link), snapshot);
        }
        let (snapshot, mut items) = (self.stream.snapshot(Reader::Node(link))?, Vec::new());
        snapshot.slice(&self.state, bytes, &mut items);
        Some(((is_first, snapshot.is_over()), items))
    }

    /// No more slices for whoever is on this link.
    pub(crate) fn end_slices(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        self.stream.end_snapshot(Reader::Node(link));
        turn.shared.streams.filled(link, self.outputs.bucket().prefix());
    }

    /// What it records is kept for its fellows while there are any.
    fn read_by_fellows(&mut self, turn: &mut Turn<'_>) {
        if self.fellows.is_empty() {
            (self.fellows.tail, self.fellows.entry) = (Tail::default(), Vec::new());
            self.fellows.keeps = false;
            if !turn.shared.is_tapped {
                self.stream.leave();
            }
        } else if !std::mem::replace(&mut self.fellows.keeps, true) {
            // What was recorded before in this turn isn't for them.
            let unit = self.close_unit();
            turn.shared.units.extend(unit);
            self.fellows.tail = Tail::behind(self.state.newest().n);
            self.stream.follow();
        }
    }

    /// A fellow has all of a batch.
    pub(crate) fn fellow_acknowledged(&mut self, link: LinkId, batch: u64, n: u64) {
        if let Some(fellow) = self.fellows.on(link) {
            fellow.acknowledge(batch, n);
        }
    }

    /// Whether a message of a fellow is about this bucket.
    pub(crate) fn is_meant(&self, bits: u32, loss: u64, reign: u64) -> Result<bool, Broken> {
        let (bucket, epochs) = (self.outputs.bucket(), self.outputs.epochs());
        let is_higher = (loss, reign) > (epochs.loss.0, epochs.reign.0);
        if u32::from(bucket.bits()) == bits && is_higher {
            return Err("a fellow speaks of a newer row than this node knows, and hasn't told it");
        }
        Ok(u32::from(bucket.bits()) == bits && (loss, reign) == (epochs.loss.0, epochs.reign.0))
    }
}
