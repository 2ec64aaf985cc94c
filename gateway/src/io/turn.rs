//! The loop of a lane's thread: read what is ready, decide, write each socket once, links last.

use std::fmt::Arguments;
use std::net::SocketAddr;
use std::sync::Arc;

use link::io::{Event, Sink, Wires, clock};
use link::machine::Outbox as Links;
use member::io::board::tls_files;
use member::io::{Board, Calls, Membership, Voice, dial};
use member::machine::{Health, Member, News, trace};
use mio::event::Event as Ready;
use mio::{Events, Poll, Token};
use proto::b2n;
use proto::class::ClusterConfig;
use proto::link::Role;
use proto::n2b;
use proto::table::BucketTable;
use proto::time::Time;
use tracing::Level;

use super::callout::{Caller, Secrets};
use super::clients::Clients;
use super::clients::listener::Listeners;
use super::hops;
use super::keys::Asks;
use super::mail::{Letter, Letterbox};
use super::settings::Settings;
use super::web::Exchange;
use crate::machine::{Authority, Input, Lane, Outbox};

/// The waker's token.
pub(super) const WAKER: Token = Token(0);
/// Tokens of links begin here, above those of any number of clients.
const LINKS: usize = 1 << 40;
/// The more events a turn takes, the wider its batches.
const EVENTS: usize = 4096;
/// How often the lane publishes what it has counted.
const PUBLISH_MS: u64 = 1_000;
/// Clients get this long to hear that the gateway shuts down.
const STOP_MS: u64 = 1_000;
/// What the boss's page says of a gateway that shuts down.
const DRAINING: &str = "draining: its clients are sent to other gateways";

/// What a lane's thread is given.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) number: u32,
    pub(super) settings: Arc<Settings>,
    /// Where others put letters.
    pub(super) letterbox: Letterbox,
    /// What runs requests to web applications.
    pub(super) caller: Caller,
    /// So many of them may be under way.
    pub(super) callouts_max: usize,
    /// What the boss asks of the process's HTTP, for lane 0, which has the link to it.
    pub(super) calls: Option<Calls>,
    /// The other lanes, for lane 0, which has the link to the boss.
    pub(super) others: Vec<Letterbox>,
    pub(super) board: Board,
    /// So many the gateway may have.
    pub(super) connections_max: usize,
    /// Where the gateway's clients connect, for the boss's page.
    pub(super) client_address: SocketAddr,
    /// Where answers for back ends go.
    pub(super) back_ends: Exchange,
    /// How newer keys are asked for.
    pub(super) keys: Option<Asks>,
    /// Nothing for lane 0, which has no clients.
    pub(super) listeners: Option<Listeners>,
}

/// All that a lane's thread works with.
struct Bench {
    wires: Wires,
    clients: Option<Clients>,
    decider: Decider,
    back_ends: Exchange,
    /// What the boss's configuration names and doesn't hold, for lane 0.
    secrets: Secrets,
    publish_ms: u64,
}

impl Bench {
    /// Until when the loop may sleep.
    fn wake_at(&self, now: Time, stop_ms: Option<u64>) -> Option<u64> {
        let busy = self.decider.out.clients.is_busy()
            || self.decider.out.links.is_dirty()
            || self.clients.as_ref().is_some_and(Clients::is_busy);
        if busy {
            return Some(now.ms);
        }
        let wakes = [
            self.decider.lane.wake_at(),
            self.wires.wake_at(),
            self.clients.as_ref().and_then(Clients::wake_at),
            Some(self.publish_ms),
            stop_ms,
        ];
        wakes.into_iter().flatten().min()
    }

    #[inline]
    fn ready(&mut self, now: Time, ready: &Ready) {
        if self.wires.owns(ready.token()) {
            self.wires.ready(now, ready, &mut self.decider);
        } else if let Some(clients) = self.clients.as_mut() {
            clients.ready(now, ready, &mut self.decider.lane, &mut self.decider.out);
        }
    }

    /// Does what is due by now.
    fn wake(&mut self, now: Time) {
        let Decider { lane, out, .. } = &mut self.decider;
        if lane.wake_at().is_some_and(|at| at <= now.ms) {
            lane.handle(now, Input::Wake, out);
        }
        if let Some(clients) = self.clients.as_mut() {
            clients.wake(now, lane, out);
        }
        if self.wires.wake_at().is_some_and(|at| at <= now.ms) {
            self.wires.wake(now, &mut self.decider);
        }
    }

