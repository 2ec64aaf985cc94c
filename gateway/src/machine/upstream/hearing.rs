//! Which homes were heard of late, by their answers to probes, and what waits until they are.

use std::collections::BTreeSet;

use proto::ids::Handle;

use super::route::{Bucket, Probe};
use super::{BucketIndex, NodeIndex, Pending, SWEEP_MS, Upstream, take_off};

/// How often each node is probed while sessions speak: its answer says that it was heard, and how
/// long the way is.
const PROBE_MS: u64 = proto::limits::BEAT_MS;
/// Nodes are probed for so long after a session has spoken. The first operation after a longer
/// silence waits for the answer to a probe that goes with it.
const SPOKEN_MS: u64 = 1_000;
/// Probes of a node that may be on their way: those of more than a dead time.
const PROBES_MAX: usize = 16;

impl Upstream {
    /// A node has answered a probe, and with it for the buckets whose home it was then, but for
    /// these: they count as heard until that moment.
    pub(in crate::machine) fn hear(
        &mut self,
        (node, telling): (NodeIndex, u32),
        except: &[u32],
        until_ms: u64,
    ) {
        let excepted = except.iter().filter_map(|prefix| self.buckets.find(*prefix));
        let excepted: BTreeSet<BucketIndex> = excepted.collect();
        for at in self.buckets.indices() {
            let bucket = &mut self.buckets[at];
            let counts = bucket.home == Some(node) && bucket.heard.from <= telling;
            if counts && !excepted.contains(&at) {
                let heard = &mut bucket.heard;
                heard.newest = heard.newest.max(telling);
                heard.until_ms = heard.until_ms.max(Some(until_ms));
            }
        }
        self.count_heard();
    }

    /// A bucket has another home, or its home begins anew: that isn't heard yet.
    pub(super) fn home_changed(&mut self, bucket: BucketIndex) {
        self.has_news = true;
        let entry = &mut self.buckets[bucket];
        (entry.heard.until_ms, entry.heard_before.until_ms) = (None, None);
        self.heard_until_ms = None;
    }

    /// With planted bugs: until when a home counts as heard for whom it shouldn't.
    #[cold]
    fn heard_wrongly(&self, bucket: &Bucket) -> Option<u64> {
        let of_home = |one: &Bucket| one.heard.until_ms.filter(|_| one.home == bucket.home);
        let by_others = self.buckets.iter().filter_map(|(_, one)| of_home(one)).max();
        let untold = bucket.heard.until_ms.filter(|_| self.faults().untold_is_heard);
        untold.max(by_others.filter(|_| self.faults().heard_by_predecessor))
    }

    /// Until when every bucket's home counts as heard for all sessions.
    pub(super) fn count_heard(&mut self) {
        let for_all = |bucket: &Bucket| {
            bucket.heard.until_ms.filter(|_| bucket.heard.newest >= bucket.all_told)
        };
        let buckets = self.buckets.iter();
        self.heard_until_ms = buckets.map(|(_, bucket)| for_all(bucket)).min().flatten();
    }

    /// Whether every bucket's home counts as heard at a moment, for all sessions.
    #[inline]
    pub(in crate::machine) fn all_are_heard(&self, at_ms: u64) -> bool {
        self.is_before(at_ms, self.heard_until_ms)
    }

    /// Whether the home of this hash's bucket counts as heard at a moment, for a session that was
    /// told to it then.
    pub(in crate::machine) fn home_is_heard(&self, hash: u64, told: u32, at_ms: u64) -> bool {
        let bucket = self.bucket_of(hash).map(|bucket| &self.buckets[bucket]);
        let until_ms = bucket.and_then(|bucket| {
            let until_ms = bucket.heard.for_told(told).max(bucket.heard_before.for_told(told));
            if cfg!(debug_assertions) { until_ms.max(self.heard_wrongly(bucket)) } else { until_ms }
        });
        self.is_before(at_ms, until_ms)
    }

