//! The copies that a node has of other nodes' buckets, and what it answers those who write them.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::limits::{COPY_TAIL_BYTES_MAX, DIGEST_EVERY_MS, UNNAMED_COPY_MS};
use proto::n2b::bucket_report::Role;
use proto::q2q::{self, q2q::Body};
use proto::table::{Owner, Row};
use proto::wire;
use rand::RngExt as _;

use super::copy::{Copy, Has, Part, Standing, Why};
use super::head::Head;
use super::heritage::{Heritage, Inherited, Shows};
use super::learner::Learner;
use super::shown::{Compared, Shown};
use crate::machine::clock::NodeMs;
use crate::machine::lane::Broken;
use crate::machine::node::Settings;
use crate::machine::rows::Change;
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

/// Copies by the prefixes of their buckets, and how far each link has come.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    copies: BTreeMap<u32, Kept>,
    batches: BTreeMap<LinkId, Brought>,
    /// When the first copy may go that no row names.
    unnamed_until: Option<NodeMs>,
    /// There is no space for more; when that is looked at next.
    is_full: bool,
    measured_at: NodeMs,
}

#[derive(Debug)]
struct Kept {
    bucket: BucketId,
    loss: Loss,
    copy: Copy,
    shown: Shows,
    /// No row names its node: so long it is kept.
    until: Option<NodeMs>,
}

/// The batches of a link.
#[derive(Debug, Default)]
struct Brought {
    /// The newest that has come.
    k: u64,
    /// It isn't acknowledged.
    is_due: bool,
    /// A copy has more on it than it may have.
    is_over: bool,
    /// What comes behind it isn't kept.
    is_closed: bool,
    /// What the sender's clock showed then.
    now_ms: u64,
}

impl Copies {
    /// Somebody is the primary of a bucket by a row that this node goes by, too.
    ///
    /// # Errors
    /// If it isn't, or if the row doesn't name this node.
    pub(crate) fn lead(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        lead: &q2q::Lead,
    ) -> Result<(), Broken> {
        let bucket = lead.row.as_ref().and_then(|row| BucketId::new(lead.bits, row.prefix));
        let bucket = bucket.ok_or("a node leads no bucket")?;
        let row = turn.shared.rows.row(bucket).ok_or("a node leads a bucket that isn't there")?;
        let peer = turn.shared.links.get(link).map(|state| &state.peer);
        let is_peer = |owner: &Owner| {
            peer.is_some_and(|peer| owner.id == peer.id && owner.incarnation == peer.incarnation)
        };
        if !row.primary.as_ref().is_some_and(is_peer) {
            return Err("a node leads a bucket of which it isn't the primary");
        }
        if standing(&turn.shared.settings, row) == Standing::Nobody {
            return Err("a node leads one that has no part in the bucket");
        }
        let (epochs, conf) = (row.epochs(), row.conf);
        let kept = self.copies.entry(bucket.prefix()).or_insert_with(|| {
            Kept::of(bucket, epochs.loss, Copy::absent(turn.shared.settings.faults()))
        });
        kept.note_clock(&self.batches);
        if kept.shown.reign != epochs.reign {
            kept.copy.passed(kept.shown.at_ms);
            kept.shown = Shows { reign: epochs.reign, ..Shows::default() };
        }
        kept.shown.offset_ms = lead.offset_ms;
        let Has { n, state_n, openings, stuck } = kept.copy.lead(link, epochs.reign);
        let have = q2q::Have {
            bits: lead.bits,
            prefix: bucket.prefix(),
            loss: epochs.loss.0,
            reign: epochs.reign.0,
            conf,
            n,
            state_n,
            openings: openings.into_iter().map(Into::into).collect(),
            full: self.is_full,
        };
        say(turn, link, Body::Have(have));
        if let Some(why) = stuck {
            say_again(turn, link, (bucket, epochs), why);
        }
        Ok(())
    }

    /// What was recorded in a bucket, or how much of it is committed.
    ///
    /// # Errors
    /// If the sender may not write the copy, or says what can't be read.
    pub(crate) fn records(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        frame: &[u8],
    ) -> Result<(), Broken> {
        let head = Head::of_records(frame).map_err(|_| "records can't be read")?;
        let Some((kept, _)) = self.written(turn, link, &head)? else { return Ok(()) };
        turn.shared.counters.copy_units_applied += 1;
        let part = Part { committed: head.committed, after: head.after, units: frame };
        let (of, seen) = ((kept.bucket, head.epochs), kept.copy.compared().1);
        let why = kept.copy.take(part);
        turn.shared.counters.copies_compared += kept.copy.compared().1 - seen;
        complain(turn, link, of, why);
        if kept.copy.tail_bytes() > COPY_TAIL_BYTES_MAX {
            self.batches.entry(link).or_default().is_over = true;
        }
        Ok(())
    }

