//! A recorder: it reads what nodes that have copies say to each other and what the boss stores, and
//! knows from that who has which records. It has no code of the machines, and decides nothing.
//!
//! A node has what it has acknowledged. A record is the same as another one if reign, number and
//! bytes are. What a primary says to be committed has to be in the log of all that the stored row
//! names, now and ever after.

mod fallen;
mod log;
mod numbers;
mod stream;
mod waits;

use std::collections::BTreeMap;

use prost::Message as _;
use proto::bucket::{BucketId, Epochs, Reign};
use proto::q2q::{self, field::q2q as said};
use proto::table::{Moved, Owner, Row};

use self::log::{Log, Mark};
use self::numbers::Numbers;
use self::stream::{Kinds, Part, Recorded, Stream, What};
use super::referee::each_frame;
use super::wires::Port;
use super::{Process, World};
use crate::chance::Chance;
use crate::journal::{Copies, Raised};

/// Makes the draws of the recorder others than those of the run.
const LOGS: u64 = 0x6c6f_6773;

/// A node in one of its lives.
pub(crate) type Life = (usize, u64);
/// A bucket and its loss.
type Key = (BucketId, u64);

/// One writer for each reign, and the same record for all under its number.
const SAME: &str = "a record is the same wherever it is";
/// What is said to be committed is.
const COMMITTED: &str = "what is committed is in the log of everybody in the set";
/// A later log has all that was committed in an earlier one.
const KEPT: &str = "what was committed is in every later log";
/// Nobody cuts what is applied.
const APPLIED: &str = "what a copy has applied is never undone";
/// Members keep all they have, and have all.
const MEMBERS: &str = "who may be promoted has all, and keeps it";
/// Nodes that have applied the same are the same.
const EQUAL: &str = "nodes with the same records are the same";
/// S10.
const RISES: &str = "what is committed never falls";

/// Of a hundred turns of a node, so many compare one of its buckets.
const COMPARED_PERCENT: u64 = 5;

/// All that is known of logs.
#[derive(Debug)]
pub(crate) struct Logs {
    /// Drawn apart, so that looking changes nothing.
    chance: Chance,
    /// By wire, and the end that speaks as a primary.
    streams: BTreeMap<(usize, usize), Stream>,
    logs: BTreeMap<(Life, Key), Log>,
    /// Each record by its reign and number.
    written: BTreeMap<(Key, u64, u64), u64>,
    writers: BTreeMap<(Key, u64), Life>,
    /// Where each node has opened a reign.
    opened: BTreeMap<(Life, Key, u64), u64>,
    /// What was said to be committed.
    committed: BTreeMap<Key, BTreeMap<u64, Mark>>,
    /// The newest rows that are stored.
    rows: BTreeMap<BucketId, Row>,
    /// When the row of each bucket was stored.
    since_us: BTreeMap<BucketId, (u64, u64)>,
    /// Those before the store lost steps, until what is stored counts again.
    before: Option<fallen::Before>,
    /// What the boss has given out.
    pub(crate) numbers: Numbers,
    /// How many records of each kind were sent.
    pub(crate) kinds: Kinds,
    /// How much there was to see.
    pub(crate) seen: Copies,
}

/// A rule that is broken, and how.
type Broken = (&'static str, String);

/// Who says something to whom, on which wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) wire: usize,
    pub(crate) end: usize,
    pub(crate) from: Life,
}

impl World {
    /// A node says something to another one.
    pub(crate) fn logs_hear(&mut self, between: Between, bytes: &[u8]) {
        let mut broken = Vec::new();
        let alive = self.alive();
        self.logs.note_openings(between, bytes);
        each_frame(bytes, |number, body| {
            broken.extend(self.logs.hear(&alive, between, number, body));
        });
        for (rule, what) in broken {
            self.violated(rule, format!("q{}: {what}", between.from.0 + 1));
        }
    }

