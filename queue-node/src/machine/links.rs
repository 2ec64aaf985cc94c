//! What is known of each link: who is there, its sessions and queues, and whose bucket is spoken
//! of.

use std::rc::Rc;

use indexmap::IndexMap;
use link::machine::{LinkId, Outbox, Peer};
use proto::bucket::{BucketId, Epochs, Loss, Reign};
use proto::ids::{Generation, Handle, SessionId, Sub};
use proto::limits;
use proto::link as wire_link;
use proto::link::{Role, field::at};
use proto::q2g::field::q2g;
use proto::wire::{self, Fields};

use super::faults::Faults;
use super::hashing::Numbers;
use super::held::Held;
use super::lane::Broken;
use super::local::Seat;
use super::state::people::SessionKey;
use super::timers::QueueRef;

/// The lane of a gateway that serves the web application.
const RPC_LANE: u32 = 0;

/// A link that is up.
#[derive(Debug)]
pub(crate) struct LinkState {
    pub(crate) peer: Peer,
    /// This node dialled it.
    pub(crate) dialled: bool,
    /// Whose bucket the frames that come are about.
    pub(crate) heard_at: Option<HeardAt>,
    /// It is to be ended: what still comes on it isn't heard. What came before may lack its answer,
    /// and an answer to what comes behind it would be out of turn.
    pub(crate) ending: bool,
    said_at: Option<(BucketId, Epochs)>,
    handles: Vec<Option<Introduced>>,
    /// The queues that the lane has, by its number for them.
    pub(crate) subs: IndexMap<Sub, QueueRef, Numbers>,
}

/// A connection as its lane has introduced it: the session that it speaks for, and what its user
/// queue said of it. It has no generation while its login isn't answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) id: SessionId,
    pub(crate) generation: Option<Generation>,
    /// Sessions of its user under a lower generation are over.
    pub(crate) floor: Option<Generation>,
}

/// A session as a lane has introduced it.
#[derive(Debug)]
pub(crate) struct Introduced {
    pub(crate) connection: Connection,
    /// The id under which the lane introduced it. A login that resumes makes the connection that of
    /// another id; it may come again, since a reign ended before its answer was let out.
    pub(crate) drawn: SessionId,
    pub(crate) user: Rc<str>,
    pub(crate) hints: Hints,
}

/// What the buckets call a session to which its lane spoke last: most speak to a few alone. They
/// are hints, since a bucket may have forgotten it since.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hints([Option<(u16, SessionKey)>; HINTS]);

/// A power of two: the lowest bits of a bucket's prefix say where its hint is.
const HINTS: usize = 4;

impl Hints {
    /// What this bucket called it.
    #[inline]
    pub(crate) fn get(&self, bucket: BucketId) -> Option<SessionKey> {
        let (prefix, key) = self.0[bucket.prefix() as usize % HINTS]?;
        (u32::from(prefix) == bucket.prefix()).then_some(key)
    }

    /// This bucket calls it so.
    #[inline]
    pub(crate) fn set(&mut self, bucket: BucketId, key: SessionKey) {
        self.0[bucket.prefix() as usize % HINTS] = Some((bucket.prefix() as u16, key));
    }
}

/// The bucket that a peer named, and what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeardAt {
    pub(crate) bucket: BucketId,
    pub(crate) epochs: Epochs,
    /// Not this node's, and the peer has been told.
    pub(crate) moved: bool,
}

/// All links of the node, and what is held for them.
#[derive(Debug, Default)]
pub(crate) struct Links {
    states: Vec<Option<LinkState>>,
    pub(crate) held: Held,
    faults: Faults,
}

impl Links {
    /// No links yet.
    pub(crate) fn new(faults: Faults) -> Links {
        Links { states: Vec::new(), held: Held::new(faults), faults }
    }

    /// The planted bugs: there are none in a build without debug assertions.
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// A link is up.
    pub(crate) fn up(&mut self, link: LinkId, peer: Peer, dialled: bool) {
        let at = link.0 as usize;
        if self.states.len() <= at {
            self.states.resize_with(at + 1, || None);
        }
        let (heard_at, said_at, ending) = (None, None, false);
        let (handles, subs) = (Vec::new(), IndexMap::default());
        self.states[at] =
            Some(LinkState { peer, dialled, heard_at, ending, said_at, handles, subs });
    }