    /// A slice of a bucket's snapshot.
    ///
    /// # Errors
    /// If the sender may not fill the copy, or says what can't be read.
    pub(crate) fn slice(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        frame: &[u8],
    ) -> Result<(), Broken> {
        let (head, slice) = Head::of_slice(frame).map_err(|_| "a slice can't be read")?;
        let Some((kept, standing)) = self.written(turn, link, &head)? else { return Ok(()) };
        let (seed, settings) = (turn.shared.random.random(), &turn.shared.settings);
        let new = || Learner::new(seed, settings.grace_ms, settings.faults());
        let why = kept.copy.slice(standing, slice, new)?;
        let of = (kept.bucket, head.epochs);
        complain(turn, link, of, why);
        Ok(())
    }

    /// What a primary is behind a record.
    ///
    /// # Errors
    /// If the sender may not write the copy, or says what can't be read.
    pub(crate) fn digest(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        digest: &q2q::Digest,
    ) -> Result<(), Broken> {
        let shown = Shown::of(digest).ok_or("a digest is of no bucket")?;
        let epochs = Epochs { loss: Loss(digest.loss), reign: Reign(digest.reign) };
        let (bits, prefix) = (digest.bits, digest.prefix);
        let head = Head { bits, prefix, epochs, ..Head::default() };
        let Some((kept, _)) = self.written(turn, link, &head)? else { return Ok(()) };
        let seen = kept.copy.compared().1;
        let why = kept.copy.show(shown);
        turn.shared.counters.copies_compared += kept.copy.compared().1 - seen;
        complain(turn, link, (shown.bucket, epochs), why);
        Ok(())
    }

    /// A batch is complete: it is acknowledged at the end of the turn.
    ///
    /// # Errors
    /// If it isn't the next.
    pub(crate) fn batch(&mut self, link: LinkId, batch: &q2q::Batch) -> Result<(), Broken> {
        let brought = self.batches.entry(link).or_default();
        if batch.k != brought.k + 1 {
            return Err("a batch isn't the next of its link");
        }
        (brought.k, brought.is_due, brought.now_ms) = (batch.k, true, batch.now_ms);
        Ok(())
    }