    /// Writes what the turn has brought about: clients first, links last.
    fn end_turn(&mut self, now: Time) {
        let Decider { lane, out, .. } = &mut self.decider;
        lane.handle(now, Input::TurnEnd, out);
        match self.clients.as_mut() {
            Some(clients) => clients.flush(now, lane, out),
            None => self.back_ends.answer(&mut out.replies),
        }
        // What the clients' ends have brought about leaves in this turn, too. If the process has
        // been stopped meanwhile, the lane is to know.
        let now = clock::now();
        lane.handle(now, Input::TurnEnd, out);
        self.wires.flush(now, &mut self.decider);
    }
}

/// Under which name a lane's figures are published.
pub(super) fn board_name(lane: u32) -> String {
    format!("lane {lane}")
}

/// A lane and its links: what happens on the wires goes here.
struct Decider {
    lane: Lane,
    out: Outbox,
    membership: Membership,
    heard: Heard,
}

/// What the boss has said, here or by letter, and the loop hasn't taken yet.
#[derive(Debug, Default)]
struct Heard {
    /// The gateway's incarnation and the cluster's id.
    registered: Option<(u64, u64)>,
    config: Option<Arc<ClusterConfig>>,
    /// Nodes of a new table may have to be dialled.
    table: Option<Arc<BucketTable>>,
    doors: Option<Arc<b2n::Doors>>,
}

impl Loop {
    /// Runs until told to stop.
    pub(super) fn run(mut self, poll: Poll) {
        if let Err(error) = self.serve(poll) {
            tracing::error!("lane {} has ended: {error}", self.number);
        }
    }

    fn serve(&mut self, mut poll: Poll) -> std::io::Result<()> {
        let mut bench = self.bench(&poll)?;
        let mut events = Events::with_capacity(EVENTS);
        let (mut now, mut stop_ms) = (clock::now(), None);
        loop {
            let at_ms = bench.wake_at(now, stop_ms);
            match poll.poll(&mut events, clock::until(clock::now(), at_ms)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                polled => polled?,
            }
            now = clock::now();
            hops::begin_turn(&mut bench.decider.lane);
            for ready in events.iter().filter(|ready| ready.token() != WAKER) {
                bench.ready(now, ready);
            }
            if let Some(in_ms) = self.read_letters(now, &mut bench) {
                stop_ms = Some(stop_ms.unwrap_or(u64::MAX).min(now.ms + in_ms));
            }
            bench.wake(now);
            bench.decider.answer_calls(now);
            self.follow_boss(now, &mut bench);
            self.publish(now, &mut bench);
            bench.end_turn(now);
            if std::mem::take(&mut bench.decider.out.wants_keys)
                && let Some(keys) = &self.keys
            {
                keys.ask(now);
            }
            self.call_out(&mut bench);
            if stop_ms.is_some_and(|at| at <= now.ms || bench.decider.lane.is_empty()) {
                // What is so at the end is what is logged of it.
                bench.publish_ms = now.ms;
                self.publish(now, &mut bench);
                return Ok(());
            }
        }
    }

    fn bench(&mut self, poll: &Poll) -> std::io::Result<Bench> {
        let settings = Arc::clone(&self.settings);
        let link_settings = link::machine::Settings {
            role: Role::Gateway,
            id: settings.id.clone(),
            incarnation: 0,
            cluster_id: 0,
            lane: self.number,
            secret: settings.secret.clone(),
            beat_ms: settings.beat_ms,
            dead_ms: settings.dead_ms,
        };
        let mut wires = Wires::new(poll.registry(), LINKS, link_settings, settings.hub.clone())?;
        let listeners = self.listeners.take();
        let clients = listeners.map(|listeners| Clients::new(poll.registry(), listeners));
        let clients = clients.transpose()?;
        let decider = self.decider(&settings);
        let now = clock::now();
        decider.membership.dial_bosses(now, &mut wires);
        let (back_ends, secrets) = (self.back_ends.clone(), Secrets::default());
        Ok(Bench { wires, clients, decider, back_ends, secrets, publish_ms: now.ms })
    }

    fn decider(&mut self, settings: &Settings) -> Decider {
        let mut lane_settings = settings.lane.clone();
        lane_settings.gateway.clone_from(&settings.id);
        lane_settings.micros = Some(clock::micros);
        lane_settings.dead_ms = settings.dead_ms;
        lane_settings.lanes = settings.lanes.max(1);
        lane_settings.callouts_max = self.callouts_max;
        lane_settings.by_address = settings.addresses.limits_anybody();
        if self.number == 0 {
            // Nobody waits for an answer of the back end's as long as a client's session does.
            lane_settings.give_up_ms = proto::limits::KEYLESS_RESEND_MS;
        }
        let seed = rand::Rng::next_u64(&mut rand::rng());
        Decider {
            out: Outbox::new(&lane_settings),
            lane: Lane::new(lane_settings, seed),
            membership: self.membership(settings),
            heard: Heard::default(),
        }
    }

