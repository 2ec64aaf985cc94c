//! The machine, what its process's membership has for it, and operators' figures.

use std::fmt::Arguments;
use std::sync::mpsc::SyncSender;

use link::io::{Event, Hub, Sink, Throttled, clock};
use link::machine::LinkId;
use member::io::board::tls_files;
use member::io::{Board, Membership, Voice};
use member::machine::{Health, News, Target, trace};
use proto::limits;
use proto::time::Time;
use rand::RngExt;
use tracing::Level;

use super::looks::Look;
use crate::machine::{Caught, Compared, Faults, Input, Node, Outbox, Settings};

/// How often operators' figures are made.
const PUBLISH_MS: u64 = 1000;

pub(super) struct Decider {
    id: String,
    /// There is one as soon as the boss has said who this is.
    node: Option<Node>,
    pub(super) membership: Membership,
    out: Outbox,
    board: Board,
    publish_ms: u64,
    /// What the board says of the node's readiness.
    said_unready: Option<Option<String>>,
    bytes_max: u64,
    /// Whose TLS it tells operators of.
    pub(super) hub: Hub,
    /// Bugs that are planted.
    pub(super) faults: Faults,
    panics: Throttled,
}

/// How a queue node speaks of itself.
pub(super) fn voice(fatal: Option<SyncSender<String>>) -> Voice {
    Voice { noun: "node", prefix: String::new(), log, fatal }
}

/// Writes a line about links into the log, as this module's.
fn log(level: Level, line: Arguments<'_>) {
    match level {
        Level::ERROR => tracing::error!("{line}"),
        Level::WARN => tracing::warn!("{line}"),
        _ => tracing::info!("{line}"),
    }
}

/// A line for each copy beside its primary, and one about those that aren't level yet.
fn page_of(copies: &[Compared], behind: usize) -> String {
    let mut page = String::new();
    for Compared { bucket, n, primary, copy } in copies {
        let (bits, prefix) = (bucket.bits(), bucket.prefix());
        let verdict = if copy == primary { "equal" } else { "differs" };
        page +=
            &format!("bucket {bits}/{prefix} record {n} {primary:032x} {copy:032x} {verdict}\n");
    }
    page + &format!("{} copies were compared, {behind} are not level yet\n", copies.len())
}

impl Decider {
    pub(super) fn new(membership: Membership, id: String, board: Board, bytes_max: u64) -> Decider {
        Decider {
            id,
            node: None,
            membership,
            out: Outbox::default(),
            board,
            publish_ms: 0,
            said_unready: None,
            bytes_max,
            hub: Hub::default(),
            faults: Faults::default(),
            panics: Throttled::new("operations were refused because of a bug"),
        }
    }

    pub(super) fn wake_at(&self) -> Option<u64> {
        let node = self.node.as_ref().and_then(Node::wake_at);
        [Some(self.publish_ms), node, self.panics.wake_at()].into_iter().flatten().min()
    }

    /// Whoever follows something gets the turn's time exactly.
    #[inline]
    pub(super) fn begin_turn(&mut self) {
        if let Some(node) = self.node.as_mut().filter(|node| node.is_traced()) {
            node.begin_traced_turn(clock::unix_us());
        }
    }

    /// Gives the boss what the process's HTTP has answered it.
    pub(super) fn answer_calls(&mut self, now: Time) {
        self.membership.answer_calls(now, &mut self.out.links);
    }