    /// The turn has ended: all that came is in the logs, but what a row or an `Again` of this turn
    /// excludes.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_>) {
        self.measure(turn);
        let is_silent = turn.shared.settings.faults().full_acknowledged;
        for (link, brought) in &mut self.batches {
            let full = self.is_full || brought.is_over;
            let was_closed = brought.is_closed && !is_silent;
            if std::mem::take(&mut brought.is_due) && !was_closed {
                brought.is_closed = full;
                let body = Some(Body::Ack(q2q::Ack { k: brought.k, full: full && !is_silent }));
                wire::put_message(turn.out.links.routine(*link), &q2q::Q2q { body });
                turn.out.links.first(*link);
            }
        }
    }

    /// Counts from time to time what all copies take, and whether the node has space for more:
    /// when it has been full, not before much has gone (S14).
    fn measure(&mut self, turn: &mut Turn<'_>) {
        let had_any = turn.shared.counters.copy_bytes > 0;
        if !had_any && self.copies.is_empty() || turn.node_ms() < self.measured_at {
            return;
        }
        self.measured_at = turn.node_ms().after(DIGEST_EVERY_MS);
        let bytes: u64 = self.copies.values().map(|kept| kept.copy.bytes()).sum();
        turn.shared.counters.copy_bytes = bytes;
        self.is_full = turn.shared.is_full(self.is_full);
    }

    /// Whether there is no space for more.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// A link has ended, or what still comes on it isn't read.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        self.copies.values_mut().for_each(|kept| kept.note_clock(&self.batches));
        self.batches.remove(&link);
        self.copies.retain(|_, kept| {
            kept.copy.link_down(link);
            !kept.copy.is_over()
        });
    }

    /// By its newest row this node is the primary of a bucket: it takes over what it has of it. It
    /// may have nothing only of a bucket that begins.
    pub(crate) fn take_over(
        &mut self,
        turn: &mut Turn<'_>,
        bucket: BucketId,
        (loss, begins): (Loss, bool),
    ) -> Heritage {
        let faults = turn.shared.settings.faults();
        let kept = self.copies.remove(&bucket.prefix());
        let its = kept.filter(|kept| kept.loss == loss && kept.bucket == bucket);
        let mut kept = match its {
            None if begins => return Heritage::Nothing,
            None => Kept::of(bucket, loss, Copy::lost(faults)),
            Some(kept) => kept,
        };
        kept.note_clock(&self.batches);
        match kept.copy.take_over() {
            Ok((learner, tail)) => {
                let (state, clock_ms) = (learner.into_state(), kept.shown.at_ms);
                Heritage::Copy(Box::new(Inherited { state, tail, clock_ms }))
            }
            Err(_) if faults.learner_promoted => Heritage::Nothing,
            Err(copy) => {
                turn.shared.counters.copies_broken += 1;
                self.copies.insert(bucket.prefix(), Kept { copy: *copy, ..kept });
                Heritage::Lacking
            }
        }
    }

    /// What this node had as the primary of a bucket is a copy from here on.
    pub(crate) fn keep_deposed(
        &mut self,
        turn: &Turn<'_>,
        (bucket, epochs): (BucketId, Epochs),
        had: Inherited,
    ) {
        let faults = turn.shared.settings.faults();
        let learner = Learner::of_state(had.state, faults);
        let copy = Copy::of_deposed(learner, had.tail, had.clock_ms, faults);
        let shown = Shows { reign: epochs.reign, offset_ms: 0, at_ms: had.clock_ms };
        let kept = Kept { shown, ..Kept::of(bucket, epochs.loss, copy) };
        self.copies.insert(bucket.prefix(), kept);
    }

    /// The row of a bucket is another.
    pub(crate) fn row_changed(&mut self, turn: &mut Turn<'_>, change: Change) {
        let prefix = change.bucket.prefix();
        let Some(kept) = self.copies.get_mut(&prefix) else { return };
        let row = turn.shared.rows.row(change.bucket);
        let settings = &turn.shared.settings;
        // Under another number of buckets, or with a loss, it is a copy of nothing.
        let is_its = |row: &&Row| row.epochs().loss == kept.loss && kept.bucket == change.bucket;
        let Some(row) = row.filter(is_its) else {
            self.copies.remove(&prefix);
            return;
        };
        let standing = standing(settings, row);
        kept.copy.stands(standing);
        kept.until = None;
        if standing != Standing::Nobody {
            return;
        }
        if kept.copy.is_absent() {
            // Whoever leads it may not know yet, and still writes.
            if kept.copy.is_over() {
                self.copies.remove(&prefix);
            }
            return;
        }
        let until = turn.node_ms().after(UNNAMED_COPY_MS);
        kept.until = Some(until);
        self.unnamed_until.get_or_insert(until);
        turn.shared.timers.set(until, Timer::Copies);
    }

    /// Copies that no row names go when their time has come.
    pub(crate) fn wake(&mut self, now: NodeMs) {
        if self.unnamed_until.is_none_or(|until| until > now) {
            return;
        }
        self.copies.retain(|_, kept| {
            if kept.until.take_if(|until| *until <= now).is_some() {
                kept.copy.drop_all();
            }
            !kept.copy.is_over()
        });
        self.unnamed_until = self.copies.values().filter_map(|kept| kept.until).min();
    }

    /// What was seen last of each copy and its primary, and how many copies aren't level.
    pub(crate) fn compared(&self) -> (Vec<Compared>, usize) {
        let level = self.copies.values().filter(|kept| kept.copy.is_level()).count();
        let compared = self.copies.values().filter_map(|kept| {
            let (shown, digest) = kept.copy.compared().0?;
            let (bucket, n, primary) = (kept.bucket, shown.n, shown.digest);
            Some(Compared { bucket, n, primary, copy: digest })
        });
        (compared.collect(), self.len() - level)
    }

    /// What there is of each bucket: the newest record, and the newest that is applied.
    pub(crate) fn held(&self) -> impl Iterator<Item = (BucketId, Role, (u64, u64))> {
        let some = self.copies.values().filter(|kept| !kept.copy.is_absent());
        some.map(|kept| {
            let Has { n, state_n, stuck, .. } = kept.copy.has();
            let role = match (kept.copy.is_level(), stuck) {
                (true, _) => Role::Copy,
                (false, Some(_)) => Role::Stuck,
                (false, None) => Role::Filling,
            };
            (kept.bucket, role, (n, state_n))
        })
    }

    /// What a copy is that has a state, at this moment of its primary's clock.
    pub(crate) fn state_digest(&self, bucket: BucketId, at_ms: u64) -> Option<(Epochs, u64, u128)> {
        let kept = self.of(bucket)?;
        let (reign, n, digest) = kept.copy.state_digest(at_ms)?;
        Some((Epochs { loss: kept.loss, reign: Reign(reign) }, n, digest))
    }

    /// For which moments a copy can be compared with its primary: from that on.
    pub(crate) fn passed_ms(&self, bucket: BucketId) -> u64 {
        self.of(bucket).map_or(0, |kept| kept.copy.passed_ms())
    }

    fn of(&self, bucket: BucketId) -> Option<&Kept> {
        self.copies.get(&bucket.prefix()).filter(|kept| kept.bucket == bucket)
    }

    /// How many there are that have anything.
    pub(crate) fn len(&self) -> usize {
        self.copies.values().filter(|kept| !kept.copy.is_absent()).count()
    }

    /// The copy that a frame writes. Nothing: there is no space for it; or a reign writes it that
    /// is over, and its primary is told so, before the batch is acknowledged (S6).
    fn written(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        head: &Head,
    ) -> Result<Option<(&mut Kept, Standing)>, Broken> {
        if self.batches.get(&link).is_some_and(|brought| brought.is_closed) {
            return Ok(None);
        }
        let bucket = BucketId::new(head.bits, head.prefix).ok_or("records are of no bucket")?;
        let rows = &turn.shared.rows;
        let row = rows.row(bucket).ok_or("records are of a bucket that isn't there")?;
        if head.epochs < row.epochs() && !turn.shared.settings.faults().lower_reign_kept {
            turn.shared.rows.tell(&mut turn.out.links, link, bucket);
            return Ok(None);
        }
        let standing = standing(&turn.shared.settings, row);
        let kept = self.copies.get_mut(&head.prefix);
        let is_led = |kept: &&mut Kept| {
            kept.loss == head.epochs.loss && kept.copy.is_led_by(link, head.epochs.reign)
        };
        match kept.filter(is_led) {
            Some(kept) => Ok(Some((kept, standing))),
            None => Err("a node writes a copy that it doesn't lead on this link"),
        }
    }
}

