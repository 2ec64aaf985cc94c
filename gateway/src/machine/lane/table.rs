//! Buckets that move: other homes, homes that are lost, and other buckets.

use std::collections::BTreeSet;

use proto::bucket::BucketId;
use proto::codes::Close;
use proto::limits;
use proto::q2g;
use proto::table::{BucketTable, Row};

use super::{Lane, Outbox};
use crate::machine::delivery::ConnId;
use crate::machine::session::State;
use crate::machine::upstream::{Bucket, BucketIndex, NodeIndex, Pending};

/// After a `moved` that says less than the lane knows, its speaker gets this long to hear the
/// table.
const RETRY_MS: u64 = 50;

impl Lane {
    pub(in crate::machine) fn table(&mut self, table: &BucketTable, out: &mut Outbox) {
        if self.routes.version.is_some_and(|known| known >= table.version()) {
            return;
        }
        if table.bits() != self.routes.bits || self.routes.buckets.is_empty() {
            self.resize(table.bits(), out);
        }
        self.routes.version = Some(table.version());
        let mut changed = Vec::new();
        for row in table.rows() {
            changed.extend(self.adopt(row, out));
        }
        self.routes.homes_changed();
        self.readiness.unsure = true;
        self.recover(&changed, out);
        self.hear_again(out);
    }

    /// Other bits: children begin with their parent's epochs, and with what waits for their queues.
    /// All links begin anew, so that nothing on its way speaks of the old buckets.
    fn resize(&mut self, bits: u8, out: &mut Outbox) {
        if !self.routes.buckets.is_empty() {
            for link in self.routes.links() {
                self.link_down(link, out);
                out.links.end(link, "the cluster has other buckets now");
            }
        }
        let (old_bits, old) = (self.routes.bits, std::mem::take(&mut self.routes.buckets));
        let child = |prefix: u32| {
            let parent = prefix >> bits.saturating_sub(old_bits);
            let (epochs, home) = old
                .find(parent)
                .filter(|_| bits >= old_bits)
                .map_or_else(Default::default, |parent| (old[parent].epochs, old[parent].home));
            Bucket { epochs, home, ..Bucket::default() }
        };
        self.routes.buckets = (0..1u32 << bits).map(child).collect();
        self.routes.bits = bits;
        let (mut given_up, mut asides) = (Vec::new(), BTreeSet::new());
        for mut bucket in old {
            bucket.unanswered.move_out(|moving| match self.hash_of(moving.tag) {
                Some(hash) => {
                    let child = BucketIndex::of(BucketId::of(hash, bits));
                    self.routes.buckets[child].unanswered.move_in(moving);
                }
                None => given_up.push((moving.tag, moving.was_sent)),
            });
            bucket.aside.move_out(|moving| {
                if let Some(hash) = self.hash_of(moving.tag) {
                    let child = BucketIndex::of(BucketId::of(hash, bits));
                    self.routes.buckets[child].aside.move_in(moving);
                    asides.insert(child);
                }
            });
        }
        self.routes.asides = asides;
        self.give_up(given_up, out);
        self.routes.buckets.indices().for_each(|bucket| self.release_refusals(bucket, out));
    }

    /// The hash of the queue that an operation is for; nothing for a listing, which is a bucket's.
    fn hash_of(&self, pending: Pending) -> Option<u64> {
        match pending {
            Pending::Operation { hash, .. }
            | Pending::Resume { hash, .. }
            | Pending::Recognise { hash, .. }
            | Pending::Refused { hash, .. } => Some(hash),
            Pending::Login { session } | Pending::Lost { session } => {
                self.sessions.get(session).map(|session| session.id.user_queue_hash())
            }
            Pending::Request { hash, .. } => hash,
        }
    }

    /// Takes over a row, if it is newer than what the lane knows. Its bucket is to be recovered
    /// then.
    fn adopt(&mut self, row: &Row, out: &mut Outbox) -> Option<BucketIndex> {
        let epochs = row.epochs();
        let home = row.primary.as_ref().map(|owner| self.routes.node(owner));
        let at = self.routes.buckets.find(row.prefix)?;
        let bucket = &mut self.routes.buckets[at];
        let newer = epochs.conf > bucket.epochs.conf || bucket.home.is_none();
        if !newer || epochs.conf < bucket.epochs.conf {
            return None;
        }
        let lost = epochs.loss > bucket.epochs.loss;
        let before = std::mem::replace(&mut bucket.home, home);
        bucket.epochs = epochs;
        for node in self.routes.nodes.iter_mut() {
            node.heard = node.heard.filter(|heard| *heard != at);
        }
        if before.is_some() && before != home {
            self.cut_off(&[at], out);
        }
        if lost {
            self.lose(at, out);
        }
        Some(at)
    }

    /// The bucket's data may be gone: nobody can tell what became of what waits.
    fn lose(&mut self, bucket: BucketIndex, out: &mut Outbox) {
        let mut sent = Vec::new();
        let entry = &mut self.routes.buckets[bucket];
        for list in [&mut entry.unanswered, &mut entry.aside] {
            let mut waiting = std::mem::take(list);
            waiting.move_out(|moving| match moving.was_sent {
                true => sent.push((moving.tag, true)),
                // The new home gets it for the first time.
                false => list.move_in(moving),
            });
        }
        self.give_up(sent, out);
        self.release_refusals(bucket, out);
        for sub in self.delivery.interest().subs() {
            let hash = self.delivery.interest().hash_of(sub);
            if hash.and_then(|hash| self.routes.bucket_of(hash)) == Some(bucket) {
                let sessions = self.sessions_in(sub);
                self.lost(sub, &sessions, out);
            }
        }
        let of_bucket: Vec<ConnId> = self
            .sessions
            .iter()
            .filter(|(_, session)| {
                let hash = session.id.user_queue_hash();
                session.state == State::Live && self.routes.bucket_of(hash) == Some(bucket)
            })
            .filter_map(|(_, session)| session.conn)
            .collect();
        for conn in of_bucket {
            let reason = "the node that held this user's sessions is lost: connect anew";
            self.close(conn, Close::HomeLost, reason, out);
        }
    }

    /// A node isn't the home, and says who is.
    pub(in crate::machine) fn moved(
        &mut self,
        node: NodeIndex,
        frame: q2g::Moved,
        out: &mut Outbox,
    ) {
        let Some(row) = frame.row else { return };
        let Some(bucket) = self.routes.named(frame.bits, row.prefix) else { return };
        out.places.extend(frame.place);
        let known = self.routes.buckets[bucket].epochs;
        if !limits::is_plausible(row.conf, known.conf)
            || !limits::is_plausible(row.loss, known.loss)
        {
            // From there no table would lead on.
            return;
        }
        if row.conf > known.conf {
            let adopted = self.adopt(&row, out);
            self.routes.homes_changed();
            self.readiness.unsure = true;
            self.recover(adopted.as_slice(), out);
            self.hear_again(out);
        } else if self.routes.buckets[bucket].home == Some(node) {
            // The lane knows better: it comes back when the node has heard the table, too.
            let at_ms = self.now.ms + RETRY_MS;
            self.routes.buckets[bucket].retry_ms = Some(at_ms);
            self.sweep_ms = Some(self.sweep_ms.map_or(at_ms, |sweep| sweep.min(at_ms)));
        }
    }
}
