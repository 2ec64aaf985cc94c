//! The process of a queue node: the machine and its membership.

use link::machine::LinkId;
use member::machine::{self, Member, News};
use proto::bucket::{BucketId, Epochs, Loss};
use proto::g2q::field::g2q;
use proto::link::Role;
use proto::q2q::field::q2q;
use proto::time::Time;
use proto::wire;
use queue_node::machine::{Input, Node, Outbox, Settings};

use super::probes::Probes;
use super::process::Arrival;
use super::shown::Shown;
use super::wires::Port;
use super::words::Words;
use super::{Process, Target, World};
use crate::plan::{GRACE_MS, HOSTS};

/// A queue node, and what the world knows of what it says.
#[derive(Debug)]
pub(crate) struct NodeHost {
    pub(crate) id: String,
    pub(crate) member: Member,
    /// What comes of its membership.
    member_out: machine::Outbox,
    pub(crate) node: Option<Node>,
    pub(crate) out: Outbox,
    /// What it lets out.
    pub(crate) shown: Shown,
    /// What lanes have asked it.
    pub(crate) probes: Probes,
    /// What it says to other nodes.
    pub(crate) words: Words,
}

impl NodeHost {
    pub(crate) fn new(at: usize, life: u64) -> NodeHost {
        let id = format!("q{}", at + 1);
        let host = format!("host-{}", at % HOSTS + 1);
        let member = Member::new(&id, Role::QueueNode, &host, &id, life + 1);
        NodeHost {
            id,
            member,
            member_out: machine::Outbox::default(),
            node: None,
            out: Outbox::default(),
            shown: Shown::default(),
            probes: Probes::default(),
            words: Words::default(),
        }
    }

    /// Whether a lane is at the other end.
    pub(crate) fn is_lane(&self, link: LinkId) -> bool {
        self.shown.is_lane(link)
    }
}

impl World {
    pub(crate) fn node_starts(&mut self, at: usize) {
        self.nodes[at] = NodeHost::new(at, self.life(Process::Node(at)));
        self.nodes[at].member.plant(self.plan.faults.member);
        self.want(Port::Node(at), Target::Boss);
    }

    pub(crate) fn node_dies(&mut self, at: usize) {
        self.nodes[at].node = None;
        self.makes_space(at);
        self.fences.node_dies(at);
        self.answers.node_dies(at);
    }

    /// One turn.
    pub(crate) fn node_turn(&mut self, at: usize, inbox: Vec<Arrival>) -> Option<u64> {
        let (last, newest) = (self.last_words(at), self.newest(at));
        self.nodes[at].words.turn_begins(last, newest);
        self.nodes[at].shown.turn_begins();
        let now = self.node_now(at);
        let port = Port::Node(at);
        let mut down = Vec::new();
        for arrival in inbox {
            let only_decides = self.nodes[at].shown.comes(&arrival);
            match arrival {
                Arrival::Up { link, peer, dialled, .. } => {
                    self.fences.link_changes(at, link);
                    self.answers.link_changes(at, link);
                    let host = &mut self.nodes[at];
                    host.out.links.up(link);
                    host.shown.down(link);
                    if peer.role != Role::Boss {
                        host.shown.up(link, peer.role == Role::Gateway);
                    }
                    let holds = host.node.as_mut().map(Node::holds).unwrap_or_default();
                    let dialled = dialled.map(|target| self.known(target));
                    let dialled = dialled.as_ref();
                    let up = machine::Input::LinkUp { link, peer, dialled, holds: &holds };
                    self.node_gets(at, up);
                }
                Arrival::Down { link, .. } => {
                    down.push(link);
                    self.node_link_down(at, link);
                }
                Arrival::Frame { link, frame, .. } => self.node_frame(at, link, &frame),
                Arrival::Stored
                | Arrival::StoreFailed
                | Arrival::Asked { .. }
                | Arrival::Answered { .. }
                | Arrival::Opened { .. }
                | Arrival::Received { .. }
                | Arrival::Gone { .. }
                | Arrival::Writable { .. }
                | Arrival::Drained { .. } => {}
            }
            self.look_at_outputs(at, only_decides);
        }
        let host = &mut self.nodes[at];
        if let Some(node) = &mut host.node {
            if node.wake_at().is_some_and(|at_ms| at_ms <= now.ms) {
                node.handle(now, Input::Wake, &mut host.out);
            }
            node.handle(now, Input::TurnEnd, &mut host.out);
        }
        self.node_tells_boss(at);
        self.look_at_panics(at);
        self.look_at_own_outputs(at);
        self.nodes[at].probes.turn_ends();
        let last = self.last_words(at);
        self.nodes[at].words.turn_ends(last);
        self.flush_links(port);
        for link in down {
            self.link_is_down(port, link);
        }
        self.compare_copies(at);
        self.look_at_waits_now_and_then(at);
        let ahead_ms = self.plan.ahead_ms[at];
        let wake_ms = self.nodes[at].node.as_ref().and_then(Node::wake_at);
        wake_ms.map(|wake_ms| wake_ms.saturating_sub(ahead_ms))
    }

    /// What the machine has for the boss, and for the membership's dials.
    fn node_tells_boss(&mut self, at: usize) {
        for place in std::mem::take(&mut self.nodes[at].out.places) {
            self.node_gets(at, machine::Input::Home(&place));
        }
        for proposal in std::mem::take(&mut self.nodes[at].out.proposals) {
            self.node_gets(at, machine::Input::Propose(proposal));
        }
    }

    /// What the clock of a node's host shows.
    pub(crate) fn node_now(&self, at: usize) -> Time {
        let (Time { ms, unix_ms }, ahead_ms) = (self.now(), self.plan.ahead_ms[at]);
        Time { ms: ms + ahead_ms, unix_ms: unix_ms + ahead_ms }
    }