    /// Whether a home counts as heard now that does so until then. What leaves because of that is
    /// to leave by then.
    #[inline]
    fn is_before(&self, now_ms: u64, until_ms: Option<u64>) -> bool {
        let Some(until_ms) = until_ms.filter(|until_ms| now_ms < *until_ms) else { return false };
        if self.leaves_by_ms.get().is_none_or(|by_ms| until_ms < by_ms) {
            self.leaves_by_ms.set(Some(until_ms));
        }
        true
    }

    /// Whether something is to have left by then that this turn sends.
    pub(in crate::machine) fn is_to_have_left(&self, at_ms: u64) -> bool {
        self.leaves_by_ms.get().is_some_and(|by_ms| by_ms <= at_ms)
    }

    /// What the turn sends has left.
    #[inline]
    pub(in crate::machine) fn has_left(&mut self) {
        self.leaves_by_ms.set(None);
    }

    /// A session has something to say, or something of one waits for its home to be heard: homes
    /// are probed, from now on if they weren't.
    #[inline]
    pub(in crate::machine) fn speaks(&mut self, now_ms: u64) {
        self.probe_until_ms = now_ms + SPOKEN_MS;
        if self.probe_ms.is_none() {
            self.probe_ms = Some(now_ms);
        }
    }

    /// Whether nodes are to be probed on: sessions speak, or a node owes an answer.
    pub(in crate::machine) fn probes_go_on(&self, now_ms: u64) -> bool {
        let owes = || self.nodes.iter().any(|(_, node)| node.silent_since_ms.is_some());
        now_ms < self.probe_until_ms || owes()
    }

    /// A node is asked something now.
    pub(in crate::machine) fn probed(&mut self, node: NodeIndex, nonce: u64, now_ms: u64) {
        let telling = self.introducing.telling();
        let entry = &mut self.nodes[node];
        if entry.probes.len() == PROBES_MAX {
            entry.probes.pop_front();
        }
        entry.silent_since_ms.get_or_insert(now_ms);
        entry.probes.push_back(Probe { nonce, telling, sent_ms: now_ms, is_answered: false });
    }

    /// A node has answered a probe, which it was, unless it is of the past. An answer that is
    /// about a part of its buckets may be followed by others, also of probes before it: the rest
    /// may be slower than a probe follows the other.
    pub(in crate::machine) fn probe_answered(
        &mut self,
        node: NodeIndex,
        (nonce, is_part): (u64, bool),
        now_ms: u64,
    ) -> Option<Probe> {
        let entry = &mut self.nodes[node];
        let at = entry.probes.iter().position(|probe| probe.nonce == nonce);
        let probe = at.map(|at| entry.probes[at]);
        match at {
            Some(at) if is_part => entry.probes[at].is_answered = true,
            Some(at) => drop(entry.probes.drain(..=at)),
            None => {}
        }
        entry.silent_since_ms = (!entry.probes.is_empty()).then_some(now_ms);
        probe
    }

    /// When the probes were sent that are on their way to a node.
    #[cfg(test)]
    pub(in crate::machine) fn probes_sent(&self, node: NodeIndex) -> Vec<u64> {
        self.nodes[node].probes.iter().map(|probe| probe.sent_ms).collect()
    }

    /// Nodes have been probed, or nobody speaks. The next time is a beat later, or when somebody
    /// speaks.
    pub(in crate::machine) fn probe_next(&mut self, now_ms: u64, goes_on: bool) {
        self.probe_ms = goes_on.then_some(now_ms + PROBE_MS);
        // Silence is no event: it is looked for as often as somebody is asked.
        self.has_news = true;
    }

    /// A node was probed out of turn: all are to be, at the latest a beat later.
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

    /// Sessions with something that waits until their users' homes are heard, on their own or on a
    /// bucket's list.
    pub(super) fn waiting_sessions(&self) -> Vec<Handle> {
        let asides = self.asides.iter().flat_map(|bucket| self.buckets[*bucket].aside.iter());
        let of_asides = asides.filter_map(|pending| pending.of_client());
        self.unheard.iter().copied().chain(of_asides).collect()
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