    fn membership(&mut self, settings: &Settings) -> Membership {
        let voice = Voice {
            noun: "gateway",
            prefix: format!("lane {}: ", self.number),
            log,
            fatal: settings.fatal.clone(),
        };
        if self.number != 0 {
            return Membership::new(Member::beside(&settings.id), Vec::new(), voice);
        }
        let (address, process) = (self.client_address.to_string(), rand::random());
        let member = Member::new(&settings.id, Role::Gateway, &settings.host, &address, process);
        let membership = Membership::new(member, settings.bosses.clone(), voice);
        match self.calls.take() {
            Some(calls) => membership.answering(calls),
            None => membership,
        }
    }

    /// Reads what other threads have said; in how many milliseconds at most the lane is to stop.
    fn read_letters(&mut self, now: Time, bench: &mut Bench) -> Option<u64> {
        let Bench { decider, wires, .. } = bench;
        for letter in self.letterbox.take() {
            match letter {
                Letter::Registered { incarnation, cluster_id } => {
                    wires.introduce_as(incarnation, cluster_id);
                }
                Letter::Table(table) => {
                    let heard = member::machine::Input::Table(&table);
                    decider.membership.handle(now, heard, &mut decider.out.links);
                    decider.heard.table = Some(table);
                }
                Letter::Config(config) => {
                    decider.lane.handle(now, Input::Config(config), &mut decider.out);
                }
                Letter::Requests(requests) => {
                    for request in requests {
                        decider.lane.handle(now, Input::Web(request), &mut decider.out);
                    }
                }
                Letter::Called(request, outcome) => {
                    let called = Input::Called { request, outcome };
                    decider.lane.handle(now, called, &mut decider.out);
                }
                Letter::Survey(survey) => {
                    survey.ask(self.number, &decider.lane, &decider.out);
                }
                Letter::Follow(follow) => follow.ask(now, &mut decider.lane),
                Letter::Tokens(tokens) => {
                    let fetched = self.keys.as_ref().is_some_and(Asks::is_fetched);
                    let authority = Authority::Tokens { tokens, fetched };
                    decider.lane.handle(now, Input::Authority(authority), &mut decider.out);
                }
                Letter::Doors(doors) => {
                    decider.lane.handle(now, Input::Doors(doors), &mut decider.out);
                }
                Letter::Drain => decider.lane.handle(now, Input::Drain, &mut decider.out),
                Letter::Stop => {
                    decider.lane.handle(now, Input::Drain, &mut decider.out);
                    return Some(STOP_MS);
                }
                Letter::Kill => return Some(0),
            }
        }
        None
    }

    /// Sends what the lane asks and tells web applications. An answer that finds the lane's box
    /// full is lost, and the lane's deadline ends the request.
    fn call_out(&self, bench: &mut Bench) {
        let callouts = &mut bench.decider.out.callouts;
        for notice in callouts.notices.drain(..) {
            tracing::warn!("lane {}: {notice}", self.number);
        }
        for request in callouts.requests.drain(..) {
            let letterbox = self.letterbox.clone();
            let answer = move |number, outcome| {
                if letterbox.put(Letter::Called(number, outcome)).is_err() {
                    tracing::warn!("a lane reads no letters: a web application's answer is lost");
                }
            };
            self.caller.call(request, Box::new(answer));
        }
    }

    /// Does what the boss has said: to this lane and, from lane 0, to the others.
    fn follow_boss(&mut self, now: Time, bench: &mut Bench) {
        let Bench { decider, wires, secrets, .. } = bench;
        let Heard { registered, config, table, doors } = std::mem::take(&mut decider.heard);
        if let Some((incarnation, cluster_id)) = registered {
            self.tell_others(|| Letter::Registered { incarnation, cluster_id });
        }
        if let Some(doors) = doors {
            // This lane has no clients to send anywhere.
            self.tell_others(|| Letter::Doors(Arc::clone(&doors)));
        }
        let config = match config {
            Some(config) => Some(secrets.take(config)),
            None => secrets.changed(now),
        };
        // First who is to be asked, then who can be reached.
        if let Some(config) = config {
            self.tell_others(|| Letter::Config(Arc::clone(&config)));
            decider.lane.handle(now, Input::Config(config), &mut decider.out);
        }
        dial(decider.membership.dials(), now, wires, decider);
        if let Some(table) = table {
            self.tell_others(|| Letter::Table(Arc::clone(&table)));
            decider.lane.handle(now, Input::Table(table), &mut decider.out);
        }
        for place in std::mem::take(&mut decider.out.places) {
            let home = member::machine::Input::Home(&place);
            decider.membership.handle(now, home, &mut decider.out.links);
        }
        dial(decider.membership.dials(), now, wires, decider);
    }

