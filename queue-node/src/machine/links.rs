//! What is known of each link: who is there, its sessions and queues, and whose bucket is spoken
//! of.

use indexmap::IndexMap;
use link::machine::{LinkId, Outbox, Peer};
use proto::bucket::{BucketId, Epochs};
use proto::link::Role;
use proto::{link as wire_link, wire};

use super::hashing::Numbers;
use super::session::Connection;
use super::timers::QueueRef;

/// Handles and subs a lane may use: it has no more sockets than that.
const HANDLES_MAX: u32 = 1 << 22;

/// A link that is up.
#[derive(Debug)]
pub(crate) struct LinkState {
    pub(crate) peer: Peer,
    /// This node dialled it.
    pub(crate) dialled: bool,
    /// Whose bucket the frames that come are about.
    pub(crate) heard_at: Option<HeardAt>,
    said_at: Option<(BucketId, Epochs)>,
    handles: Vec<Option<Connection>>,
    /// The queues that the lane has, by its number for them.
    pub(crate) subs: IndexMap<u32, QueueRef, Numbers>,
}

/// The bucket that a peer named, and what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeardAt {
    pub(crate) bucket: BucketId,
    pub(crate) epochs: Epochs,
    /// Not this node's, and the peer has been told.
    pub(crate) moved: bool,
}

/// All links of the node.
#[derive(Debug, Default)]
pub(crate) struct Links(Vec<Option<LinkState>>);

impl Links {
    /// A link is up.
    pub(crate) fn up(&mut self, link: LinkId, peer: Peer, dialled: bool) {
        let at = link.0 as usize;
        if self.0.len() <= at {
            self.0.resize_with(at + 1, || None);
        }
        let (heard_at, said_at) = (None, None);
        let (handles, subs) = (Vec::new(), IndexMap::default());
        self.0[at] = Some(LinkState { peer, dialled, heard_at, said_at, handles, subs });
    }

    /// A link is no more.
    pub(crate) fn down(&mut self, link: LinkId) -> Option<LinkState> {
        self.0.get_mut(link.0 as usize)?.take()
    }

    /// The link, if it is up.
    #[inline]
    pub(crate) fn get(&self, link: LinkId) -> Option<&LinkState> {
        self.0.get(link.0 as usize)?.as_ref()
    }

    /// The link, if it is up.
    #[inline]
    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut LinkState> {
        self.0.get_mut(link.0 as usize)?.as_mut()
    }

    /// All links of lanes.
    pub(crate) fn lanes(&self) -> Vec<LinkId> {
        let links = (0u32..).zip(&self.0);
        let is_lane = |link: &Option<LinkState>| {
            link.as_ref().is_some_and(|link| link.peer.role == Role::Gateway)
        };
        links.filter(|(_, link)| is_lane(link)).map(|(at, _)| LinkId(at)).collect()
    }

    /// The link on which this node tells the node of this id and life.
    pub(crate) fn to_node(&self, id: &str, incarnation: u64) -> Option<LinkId> {
        let at = self.0.iter().position(|link| {
            link.as_ref().is_some_and(|link| {
                link.dialled
                    && link.peer.role == Role::QueueNode
                    && link.peer.id == id
                    && link.peer.incarnation == incarnation
            })
        })?;
        Some(LinkId(at as u32))
    }

    /// Where to append frames about this bucket; names the bucket if the frames before were about
    /// another.
    #[inline]
    pub(crate) fn open<'a>(
        &mut self,
        out: &'a mut Outbox,
        link: LinkId,
        bucket: BucketId,
        epochs: Epochs,
    ) -> &'a mut Vec<u8> {
        let buffer = out.buffer(link);
        if let Some(state) = self.get_mut(link)
            && state.said_at != Some((bucket, epochs))
        {
            state.said_at = Some((bucket, epochs));
            put_at(buffer, bucket, epochs);
        }
        buffer
    }
}

impl LinkState {
    /// The connection of this number.
    #[inline]
    pub(crate) fn connection(&self, handle: u32) -> Option<Connection> {
        *self.handles.get(handle as usize)?
    }

    /// Gives a number to a connection, or to nobody; the one that had it before. `Err`: no lane has
    /// so many.
    pub(crate) fn bind(
        &mut self,
        handle: u32,
        connection: Option<Connection>,
    ) -> Result<Option<Connection>, ()> {
        if handle >= HANDLES_MAX {
            return Err(());
        }
        let at = handle as usize;
        if self.handles.len() <= at {
            self.handles.resize(at + 1, None);
        }
        Ok(std::mem::replace(&mut self.handles[at], connection))
    }

    /// All connections that have a number.
    pub(crate) fn connections(&self) -> impl Iterator<Item = (u32, Connection)> {
        (0u32..)
            .zip(&self.handles)
            .filter_map(|(handle, connection)| Some((handle, (*connection)?)))
    }
}

fn put_at(out: &mut Vec<u8>, bucket: BucketId, epochs: Epochs) {
    let at = wire_link::At {
        bits: u32::from(bucket.bits()),
        prefix: bucket.prefix(),
        loss: epochs.loss,
        conf: epochs.conf,
    };
    let length = prost::Message::encoded_len(&at);
    wire::put_frame(out, 5, length);
    prost::Message::encode_raw(&at, out);
}
