//! Buckets that move: other homes, homes that are lost, and other buckets.

use std::collections::BTreeSet;
use std::sync::Arc;

use member::machine::Told;
use proto::codes::Close;
use proto::table::{BucketTable, Moved};

use super::{BucketIndex, Changes, Pending, recovery};
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
    for bucket in moved {
        parts.desk.upstream.adopt(bucket);
    }
    // Such homes may not be in the table.
    out.places.extend(parts.desk.upstream.places_ahead().cloned());
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

/// A node tells a row: that of a bucket that it has or had, or of which the lane named another.
pub(in crate::machine) fn moved(parts: &mut LaneParts, told: Moved, out: &mut Outbox) {
    match parts.desk.upstream.hear_row(&told) {
        Told::Higher { bucket, moves } => {
            out.places.extend(told.place);
            if moves {
                parts.desk.upstream.adopt(bucket);
            }
        }
        // It has been on its way for a while: whoever is spoken to has been told the lane's row.
        Told::Lower | Told::Known | Told::Unusable => {}
    }
}

/// Sees to what has become of buckets in this turn.
pub(in crate::machine) fn follow(parts: &mut LaneParts, out: &mut Outbox) {
    let changes = parts.desk.upstream.take_changes();
    let Some(Changes { cut, lost, mut back }) = changes else { return };
    if !cut.is_empty() {
        let among = parts.desk.upstream.among(&cut);
        parts.sessions.forget_in_flight(&among, &mut parts.desk, out);
    }
    if !lost.is_empty() {
        lose(parts, &lost, out);
    }
    // Others come back with their homes' links.
    back.retain(|bucket| parts.desk.upstream.home(*bucket).is_some());
    if !back.is_empty() {
        recovery::recover(parts, &back, out);
    }
}

/// The data of these buckets may be gone: nobody can tell what became of what their homes may have
/// received.
fn lose(parts: &mut LaneParts, buckets: &BTreeSet<BucketIndex>, out: &mut Outbox) {
    for &bucket in buckets {
        let sent = parts.desk.upstream.lose(bucket);
        recovery::give_up(parts, sent, out);
        refusal::release(parts, bucket, out);
    }
    let among = parts.desk.upstream.among(buckets);
    parts.sessions.lose_queues(&among, &mut parts.desk, out);
    for conn in parts.sessions.at_home(&among, &parts.desk.upstream) {
        let reason = "the node that held this user's sessions is lost: connect anew";
        parts.desk.close(conn, Close::HomeLost, reason);
    }
    closing::dismissed(parts, out);
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
