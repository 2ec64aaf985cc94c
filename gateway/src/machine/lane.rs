//! One lane: everything that comes goes through [`Lane::handle`].

use std::net::IpAddr;
use std::sync::Arc;

use link::machine::{LinkId, Outbox as Links, Peer};
use proto::class::ClusterConfig;
use proto::codes::Close;
use proto::seeded::Seed;
use proto::table::{BucketTable, Place};
use proto::time::Time;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::application::Application;
use super::application::callout::{self, Callouts, Outcome};
use super::counters::Counters;
use super::delivery::{Clients, ConnId, Delivery, Format};
use super::desk::Desk;
use super::door::{Authority, Door};
use super::readiness::Readiness;
use super::sessions::Sessions;
use super::settings::Settings;
use super::upstream::Upstream;
use super::web::{Web, WebReply, WebRequest};

/// What comes to a lane.
#[derive(Debug)]
pub enum Input<'a> {
    /// A client's connection is open and the format of its frames agreed on.
    Opened {
        /// The smallest free number.
        conn: ConnId,
        /// How its frames look.
        format: Format,
        /// Where it comes from.
        address: IpAddr,
    },
    /// A client sent an envelope: `C2g` as protobuf, without its length.
    Frame {
        /// Whose.
        conn: ConnId,
        /// The envelope.
        frame: &'a [u8],
    },
    /// What a client's transport has brought besides envelopes, told now and then.
    Overhead {
        /// Whose.
        conn: ConnId,
        /// So many bytes.
        bytes: u32,
        /// Frames of the transport's own with which no envelope came.
        frames: u32,
    },
    /// What a client sent can't be cut into frames.
    Broken {
        /// Whose.
        conn: ConnId,
        /// What it is closed with.
        close: Close,
        /// A sentence that says what to do.
        reason: String,
    },
    /// A client closes in its own way: a WebSocket's close frame.
    Hangup {
        /// Whose.
        conn: ConnId,
    },
    /// A client's socket is gone. Its number is free again.
    Closed {
        /// Whose.
        conn: ConnId,
    },
    /// All output of a slow client was written.
    Drained {
        /// Whose.
        conn: ConnId,
    },
    /// A link is up; its number is new.
    LinkUp {
        /// Which.
        link: LinkId,
        /// Who is at its other end.
        peer: Peer,
    },
    /// A link is gone, and what was on its way with it.
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// A queue node sent an envelope: `Q2g` without its length.
    LinkFrame {
        /// From where.
        link: LinkId,
        /// The envelope.
        frame: &'a [u8],
    },
    /// Who holds what.
    Table(Arc<BucketTable>),
    /// The cluster's configuration. Of its classes a lane knows whether they ask about anything:
    /// the rest is the queue nodes' matter.
    Config(Arc<ClusterConfig>),
    /// What became of a request to the web application.
    Called {
        /// Its number.
        request: u64,
        /// What became of it.
        outcome: Outcome,
    },
    /// What tokens are verified with from now on.
    Authority(Authority),
    /// The back end wants something.
    Web(WebRequest),
    /// The gateway shuts down: every client is sent elsewhere.
    Drain,
    /// Everything of this turn has come.
    TurnEnd,
    /// It is the time that [`Lane::wake_at`] gave.
    Wake,
}

/// What a lane lets out.
#[derive(Debug)]
pub struct Outbox {
    /// To queue nodes.
    pub links: Links,
    /// To clients.
    pub clients: Clients,
    /// To the back end.
    pub replies: Vec<WebReply>,
    /// Nodes that the lane heard of from others than the boss, to be dialled.
    pub places: Vec<Place>,
    /// A token named a key that isn't known: newer ones are wanted.
    pub wants_keys: bool,
    /// To the web application: its `requests`, and `notices` for the operator's log. The rest of it
    /// stays within the lane.
    pub callouts: callout::Out,
}

impl Outbox {
    /// Nothing yet.
    pub fn new(settings: &Settings) -> Outbox {
        Outbox {
            links: Links::default(),
            clients: Clients::new(settings),
            replies: Vec::new(),
            places: Vec::new(),
            wants_keys: false,
            callouts: callout::Out::default(),
        }
    }
}

/// A lane of a gateway: its clients, their sessions, and the way to the homes of their queues.
#[derive(Debug)]
pub struct Lane {
    pub(super) desk: Desk,
    pub(super) sessions: Sessions,
    pub(super) web: Web,
    pub(super) application: Application,
    pub(super) draining: bool,
    pub(super) readiness: Readiness,
}