    /// A node's turn has ended: now and then those who have as much of a bucket are compared.
    pub(crate) fn compare_copies(&mut self, at: usize) {
        if !self.logs.chance.percent(COMPARED_PERCENT) {
            return;
        }
        let now = self.node_now(at);
        let Some(node) = &mut self.nodes[at].node else { return };
        let buckets = node.buckets();
        if buckets.is_empty() {
            return;
        }
        let (bucket, epochs) = *self.logs.chance.pick(&buckets);
        let shown = node.digest(now, bucket).zip(node.clock_ms(now, bucket));
        let Some(((n, digest), at_ms)) = shown else { return };
        // A deposed primary may have recorded what nobody has seen.
        let its = Epochs { reign: Reign(node.reign(bucket).unwrap_or(0)), ..epochs };
        let own = (at, self.life(Port::Node(at).process()));
        let mut others = Vec::new();
        for (at, host) in self.nodes.iter().enumerate() {
            let node = host.node.as_ref().filter(|node| node.copy_passed_ms(bucket) <= at_ms);
            let copy = node.and_then(|node| node.copy_digest(bucket, at_ms));
            let life = (at, self.life(Port::Node(at).process()));
            let is_same = |copy: &(Epochs, u64, u128)| {
                copy.1 == n && (copy.0 == its || self.logs.have_same(own, life, (bucket, its), n))
            };
            others.extend(copy.filter(is_same).map(|copy| (at, copy.2)));
        }
        for (other, its) in others {
            self.logs.seen.compared += 1;
            if its != digest {
                let what = format!("{bucket:?} behind {n} on q{} and q{}", at + 1, other + 1);
                self.violated(EQUAL, what);
            }
        }
    }

    /// The boss has stored rows, and has lost none.
    pub(crate) fn logs_store(&mut self, rows: &[(BucketId, Row)]) {
        self.note_raised(rows, false);
        self.logs.note_since(self.agenda.now_us(), rows);
        let alive = self.alive();
        let broken: Vec<Broken> =
            rows.iter().flat_map(|row| self.logs.store(&alive, row)).collect();
        for (rule, what) in broken {
            self.violated(rule, what);
        }
        (0..self.nodes.len()).for_each(|at| self.look_at_waits(at));
    }

    /// Buckets begin anew: somebody may have had one, and be passed over for lost steps. What
    /// counts is how everybody was when the boss began to write it: a write that fails may have
    /// come to be there, so it is written again, whoever has come back meanwhile.
    pub(crate) fn note_raised(&mut self, rows: &[(BucketId, Row)], is_excused: bool) {
        let at_us = self.agenda.now_us();
        for (bucket, row) in rows {
            let before = self.logs.row_before(*bucket).filter(|before| before.loss < row.loss);
            let Some(before) = before else { continue };
            let decided_us = self.logs.numbers.decided_us(row).unwrap_or(at_us);
            let is_well = |owner: &Owner| {
                let at = self.is_there(owner)?;
                let until_us = self.troubled.get(&Process::Node(at)).copied().unwrap_or(0);
                (until_us < decided_us).then_some(at)
            };
            let is_groundless =
                !is_excused && before.in_sync.iter().any(|owner| is_well(owner).is_some());
            let what = format!("{bucket:?}: {before:?}, then {row:?}");
            self.raised.push(Raised { at_us, what, is_groundless });
        }
    }

    /// The nodes that are there, by their ids and incarnations.
    pub(crate) fn alive(&self) -> Alive {
        let nodes = self.nodes.iter().enumerate();
        let up = nodes.filter(|(_, host)| host.node.is_some());
        up.map(|(at, host)| {
            let owner = (host.id.clone(), host.member.incarnation());
            (owner, (at, self.life(Port::Node(at).process())))
        })
        .collect()
    }
}

/// Those who are there.
pub(crate) type Alive = BTreeMap<(String, u64), Life>;