impl Kept {
    fn of(bucket: BucketId, loss: Loss, copy: Copy) -> Kept {
        Kept { bucket, loss, copy, shown: Shows::default(), until: None }
    }

    /// Its leader's newest batch says what the bucket's clock has shown.
    fn note_clock(&mut self, batches: &BTreeMap<LinkId, Brought>) {
        let leader = self.copy.leader().and_then(|link| batches.get(&link));
        if let Some(Brought { now_ms, .. }) = leader {
            let at_ms = now_ms.saturating_add_signed(self.shown.offset_ms);
            self.shown.at_ms = self.shown.at_ms.max(at_ms);
        }
    }
}

/// What a row says of this node.
fn standing(settings: &Settings, row: &Row) -> Standing {
    if is_me(settings, row.in_sync.iter()) {
        Standing::Member
    } else if is_me(settings, row.learners.iter()) {
        Standing::Learner
    } else {
        Standing::Nobody
    }
}

fn is_me<'a>(settings: &Settings, mut owners: impl Iterator<Item = &'a Owner>) -> bool {
    owners.any(|owner| owner.id == settings.id && owner.incarnation == settings.incarnation)
}

/// A copy can't go on, if there is a reason: its primary is told.
fn complain(turn: &mut Turn<'_>, link: LinkId, of: (BucketId, Epochs), why: Option<Why>) {
    let Some(why) = why else { return };
    let counters = &mut turn.shared.counters;
    match why {
        Why::Differs => counters.copies_differing += 1,
        Why::Unfit | Why::Lacks => counters.copies_broken += 1,
    }
    say_again(turn, link, of, why);
}

fn say_again(turn: &mut Turn<'_>, link: LinkId, (bucket, epochs): (BucketId, Epochs), why: Why) {
    let again = q2q::Again {
        bits: bucket.bits().into(),
        prefix: bucket.prefix(),
        loss: epochs.loss.0,
        reign: epochs.reign.0,
        why: why.number(),
    };
    say(turn, link, Body::Again(again));
}

fn say(turn: &mut Turn<'_>, link: LinkId, body: Body) {
    wire::put_message(turn.out.links.buffer(link), &q2q::Q2q { body: Some(body) });
}
