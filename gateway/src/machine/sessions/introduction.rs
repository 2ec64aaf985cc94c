//! Which nodes know a session's handle, and what they know by it.

use std::num::NonZeroU64;

use link::machine::{LinkId, Outbox as Links};
use proto::g2q::{self, G2q};
use proto::ids::{Generation, Handle};
use proto::wire;

use super::{Session, Sessions, State};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::upstream::{BucketIndex, NodeIndex, Upstream};

impl Sessions {
    /// The sessions whose user queues are in these buckets are to be introduced, also where the
    /// handle is known already: a session that isn't introduced to its home within grace is ended
    /// there, and the home must know who is confirmed. Who they are.
    pub(in crate::machine) fn untell(
        &mut self,
        among: &[bool],
        upstream: &Upstream,
    ) -> Vec<Handle> {
        let mut untold = Vec::new();
        for (handle, session) in self.iter_mut() {
            let bucket = upstream.bucket_of(session.id.user_queue_hash());
            let bucket = bucket.filter(|bucket| among[bucket.place()]);
            if let (State::Live, Some(bucket)) = (session.state, bucket)
                && let Some((node, _)) = upstream.home(bucket)
            {
                session.introduced.remove(node);
                untold.push(handle);
            }
        }
        untold
    }

    /// Introduces the session to the home of its user, unless it is known there. The home's link,
    /// if no probe is behind that.
    pub(in crate::machine) fn tell(
        &mut self,
        handle: Handle,
        telling: u32,
        desk: &mut Desk,
        out: &mut Outbox,
    ) -> Option<LinkId> {
        let session = self.get_mut(handle).filter(|session| session.state == State::Live)?;
        let bucket = desk.upstream.bucket_of(session.id.user_queue_hash())?;
        let (node, link) = desk.upstream.home(bucket)?;
        if desk.upstream.is_untold(bucket, session.told) {
            introduce(node, link, handle, session, &mut out.links);
            session.told = telling;
        }
        (!desk.upstream.is_probed(bucket, session.told)).then_some(link)
    }

    pub(in crate::machine) fn introduce_all(
        &mut self,
        bucket: BucketIndex,
        sessions: &[Handle],
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some((node, link)) = desk.upstream.home(bucket) else { return };
        for handle in sessions {
            if let Some(session) = self.get_mut(*handle) {
                introduce(node, link, *handle, session, &mut out.links);
            }
        }
    }

    /// Introduces the session again to its user's home: there is something new to know of it.
    pub(in crate::machine) fn introduce_to_home(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let session = &mut self[handle];
        let bucket = desk.upstream.bucket_of(session.id.user_queue_hash());
        let home = bucket.and_then(|bucket| Some((bucket, desk.upstream.home(bucket)?)));
        if let Some((bucket, (node, link))) = home {
            desk.upstream.tell(bucket, link, &mut out.links);
            session.introduced.remove(node);
            introduce(node, link, handle, session, &mut out.links);
        }
    }

    /// Introduces the session again to all nodes that know its handle: it stands for more now.
    pub(in crate::machine) fn introduce_anew(
        &mut self,
        handle: Handle,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let session = &mut self[handle];
        let known = std::mem::take(&mut session.introduced);
        for (node, link) in desk.upstream.linked().filter(|(node, _)| known.contains(*node)) {
            introduce(node, link, handle, session, &mut out.links);
        }
    }

    /// A node's link is gone: it knows no handle any more.
    pub(in crate::machine) fn forget_node(&mut self, node: NodeIndex) {
        for (_, session) in self.iter_mut() {
            session.introduced.remove(node);
        }
    }
}

/// Tells a node a session's handle, if it doesn't know it yet. Nodes that can't be in the set
/// of those that do are told before each operation, which changes nothing there.
#[inline]
pub(super) fn introduce(
    node: NodeIndex,
    link: LinkId,
    handle: Handle,
    session: &mut Session,
    links: &mut Links,
) {
    if session.introduced.insert(node) {
        let body = Some(g2q::g2q::Body::Introduce(g2q::Introduce {
            session: handle.number(),
            session_id: session.id.0.to_vec(),
            user: session.user.to_string(),
            generation: Generation::number_or_none(session.generation),
            floor: Generation::number_or_none(session.floor),
            confirmed: session.confirmed,
            leaving: session.state == State::Over && session.generation.is_some(),
            expires_unix_ms: session.expires_unix_ms.map_or(0, NonZeroU64::get),
        }));
        wire::put_message(links.buffer(link), &G2q { body });
    }
}
