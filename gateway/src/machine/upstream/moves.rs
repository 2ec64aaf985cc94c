//! Buckets that move: other homes, homes that are lost, and other buckets.

use std::sync::Arc;

use member::machine::Told;
use proto::bucket::BucketId;
use proto::codes::Close;
use proto::table::{BucketTable, Moved};

use super::{Adopted, BucketIndex, Pending, recovery, unheard};
use crate::machine::door::{closing, refusal};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;
use crate::machine::sessions::Sessions;

/// A table has come: who holds what.
pub(in crate::machine) fn table(parts: &mut LaneParts, table: &Arc<BucketTable>, out: &mut Outbox) {
    let Some(moved) = parts.desk.upstream.take_table(table) else { return };
    if parts.desk.upstream.has_other_buckets(table.bits()) {
        resize(parts, table.bits(), out);
    }
    let mut changed = Vec::new();
    for bucket in moved {
        changed.extend(adopt(parts, bucket, out));
    }
    // Such homes may not be in the table.
    out.places.extend(parts.desk.upstream.places_ahead().cloned());
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

/// Takes over the newest row of a bucket, which is to be recovered if that says anything else than
/// before.
fn adopt(parts: &mut LaneParts, bucket: BucketId, out: &mut Outbox) -> Option<BucketIndex> {
    let Adopted { bucket, has_moved, is_lost } = parts.desk.upstream.adopt(bucket)?;
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

/// A node tells a row: that of a bucket that it has or had, or of which the lane named another.
pub(in crate::machine) fn moved(parts: &mut LaneParts, told: Moved, out: &mut Outbox) {
    match parts.desk.upstream.hear_row(&told) {
        Told::Higher { bucket, moves } => {
            out.places.extend(told.place);
            if moves {
                let adopted = adopt(parts, bucket, out);
                parts.desk.upstream.homes_changed();
                recovery::recover(parts, adopted.as_slice(), out);
                unheard::hear_again(parts, out);
            }
        }
        // It has been on its way for a while: whoever is spoken to has been told the lane's row.
        Told::Lower | Told::Known | Told::Held | Told::Unusable => {}
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
