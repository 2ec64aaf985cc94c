//! The way to the homes: queue → bucket → node → link.

use std::collections::VecDeque;

use link::machine::{LinkId, Outbox as Links, Unanswered};
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::c2g;
use proto::g2q::{self, G2q};
use proto::ids::Handle;
use proto::link::At;
use proto::table::Owner;
use proto::wire;

use super::Upstream;
use crate::machine::delivery::ConnId;
use crate::machine::door::Refusal;
pub(in crate::machine) use buckets::BucketIndex;
pub(super) use buckets::Buckets;
pub(super) use nodes::Nodes;
pub(in crate::machine) use nodes::{NodeIndex, NodeSet};

mod buckets;
mod nodes;

/// A bucket as the lane sees it.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) epochs: Epochs,
    /// Its primary.
    pub(super) home: Option<NodeIndex>,
    /// The link on which that was told by which row it is.
    pub(super) told: Option<LinkId>,
    /// How its home was heard since the bucket has come back.
    pub(super) heard: Heard,
    /// How the same home was heard before.
    pub(super) heard_before: Heard,
    /// The telling behind which its home knows all sessions of its users.
    pub(super) all_told: u32,
    /// In which round its queues are to be attached; see [`super::attaching`].
    pub(super) round: u32,
    /// So many attaches have no answer yet.
    pub(super) attaches: u32,
    pub(super) unanswered: Unanswered<Pending>,
    /// Operations of sessions whose users' homes weren't heard when the list was to be sent again.
    pub(super) aside: Unanswered<Pending>,
    /// Frames about the bucket that need no answer kept: they go after what is unsent.
    pub(super) extra: Vec<u8>,
    pub(super) dirty: bool,
    /// With the planted bug `resend_doubled`: the next flush goes twice.
    pub(super) doubled: bool,
}

/// Until when a home counts as heard, for whom: by its answers to probes that were about the
/// bucket.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// The number of the telling from which on the home knows whose sessions to expect: only probes
    /// behind it count. See [`super::introducing`].
    pub(super) from: u32,
    /// The newest telling that the home has answered a probe behind.
    pub(super) newest: u32,
    pub(super) until_ms: Option<u64>,
}

impl Heard {
    /// Until then a session counts that was told then.
    pub(super) fn for_told(&self, told: u32) -> Option<u64> {
        self.until_ms.filter(|_| (self.from..=self.newest).contains(&told))
    }
}

impl Bucket {
    /// What a part of it begins with when it is split.
    pub(super) fn child(&self) -> Bucket {
        let Bucket { epochs, home, round, .. } = *self;
        Bucket { epochs, home, round, ..Bucket::default() }
    }

    /// With the planted bug `resends_behind_new`: what was never sent goes first.
    pub(super) fn unsent_first(&mut self) {
        let mut again = Unanswered::default();
        let mut list = std::mem::take(&mut self.unanswered);
        list.move_out(|moving| match moving.was_sent {
            true => again.move_in(moving),
            false => self.unanswered.move_in(moving),
        });
        again.move_some(&mut self.unanswered, |_| true);
    }
}

/// What the lane must know of an operation when its answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Pending {
    /// Of a client.
    Operation { session: Handle, op_id: u32, kind: c2g::Kind, hash: u64, bytes: u32 },
    /// Of a client, and refused by the lane: only its place in the order is kept.
    Refused { session: Handle, op_id: u32, hash: u64, refusal: Refusal },
    /// A session takes its place in a queue again.
    Resume { session: Handle, hash: u64, invited: bool },
    /// The session's login.
    Login { session: Handle },
    /// Whose session a newcomer wants to go on with, by the lane's number.
    Recognise { number: u64, conn: ConnId, hash: u64 },
    /// The session's socket is gone.
    Lost { session: Handle },
    /// Of the back end, by the lane's number; without a hash, a listing of its bucket.
    Request { number: u64, hash: Option<u64> },
}

impl Pending {
    /// The session that must be introduced before it is sent.
    pub(in crate::machine) fn session(self) -> Option<Handle> {
        match self {
            Pending::Operation { session, .. }
            | Pending::Resume { session, .. }
            | Pending::Login { session }
            | Pending::Lost { session } => Some(session),
            Pending::Refused { .. } | Pending::Recognise { .. } | Pending::Request { .. } => None,
        }
    }

    /// The session that wants something of a queue, and the hash of its name.
    pub(super) fn place(self) -> Option<(Handle, u64)> {
        match self {
            Pending::Operation { session, hash, .. } | Pending::Resume { session, hash, .. } => {
                Some((session, hash))
            }
            Pending::Refused { .. }
            | Pending::Login { .. }
            | Pending::Recognise { .. }
            | Pending::Lost { .. }
            | Pending::Request { .. } => None,
        }
    }

