//! Homes are told of sessions in order: a lane that comes back to the home of many users has many
//! sessions there, and who has something to say is not to wait for all of them. See "Hearing" in
//! `docs/sessions.md`.
//!
//! A session is *told* to the home of its user by its introduction. Tellings have numbers, and each
//! probe goes behind one of them: a session counts as heard by the answers to probes behind its
//! own telling. Until it is told, its home can't say that the user has logged in elsewhere.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};

use link::machine::LinkId;
use proto::ids::Handle;

use super::route::Bucket;
use super::{BucketIndex, Upstream, homes};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

/// Sessions without a word to say are told so long after those with one: until then the new home
/// and the lane are busy with what has waited.
const QUIET_MS: u64 = 100;

/// Who waits to be told.
#[derive(Debug, Default)]
pub(super) struct Introducing {
    /// The number of the newest telling.
    telling: u32,
    /// Sessions that have something to say, as was found by asking whether they are heard.
    asked: RefCell<BTreeSet<Handle>>,
    /// All others, and some that have been told since.
    waiting: VecDeque<Handle>,
    /// When more of them are to be told.
    due_ms: Option<u64>,
}

impl Introducing {
    /// The number of the newest telling.
    pub(super) fn telling(&self) -> u32 {
        self.telling
    }

    /// When more sessions are to be told.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }
}

impl Upstream {
    /// The number of the newest telling.
    #[cfg(test)]
    pub(in crate::machine) fn telling(&self) -> u32 {
        self.introducing.telling
    }

    /// A telling begins. Its number.
    pub(in crate::machine) fn tell_next(&mut self) -> u32 {
        self.introducing.telling += 1;
        self.introducing.telling
    }

    /// The home of this hash's bucket has decided a login, and knows the session by that. The
    /// telling that counts as its own.
    pub(in crate::machine) fn told_by_login(&self, hash: u64) -> u32 {
        let from = self.bucket_of(hash).map(|bucket| self.buckets[bucket].heard.from);
        from.filter(|telling| *telling < u32::MAX).unwrap_or_default()
    }

    /// Whether the bucket's home lacks a session that was told to it then.
    pub(in crate::machine) fn is_untold(&self, bucket: BucketIndex, told: u32) -> bool {
        told < self.buckets[bucket].heard.from
    }

    /// Whether the bucket's home is about to answer, or has answered, a probe behind this telling.
    pub(in crate::machine) fn is_probed(&self, bucket: BucketIndex, told: u32) -> bool {
        let Bucket { home, heard, .. } = &self.buckets[bucket];
        let probes = home.map(|node| &self.nodes[node].probes);
        let asked = probes.and_then(|probes| probes.back()).map(|probe| probe.telling);
        asked.max(Some(heard.newest)) >= Some(told)
    }

    /// The session has something to say and isn't heard: it is told next, if it isn't, and its home
    /// is probed behind that.
    pub(in crate::machine) fn ask_for(&self, handle: Handle) {
        self.introducing.asked.borrow_mut().insert(handle);
    }

    /// These buckets' homes know no session from now on, and are told of them anew.
    fn tell_anew(&mut self, buckets: &BTreeSet<BucketIndex>) {
        let telling = self.tell_next();
        for &bucket in buckets {
            if self.home(bucket).is_some() {
                self.buckets[bucket].heard.from = telling;
            }
        }
        self.count_heard();
    }

    /// Nobody waits any more: the next answer of each home that was told is about all sessions.
    fn all_are_told(&mut self) {
        let telling = self.introducing.telling;
        for at in self.buckets.indices() {
            let is_linked = self.home(at).is_some();
            let entry = &mut self.buckets[at];
            if is_linked && entry.heard.from < u32::MAX {
                entry.all_told = entry.all_told.min(telling);
            }
        }
        self.count_heard();
    }
}

/// These buckets have come back: their homes are to be told of their users' sessions, when they
/// know that they are homes.
pub(super) fn begin(
    parts: &mut LaneParts,
    buckets: &BTreeSet<BucketIndex>,
    among: &[bool],
    out: &mut Outbox,
) {
    let LaneParts { desk, sessions, .. } = parts;
    desk.upstream.tell_anew(buckets);
    for &bucket in buckets {
        if let Some((_, link)) = desk.upstream.home(bucket) {
            desk.upstream.tell(bucket, link, &mut out.links);
        }
    }
    let untold = sessions.untell(among, &desk.upstream);
    let introducing = &mut desk.upstream.introducing;
    introducing.waiting.extend(untold);
    if introducing.waiting.is_empty() {
        desk.upstream.all_are_told();
    } else {
        introducing.due_ms.get_or_insert(desk.now.ms + QUIET_MS);
    }
}

/// Those that have something to say are told at once, and then the homes of these buckets are
/// probed.
pub(super) fn those_who_wait(
    parts: &mut LaneParts,
    buckets: &BTreeSet<BucketIndex>,
    out: &mut Outbox,
) {
    let upstream = &parts.desk.upstream;
    let on_lists = buckets.iter().flat_map(|bucket| upstream.sessions_on_list(*bucket));
    for handle in upstream.waiting_sessions().into_iter().chain(on_lists) {
        upstream.ask_for(handle);
    }
    let homes = buckets.iter().filter_map(|bucket| upstream.home(*bucket));
    let homes = homes.map(|(_, link)| link).collect();
    tell_asked(parts, homes, out);
}

/// Those who have something to say and aren't told are told before the turn ends.
pub(in crate::machine) fn asked(parts: &mut LaneParts, out: &mut Outbox) {
    if !parts.desk.upstream.introducing.asked.get_mut().is_empty() {
        tell_asked(parts, BTreeSet::new(), out);
    }
}

fn tell_asked(parts: &mut LaneParts, mut homes: BTreeSet<LinkId>, out: &mut Outbox) {
    let LaneParts { desk, sessions, .. } = parts;
    let asked = std::mem::take(desk.upstream.introducing.asked.get_mut());
    let telling = desk.upstream.tell_next();
    for handle in asked {
        homes.extend(sessions.tell(handle, telling, desk, out));
    }
    homes::probe_anew(desk, &homes, out);
}

/// Tells more sessions, if it is time.
pub(in crate::machine) fn more(parts: &mut LaneParts, out: &mut Outbox) {
    let LaneParts { desk, sessions, .. } = parts;
    let introducing = &mut desk.upstream.introducing;
    if introducing.due_ms.is_none_or(|at_ms| at_ms > desk.now.ms) {
        return;
    }
    let some = desk.settings.told_per_turn.min(introducing.waiting.len());
    let some: Vec<Handle> = introducing.waiting.drain(..some).collect();
    let is_over = introducing.waiting.is_empty();
    introducing.due_ms = (!is_over).then_some(desk.now.ms + 1);
    let telling = desk.upstream.tell_next();
    for handle in some {
        sessions.tell(handle, telling, desk, out);
    }
    if is_over {
        desk.upstream.introducing.waiting.shrink_to_fit();
        desk.upstream.all_are_told();
    }
}
