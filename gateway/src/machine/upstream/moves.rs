//! Buckets that move: other homes, homes that are lost, and other buckets.

use proto::codes::Close;
use proto::limits;
use proto::q2g;
use proto::table::{BucketTable, Row};

use super::{Adopted, BucketIndex, NodeIndex, Pending, recovery, unheard};
use crate::machine::door::{closing, refusal};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::sessions::Sessions;

/// After a `moved` that says less than the lane knows, its speaker gets this long to hear the
/// table.
const RETRY_MS: u64 = 50;

/// A table has come: who holds what.
pub(in crate::machine) fn table(parts: &mut LaneParts, table: &BucketTable, out: &mut Outbox) {
    if parts.desk.upstream.knows(table.version()) {
        return;
    }
    if parts.desk.upstream.has_other_buckets(table.bits()) {
        resize(parts, table.bits(), out);
    }
    parts.desk.upstream.set_version(table.version());
    let mut changed = Vec::new();
    for row in table.rows() {
        changed.extend(adopt(parts, row, out));
    }
    parts.desk.upstream.homes_changed();
    recovery::recover(parts, &changed, out);
    unheard::hear_again(parts, out);
}

/// Other buckets. All links begin anew, so that nothing on its way speaks of the old ones.
fn resize(parts: &mut LaneParts, bits: u8, out: &mut Outbox) {
    if parts.desk.upstream.has_table() {
        for link in parts.desk.upstream.links() {
            recovery::link_down(parts, link, out);
            out.links.end(link, "the cluster has other buckets now");
        }
    }
    let sessions = &parts.sessions;
    let given_up = parts.desk.upstream.resize(bits, |pending| hash_of(sessions, pending));
    recovery::give_up(parts, given_up, out);
    parts.desk.upstream.buckets().for_each(|bucket| refusal::release(parts, bucket, out));
}

/// Takes over a row, if it is newer than what the lane knows. Its bucket is to be recovered
/// then.
fn adopt(parts: &mut LaneParts, row: &Row, out: &mut Outbox) -> Option<BucketIndex> {
    let Adopted { bucket, has_moved, is_lost } = parts.desk.upstream.adopt(row)?;
    if has_moved {
        recovery::cut_off(parts, &[bucket], out);
    }
    if is_lost {
        lose(parts, bucket, out);
    }
    Some(bucket)
}

/// The bucket's data may be gone: nobody can tell what became of what waits.
fn lose(parts: &mut LaneParts, bucket: BucketIndex, out: &mut Outbox) {
    let sent = parts.desk.upstream.lose(bucket);
    recovery::give_up(parts, sent, out);
    refusal::release(parts, bucket, out);
    for sub in parts.desk.delivery.interest().subs() {
        let hash = parts.desk.delivery.interest().hash_of(sub);
        if hash.and_then(|hash| parts.desk.upstream.bucket_of(hash)) == Some(bucket) {
            let sessions = parts.sessions.sessions_in(sub);
            parts.sessions.lost(sub, &sessions, &mut parts.desk, out);
        }
    }
    for conn in parts.sessions.at_home(bucket, &parts.desk.upstream) {
        let reason = "the node that held this user's sessions is lost: connect anew";
        parts.desk.close(conn, Close::HomeLost, reason);
    }
    closing::dismissed(parts, out);
}

/// A node isn't the home, and says who is.
pub(in crate::machine) fn moved(
    parts: &mut LaneParts,
    node: NodeIndex,
    frame: q2g::Moved,
    out: &mut Outbox,
) {
    let Some(row) = frame.row else { return };
    let Some(bucket) = parts.desk.upstream.named(frame.bits, row.prefix) else { return };
    out.places.extend(frame.place);
    let (epochs, conf) = parts.desk.upstream.known(bucket);
    let numbers = [(row.conf, conf.0), (row.reign, epochs.reign.0), (row.loss, epochs.loss.0)];
    if !numbers.iter().all(|(named, known)| limits::is_plausible(*named, *known)) {
        // From there no table would lead on.
        return;
    }
    if row.conf() > conf {
        let adopted = adopt(parts, &row, out);
        parts.desk.upstream.homes_changed();
        recovery::recover(parts, adopted.as_slice(), out);
        unheard::hear_again(parts, out);
    } else if parts.desk.upstream.is_home(node, bucket) {
        // The lane knows better: it comes back when the node has heard the table, too.
        parts.desk.upstream.retry_at(bucket, parts.desk.now.ms + RETRY_MS);
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
