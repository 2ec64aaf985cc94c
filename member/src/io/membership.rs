//! A thread's membership at its wires: what they bring is told to the machine, what that wants is
//! done, and the log hears of it.

use std::fmt::Arguments;
use std::sync::mpsc::{SyncSender, TrySendError};

use link::io::{Event, Peers, Sink, Throttled, Wires};
use link::machine::{LinkId, Outbox as Links, Peer};
use proto::n2b::BucketReport;
use proto::text::Foreign;
use proto::time::Time;
use tracing::Level;

use super::Calls;
use crate::machine::{Dial, Input, Member, News, Notice, Outbox, Target};

/// How a thread speaks of itself, and to whom.
#[derive(Debug)]
pub struct Voice {
    /// What its process is, in the operator's sentences.
    pub noun: &'static str,
    /// What its lines about links to nodes begin with.
    pub prefix: String,
    /// Writes a line into the log. It is the role's own, so that a filter for the role lets its
    /// links' lines through.
    pub log: fn(Level, Arguments<'_>),
    /// Where to say why the process can never serve.
    pub fatal: Option<SyncSender<String>>,
}

/// A thread's membership.
#[derive(Debug)]
pub struct Membership {
    member: Member,
    out: Outbox,
    /// Where bosses are, by their numbers.
    bosses: Vec<String>,
    voice: Voice,
    peers: Peers,
    /// What the log hears of a boss that doesn't take this process. Reports come often enough to
    /// wake it.
    without_boss: Throttled,
    /// How what the boss asks for operators reaches the process's HTTP.
    calls: Option<Calls>,
}

impl Membership {
    /// Of a thread that speaks with one of these bosses, or with none.
    pub fn new(member: Member, bosses: Vec<String>, voice: Voice) -> Membership {
        Membership {
            member,
            out: Outbox::default(),
            bosses,
            voice,
            peers: Peers::default(),
            without_boss: Throttled::new("lines about the boss"),
            calls: None,
        }
    }

    /// What the boss asks for operators is to be answered so.
    #[must_use]
    pub fn answering(mut self, calls: Calls) -> Membership {
        self.calls = Some(calls);
        self
    }

    /// Gives the boss the answers that are there.
    pub fn answer_calls(&mut self, now: Time, links: &mut Links) {
        let answers = self.calls.as_ref().map(Calls::answers).unwrap_or_default();
        for answer in answers {
            self.handle(now, Input::Called(answer), links);
        }
    }

    /// Dials the bosses from now on.
    pub fn dial_bosses(&self, now: Time, wires: &mut Wires) {
        for (number, address) in self.bosses.iter().enumerate() {
            wires.dial(now, &Target::Boss(number).name(), address);
        }
    }

    /// Whether this is the link to the boss.
    #[inline]
    pub fn is_boss(&self, link: LinkId) -> bool {
        self.member.is_boss(link)
    }

    /// The link to the boss, if there is one.
    pub fn boss_link(&self) -> Option<LinkId> {
        self.member.boss_link()
    }

    /// Takes what happened on the wires, other than frames of links that aren't the boss's. The
    /// process `holds` this of buckets.
    pub fn event(
        &mut self,
        now: Time,
        event: Event<'_>,
        holds: &[BucketReport],
        links: &mut Links,
    ) {
        match event {
            Event::Up { link, peer, dialled } => self.up(now, link, peer, dialled, holds, links),
            Event::Frame { link, frame } => self.handle(now, Input::Frame { link, frame }, links),
            Event::Down { link, reason, .. } => self.down(now, link, reason, links),
            Event::Unreachable { name, refused, hopeless, reason } => {
                let Some(target) = Target::named(name) else { return };
                let reason = Foreign::new(reason);
                // A hopeless boss is a notice.
                let is_boss = matches!(target, Target::Boss(_));
                if !(is_boss && hopeless) && self.peers.failed(now, name) {
                    self.unreachable(&target, &reason);
                }
                let hopeless = hopeless.then_some(&reason);
                self.handle(now, Input::Unreachable { target: &target, refused, hopeless }, links);
            }
        }
    }

    /// Tells the machine what didn't happen on the wires.
    pub fn handle(&mut self, now: Time, input: Input<'_>, links: &mut Links) {
        self.member.handle(input, links, &mut self.out);
        for notice in std::mem::take(&mut self.out.notices) {
            self.notice(now, notice);
        }
        for call in std::mem::take(&mut self.out.calls) {
            if let Some(calls) = &self.calls {
                calls.put(call);
            }
        }
        self.without_boss.wake(now);
    }