    fn tell_others(&self, letter: impl Fn() -> Letter) {
        for other in &self.others {
            if other.put(letter()).is_err() {
                tracing::error!("a lane reads no letters: it is stuck");
            }
        }
    }

    /// Tells operators whether the lane is ready, at once, and what it has counted, now and then.
    fn publish(&mut self, now: Time, bench: &mut Bench) {
        let news = bench.decider.lane.readiness_news();
        if news.is_none() && now.ms < bench.publish_ms {
            return;
        }
        if let Some(unready) = news {
            self.board.set_unready(&board_name(self.number), unready.map(str::to_owned));
        }
        bench.publish_ms = clock::next(now, PUBLISH_MS);
        let Bench { decider, clients, secrets, .. } = bench;
        let mut samples = decider.lane.counters().list();
        samples.extend(decider.lane.callout_counters().list());
        samples.push(trace::armed(decider.lane.traces(now)));
        samples.extend(clients.iter().flat_map(|clients| clients.refused.samples()));
        if self.number == 0 {
            let clients = self.settings.tls.as_ref().map(|tls| tls.has_unusable_files(now));
            let links = self.settings.hub.has_unusable_files(now);
            samples.extend(clients.map(|unusable| tls_files("clients", unusable)));
            samples.extend(links.map(|unusable| tls_files("links", unusable)));
            samples.push(secrets.sample());
        }
        self.board.publish(&board_name(self.number), samples);
        self.board.turns(&board_name(self.number), now);
        if self.number == 0 {
            self.board.set_unready("boss", decider.membership.unready());
            self.report(now, decider);
        }
    }

    /// Tells the boss what its page shows.
    fn report(&self, now: Time, decider: &mut Decider) {
        let unready = self.board.unready().join("; ");
        let health = match unready.as_str() {
            _ if decider.lane.is_draining() => Health::Draining(DRAINING),
            "" => Health::Ready,
            reason => Health::Unready(reason),
        };
        let door = n2b::Door {
            addresses: self.settings.lane.advertise.iter().map(ToString::to_string).collect(),
            connections: self.board.number("imq_gateway_connections") as u64,
            connections_max: self.connections_max as u64,
        };
        let door = member::machine::Input::Door(door);
        decider.membership.handle(now, door, &mut decider.out.links);
        let samples = &self.board.samples();
        let report = member::machine::Input::Report { samples, health, buckets: &[], full: false };
        decider.membership.handle(now, report, &mut decider.out.links);
    }
}

/// Writes a line about links into the log, as this module's.
fn log(level: Level, line: Arguments<'_>) {
    match level {
        Level::ERROR => tracing::error!("{line}"),
        Level::WARN => tracing::warn!("{line}"),
        _ => tracing::info!("{line}"),
    }
}

impl Decider {
    /// Gives the boss what the process's HTTP has answered it.
    fn answer_calls(&mut self, now: Time) {
        self.membership.answer_calls(now, &mut self.out.links);
    }

    fn hear(&mut self, now: Time, news: News) {
        match news {
            News::Registered { incarnation, cluster_id } => {
                self.heard.registered = Some((incarnation, cluster_id));
            }
            News::Config(config) => self.heard.config = Some(config),
            News::Table(table) => self.heard.table = Some(table),
            News::Doors(doors) => self.heard.doors = Some(doors),
            News::LinkUp { link, peer, .. } => {
                self.lane.handle(now, Input::LinkUp { link, peer }, &mut self.out);
            }
            News::LinkDown { link } => {
                self.lane.handle(now, Input::LinkDown { link }, &mut self.out);
            }
            News::TellAll => {
                let all = member::machine::Input::TellAll(&[]);
                self.membership.handle(now, all, &mut self.out.links);
            }
            // A gateway has no queues to look into.
            News::Inspect { .. } | News::NotNow(_) => {}
        }
    }
}

impl Sink for Decider {
    fn outbox(&mut self) -> &mut Links {
        &mut self.out.links
    }

    fn unsent(&self) -> usize {
        self.out.clients.unsent_by_all()
    }

    #[inline]
    fn event(&mut self, now: Time, event: Event<'_>) {
        match event {
            Event::Frame { link, frame } if !self.membership.is_boss(link) => {
                self.lane.handle(now, Input::LinkFrame { link, frame }, &mut self.out);
            }
            Event::Frame { .. }
            | Event::Up { .. }
            | Event::Down { .. }
            | Event::Unreachable { .. } => {
                self.membership.event(now, event, &[], &mut self.out.links);
                for news in self.membership.news() {
                    self.hear(now, news);
                }
            }
        }
    }
}
