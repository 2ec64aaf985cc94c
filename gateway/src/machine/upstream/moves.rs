//! Buckets that move: other homes, homes that are lost, and other buckets.

use proto::codes::Close;
use proto::limits;
use proto::q2g;
use proto::table::{BucketTable, Row};

use crate::machine::lane::{Lane, Outbox};
use crate::machine::sessions::Sessions;
use crate::machine::upstream::{Adopted, BucketIndex, NodeIndex, Pending};

/// After a `moved` that says less than the lane knows, its speaker gets this long to hear the
/// table.
const RETRY_MS: u64 = 50;

impl Lane {
    pub(in crate::machine) fn table(&mut self, table: &BucketTable, out: &mut Outbox) {
        if self.desk.upstream.knows(table.version()) {
            return;
        }
        if self.desk.upstream.has_other_buckets(table.bits()) {
            self.resize(table.bits(), out);
        }
        self.desk.upstream.set_version(table.version());
        let mut changed = Vec::new();
        for row in table.rows() {
            changed.extend(self.adopt(row, out));
        }
        self.desk.upstream.homes_changed();
        self.readiness.unsure = true;
        self.recover(&changed, out);
        self.hear_again(out);
    }

    /// Other buckets. All links begin anew, so that nothing on its way speaks of the old ones.
    fn resize(&mut self, bits: u8, out: &mut Outbox) {
        if self.desk.upstream.has_table() {
            for link in self.desk.upstream.links() {
                self.link_down(link, out);
                out.links.end(link, "the cluster has other buckets now");
            }
        }
        let sessions = &self.sessions;
        let given_up = self.desk.upstream.resize(bits, |pending| hash_of(sessions, pending));
        self.give_up(given_up, out);
        self.desk.upstream.buckets().for_each(|bucket| self.release_refusals(bucket, out));
    }

    /// Takes over a row, if it is newer than what the lane knows. Its bucket is to be recovered
    /// then.
    fn adopt(&mut self, row: &Row, out: &mut Outbox) -> Option<BucketIndex> {
        let Adopted { bucket, has_moved, is_lost } = self.desk.upstream.adopt(row)?;
        if has_moved {
            self.cut_off(&[bucket], out);
        }
        if is_lost {
            self.lose(bucket, out);
        }
        Some(bucket)
    }

    /// The bucket's data may be gone: nobody can tell what became of what waits.
    fn lose(&mut self, bucket: BucketIndex, out: &mut Outbox) {
        let sent = self.desk.upstream.lose(bucket);
        self.give_up(sent, out);
        self.release_refusals(bucket, out);
        for sub in self.desk.delivery.interest().subs() {
            let hash = self.desk.delivery.interest().hash_of(sub);
            if hash.and_then(|hash| self.desk.upstream.bucket_of(hash)) == Some(bucket) {
                let sessions = self.sessions.sessions_in(sub);
                self.sessions.lost(sub, &sessions, &mut self.desk, out);
            }
        }
        for conn in self.sessions.at_home(bucket, &self.desk.upstream) {
            let reason = "the node that held this user's sessions is lost: connect anew";
            self.desk.close(conn, Close::HomeLost, reason);
        }
        self.close_dismissed(out);
    }

    /// A node isn't the home, and says who is.
    pub(in crate::machine) fn moved(
        &mut self,
        node: NodeIndex,
        frame: q2g::Moved,
        out: &mut Outbox,
    ) {
        let Some(row) = frame.row else { return };
        let Some(bucket) = self.desk.upstream.named(frame.bits, row.prefix) else { return };
        out.places.extend(frame.place);
        let known = self.desk.upstream.epochs(bucket);
        if !limits::is_plausible(row.conf, known.conf)
            || !limits::is_plausible(row.loss, known.loss)
        {
            // From there no table would lead on.
            return;
        }
        if row.conf > known.conf {
            let adopted = self.adopt(&row, out);
            self.desk.upstream.homes_changed();
            self.readiness.unsure = true;
            self.recover(adopted.as_slice(), out);
            self.hear_again(out);
        } else if self.desk.upstream.is_home(node, bucket) {
            // The lane knows better: it comes back when the node has heard the table, too.
            self.desk.upstream.retry_at(bucket, self.desk.now.ms + RETRY_MS);
        }
    }
}

/// The hash of the queue that an operation is for; nothing for a listing, which is a bucket's.
fn hash_of(sessions: &Sessions, pending: Pending) -> Option<u64> {
    match pending {
        Pending::Operation { hash, .. }
        | Pending::Resume { hash, .. }
        | Pending::Recognise { hash, .. }
        | Pending::Refused { hash, .. } => Some(hash),
        Pending::Login { session } | Pending::Lost { session } => {
            sessions.get(session).map(|session| session.user_queue_hash())
        }
        Pending::Request { hash, .. } => hash,
    }
}
