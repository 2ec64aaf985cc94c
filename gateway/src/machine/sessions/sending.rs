//! What of a session is on the lists of buckets, and counts as unanswered.

use proto::c2g::Kind;
use proto::g2q::OperationRef;
use proto::ids::Handle;
use proto::limits;
use proto::share;

use super::Sessions;
use super::introduction::introduce;
use crate::machine::desk::Desk;
use crate::machine::door::Refusal;
use crate::machine::lane::Outbox;
use crate::machine::upstream::{BucketIndex, Pending};

impl Sessions {
    /// Sends an operation whose part in the queue is clear, for the first time or once more.
    #[inline]
    pub(in crate::machine) fn send_on(
        &mut self,
        bucket: BucketIndex,
        (hash, op_id): (u64, u32),
        operation: OperationRef<'_>,
        is_first: bool,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let OperationRef { session: handle, kind, .. } = operation;
        let bytes = operation.body.len() as u32;
        let pending = Pending::Operation { session: handle, op_id, kind, hash, bytes };
        let space = self.space_on_list(bucket, handle, desk);
        if space.is_ok() && self.push(bucket, pending, |bytes| operation.put(bytes), desk, out) {
            let session = &mut self[handle];
            session.unanswered_bytes += bytes;
            let entry = session.entry(hash);
            entry.unanswered += 1;
            entry.joins += u8::from(is_first && kind == Kind::Subscribe);
            return Ok(());
        }
        self.unpart(handle, hash, desk);
        Err(space.err().unwrap_or(Refusal::ListFull))
    }

    /// Puts an operation on its bucket's list; false if that is full.
    #[inline]
    pub(in crate::machine) fn push(
        &mut self,
        bucket: BucketIndex,
        pending: Pending,
        write: impl FnOnce(&mut Vec<u8>),
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> bool {
        if !desk.upstream.push(desk.now.ms, bucket, pending, write) {
            return false;
        }
        if let Some(handle) = pending.session() {
            let session = &mut self[handle];
            session.unanswered += 1;
            if let Some((node, link)) = desk.upstream.home(bucket) {
                introduce(node, link, handle, session, &mut out.links);
            }
        }
        true
    }

    /// Keeps the place of an operation that goes no further behind those before it; false if there
    /// are too many of them.
    pub(in crate::machine) fn keep_refused(
        &mut self,
        bucket: BucketIndex,
        (handle, hash): (Handle, u64),
        (op_id, refusal): (u32, Refusal),
        desk: &mut Desk,
    ) -> bool {
        let pending = Pending::Refused { session: handle, op_id, hash, refusal };
        if !desk.upstream.push_refused(desk.now.ms, bucket, pending) {
            return false;
        }
        self.count_waiting(handle, hash);
        true
    }

    /// One operation more is unanswered, which is on no list of the session's bytes.
    pub(in crate::machine) fn count_waiting(&mut self, handle: Handle, hash: u64) {
        let session = &mut self[handle];
        session.unanswered += 1;
        session.entry(hash).unanswered += 1;
    }

    /// One operation fewer is unanswered. Whether the session is there.
    pub(in crate::machine) fn count_answer(&mut self, handle: Handle, hash: u64) -> bool {
        let Some(session) = self.get_mut(handle) else { return false };
        session.unanswered = session.unanswered.saturating_sub(1);
        let entry = session.entry(hash);
        entry.unanswered = entry.unanswered.saturating_sub(1);
        true
    }

    /// An operation is on no list any more.
    #[inline]
    pub(in crate::machine) fn off_list(&mut self, pending: Pending) {
        if let Pending::Operation { session, bytes, .. } = pending
            && let Some(session) = self.get_mut(session)
        {
            session.unanswered_bytes -= bytes;
        }
    }

    /// Whether one session may put more on a bucket's list, which others share.
    #[inline]
    fn space_on_list(
        &self,
        bucket: BucketIndex,
        handle: Handle,
        desk: &Desk,
    ) -> Result<(), Refusal> {
        let all = desk.upstream.bytes_on_list(bucket);
        let held = self[handle].unanswered_bytes as usize;
        if share::may_take(held, all, limits::UNANSWERED_BYTES_MAX) {
            return Ok(());
        }
        // Who has next to nothing there isn't the one who fills it.
        let is_little = held < share::least(limits::UNANSWERED_BYTES_MAX);
        Err(if is_little { Refusal::ListFull } else { Refusal::ListShare })
    }
}