    /// The session that it is of, if it goes on only while the home of its user is heard. Login
    /// and loss are that home's own matter.
    pub(in crate::machine) fn of_client(self) -> Option<Handle> {
        match self {
            Pending::Operation { session, .. }
            | Pending::Resume { session, .. }
            | Pending::Refused { session, .. } => Some(session),
            Pending::Login { .. }
            | Pending::Recognise { .. }
            | Pending::Lost { .. }
            | Pending::Request { .. } => None,
        }
    }
}

/// A queue node in one of its lives.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) owner: Owner,
    pub(super) link: Option<LinkId>,
    /// The bucket that the lane's next frames are about, as the node knows it.
    said: Option<(BucketIndex, Epochs)>,
    /// The bucket that the node's next frames are about, if its epochs are not of the past.
    pub(super) heard: Option<BucketIndex>,
    /// Since when it owes an answer to a probe and has answered none, if it does.
    pub(super) silent_since_ms: Option<u64>,
    /// The newest probes that are on their way.
    pub(super) probes: VecDeque<Probe>,
}

/// A probe on its way to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) struct Probe {
    /// What it says.
    pub(in crate::machine) nonce: u64,
    /// The telling that it was sent behind.
    pub(in crate::machine) telling: u32,
    /// When it was sent.
    pub(in crate::machine) sent_ms: u64,
    /// It has been answered for some buckets.
    pub(in crate::machine) is_answered: bool,
}

impl Upstream {
    /// The bucket of a name's hash; nothing before the first table.
    #[inline]
    pub(in crate::machine) fn bucket_of(&self, hash: u64) -> Option<BucketIndex> {
        self.has_table().then(|| BucketIndex::of(BucketId::of(hash, self.bits)))
    }

    /// The bucket that a frame names, if the lane's table has it.
    pub(in crate::machine) fn named(&self, bits: u32, prefix: u32) -> Option<BucketIndex> {
        let bucket = BucketId::new(bits, prefix).filter(|bucket| bucket.bits() == self.bits)?;
        self.buckets.find(bucket.prefix())
    }

    /// The place of a node in the list, which is added if need be.
    pub(in crate::machine) fn node(&mut self, owner: &Owner) -> NodeIndex {
        let known = self.nodes.find(|_, node| node.owner == *owner);
        known.unwrap_or_else(|| {
            let free = self.nodes.find(|at, node| {
                let is_home = |bucket: &Bucket| bucket.home == Some(at);
                node.link.is_none() && !self.buckets.iter().any(|(_, bucket)| is_home(bucket))
            });
            let owner = owner.clone();
            let node = Node {
                owner,
                link: None,
                said: None,
                heard: None,
                silent_since_ms: None,
                probes: VecDeque::new(),
            };
            match free {
                Some(at) => {
                    self.nodes[at] = node;
                    at
                }
                None => self.nodes.push(node),
            }
        })
    }

    /// The node at the other end of a link.
    #[inline]
    pub(in crate::machine) fn node_of(&self, link: LinkId) -> Option<NodeIndex> {
        self.by_link.get(link.0 as usize).copied().flatten()
    }

    /// All links that are up.
    pub(in crate::machine) fn links(&self) -> Vec<LinkId> {
        self.nodes.iter().filter_map(|(_, node)| node.link).collect()
    }

    pub(in crate::machine) fn link_up(&mut self, link: LinkId, node: NodeIndex) {
        let at = link.0 as usize;
        if self.by_link.len() <= at {
            self.by_link.resize(at + 1, None);
        }
        self.by_link[at] = Some(node);
        self.forget_told(link);
        let node = &mut self.nodes[node];
        (node.link, node.said, node.heard) = (Some(link), None, None);
        node.probes.clear();
        node.silent_since_ms = None;
        self.has_news = true;
    }

    /// The link's node, if this was its newest link.
    pub(in crate::machine) fn link_down(&mut self, link: LinkId) -> Option<NodeIndex> {
        let at = self.by_link.get_mut(link.0 as usize)?.take()?;
        let node = &mut self.nodes[at];
        if node.link != Some(link) {
            return None;
        }
        (node.link, node.said, node.heard, node.silent_since_ms) = (None, None, None, None);
        self.has_news = true;
        Some(at)
    }

    /// The node that a bucket's operations go to, and its link if that is up.
    #[inline]
    pub(in crate::machine) fn home(&self, bucket: BucketIndex) -> Option<(NodeIndex, LinkId)> {
        let home = self.buckets[bucket].home?;
        self.nodes[home].link.map(|link| (home, link))
    }

    /// The bucket has something to send at the end of the turn.
    #[inline]
    pub(in crate::machine) fn list_dirty(&mut self, bucket: BucketIndex) {
        let entry = &mut self.buckets[bucket];
        if !entry.dirty {
            entry.dirty = true;
            self.dirty.push(bucket);
        }
    }

