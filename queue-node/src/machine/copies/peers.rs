//! The nodes that have copies of this node's buckets, or are to have some, by numbers.

use link::machine::LinkId;
use proto::table::Owner;

use crate::machine::clock::NodeMs;
use crate::machine::held::Fellow;

/// Those that are named by the row of any bucket that is here.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// Each at the place of its number; nothing: the number may be given out.
    list: Vec<Option<Peer>>,
    /// Numbers below this one are of copies that the caller plays.
    first: u32,
}

#[derive(Debug)]
struct Peer {
    owner: Owner,
    link: Option<LinkId>,
    /// Since when there is no link, or nothing has come of what was sent on the last one.
    away_since: NodeMs,
    /// Nobody listens at its port.
    refuses: bool,
}

impl Peers {
    /// Nobody yet.
    pub(crate) fn new(played: u32) -> Peers {
        Peers { list: Vec::new(), first: played }
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.iter().all(Option::is_none)
    }

    /// The number of a node, which has this link with it if it has one.
    pub(crate) fn number(&mut self, owner: &Owner, link: Option<LinkId>, now: NodeMs) -> Fellow {
        let is_its = |peer: &Option<Peer>| peer.as_ref().is_some_and(|peer| peer.owner == *owner);
        let at = self.list.iter().position(is_its).unwrap_or_else(|| {
            let peer = Peer { owner: owner.clone(), link, away_since: now, refuses: false };
            let free = self.list.iter().position(Option::is_none);
            let at = free.unwrap_or(self.list.len());
            if at == self.list.len() {
                self.list.push(None);
            }
            self.list[at] = Some(peer);
            at
        });
        Fellow(self.first + at as u32)
    }

    /// There is a link with a node, unless there is another already: which one.
    pub(crate) fn link_up(&mut self, link: LinkId, id: &str, life: u64) -> Option<LinkId> {
        let peer = self.find(id, life)?;
        if peer.link.is_none() {
            (peer.link, peer.refuses) = (Some(link), false);
        }
        peer.link.filter(|known| *known != link)
    }

    /// A link has ended that was of no use since then: whose it was.
    pub(crate) fn link_down(&mut self, link: LinkId, since: NodeMs) -> Option<Fellow> {
        let number = self.on(link)?;
        let peer = self.list[(number.0 - self.first) as usize].as_mut()?;
        (peer.link, peer.away_since) = (None, since);
        Some(number)
    }

    /// Nobody listens at the port of a node. Whether it is one of these, and away.
    pub(crate) fn refused(&mut self, id: &str, life: u64) -> bool {
        let Some(peer) = self.find(id, life).filter(|peer| peer.link.is_none()) else {
            return false;
        };
        !std::mem::replace(&mut peer.refuses, true)
    }

    /// Whose link it is.
    pub(crate) fn on(&self, link: LinkId) -> Option<Fellow> {
        let is_its = |peer: &Option<Peer>| peer.as_ref().is_some_and(|p| p.link == Some(link));
        let at = self.list.iter().position(is_its)?;
        Some(Fellow(self.first + at as u32))
    }

    /// The link with a node.
    pub(crate) fn link(&self, number: Fellow) -> Option<LinkId> {
        self.get(number)?.link
    }

    /// Whether a node has been away for so long, or nobody is there.
    pub(crate) fn is_gone(&self, number: Fellow, now: NodeMs, ms: u64) -> bool {
        let peer = self.get(number).filter(|peer| peer.link.is_none());
        peer.is_some_and(|peer| peer.refuses || peer.away_since.after(ms) <= now)
    }

    /// This node has stood still itself: nobody is away for longer than since this moment.
    pub(crate) fn wait_anew(&mut self, now: NodeMs) {
        self.list.iter_mut().flatten().for_each(|peer| peer.away_since = now);
    }

    /// Forgets whom no row names any more: their numbers.
    pub(crate) fn keep_only(&mut self, are_named: &[Fellow]) -> Vec<Fellow> {
        let mut gone = Vec::new();
        for (at, place) in (self.first..).zip(&mut self.list) {
            if place.is_some() && !are_named.contains(&Fellow(at)) {
                *place = None;
                gone.push(Fellow(at));
            }
        }
        gone
    }

    fn find(&mut self, id: &str, life: u64) -> Option<&mut Peer> {
        let mut peers = self.list.iter_mut().flatten();
        peers.find(|peer| peer.owner.id == id && peer.owner.incarnation == life)
    }

    fn get(&self, number: Fellow) -> Option<&Peer> {
        self.list.get(number.0.checked_sub(self.first)? as usize)?.as_ref()
    }
}
