//! What waits for an answer, bucket by bucket, and what waits behind it.

use proto::g2q::G2q;
use proto::ids::Handle;
use proto::wire;

use super::{BucketIndex, Pending, SWEEP_MS, Upstream};

impl Upstream {
    /// Puts an operation on its bucket's list; false if that is full.
    #[inline]
    pub(in crate::machine) fn push(
        &mut self,
        now_ms: u64,
        bucket: BucketIndex,
        pending: Pending,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        if self.buckets[bucket].unanswered.push(now_ms, pending, write).is_err() {
            return false;
        }
        self.list_dirty(bucket);
        self.sweep_by(now_ms + SWEEP_MS);
        true
    }

    /// Keeps the place of an operation that goes no further; false if the list has too many of
    /// them.
    pub(in crate::machine) fn push_refused(
        &mut self,
        now_ms: u64,
        bucket: BucketIndex,
        pending: Pending,
    ) -> bool {
        self.buckets[bucket].unanswered.hold_place(now_ms, pending).is_ok()
    }

    /// Takes the front of a bucket's list, to which every answer belongs, if it is what is
    /// answered.
    #[inline]
    pub(in crate::machine) fn take_front(
        &mut self,
        bucket: BucketIndex,
        is_its: impl FnOnce(Pending) -> bool,
    ) -> Option<Pending> {
        let unanswered = &mut self.buckets[bucket].unanswered;
        let front = unanswered.front().copied()?;
        if is_its(front) { unanswered.answered() } else { None }
    }

    /// Takes the front if only its place in the order is kept.
    #[inline]
    pub(in crate::machine) fn take_refused(&mut self, bucket: BucketIndex) -> Option<Pending> {
        self.buckets[bucket].unanswered.take_placeholder()
    }

    /// Takes an operation that was never sent off its list. Whether it was so.
    pub(in crate::machine) fn withdraw(&mut self, bucket: BucketIndex, of: Pending) -> bool {
        self.buckets[bucket].unanswered.withdraw(|pending| *pending == of).is_some()
    }

    /// What a bucket's list takes.
    #[inline]
    pub(in crate::machine) fn bytes_on_list(&self, bucket: BucketIndex) -> usize {
        self.buckets[bucket].unanswered.bytes()
    }

    /// Whether something of the bucket has no answer yet.
    pub(in crate::machine) fn has_unanswered(&self, bucket: BucketIndex) -> bool {
        !self.buckets[bucket].unanswered.is_empty()
    }

    /// Since when the front of a bucket's list has been waiting.
    pub(in crate::machine) fn oldest_ms(&self, bucket: BucketIndex) -> Option<u64> {
        self.buckets[bucket].unanswered.oldest_ms()
    }

    /// The sessions that must be introduced before a bucket's list is sent, in its order.
    pub(in crate::machine) fn sessions_on_list(&self, bucket: BucketIndex) -> Vec<Handle> {
        let unanswered = &self.buckets[bucket].unanswered;
        unanswered.iter().filter_map(|pending| pending.session()).collect()
    }

    /// Has a frame sent about a bucket that needs no answer, behind what is unsent.
    pub(in crate::machine) fn put_extra(&mut self, bucket: BucketIndex, frame: &G2q) {
        wire::put_message(&mut self.buckets[bucket].extra, frame);
        self.list_dirty(bucket);
    }

    /// A bucket's list is not on its way any more.
    pub(in crate::machine) fn rewind(&mut self, bucket: BucketIndex) {
        self.buckets[bucket].unanswered.rewind();
    }

    /// Nothing that was on its way to or from the bucket's home counts any more.
    pub(in crate::machine) fn cut_off(&mut self, bucket: BucketIndex) {
        self.rewind(bucket);
        let entry = &mut self.buckets[bucket];
        entry.extra.clear();
        entry.attaches = 0;
    }

    /// Has a bucket's list sent anew; twice, with the planted bug `resend_doubled`.
    pub(in crate::machine) fn send_again(&mut self, bucket: BucketIndex) {
        let faults = self.faults();
        let entry = &mut self.buckets[bucket];
        entry.doubled = faults.resend_doubled;
        entry.extra.clear();
        if faults.resends_behind_new {
            entry.unsent_first();
        }
        self.list_dirty(bucket);
    }

    /// What of a bucket's list isn't sent yet, in its order.
    pub(super) fn unsent(&self, bucket: BucketIndex) -> Vec<Pending> {
        self.buckets[bucket].unanswered.iter_unsent().copied().collect()
    }

    /// Takes what is picked off a list that is not on its way.
    pub(in crate::machine) fn take_off(
        &mut self,
        bucket: BucketIndex,
        picks: impl FnMut(&Pending) -> bool,
    ) -> Vec<Pending> {
        super::take_off(&mut self.buckets[bucket].unanswered, picks)
    }

    /// What of a list that is not on its way has waited since before that moment, and whether it
    /// may have been received.
    pub(in crate::machine) fn expire(
        &mut self,
        bucket: BucketIndex,
        before_ms: u64,
    ) -> Vec<(Pending, bool)> {
        self.buckets[bucket].unanswered.expire(before_ms)
    }

    /// The bucket's data may be gone: takes all that may have been received, of which nobody can
    /// tell what became. The new home gets the rest for the first time.
    pub(in crate::machine) fn lose(&mut self, bucket: BucketIndex) -> Vec<(Pending, bool)> {
        let mut sent = Vec::new();
        if self.faults().resends_after_loss {
            return sent;
        }
        let entry = &mut self.buckets[bucket];
        for list in [&mut entry.unanswered, &mut entry.aside] {
            let mut waiting = std::mem::take(list);
            waiting.move_out(|moving| match moving.was_sent {
                true => sent.push((moving.tag, true)),
                false => list.move_in(moving),
            });
        }
        sent
    }

    /// Something waits: it is looked through then, if nothing was to be before.
    #[inline]
    pub(in crate::machine) fn sweep_by(&mut self, at_ms: u64) {
        self.sweep_ms.get_or_insert(at_ms);
    }

    /// What waits is looked through then, or not at all.
    pub(in crate::machine) fn set_sweep(&mut self, at_ms: Option<u64>) {
        self.sweep_ms = at_ms;
    }

    /// Whether what waits is to be looked through now.
    pub(in crate::machine) fn sweep_is_due(&self, now_ms: u64) -> bool {
        self.sweep_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }
}