    /// Appends `at` for this bucket unless the last one still holds. Nothing if its home has no
    /// link.
    pub(in crate::machine) fn about(
        &mut self,
        bucket: BucketIndex,
        links: &mut Links,
    ) -> Option<LinkId> {
        let epochs = self.buckets[bucket].epochs;
        let (home, link) = self.home(bucket)?;
        if self.nodes[home].said.replace((bucket, epochs)) != Some((bucket, epochs)) {
            self.tell(bucket, link, links);
            let at = At {
                bits: u32::from(self.bits),
                prefix: bucket.prefix(),
                loss: epochs.loss.0,
                reign: epochs.reign.0,
            };
            let body = Some(g2q::g2q::Body::At(at));
            wire::put_message(links.buffer(link), &G2q { body });
        }
        Some(link)
    }

    /// Whether the lane has a table.
    #[inline]
    pub(in crate::machine) fn has_table(&self) -> bool {
        !self.buckets.is_empty()
    }

    /// How many bits of a name's hash choose its bucket.
    pub(in crate::machine) fn bits(&self) -> u8 {
        self.bits
    }

    /// For every bucket whether it is one of these.
    pub(in crate::machine) fn among<'a>(
        &self,
        buckets: impl IntoIterator<Item = &'a BucketIndex>,
    ) -> Vec<bool> {
        let mut among = vec![false; self.buckets.len()];
        buckets.into_iter().for_each(|bucket| among[bucket.place()] = true);
        among
    }

    /// All buckets, in order.
    pub(in crate::machine) fn buckets(&self) -> impl Iterator<Item = BucketIndex> + Clone + use<> {
        self.buckets.indices()
    }

    /// The buckets whose home is this node.
    pub(in crate::machine) fn buckets_of(&self, node: NodeIndex) -> Vec<BucketIndex> {
        let buckets = self.buckets.iter();
        buckets.filter(|(_, bucket)| bucket.home == Some(node)).map(|(at, _)| at).collect()
    }

    /// Whether there is such a bucket: a table with fewer may have come since.
    pub(super) fn has_bucket(&self, bucket: BucketIndex) -> bool {
        self.buckets.find(bucket.prefix()).is_some()
    }

    /// The bucket of this prefix, if there is one.
    pub(in crate::machine) fn bucket_at(&self, prefix: u32) -> Option<BucketIndex> {
        self.buckets.find(prefix)
    }

    /// The one behind a bucket.
    pub(in crate::machine) fn behind(&self, bucket: BucketIndex) -> Option<BucketIndex> {
        self.buckets.behind(bucket)
    }

    /// The node's link, if that is up.
    pub(in crate::machine) fn link_of(&self, node: NodeIndex) -> Option<LinkId> {
        self.nodes[node].link
    }

    /// All nodes with a link, in order.
    pub(in crate::machine) fn linked(&self) -> impl Iterator<Item = (NodeIndex, LinkId)> {
        self.nodes.iter().filter_map(|(at, node)| Some((at, node.link?)))
    }

    /// Since when a node owes an answer to a probe, if it does.
    pub(in crate::machine) fn silent_since_ms(&self, node: NodeIndex) -> Option<u64> {
        self.nodes[node].silent_since_ms
    }

    /// The bucket that a node's next frames are about, if it may speak of it.
    #[inline]
    pub(in crate::machine) fn subject(&self, node: NodeIndex) -> Option<BucketIndex> {
        self.nodes[node].heard
    }

    /// Whose bucket a node's next frames are about.
    pub(in crate::machine) fn set_subject(&mut self, node: NodeIndex, at: At) {
        let epochs = Epochs { loss: Loss(at.loss), reign: Reign(at.reign) };
        let is_current = |bucket: &BucketIndex| {
            let bucket = &self.buckets[*bucket];
            bucket.home == Some(node) && bucket.epochs == epochs || self.faults().shows_old_reign
        };
        let heard = self.named(at.bits, at.prefix).filter(is_current);
        self.nodes[node].heard = heard;
    }

    /// The buckets for which the turn has gathered something to send.
    pub(super) fn dirty(&self) -> &[BucketIndex] {
        &self.dirty
    }

    /// Whether the turn has gathered something to send.
    pub(in crate::machine) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Sends what the turn has gathered, grouped by bucket.
    pub(in crate::machine) fn flush(&mut self, links: &mut Links) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for bucket in dirty.drain(..) {
            // A table with fewer buckets may have come since.
            let Some(entry) = self.buckets.get_mut(bucket) else { continue };
            entry.dirty = false;
            if entry.unanswered.has_unsent() || !entry.extra.is_empty() {
                self.flush_bucket(bucket, links);
            }
        }
        self.dirty = dirty;
    }

    fn flush_bucket(&mut self, bucket: BucketIndex, links: &mut Links) {
        let Some(link) = self.about(bucket, links) else { return };
        let entry = &mut self.buckets[bucket];
        let buffer = links.buffer(link);
        let unsent = entry.unanswered.unsent();
        buffer.extend_from_slice(unsent);
        if std::mem::take(&mut entry.doubled) {
            buffer.extend_from_slice(unsent);
        }
        buffer.append(&mut entry.extra);
    }
}

#[cfg(test)]
mod tests;