impl Logs {
    pub(crate) fn new(seed: u64) -> Logs {
        Logs {
            chance: Chance::new(seed ^ LOGS),
            streams: BTreeMap::new(),
            logs: BTreeMap::new(),
            written: BTreeMap::new(),
            writers: BTreeMap::new(),
            opened: BTreeMap::new(),
            committed: BTreeMap::new(),
            rows: BTreeMap::new(),
            since_us: BTreeMap::new(),
            before: None,
            numbers: Numbers::default(),
            kinds: Kinds::default(),
            seen: Copies::default(),
        }
    }

    /// Where reigns begin in what is about to be read.
    fn note_openings(&mut self, between: Between, bytes: &[u8]) {
        each_frame(bytes, |number, body| {
            if number != said::RECORDS {
                return;
            }
            let Ok(part) = q2q::Records::decode(body) else { return };
            let (Some(bucket), Ok(records)) =
                (BucketId::new(part.bits, part.prefix), stream::records(&part))
            else {
                return;
            };
            for (n, record) in records {
                if let Some(reign) = record.opens {
                    self.opened.insert((between.from, (bucket, part.loss), reign), n);
                }
            }
        });
    }

    /// The newest rows that are stored.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    fn hear(&mut self, alive: &Alive, between: Between, number: u32, body: &[u8]) -> Vec<Broken> {
        let Between { wire, end, .. } = between;
        // What a copy says is about what the other end sends.
        let back = (wire, 1 - end);
        match number {
            said::LEAD => {
                if let Ok(q2q::Lead { bits, row: Some(row), .. }) = q2q::Lead::decode(body)
                    && let Some(bucket) = BucketId::new(bits, row.prefix)
                {
                    let stream = self.streams.entry((wire, end)).or_default();
                    let reign = stream.leads.entry(bucket).or_default();
                    *reign = row.reign.max(*reign);
                }
            }
            said::HAVE => {
                if let Ok(have) = q2q::Have::decode(body) {
                    return self.has(between, &have).into_iter().collect();
                }
            }
            said::RECORDS => {
                if let Ok(part) = q2q::Records::decode(body) {
                    return self.sent(alive, between, &part);
                }
            }
            said::SLICE => {
                if let Ok(slice) = q2q::Slice::decode(body)
                    && let Some(bucket) = BucketId::new(slice.bits, slice.prefix)
                {
                    let behind = stream::behind(&slice.items).ok().flatten();
                    let first = behind.filter(|_| slice.first);
                    if let Some(n) = first {
                        let key = (between.from, (bucket, slice.loss));
                        self.logs.entry(key).or_default().shows(n);
                    }
                    let what = What::Slice { first, is_last: slice.last };
                    let part = Part { bucket, loss: slice.loss, what };
                    self.streams.entry((wire, end)).or_default().gathered.push(part);
                }
            }
            said::BATCH => {
                if let Ok(batch) = q2q::Batch::decode(body) {
                    let stream = self.streams.entry((wire, end)).or_default();
                    let parts = std::mem::take(&mut stream.gathered);
                    stream.batches.insert(batch.k, parts);
                }
            }
            said::ACK => {
                if let Ok(ack) = q2q::Ack::decode(body) {
                    return self.acknowledged(between, ack.k);
                }
            }
            said::AGAIN => {
                if let Ok(again) = q2q::Again::decode(body)
                    && let Some(bucket) = BucketId::new(again.bits, again.prefix)
                {
                    self.streams.entry(back).or_default().excluded.insert(bucket);
                }
            }
            said::MOVED => {
                if let Ok(Moved { bits, row: Some(row), .. }) = Moved::decode(body)
                    && let Some(bucket) = BucketId::new(bits, row.prefix)
                {
                    let stream = self.streams.entry(back).or_default();
                    if stream.leads.get(&bucket).is_some_and(|led| *led < row.reign) {
                        stream.excluded.insert(bucket);
                    }
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// A copy says what it has: a member has no less than it has acknowledged.
    fn has(&mut self, between: Between, have: &q2q::Have) -> Option<Broken> {
        let bucket = BucketId::new(have.bits, have.prefix)?;
        let stream = self.streams.entry((between.wire, 1 - between.end)).or_default();
        stream.excluded.remove(&bucket);
        let log = self.logs.entry((between.from, (bucket, have.loss))).or_default();
        if have.n == 0 {
            log.fill(0);
        }
        None
    }

    /// A primary sends records, or only says what is committed.
    fn sent(&mut self, alive: &Alive, between: Between, part: &q2q::Records) -> Vec<Broken> {
        let mut broken = Vec::new();
        let Some(bucket) = BucketId::new(part.bits, part.prefix) else { return broken };
        let Ok(mut records) = stream::records(part) else { return broken };
        let key = (bucket, part.loss);
        self.seen.records += records.len() as u64;
        if stream::count(&mut self.kinds, part).is_err() {
            return broken;
        }
        self.seen.rejoined += u64::from(part.after.is_some());
        for (n, record) in &mut records {
            broken.extend(self.recorded(between.from, key, *n, record));
        }
        let (reign, committed) = (part.reign, part.committed);
        broken.extend(self.commits(alive, between.from, key, committed));
        let stream = self.streams.entry((between.wire, between.end)).or_default();
        let before = stream.committed.insert((bucket, reign), committed).unwrap_or(0);
        if before > committed {
            broken.push((RISES, format!("{key:?}: {committed} after {before} of reign {reign}")));
        }
        let what = What::Records { committed, after: part.after, records };
        stream.gathered.push(Part { bucket, loss: part.loss, what });
        broken
    }

    /// A primary sends a record: of its own reign, or of one before it.
    fn recorded(&mut self, by: Life, key: Key, n: u64, record: &mut Recorded) -> Option<Broken> {
        let led = record.reign;
        let hash = record.hash;
        let opened = self.opened.get(&(by, key, led)).copied();
        let log = self.logs.entry((by, key)).or_default();
        if opened.is_some_and(|opened| n < opened) {
            // Of a reign before: whoever sends it has got it from there.
            let known = log.get(n).filter(|mark| mark.hash == hash).map(|mark| mark.reign);
            let mut reigns = self.written.range((key, 0, 0)..=(key, led, u64::MAX));
            let same =
                |((_, _, number), its): &(&(Key, u64, u64), &u64)| *number == n && **its == hash;
            let known = known.or_else(|| reigns.find(same).map(|((_, reign, _), _)| *reign));
            record.reign = known.unwrap_or(0);
        }
        let mark = Mark { reign: record.reign, hash };
        let before = log.get(n).filter(|before| *before != mark && mark.reign > 0);
        log.write(n, mark);
        if before.is_some_and(|before| before.reign == mark.reign) {
            return Some((SAME, format!("{key:?}: {n} of reign {led} is told as two")));
        }
        if mark.reign == 0 {
            return None;
        }
        let its = *self.written.entry((key, mark.reign, n)).or_insert(hash);
        if its != hash {
            let what = format!("{key:?}: {n} of reign {} is another than elsewhere", mark.reign);
            return Some((SAME, what));
        }
        if mark.reign == led && *self.writers.entry((key, led)).or_insert(by) != by {
            return Some((SAME, format!("{key:?}: reign {led} has two writers")));
        }
        let is_behind = self.is_behind();
        let line = self.committed.get(&key).and_then(|line| line.get(&n));
        let line = line.filter(|line| **line != mark && line.reign <= led && !is_behind)?;
        Some((KEPT, format!("{key:?}: {n} is of reign {}, was of {}", mark.reign, line.reign)))
    }

    /// A primary says that all up to a record is committed.
    fn commits(&mut self, alive: &Alive, by: Life, key: Key, n: u64) -> Vec<Broken> {
        let line = self.committed.entry(key).or_default();
        let newest = line.last_key_value().map_or(0, |(n, _)| *n);
        let Some(log) = self.logs.get(&(by, key)) else { return Vec::new() };
        let known = (newest + 1..=n).filter_map(|n| Some((n, log.get(n)?)));
        line.extend(known);
        let Some(mark) = log.get(n).filter(|_| n > newest) else { return Vec::new() };
        let Some(row) = self.rows.get(&key.0).filter(|row| row.loss == key.1) else {
            return Vec::new();
        };
        lacking(alive, &self.logs, row, key, (n, Some(mark)))
            .map(|owner| (COMMITTED, format!("{key:?}: {n}, not in {owner:?}, by {row:?}")))
            .collect()
    }

    /// A copy acknowledges batches, and with them all that isn't excluded.
    fn acknowledged(&mut self, between: Between, k: u64) -> Vec<Broken> {
        let is_behind = self.is_behind();
        let Some(stream) = self.streams.get_mut(&(between.wire, 1 - between.end)) else {
            return Vec::new();
        };
        let later = stream.batches.split_off(&(k + 1));
        let batches = std::mem::replace(&mut stream.batches, later);
        self.seen.batches += batches.len() as u64;
        let mut broken = Vec::new();
        for part in batches.into_values().flatten() {
            if stream.excluded.contains(&part.bucket) {
                continue;
            }
            let key = (part.bucket, part.loss);
            let log = self.logs.entry((between.from, key)).or_default();
            match part.what {
                What::Slice { first, is_last } => {
                    if let Some(from) = first {
                        log.fill(from);
                    }
                    if is_last {
                        log.filled();
                    }
                }
                What::Records { committed, after, records } => {
                    let undone = after.and_then(|after| log.cut(after));
                    if let Some(applied) = undone.filter(|_| !is_behind) {
                        let what = format!("{key:?}: cut at {after:?}, {applied} is applied");
                        broken.push((APPLIED, what));
                    }
                    for (n, Recorded { hash, reign, .. }) in records {
                        log.take(n, Mark { reign, hash });
                    }
                    log.apply(committed);
                }
            }
        }
        broken
    }

    /// A row is stored: who is added has all, and so has everybody where a reign begins.
    fn store(&mut self, alive: &Alive, (bucket, row): &(BucketId, Row)) -> Vec<Broken> {
        let before = self.rows.insert(*bucket, row.clone());
        let Some(before) = before.filter(|before| before.loss == row.loss) else {
            return Vec::new();
        };
        let added: Vec<&Owner> =
            row.in_sync.iter().filter(|owner| !before.in_sync.contains(owner)).collect();
        let is_promoted = before.primary != row.primary && row.primary.is_some();
        self.seen.added += added.len() as u64;
        self.seen.promoted += u64::from(is_promoted);
        if added.is_empty() && before.reign == row.reign {
            return Vec::new();
        }
        let key = (*bucket, row.loss);
        let newest = self.committed.get(&key).and_then(|line| line.last_key_value());
        let Some((n, mark)) = newest.map(|(n, mark)| (*n, *mark)) else { return Vec::new() };
        lacking(alive, &self.logs, row, key, (n, Some(mark)))
            .map(|owner| (MEMBERS, format!("{key:?}: {owner:?} lacks {n} by {row:?}")))
            .collect()
    }
}

/// Who of a row is there and lacks a record.
fn lacking<'a>(
    alive: &'a Alive,
    logs: &'a BTreeMap<(Life, Key), Log>,
    row: &'a Row,
    key: Key,
    (n, mark): (u64, Option<Mark>),
) -> impl Iterator<Item = &'a Owner> {
    row.in_sync.iter().filter(move |owner| {
        let life = alive.get(&(owner.id.clone(), owner.incarnation));
        life.is_some_and(|life| logs.get(&(*life, key)).is_none_or(|log| log.lacks(n, mark)))
    })
}
