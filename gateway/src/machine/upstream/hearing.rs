//! Which homes were heard of late, by their answers to probes, and what waits until they are.

use proto::ids::Handle;

use super::{BucketIndex, NodeIndex, Pending, SWEEP_MS, Upstream, take_off};

/// How often each node is probed: its answer says that it was heard, and how long the way is.
const PROBE_MS: u64 = proto::limits::BEAT_MS;
/// Probes of a node that may be on their way: those of more than a dead time.
const PROBES_MAX: usize = 16;

impl Upstream {
    /// A node counts as heard until then, for all buckets whose home it is.
    pub(in crate::machine) fn hear(&mut self, node: NodeIndex, until_ms: u64) {
        let entry = &mut self.nodes[node];
        entry.heard_until_ms = entry.heard_until_ms.max(Some(until_ms));
        let heard_until_ms = entry.heard_until_ms;
        for bucket in self.buckets.iter_mut().filter(|bucket| bucket.home == Some(node)) {
            bucket.heard_until_ms = heard_until_ms;
        }
        self.count_heard();
    }

    /// Homes have changed. A home that was heard before it was one counts as heard: its answers
    /// are about all that it holds.
    pub(in crate::machine) fn homes_changed(&mut self) {
        self.has_news = true;
        for bucket in self.buckets.iter_mut() {
            bucket.heard_until_ms = bucket.home.and_then(|home| self.nodes[home].heard_until_ms);
        }
        self.count_heard();
    }

    fn count_heard(&mut self) {
        let buckets = self.buckets.iter();
        self.heard_until_ms = buckets.map(|(_, bucket)| bucket.heard_until_ms).min().flatten();
    }

    /// Whether every bucket's home counts as heard at a moment.
    #[inline]
    pub(in crate::machine) fn all_are_heard(&self, at_ms: u64) -> bool {
        self.heard_until_ms.is_some_and(|until_ms| at_ms < until_ms)
    }

    /// Whether the home of this hash's bucket counts as heard at a moment.
    pub(in crate::machine) fn home_is_heard(&self, hash: u64, at_ms: u64) -> bool {
        let bucket = self.bucket_of(hash);
        let until_ms = bucket.and_then(|bucket| self.buckets[bucket].heard_until_ms);
        until_ms.is_some_and(|until_ms| at_ms < until_ms)
    }

    /// A node is asked something now.
    pub(in crate::machine) fn probed(&mut self, node: NodeIndex, nonce: u64, now_ms: u64) {
        let probes = &mut self.nodes[node].probes;
        if probes.len() == PROBES_MAX {
            probes.pop_front();
        }
        probes.push_back((nonce, now_ms));
    }

    /// A node has answered a probe. When that was sent, unless it is of the past.
    pub(in crate::machine) fn probe_answered(
        &mut self,
        node: NodeIndex,
        nonce: u64,
        now_ms: u64,
    ) -> Option<u64> {
        let entry = &mut self.nodes[node];
        entry.answered_ms = now_ms;
        let at = entry.probes.iter().position(|(sent, _)| *sent == nonce)?;
        let sent_ms = entry.probes[at].1;
        entry.probes.drain(..=at);
        Some(sent_ms)
    }

    /// When the probes were sent that are on their way to a node.
    #[cfg(test)]
    pub(in crate::machine) fn probes_sent(&self, node: NodeIndex) -> Vec<u64> {
        self.nodes[node].probes.iter().map(|(_, sent_ms)| *sent_ms).collect()
    }

    /// Nodes have been probed, some or none: the next time is a beat later.
    pub(in crate::machine) fn probe_next(&mut self, now_ms: u64, some: bool) {
        self.probe_ms = some.then_some(now_ms + PROBE_MS);
        // Silence is no event: it is looked for as often as somebody is asked.
        self.has_news = true;
    }

    /// One more node is to be probed, at the latest a beat later.
    pub(in crate::machine) fn probe_by_beat(&mut self, now_ms: u64) {
        self.probe_ms.get_or_insert(now_ms + PROBE_MS);
    }

    /// Whether nodes are to be probed now.
    pub(in crate::machine) fn probe_is_due(&self, now_ms: u64) -> bool {
        self.probe_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }

    /// Takes what is of unheard sessions out of a list that is to be sent again. Whether there was
    /// any.
    pub(in crate::machine) fn set_aside(
        &mut self,
        bucket: BucketIndex,
        is_heard: impl Fn(&Upstream, Handle) -> bool,
    ) -> bool {
        let entry = &mut self.buckets[bucket];
        let mut list = std::mem::take(&mut entry.unanswered);
        let mut aside = std::mem::take(&mut entry.aside);
        let before = list.len();
        list.move_some(&mut aside, |pending| {
            pending.of_client().is_some_and(|handle| !is_heard(self, handle))
        });
        let some = list.len() < before;
        if !aside.is_empty() {
            self.asides.insert(bucket);
        }
        let entry = &mut self.buckets[bucket];
        (entry.unanswered, entry.aside) = (list, aside);
        some
    }

    /// Appends what was set aside, of sessions that are heard, to the bucket's list. Those
    /// sessions, and what was dropped on the way.
    pub(in crate::machine) fn take_back(
        &mut self,
        bucket: BucketIndex,
        is_over: impl Fn(&Pending) -> bool,
        is_heard: impl Fn(&Upstream, Handle) -> bool,
    ) -> (Vec<Handle>, Vec<Pending>) {
        let entry = &mut self.buckets[bucket];
        let mut list = std::mem::take(&mut entry.unanswered);
        let mut aside = std::mem::take(&mut entry.aside);
        let dropped = take_off(&mut aside, is_over);
        let mut sessions = Vec::new();
        aside.move_some(&mut list, |pending| match pending.of_client() {
            Some(handle) if is_heard(self, handle) => {
                sessions.push(handle);
                true
            }
            Some(_) => false,
            None => true,
        });
        if aside.is_empty() {
            self.asides.remove(&bucket);
        }
        let entry = &mut self.buckets[bucket];
        (entry.unanswered, entry.aside) = (list, aside);
        (sessions, dropped)
    }

    /// Buckets with something set aside.
    pub(in crate::machine) fn asides(&self) -> Vec<BucketIndex> {
        self.asides.iter().copied().collect()
    }

    /// What was set aside before that moment, and whether it may have been received.
    pub(in crate::machine) fn expire_aside(
        &mut self,
        bucket: BucketIndex,
        before_ms: u64,
    ) -> Vec<(Pending, bool)> {
        let aside = &mut self.buckets[bucket].aside;
        let expired = aside.expire(before_ms);
        if aside.is_empty() {
            self.asides.remove(&bucket);
        }
        expired
    }

    /// Something of the session waits until its user's home is heard. Whether nothing did before.
    pub(in crate::machine) fn waits_unheard(&mut self, handle: Handle, now_ms: u64) -> bool {
        let is_first = self.unheard.insert(handle);
        if is_first {
            self.sweep_by(now_ms + SWEEP_MS);
        }
        is_first
    }

    /// Sessions with something that waits until their users' homes are heard.
    pub(in crate::machine) fn unheard(&self) -> Vec<Handle> {
        self.unheard.iter().copied().collect()
    }

    /// Nothing of the session waits for that any more. Whether something did.
    pub(in crate::machine) fn waits_no_longer(&mut self, handle: Handle) -> bool {
        self.unheard.remove(&handle)
    }

    /// Whether anything waits for a home to be heard.
    pub(in crate::machine) fn waits_for_homes(&self) -> bool {
        !self.unheard.is_empty() || !self.asides.is_empty()
    }
}
