//! The machine, and what stands between it and the wires: the boss's words, and operators' figures.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use link::io::{Event, Hub, Peers, Sink, Throttled, names};
use link::machine::{LinkId, Peer};
use member::io::Board;
use member::io::board::tls_files;
use member::machine::{Health, Member, Word};
use proto::limits;
use proto::link::Role;
use proto::n2b::Counter;
use proto::table::BucketTable;
use proto::text::Foreign;
use proto::time::Time;
use rand::RngExt;

use crate::machine::{Faults, Input, Node, Outbox, Settings};

/// The name under which the boss is dialled; no node's id has a space.
pub(super) const BOSS: &str = "the boss";
/// How often operators' figures are made.
const PUBLISH_MS: u64 = 1000;

pub(super) struct Decider {
    pub(super) id: String,
    /// There is one as soon as the boss has said who this is.
    node: Option<Node>,
    member: Member,
    out: Outbox,
    board: Board,
    published_ms: u64,
    /// What the board says of the node's readiness.
    said_unready: Option<Option<String>>,
    fatal: Option<SyncSender<String>>,
    bytes_max: u64,
    /// Where the boss is, for the log.
    pub(super) boss: String,
    peers: Peers,
    /// What the log hears of a boss that doesn't take this node.
    without_boss: Throttled,
    /// Whose TLS it tells operators of.
    pub(super) hub: Hub,
    /// What the loop has to follow.
    pub(super) new_table: Option<Arc<BucketTable>>,
    pub(super) registered: Option<(u64, u64)>,
}

impl Decider {
    pub(super) fn new(
        member: Member,
        id: String,
        board: Board,
        bytes_max: u64,
        fatal: Option<SyncSender<String>>,
    ) -> Decider {
        Decider {
            id,
            node: None,
            member,
            out: Outbox::default(),
            board,
            published_ms: 0,
            said_unready: None,
            fatal,
            bytes_max,
            boss: String::new(),
            peers: Peers::default(),
            without_boss: Throttled::new("lines about the boss"),
            hub: Hub::default(),
            new_table: None,
            registered: None,
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        let publish = self.published_ms + PUBLISH_MS;
        self.node.as_ref().and_then(Node::wake_at).map_or(Some(publish), |at| Some(at.min(publish)))
    }

    /// Everything that came has been decided.
    pub(super) fn end_turn(&mut self, now: Time) {
        if let Some(node) = &mut self.node {
            if node.wake_at().is_some_and(|at| at <= now.ms) {
                node.handle(now, Input::Wake, &mut self.out);
            }
            node.handle(now, Input::TurnEnd, &mut self.out);
        }
        for inspected in std::mem::take(&mut self.out.inspected) {
            self.member.inspected(inspected, &mut self.out.links);
        }
        self.publish_readiness();
        if now.ms >= self.published_ms + PUBLISH_MS {
            self.published_ms = now.ms;
            self.without_boss.wake(now);
            self.publish(now);
        }
    }

    fn publish(&mut self, now: Time) {
        let mut samples = self.node.as_ref().map(|node| node.counters().list()).unwrap_or_default();
        let counters = samples.iter().filter_map(|sample| {
            Some(Counter { name: sample.name.to_owned(), value: sample.number()? })
        });
        let unready = self.unready();
        let health = unready.as_deref().map_or(Health::Ready, Health::Unready);
        self.member.report(counters.collect(), health, &mut self.out.links);
        let unusable = self.hub.has_unusable_files(now);
        samples.extend(unusable.map(|unusable| tls_files("links", unusable)));
        self.board.publish("node", samples);
    }

    /// Tells operators whether the node is ready, at once.
    fn publish_readiness(&mut self) {
        let unready = self.unready();
        if self.said_unready.as_ref() != Some(&unready) {
            self.said_unready = Some(unready.clone());
            self.board.set_unready("node", unready);
        }
    }

    fn unready(&self) -> Option<String> {
        match self.member.waits() {
            Some(reason) => Some(format!("the boss doesn't take this node: {reason}")),
            None if self.node.is_none() => {
                Some("waiting for the boss to register this node".to_owned())
            }
            None => None,
        }
    }

    fn hear(&mut self, now: Time, link: LinkId, word: Word) {
        match word {
            Word::Registered { incarnation, cluster_id } => {
                self.registered = Some((incarnation, cluster_id));
                if self.node.is_none() {
                    let settings = Settings {
                        id: self.id.clone(),
                        incarnation,
                        grace_ms: limits::GRACE_MS,
                        bytes_max: self.bytes_max,
                        hold_commits: false,
                        faults: Faults::default(),
                    };
                    self.node = Some(Node::new(settings, rand::rng().random()));
                    tracing::info!("registered as {} {incarnation}", self.id);
                }
            }
            Word::Table(table) => {
                self.decide(now, Input::Table(table.clone()));
                self.new_table = Some(table);
            }
            Word::Config(config) => self.decide(now, Input::Config(config)),
            Word::Inspect { number, queue } => {
                self.decide(now, Input::Inspect { number, queue: &queue })
            }
            Word::Wait(reason) => {
                self.without_boss
                    .info(now, format_args!("the boss makes this node wait: {reason}"));
            }
            Word::Refused { reason, for_good: true } => {
                self.give_up(format!("the boss refuses this node: {reason}"));
            }
            Word::Refused { reason, for_good: false } => {
                let line = format_args!("the boss refuses this node for now: {reason}");
                self.without_boss.warn(now, line);
            }
            Word::Broken => self.out.links.end(link, "the boss sent something that can't be read"),
        }
    }

    /// The boss can't be one of this node's cluster. Once registered, a node goes on without it and
    /// waits for better days: whoever answers there has proven nothing.
    fn no_boss(&mut self, now: Time, reason: &str) {
        let reason = Foreign::new(reason);
        if self.node.is_none() {
            self.give_up(format!("the link to the boss failed: {reason}"));
        } else {
            let line = format_args!("the link to the boss failed: {reason}");
            self.without_boss.warn(now, line);
        }
    }

    /// This node can never serve, or no more.
    fn give_up(&mut self, reason: String) {
        match self.fatal.as_ref().map(|fatal| fatal.try_send(reason.clone())) {
            Some(Ok(()) | Err(TrySendError::Full(_))) => {}
            Some(Err(TrySendError::Disconnected(_))) | None => tracing::error!("{reason}"),
        }
    }

    fn link_up(&mut self, now: Time, link: LinkId, peer: Peer, dialled: Option<&str>) {
        if self.node.is_none() {
            // It comes again, and finds in the handshake who this is by then.
            return self.out.links.end(link, "this node is not registered yet");
        }
        if let Some(name) = dialled
            && let Some((id, incarnation)) = names::node_of(name)
        {
            if (id, incarnation) != (peer.id.as_str(), peer.incarnation) {
                // Who was dialled is gone: its address is another's, or its own in another life.
                if self.peers.is_another(&peer, name) {
                    self.member.peer_unreachable(id, incarnation, true, &mut self.out.links);
                }
                return self.out.links.end(link, "it is not the node of the table");
            }
            self.member.peer_up(link, id, incarnation);
        }
        let name = self.peers.up(link, &peer, dialled);
        tracing::info!("the link with {name} is up");
        self.decide(now, Input::LinkUp { link, peer, dialled: dialled.is_some() });
    }

    fn decide(&mut self, now: Time, input: Input<'_>) {
        if let Some(node) = &mut self.node {
            node.handle(now, input, &mut self.out);
        }
    }
}

impl Sink for Decider {
    fn pauses(&mut self, link: LinkId) -> bool {
        self.out.links.owed(link) > limits::LINK_PAUSE_BYTES
    }

