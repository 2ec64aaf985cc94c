//! The machine, and what stands between it and the wires: the boss's words, and operators' figures.

use std::sync::Arc;

use link::io::http::{Board, Sample};
use link::io::{Event, Sink};
use link::machine::{LinkId, Member, Word};
use proto::limits;
use proto::n2b::Counter;
use proto::table::BucketTable;
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
    /// What the loop has to follow.
    pub(super) new_table: Option<Arc<BucketTable>>,
    pub(super) registered: Option<(u64, u64)>,
}

impl Decider {
    pub(super) fn new(member: Member, id: String, board: Board) -> Decider {
        Decider {
            id,
            node: None,
            member,
            out: Outbox::default(),
            board,
            published_ms: 0,
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
        if now.ms >= self.published_ms + PUBLISH_MS {
            self.published_ms = now.ms;
            self.publish();
        }
    }

    fn publish(&mut self) {
        let counters = self.node.as_ref().map(|node| node.counters().samples()).unwrap_or_default();
        let unready = self.unready();
        let report = counters
            .iter()
            .map(|(name, _, value)| Counter { name: (*name).to_owned(), value: *value as f64 })
            .collect();
        self.member.report(report, unready, &mut self.out.links);
        let samples = counters
            .into_iter()
            .map(|(name, help, value)| Sample {
                name,
                help,
                labels: Vec::new(),
                value: value as f64,
            })
            .collect();
        self.board.publish("node", samples, unready.map(str::to_owned));
    }

    fn unready(&self) -> Option<&'static str> {
        if self.node.is_none() {
            return Some("waiting for the boss to register this node");
        }
        None
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
            Word::Refused(reason) => tracing::error!("the boss refuses this node: {reason}"),
            Word::Broken => self.out.links.end(link, "the boss said what can't be read"),
        }
    }

    fn decide(&mut self, now: Time, input: Input<'_>) {
        if let Some(node) = &mut self.node {
            node.handle(now, input, &mut self.out);
        }
    }
}

impl Sink for Decider {
    fn outbox(&mut self) -> &mut link::machine::Outbox {
        &mut self.out.links
    }

    fn event(&mut self, now: Time, event: Event<'_>) {
        match event {
            Event::Up { link, dialled: Some(BOSS), .. } => {
                let holds = self.node.as_mut().map(Node::buckets).unwrap_or_default();
                self.member.up(link, &holds, &mut self.out.links);
            }
            Event::Up { link, peer, dialled } => {
                tracing::info!("link with {} is up", peer.id);
                self.decide(now, Input::LinkUp { link, peer, dialled: dialled.is_some() });
            }
            Event::Frame { link, frame } if self.member.link() == Some(link) => {
                if let Some(word) = self.member.hear(frame) {
                    self.hear(now, link, word);
                }
            }
            Event::Frame { link, frame } => self.decide(now, Input::Frame { link, frame }),
            Event::Down { link, reason } if self.member.link() == Some(link) => {
                tracing::warn!("the link to the boss has ended: {reason}");
                self.member.down();
            }
            Event::Down { link, reason } => {
                tracing::info!("a link has ended: {reason}");
                self.decide(now, Input::LinkDown { link });
            }
            Event::Unreachable { name: BOSS, reason, .. } => {
                tracing::warn!("the boss can't be reached: {reason}");
            }
            Event::Unreachable { name, refused, reason } => {
                tracing::warn!("{name} can't be reached: {reason}");
                if let Some((id, Ok(incarnation))) =
                    name.split_once(' ').map(|(id, life)| (id, life.parse()))
                {
                    self.member.unreachable(id, incarnation, refused, &mut self.out.links);
                }
            }
        }
    }
}
