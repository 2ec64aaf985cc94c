//! The process of a queue node: the machine, its membership, and copies that commit late.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::LinkId;
use member::machine::{self, Member, News};
use prost::Message as _;
use proto::bucket::{BucketId, Epochs, Loss};
use proto::g2q::field::g2q;
use proto::link::{At, Role};
use proto::q2g::field::q2g as said;
use proto::q2q::field::q2q;
use proto::time::Time;
use proto::wire;
use queue_node::machine::{Input, Node, Outbox, Settings};

use super::copies::{Copies, Key};
use super::probes::Probes;
use super::process::Arrival;
use super::referee::each_frame;
use super::shadows::Shadows;
use super::wires::Port;
use super::words::Words;
use super::{Process, Target, World};
use crate::plan::{GRACE_MS, HOSTS, Plan};

/// A queue node, and what the world knows of its copies.
#[derive(Debug)]
pub(crate) struct NodeHost {
    pub(crate) id: String,
    pub(crate) member: Member,
    /// What comes of its membership.
    member_out: machine::Outbox,
    pub(crate) node: Option<Node>,
    pub(crate) out: Outbox,
    /// Those that its buckets wait for.
    pub(crate) copies: Copies,
    /// Whose bucket the frames on each link are about.
    pub(crate) said: BTreeMap<LinkId, (BucketId, Loss)>,
    /// The links to lanes.
    lanes: BTreeSet<LinkId>,
    /// What lanes have asked it.
    pub(crate) probes: Probes,
    /// What it says to other nodes.
    pub(crate) words: Words,
    /// Copies of its buckets that nobody waits for.
    pub(crate) shadows: Shadows,
}

/// Makes the draws of copies others than those of the run.
const SHADOWS: u64 = 0x7368_6164_6f77;
const COPIES: u64 = 0x636f_7069_6573;

impl NodeHost {
    pub(crate) fn new(at: usize, life: u64, plan: &Plan) -> NodeHost {
        let seed = plan.seed ^ ((at as u64) << 32 | life);
        let id = format!("q{}", at + 1);
        let host = format!("host-{}", at % HOSTS + 1);
        let member = Member::new(&id, Role::QueueNode, &host, &id, life + 1);
        NodeHost {
            id,
            member,
            member_out: machine::Outbox::default(),
            node: None,
            out: Outbox::default(),
            copies: Copies::new(seed ^ COPIES, plan.played.count),
            said: BTreeMap::new(),
            lanes: BTreeSet::new(),
            probes: Probes::default(),
            words: Words::default(),
            shadows: Shadows::new(seed ^ SHADOWS, plan.faults.node),
        }
    }

    /// Whether a lane is at the other end.
    pub(crate) fn is_lane(&self, link: LinkId) -> bool {
        self.lanes.contains(&link)
    }
}

impl World {
    pub(crate) fn node_starts(&mut self, at: usize) {
        self.nodes[at] = NodeHost::new(at, self.life(Process::Node(at)), &self.plan);
        self.nodes[at].member.plant(self.plan.faults.member);
        self.want(Port::Node(at), Target::Boss);
    }

    pub(crate) fn node_dies(&mut self, at: usize) {
        self.nodes[at].node = None;
        self.makes_space(at);
        self.fences.node_dies(at);
    }