    /// Why the boss doesn't take this process, if it has said so.
    pub fn unready(&self) -> Option<String> {
        let reason = self.member.waits()?;
        Some(format!("the boss doesn't take this {}: {reason}", self.voice.noun))
    }

    /// What the role is to hear.
    pub fn news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.out.news)
    }

    /// Whom to dial from now on, and whom no more: for [`dial`].
    pub fn dials(&mut self) -> Vec<Dial> {
        std::mem::take(&mut self.out.dials)
    }

    fn up(
        &mut self,
        now: Time,
        link: LinkId,
        peer: Peer,
        dialled: Option<&str>,
        holds: &[BucketReport],
        links: &mut Links,
    ) {
        let name = self.peers.up(link, &peer, dialled);
        let target = dialled.and_then(Target::named);
        let news = self.out.news.len();
        self.handle(now, Input::LinkUp { link, peer, dialled: target.as_ref(), holds }, links);
        if let Some(Target::Boss(number)) = target
            && self.is_boss(link)
        {
            let name = format!("the boss at {}", self.boss(number));
            self.info(format_args!("the link with {name} is up"));
            self.peers.call(link, &name);
        } else if self.out.news.len() > news {
            // Else it has been ended.
            self.info(format_args!("{}the link with {name} is up", self.voice.prefix));
        }
    }

    fn down(&mut self, now: Time, link: LinkId, reason: &str, links: &mut Links) {
        let (name, reason) = (self.peers.down(link), Foreign::new(reason));
        if self.is_boss(link) {
            self.warn(format_args!(
                "the link with {name} has ended: {reason}; this {} continues with the table that \
                 it has",
                self.voice.noun
            ));
        } else {
            let prefix = &self.voice.prefix;
            self.info(format_args!("{prefix}the link with {name} has ended: {reason}"));
        }
        self.handle(now, Input::LinkDown { link }, links);
    }

    fn unreachable(&self, target: &Target, reason: &Foreign) {
        match target {
            Target::Boss(number) => {
                let address = self.boss(*number);
                self.warn(format_args!("the boss at {address} can't be reached: {reason}"));
            }
            Target::Node { .. } => {
                let (prefix, name) = (&self.voice.prefix, target.name());
                self.warn(format_args!("{prefix}{name} can't be reached: {reason}"));
            }
        }
    }

    fn notice(&mut self, now: Time, notice: Notice) {
        let noun = self.voice.noun;
        match notice {
            Notice::Waits(reason) => {
                let line = format_args!("the boss makes this {noun} wait: {reason}");
                self.without_boss.info(now, line);
            }
            Notice::Refused { reason, for_good: true } => {
                self.give_up(format!("the boss refuses this {noun}: {reason}"));
            }
            Notice::Refused { reason, for_good: false } => {
                let line = format_args!("the boss refuses this {noun} for now: {reason}");
                self.without_boss.warn(now, line);
            }
            Notice::NoBoss { reason, for_good: true } => {
                self.give_up(format!("the link to the boss failed: {reason}"));
            }
            Notice::NoBoss { reason, for_good: false } => {
                let line = format_args!("the link to the boss failed: {reason}");
                self.without_boss.warn(now, line);
            }
        }
    }

    /// Tells whoever started the process that it can never serve, or no more.
    fn give_up(&self, reason: String) {
        match self.voice.fatal.as_ref().map(|fatal| fatal.try_send(reason.clone())) {
            Some(Ok(()) | Err(TrySendError::Full(_))) => {}
            Some(Err(TrySendError::Disconnected(_))) | None => {
                (self.voice.log)(Level::ERROR, format_args!("{reason}"));
            }
        }
    }

    fn boss(&self, number: usize) -> &str {
        self.bosses.get(number).map_or("an unknown address", String::as_str)
    }

    fn warn(&self, line: Arguments<'_>) {
        (self.voice.log)(Level::WARN, line);
    }

    fn info(&self, line: Arguments<'_>) {
        (self.voice.log)(Level::INFO, line);
    }
}

/// Does with the wires what a thread's membership wants.
pub fn dial(dials: Vec<Dial>, now: Time, wires: &mut Wires, sink: &mut impl Sink) {
    for dial in dials {
        match dial {
            Dial::IntroduceAs { incarnation, cluster_id } => {
                wires.introduce_as(incarnation, cluster_id);
            }
            Dial::Begin { target, address } => wires.dial(now, &target.name(), &address),
            Dial::End(target) => wires.undial(now, &target.name(), sink),
        }
    }
}