    fn outbox(&mut self) -> &mut link::machine::Outbox {
        &mut self.out.links
    }

    fn event(&mut self, now: Time, event: Event<'_>) {
        match event {
            Event::Up { link, peer, dialled: Some(BOSS) } => {
                self.peers.up(link, &peer, Some(BOSS));
                if peer.role != Role::Boss {
                    return self.out.links.end(link, "it is not a boss");
                }
                tracing::info!("the link with the boss at {} is up", self.boss);
                let holds = self.node.as_mut().map(Node::buckets).unwrap_or_default();
                self.member.up(link, &holds, &mut self.out.links);
            }
            Event::Up { link, peer, dialled } => self.link_up(now, link, peer, dialled),
            Event::Frame { link, frame } if self.member.link() == Some(link) => {
                if let Some(word) = self.member.hear(frame) {
                    self.hear(now, link, word);
                }
            }
            Event::Frame { link, frame } => self.decide(now, Input::Frame { link, frame }),
            Event::Down { link, reason } if self.member.link() == Some(link) => {
                let reason = Foreign::new(reason);
                tracing::warn!(
                    "the link with the boss at {} has ended: {reason}; this node continues with \
                     the table that it has",
                    self.boss
                );
                self.member.down();
            }
            Event::Down { link, reason } => {
                let reason = Foreign::new(reason);
                tracing::info!("the link with {} has ended: {reason}", self.peers.down(link));
                self.member.peer_down(link, &mut self.out.links);
                self.decide(now, Input::LinkDown { link });
            }
            Event::Unreachable { name: BOSS, hopeless: true, reason, .. } => {
                self.no_boss(now, reason);
            }
            Event::Unreachable { name: BOSS, reason, .. } => {
                let reason = Foreign::new(reason);
                if self.peers.failed(now, BOSS) {
                    tracing::warn!("the boss at {} can't be reached: {reason}", self.boss);
                }
            }
            Event::Unreachable { name, refused, hopeless: _, reason } => {
                let reason = Foreign::new(reason);
                if self.peers.failed(now, name) {
                    tracing::warn!("{name} can't be reached: {reason}");
                }
                if let Some((id, incarnation)) = names::node_of(name) {
                    self.member.peer_unreachable(id, incarnation, refused, &mut self.out.links);
                }
            }
        }
    }
}