    /// One turn: first what copies say, then everything else.
    pub(crate) fn node_turn(&mut self, at: usize, inbox: Vec<Arrival>) -> Option<u64> {
        let (last, newest) = (self.last_words(at), self.newest(at));
        self.nodes[at].words.turn_begins(last, newest);
        let now = self.node_now(at);
        let port = Port::Node(at);
        let (said, rest): (Vec<_>, Vec<_>) =
            inbox.into_iter().partition(|arrival| matches!(arrival, Arrival::Copy { .. }));
        self.copies_say(at, said);
        self.look_at_words(at, true);
        self.note_what_is_said(at);
        self.flush_links(port);
        let waiting = self.waiting(at);
        let mut down = Vec::new();
        for arrival in rest {
            match arrival {
                Arrival::Up { link, peer, dialled, .. } => {
                    self.fences.link_changes(at, link);
                    let host = &mut self.nodes[at];
                    host.out.links.up(link);
                    host.said.remove(&link);
                    host.lanes.remove(&link);
                    if peer.role == Role::Gateway {
                        host.lanes.insert(link);
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
                Arrival::Copy { .. }
                | Arrival::Stored
                | Arrival::Asked { .. }
                | Arrival::Answered { .. }
                | Arrival::Opened { .. }
                | Arrival::Received { .. }
                | Arrival::Gone { .. }
                | Arrival::Writable { .. }
                | Arrival::Drained { .. } => {}
            }
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
        self.shadow(at);
        self.copies_hear(at);
        self.look_at_words(at, false);
        self.look_at_outputs(at, &waiting);
        self.nodes[at].probes.turn_ends();
        let last = self.last_words(at);
        self.nodes[at].words.turn_ends(last);
        self.flush_links(port);
        for link in down {
            self.link_is_down(port, link);
        }
        self.compare_copies(at);
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
        self.nodes[at].out.links.down(link);
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
            self.probe_comes(at, link, body);
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
        let machine::Outbox { news, dials, notices } = std::mem::take(&mut host.member_out);
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
                    played_copies: self.plan.played.count,
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
            News::Inspect { .. } => {}
            News::TellAll => {
                let holds = self.nodes[at].node.as_mut().map(Node::tell_all).unwrap_or_default();
                self.node_gets(at, machine::Input::TellAll(&holds));
            }
        }
    }

    /// Keeps whose bucket is spoken of on each link by what is about to be let out.
    fn note_what_is_said(&mut self, at: usize) {
        let host = &mut self.nodes[at];
        let said = &mut host.said;
        for link in host.out.links.dirty() {
            each_frame(host.out.links.unwritten(link), |number, body| {
                note_at(said, link, number, body);
            });
            // Asking for the buffer makes it dirty again: nothing of it has been written.
            host.out.links.buffer(link);
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

    /// The buckets of which nothing may be let out before a copy says something.
    fn waiting(&mut self, at: usize) -> Vec<Key> {
        let host = &mut self.nodes[at];
        let Some(node) = &mut host.node else { return Vec::new() };
        let keys = node.buckets().into_iter().map(|(id, epochs)| (id, epochs.loss));
        keys.filter(|key| host.copies.waits(*key)).collect()
    }

    /// A panic that a node catches refuses one operation; here it is as wrong as any other.
    fn look_at_panics(&mut self, at: usize) {
        for caught in std::mem::take(&mut self.nodes[at].out.caught) {
            let what = format!("q{}, while it decided: {caught:?}", at + 1);
            self.violated("no machine panics", what);
        }
    }

    /// Nothing leaves a node before its copies have acknowledged it: nothing of a bucket that waits
    /// but when a copy has said something, and no answer to a probe before that.
    fn look_at_outputs(&mut self, at: usize, before: &[Key]) {
        let now = self.waiting(at);
        let still: Vec<Key> = before.iter().filter(|key| now.contains(key)).copied().collect();
        let host = &mut self.nodes[at];
        let mut early = Vec::new();
        for link in host.out.links.dirty() {
            let said = &mut host.said;
            let is_lane = host.lanes.contains(&link);
            each_frame(host.out.links.unwritten(link), |number, body| {
                let speaks_of_none = note_at(said, link, number, body);
                let about = said.get(&link).copied();
                let waits = about.is_some_and(|key| host.copies.waits(key));
                let is_early = match number {
                    said::PROBED => host.probes.is_early(link, body, (&still, &host.copies)),
                    said::MOVED | said::TELL => false,
                    _ => waits,
                };
                if is_lane && !speaks_of_none && is_early {
                    early.push((link, number, about));
                }
            });
            // Asking for the buffer marks it as dirty again: nothing of it has been written.
            host.out.links.buffer(link);
        }
        for (link, number, about) in early {
            let what = format!("q{} let out body {number} of {about:?} on link {}", at + 1, link.0);
            self.violated("nothing is shown before it is committed", what);
        }
    }
}

/// Keeps whose bucket is spoken of; whether the frame was about nothing else. `Moved` speaks of no
/// bucket's state; a `Tell` of what was committed before it was put among those that a gateway is
/// given, at once or whenever it has space.
pub(crate) fn note_at(
    said: &mut BTreeMap<LinkId, (BucketId, Loss)>,
    link: LinkId,
    number: u32,
    body: &[u8],
) -> bool {
    if number != said::AT {
        return false;
    }
    if let Ok(at) = At::decode(body)
        && let Some(bucket) = BucketId::new(at.bits, at.prefix)
    {
        said.insert(link, (bucket, Loss(at.loss)));
    }
    true
}