    /// A lane has one link, and so has a node that was dialled or has dialled: what is still on its
    /// way on the one before is of the past, and isn't heard any more.
    pub(crate) fn supersede(&mut self, peer: &Peer, dialled: bool) -> Option<LinkId> {
        let old_is_read = self.faults().old_link_read;
        let is_its = |link: &&mut LinkState| {
            let (role, lane) = (link.peer.role, link.peer.lane);
            let same = link.peer.id == peer.id && link.peer.incarnation == peer.incarnation;
            let is_one = match role {
                Role::Gateway => lane == peer.lane,
                Role::QueueNode => link.dialled == dialled && !old_is_read,
                Role::Boss | Role::None => false,
            };
            is_one && role == peer.role && same && !link.ending
        };
        let mut links = (0u32..).zip(&mut self.states);
        let (at, link) =
            links.find_map(|(at, link)| link.as_mut().filter(is_its).map(|link| (at, link)))?;
        link.ending = true;
        Some(LinkId(at))
    }

    /// The generation of the connection that is heard in this seat.
    pub(crate) fn generation(&self, seat: Seat) -> Option<Generation> {
        let state = self.get(seat.link);
        let connection = state.and_then(|state| state.connection(seat.handle));
        connection.and_then(|connection| connection.generation)
    }

    /// A link is no more.
    pub(crate) fn down(&mut self, link: LinkId) -> Option<LinkState> {
        self.states.get_mut(link.0 as usize)?.take()
    }

    /// The link, if it is up.
    #[inline]
    pub(crate) fn get(&self, link: LinkId) -> Option<&LinkState> {
        self.states.get(link.0 as usize)?.as_ref()
    }

    /// The link, if it is up.
    #[inline]
    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut LinkState> {
        self.states.get_mut(link.0 as usize)?.as_mut()
    }

    /// All links of lanes.
    pub(crate) fn lanes(&self) -> Vec<LinkId> {
        let links = (0u32..).zip(&self.states);
        let is_lane = |link: &Option<LinkState>| {
            link.as_ref().is_some_and(|link| link.peer.role == Role::Gateway)
        };
        links.filter(|(_, link)| is_lane(link)).map(|(at, _)| LinkId(at)).collect()
    }

    /// The links on which this node tells others.
    pub(crate) fn nodes(&self) -> Vec<LinkId> {
        let links = (0u32..).zip(&self.states);
        let is_node = |link: &Option<LinkState>| {
            link.as_ref().is_some_and(|link| link.dialled && link.peer.role == Role::QueueNode)
        };
        links.filter(|(_, link)| is_node(link)).map(|(at, _)| LinkId(at)).collect()
    }

    /// The lane that brings tells to the web application: one without clients where there is one.
    pub(crate) fn courier(&self) -> Option<LinkId> {
        let links = (0u32..).zip(&self.states);
        let lanes = links.filter_map(|(at, link)| {
            let link = link.as_ref().filter(|link| !link.ending)?;
            (link.peer.role == Role::Gateway).then_some((link.peer.lane != RPC_LANE, LinkId(at)))
        });
        lanes.min_by_key(|(has_clients, link)| (*has_clients, link.0)).map(|(_, link)| link)
    }

    /// Something changes for what is held: whatever that releases goes into the links' buffers.
    /// What is said next on those links begins with its bucket.
    pub(crate) fn release(
        &mut self,
        out: &mut Outbox,
        change: impl FnOnce(&mut Held, &mut Outbox),
    ) {
        change(&mut self.held, out);
        for link in self.held.released_on() {
            if let Some(Some(state)) = self.states.get_mut(link.0 as usize) {
                state.said_at = None;
            }
        }
    }