    /// Shows the machine, if there is one yet.
    pub(super) fn look(&mut self, now: Time, look: Look) {
        if let Some(node) = &mut self.node {
            look(node, now);
        }
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
            let inspected = member::machine::Input::Inspected(inspected);
            self.membership.handle(now, inspected, &mut self.out.links);
        }
        for place in std::mem::take(&mut self.out.places) {
            let home = member::machine::Input::Home(&place);
            self.membership.handle(now, home, &mut self.out.links);
        }
        for proposal in std::mem::take(&mut self.out.proposals) {
            let proposal = member::machine::Input::Propose(proposal);
            self.membership.handle(now, proposal, &mut self.out.links);
        }
        self.log_panics(now);
        self.publish_readiness();
        if now.ms >= self.publish_ms {
            self.publish_ms = clock::next(now, PUBLISH_MS);
            self.publish(now);
        }
    }

    /// The panic's own line, with its place in the code, stands before this one.
    fn log_panics(&mut self, now: Time) {
        for Caught { kind, queue, text } in std::mem::take(&mut self.out.caught) {
            let subject = format_args!("{kind} was refused with `internal`, about {queue:?}");
            self.panics.error(now, format_args!("{subject}: deciding it panicked: {text}"));
        }
        self.panics.wake(now);
    }

    fn publish(&mut self, now: Time) {
        let mut samples = self.node.as_ref().map(|node| node.counters().list()).unwrap_or_default();
        let unready = self.unready();
        let health = unready.as_deref().map_or(Health::Ready, Health::Unready);
        let buckets = self.node.as_mut().map(Node::changes).unwrap_or_default();
        let full = self.node.as_ref().is_some_and(Node::is_full);
        let report =
            member::machine::Input::Report { samples: &samples, health, buckets: &buckets, full };
        self.membership.handle(now, report, &mut self.out.links);
        let unusable = self.hub.has_unusable_files(now);
        samples.extend(unusable.map(|unusable| tls_files("links", unusable)));
        samples.extend(self.node.as_mut().map(|node| trace::armed(node.traces(now))));
        self.board.publish("node", samples);
        self.board.turns("node", now);
        let (copies, behind) = self.node.as_ref().map(Node::compared).unwrap_or_default();
        let has_any = !copies.is_empty() || behind > 0;
        self.board.show_copies(has_any.then(|| page_of(&copies, behind)));
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
        let waits = || "waiting for the boss to register this node".to_owned();
        self.membership.unready().or_else(|| self.node.is_none().then(waits))
    }

    fn hear(&mut self, now: Time, news: News) {
        match news {
            News::Registered { incarnation, .. } => {
                if self.node.is_none() {
                    let settings = Settings {
                        id: self.id.clone(),
                        incarnation,
                        grace_ms: limits::GRACE_MS,
                        bytes_max: self.bytes_max,
                        logs_bytes_max: limits::REPLAY_LOGS_BYTES_MAX,
                        played_copies: 0,
                        faults: self.faults,
                    };
                    self.node = Some(Node::new(settings, rand::rng().random()));
                    tracing::info!("registered as {} {incarnation}", self.id);
                    self.decide(now, Input::Boss { linked: true });
                }
            }
            News::Table(table) => self.decide(now, Input::Table(table)),
            News::Config(config) => self.decide(now, Input::Config(config)),
            News::Inspect { number, queue } => {
                self.decide(now, Input::Inspect { number, queue: &queue })
            }
            News::LinkUp { link, peer, dialled } => {
                self.decide(now, Input::LinkUp { link, peer, dialled });
            }
            News::LinkDown { link } => self.decide(now, Input::LinkDown { link }),
            News::NotNow(answer) => self.decide(now, Input::NotNow(answer)),
            // Clients come to gateways.
            News::Doors(_) => {}
            News::TellAll => {
                let holds = self.node.as_mut().map(Node::tell_all).unwrap_or_default();
                let input = member::machine::Input::TellAll(&holds);
                self.membership.handle(now, input, &mut self.out.links);
            }
        }
    }

    fn membership_event(&mut self, now: Time, event: Event<'_>) {
        let holds = match event {
            Event::Up { .. } => self.node.as_mut().map(Node::holds).unwrap_or_default(),
            Event::Frame { .. } | Event::Down { .. } | Event::Unreachable { .. } => Vec::new(),
        };
        let before = self.membership.boss_link();
        if let Event::Unreachable { name, refused: true, .. } = event
            && let Some(Target::Node { id, incarnation }) = Target::named(name)
        {
            self.decide(now, Input::Refused { id: &id, incarnation });
        }
        self.membership.event(now, event, &holds, &mut self.out.links);
        let link = self.membership.boss_link();
        if link != before {
            self.decide(now, Input::Boss { linked: link.is_some() });
        }
        for news in self.membership.news() {
            self.hear(now, news);
        }
    }

    fn decide(&mut self, now: Time, input: Input<'_>) {
        if let Some(node) = &mut self.node {
            node.handle(now, input, &mut self.out);
        }
    }
}

impl Sink for Decider {
    fn pauses(&mut self, link: LinkId) -> bool {
        self.out.links.unsent(link) > limits::LINK_PAUSE_BYTES
    }

    fn outbox(&mut self) -> &mut link::machine::Outbox {
        &mut self.out.links
    }

    #[inline]
    fn event(&mut self, now: Time, event: Event<'_>) {
        match event {
            Event::Frame { link, frame } if !self.membership.is_boss(link) => {
                self.decide(now, Input::Frame { link, frame });
            }
            Event::Frame { .. }
            | Event::Up { .. }
            | Event::Down { .. }
            | Event::Unreachable { .. } => self.membership_event(now, event),
        }
    }
}