impl Lane {
    /// A lane without clients, links and table.
    pub fn new(settings: Settings, seed: u64) -> Lane {
        let door = Door::new(&settings);
        // A stream of its own: how often it is asked doesn't change the lane's draws.
        let chance = StdRng::seed_from_u64(!seed);
        let callouts = Callouts::new(&settings.gateway, settings.lanes, chance);
        let callouts = callouts.measured_with(settings.micros).within(settings.callouts_max);
        Lane {
            desk: Desk {
                settings,
                random: StdRng::seed_from_u64(seed),
                now: Time::default(),
                counters: Counters::default(),
                door,
                upstream: Upstream::default(),
                delivery: Delivery::new(Seed::new(seed)),
            },
            sessions: Sessions::default(),
            web: Web::default(),
            application: Application::new(callouts),
            draining: false,
            readiness: Readiness::default(),
        }
    }

    /// Decides what follows from an input.
    #[inline]
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        let before_ms = std::mem::replace(&mut self.desk.now, now).ms;
        match input {
            Input::LinkFrame { link, frame } => self.link_frame(link, frame, out),
            Input::Frame { conn, frame } => self.frame(conn, frame, out),
            Input::Overhead { conn, bytes, frames } => self.overhead(conn, bytes, frames),
            Input::Opened { conn, format, address } => {
                self.application.came_from(conn, address, &mut self.desk);
                self.opened(conn, format, out);
            }
            Input::Broken { conn, close, reason } => self.desk.close(conn, close, reason),
            Input::Hangup { conn } => self.hung_up(conn, out),
            Input::Closed { conn } => self.closed(conn, out),
            Input::Drained { conn } => self.drained(conn, out),
            Input::LinkUp { link, peer } => self.link_up(link, &peer, out),
            Input::LinkDown { link } => self.link_down(link, out),
            Input::Table(table) => self.table(&table, out),
            Input::Config(config) => {
                self.application.configure(config, &mut self.sessions, &mut self.desk, out)
            }
            Input::Called { request, outcome } => {
                self.application.called(request, outcome, &mut self.sessions, &mut self.desk, out)
            }
            Input::Authority(authority) => self.desk.door.set_authority(authority),
            Input::Web(request) => self.web.request(request, &mut self.desk, out),
            Input::Drain => self.drain(),
            Input::TurnEnd => {
                self.hold_if_stopped(before_ms, out);
                self.close_dismissed(out);
                self.turn_end(out);
            }
            Input::Wake => self.wake(out),
        }
        self.close_dismissed(out);
    }

    /// When to call with [`Input::Wake`], if nothing comes before.
    pub fn wake_at(&self) -> Option<u64> {
        let parts =
            [self.desk.door.wake_at(), self.desk.upstream.wake_at(), self.desk.delivery.wake_at()];
        parts.into_iter().chain([self.application.wake_at()]).flatten().min()
    }

    /// What the lane has counted.
    pub fn counters(&self) -> Counters {
        let mut counters = self.desk.counters;
        self.desk.delivery.count_into(&mut counters);
        counters
    }

    /// What the lane's call-outs have counted.
    pub fn callout_counters(&self) -> callout::Counters {
        self.application.counters()
    }

    fn turn_end(&mut self, out: &mut Outbox) {
        self.desk.upstream.flush(&mut out.links);
        self.desk.counters.slow = out.clients.slow_total();
        if self.owes_too_much(out) {
            self.desk.delivery.owe_too_much(self.desk.now.ms);
        }
        if self.desk.settings.faults.flush_lost && self.desk.delivery.events() % 16 == 7 {
            out.clients.lose_flush();
        }
    }

    fn wake(&mut self, out: &mut Outbox) {
        for (tick, conn) in self.desk.door.due(self.desk.now.ms) {
            self.look_at(conn, tick, out);
        }
        for conn in self.desk.door.expired(self.desk.now.ms) {
            self.expired(conn);
        }
        self.close_dismissed(out);
        if self.desk.upstream.sweep_is_due(self.desk.now.ms) {
            self.sweep(out);
        }
        if self.desk.delivery.debts_are_due(self.desk.now.ms) {
            self.close_debtors(out);
        }
        if self.desk.upstream.probe_is_due(self.desk.now.ms) {
            self.probe(out);
        }
        self.application.wake(&mut self.sessions, &mut self.desk, out);
        self.close_dismissed(out);
        self.turn_end(out);
    }
}