    /// Where to append frames about this bucket that wait.
    pub(crate) fn open_held(
        &mut self,
        link: LinkId,
        bucket: BucketId,
        epochs: Epochs,
    ) -> &mut Vec<u8> {
        let states = &self.states;
        let is_up = || matches!(states.get(link.0 as usize), Some(Some(_)));
        self.held.open(link, (bucket, epochs), is_up)
    }

    /// The next word on this link begins with its bucket.
    pub(crate) fn unsaid(&mut self, link: LinkId) {
        if let Some(state) = self.get_mut(link) {
            state.said_at = None;
        }
    }

    /// The next word to each node that this one has dialled begins with its bucket.
    pub(crate) fn forget_said_to_nodes(&mut self) {
        let links = self.states.iter_mut().flatten();
        links.filter(|link| link.dialled).for_each(|link| link.said_at = None);
    }

    /// The link on which this node tells the node of this id and life.
    pub(crate) fn to_node(&self, id: &str, incarnation: u64) -> Option<LinkId> {
        let at = self.states.iter().position(|link| {
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
    pub(crate) fn connection(&self, handle: Handle) -> Option<Connection> {
        self.handles.get(handle.place())?.as_ref().map(|introduced| introduced.connection)
    }

    /// The session of this number.
    #[inline]
    pub(crate) fn introduced(&mut self, handle: Handle) -> Option<&mut Introduced> {
        self.handles.get_mut(handle.place())?.as_mut()
    }

    /// The peer names the bucket of its next frames. What this node has said of which bucket it
    /// speaks may have come before the peer knew of its row, and been dropped: it is said again.
    #[inline]
    pub(crate) fn hears_at(&mut self, bucket: BucketId, epochs: Epochs) {
        let before = self.heard_at.replace(HeardAt { bucket, epochs, moved: false });
        if before.is_none_or(|before| before.bucket != bucket || before.epochs != epochs) {
            self.said_at = None;
        }
    }

    /// Gives a number to a session, or to nobody; whoever had it before. `Err`: no lane has so
    /// many.
    pub(crate) fn bind(
        &mut self,
        handle: Handle,
        introduced: Option<Introduced>,
    ) -> Result<Option<Connection>, ()> {
        if handle.number() >= limits::HANDLES_MAX {
            return Err(());
        }
        let at = handle.place();
        if self.handles.len() <= at {
            self.handles.resize_with(at + 1, || None);
        }
        let before = std::mem::replace(&mut self.handles[at], introduced);
        Ok(before.map(|before| before.connection))
    }

    /// All connections that have a number.
    pub(crate) fn connections(&self) -> impl Iterator<Item = (Handle, Connection)> {
        (0..)
            .zip(&self.handles)
            .filter_map(|(at, one)| Some((Handle::at(at), one.as_ref()?.connection)))
    }
}

/// The bucket that an `At` names. By hand: a lane says one with every few operations.
#[inline]
pub(crate) fn read_at(body: &[u8]) -> Result<(BucketId, Epochs), Broken> {
    const UNREADABLE: Broken = "a frame can't be read";
    let (mut bits, mut prefix, mut epochs) = (0, 0, Epochs::default());
    let mut fields = Fields::of(body);
    while let Some((number, value)) = fields.field().map_err(|_| UNREADABLE)? {
        let part = || value.uint().map_err(|_| UNREADABLE);
        match number {
            at::BITS => bits = part()? as u32,
            at::PREFIX => prefix = part()? as u32,
            at::LOSS => epochs.loss = Loss(part()?),
            at::REIGN => epochs.reign = Reign(part()?),
            _ => {}
        }
    }
    let bucket = BucketId::new(bits, prefix).ok_or("`at` names no bucket")?;
    Ok((bucket, epochs))
}

/// Names the bucket of the frames that follow.
pub(crate) fn put_at(out: &mut Vec<u8>, bucket: BucketId, epochs: Epochs) {
    let at = wire_link::At {
        bits: u32::from(bucket.bits()),
        prefix: bucket.prefix(),
        loss: epochs.loss.0,
        reign: epochs.reign.0,
    };
    let length = prost::Message::encoded_len(&at);
    wire::put_frame(out, q2g::AT, length);
    prost::Message::encode_raw(&at, out);
}
