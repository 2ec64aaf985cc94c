//! What was posted here for a connection of another lane: brought there by the home of the
//! session's user, which knows where the session is heard (ADR 23). Nobody keeps it: without an
//! answer in time the client is told to post it again.

use std::collections::{BTreeMap, VecDeque};

use proto::g2q::{self, G2q, g2q::Body};
use proto::ids::ConnectionName;
use proto::limits;
use proto::posted::Posted;
use proto::q2g;
use rand::Rng as _;

use super::{Broken, BucketIndex, Upstream};
use crate::machine::desk::Desk;
use crate::machine::door::{Post, posts};
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

/// What is on its way to other lanes.
#[derive(Debug, Default)]
pub(super) struct Carrying {
    waiting: BTreeMap<u64, Waiting>,
    /// By the time at which nobody waits any more; of some the answer has come.
    until: VecDeque<(u64, u64)>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    /// Io's number.
    post: u64,
    bytes: usize,
}

impl Carrying {
    fn take(&mut self, number: u64) -> Option<u64> {
        let waiting = self.waiting.remove(&number)?;
        self.bytes -= waiting.bytes;
        while let Some((_, front)) = self.until.front()
            && !self.waiting.contains_key(front)
        {
            self.until.pop_front();
        }
        Some(waiting.post)
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        self.until.front().map(|(until_ms, _)| *until_ms)
    }
}

impl Upstream {
    /// Whether one more may be on its way.
    fn carries(&mut self, number: u64, (post, bytes): (u64, usize), now_ms: u64) -> bool {
        let carrying = &mut self.carrying;
        if carrying.bytes + bytes > limits::POSTS_CARRIED_BYTES_MAX {
            return false;
        }
        carrying.bytes += bytes;
        carrying.waiting.insert(number, Waiting { post, bytes });
        carrying.until.push_back((now_ms + limits::CARRY_MS_MAX, number));
        true
    }

    /// Takes those that nobody has answered in time.
    pub(in crate::machine) fn carried_in_vain(&mut self, now_ms: u64) -> Vec<u64> {
        let mut posts = Vec::new();
        while let Some((_, number)) =
            self.carrying.until.pop_front_if(|(until_ms, _)| *until_ms <= now_ms)
        {
            posts.extend(self.carrying.take(number));
        }
        posts
    }
}

/// Sends what was posted to the home of the session's user.
pub(in crate::machine) fn carry(desk: &mut Desk, post: Post, out: &mut Outbox) {
    let bucket = desk.upstream.bucket_of(post.session.user_queue_hash());
    let bucket = bucket.filter(|bucket| desk.upstream.home(*bucket).is_some());
    // What it takes beside its frames counts, too.
    let bytes = post.frames.len() + size_of::<Waiting>() + size_of::<Post>();
    let number = desk.random.next_u64();
    match bucket {
        Some(bucket) if desk.upstream.carries(number, (post.number, bytes), desk.now.ms) => {
            desk.counters.posts_carried += 1;
            let carry = g2q::Carry {
                number,
                session_id: post.session.0.to_vec(),
                connection: post.connection.0.to_vec(),
                count: post.count,
                frames: post.frames,
            };
            desk.upstream.put_extra(bucket, &G2q { body: Some(Body::Carry(carry)) });
        }
        Some(_) | None => out.posted.push((post.number, Posted::NotNow)),
    }
}

/// What was posted elsewhere comes for a connection that is, or was, of this lane.
pub(super) fn carried(
    parts: &mut LaneParts,
    bucket: BucketIndex,
    carried: &q2g::Carried,
    out: &mut Outbox,
) -> Result<(), Broken> {
    let name = ConnectionName::try_from(carried.connection.as_slice());
    let name = name.map_err(|_| Broken::Unreadable)?;
    let posted = posts::take(parts, name, (carried.count, &carried.frames), out);
    let (asker, number) = (carried.asker, carried.number);
    let taken = g2q::CarriedTaken { asker, number, status: posted.status() };
    parts.desk.upstream.put_extra(bucket, &G2q { body: Some(Body::CarriedTaken(taken)) });
    Ok(())
}

/// What has become of it.
pub(super) fn taken(desk: &mut Desk, taken: q2g::CarryTaken, out: &mut Outbox) {
    if let Some(post) = desk.upstream.carrying.take(taken.number) {
        out.posted.push((post, Posted::of(taken.status)));
    }
}