    fn node_link_down(&mut self, at: usize, link: LinkId) {
        self.fences.link_changes(at, link);
        self.answers.link_changes(at, link);
        self.nodes[at].out.links.down(link);
        self.nodes[at].shown.down(link);
        self.node_gets(at, machine::Input::LinkDown { link });
    }

    fn node_frame(&mut self, at: usize, link: LinkId, frame: &[u8]) {
        if self.nodes[at].member.is_boss(link) {
            return self.node_gets(at, machine::Input::Frame { link, frame });
        }
        self.fences_hear(at, link, frame);
        if let (true, Ok((g2q::PROBE, body))) =
            (self.nodes[at].is_lane(link), wire::envelope(frame))
        {
            let host = &mut self.nodes[at];
            let held = host.node.as_ref().map_or_else(Vec::new, |node| node.buckets());
            host.probes.comes(link, body, held);
        }
        let moved = if self.nodes[at].is_lane(link) { g2q::MOVED } else { q2q::MOVED };
        let tells_row = wire::envelope(frame).is_ok_and(|(number, _)| number == moved);
        let before = tells_row.then(|| self.held(at));
        self.node_decides(at, Input::Frame { link, frame });
        if let Some(before) = before {
            // Others may know of homes before the boss tells this node.
            let after = self.held(at);
            let [gone, come] = [(&before, &after), (&after, &before)]
                .map(|(one, other)| one.iter().filter(|held| !other.contains(held)));
            let changed: Vec<BucketId> = gone.chain(come).map(|(bucket, _)| *bucket).collect();
            self.fences.homes_change(&changed);
        }
    }

    /// Under which epochs it has which buckets.
    fn held(&self, at: usize) -> Vec<(BucketId, Epochs)> {
        self.nodes[at].node.as_ref().map(Node::buckets).unwrap_or_default()
    }

    fn node_decides(&mut self, at: usize, input: Input<'_>) {
        let now = self.node_now(at);
        let host = &mut self.nodes[at];
        if let Some(node) = &mut host.node {
            node.handle(now, input, &mut host.out);
        }
    }

    /// Something happens to the membership of a node, and what comes of it.
    pub(crate) fn node_gets(&mut self, at: usize, input: machine::Input<'_>) {
        if let machine::Input::Unreachable { target, refused: true, .. } = &input
            && let member::machine::Target::Node { id, incarnation } = target
        {
            self.node_decides(at, Input::Refused { id, incarnation: *incarnation });
        }
        let host = &mut self.nodes[at];
        let before = host.member.boss_link();
        host.member.handle(input, &mut host.out.links, &mut host.member_out);
        let link = host.member.boss_link();
        if link != before {
            self.node_decides(at, Input::Boss { linked: link.is_some() });
        }
        let host = &mut self.nodes[at];
        // The boss of the simulation has no operators.
        let machine::Outbox { news, dials, notices, calls: _ } =
            std::mem::take(&mut host.member_out);
        for one in news {
            self.node_hears(at, one);
        }
        self.follow(Port::Node(at), dials);
        for notice in notices {
            self.noticed(&format!("q{}", at + 1), notice);
        }
    }

    fn node_hears(&mut self, at: usize, news: News) {
        match news {
            News::Registered { incarnation, .. } => {
                let host = &mut self.nodes[at];
                if host.node.is_some() {
                    return;
                }
                let settings = Settings {
                    id: host.id.clone(),
                    incarnation,
                    grace_ms: GRACE_MS,
                    bytes_max: u64::MAX,
                    logs_bytes_max: self.plan.logs_bytes_max,
                    played_copies: 0,
                    faults: self.plan.faults.node,
                };
                host.node = Some(Node::new(settings, self.chance.seed()));
                self.node_decides(at, Input::Boss { linked: true });
                self.trace(|| format!("q{} is registered as {incarnation}", at + 1));
            }
            News::Table(table) => {
                self.node_decides(at, Input::Table(table.clone()));
                self.heard_table(Port::Node(at), &table);
            }
            News::Config(config) => self.node_decides(at, Input::Config(config)),
            News::LinkUp { link, peer, dialled } => {
                self.node_decides(at, Input::LinkUp { link, peer, dialled });
            }
            News::LinkDown { link } => self.node_decides(at, Input::LinkDown { link }),
            News::NotNow(answer) => self.node_decides(at, Input::NotNow(answer)),
            News::Inspect { .. } | News::Doors(_) => {}
            News::TellAll => {
                let holds = self.nodes[at].node.as_mut().map(Node::tell_all).unwrap_or_default();
                self.node_gets(at, machine::Input::TellAll(&holds));
            }
        }
    }

    /// How many words for other queues each bucket has had.
    fn last_words(&self, at: usize) -> Vec<((BucketId, Loss), u64)> {
        self.nodes[at].node.as_ref().map_or_else(Vec::new, Node::newest_words)
    }

    /// The newest record of each bucket.
    pub(crate) fn newest(&mut self, at: usize) -> Vec<((BucketId, Loss), u64)> {
        let Some(node) = &mut self.nodes[at].node else { return Vec::new() };
        let records = node.newest_records();
        let losses = node.buckets().into_iter().map(|(_, epochs)| epochs.loss);
        records.into_iter().zip(losses).map(|((id, n), loss)| ((id, loss), n)).collect()
    }

    /// A panic that a node catches refuses one operation; here it is as wrong as any other.
    fn look_at_panics(&mut self, at: usize) {
        for caught in std::mem::take(&mut self.nodes[at].out.caught) {
            let what = format!("q{}, while it decided: {caught:?}", at + 1);
            self.violated("no machine panics", what);
        }
    }
}
