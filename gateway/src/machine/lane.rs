//! One lane: everything that comes goes through [`Lane::handle`], which gives it to the part whose
//! matter it is. When that is done, the connections are closed that it has dismissed.

use std::net::IpAddr;
use std::sync::Arc;

use link::machine::{LinkId, Outbox as Links, Peer};
use member::machine::trace::{Subject, Told, Traces};
use proto::b2n;
use proto::class::ClusterConfig;
use proto::codes::Close;
use proto::ids::ConnectionName;
use proto::posted::Posted;
use proto::seeded::Seed;
use proto::table::{BucketTable, Place};
use proto::time::Time;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::application::Application;
use super::application::callout::{self, Callouts, Outcome};
use super::counters::Counters;
use super::delivery::{COMMENT, Clients, ConnId, Delivery, Format, Transport};
use super::desk::Desk;
use super::door::{Authority, Door, Farewell, Post, closing, connection, credentials, posts};
use super::parts::LaneParts;
use super::readiness::{self, Readiness};
use super::sessions::Sessions;
use super::settings::Settings;
use super::survey::{self, Connected, Order};
use super::upstream::{Upstream, attaching, homes, introducing, moves, recovery, unheard};
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
        /// Of a stream of the fallback: under which name its client posts. Nobody can guess it.
        name: Option<ConnectionName>,
    },
    /// A client sent an envelope: `C2g` as protobuf, without its length.
    Frame {
        /// Whose.
        conn: ConnId,
        /// The envelope.
        frame: &'a [u8],
    },
    /// A client of the fallback has posted, for a connection of this lane or another one.
    Posted(Post),
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
    /// Which gateways have room for clients, by the boss's word.
    Doors(Arc<b2n::Doors>),
    /// A connection that has just been opened is one too many: it is sent elsewhere.
    HandOn {
        /// Whose.
        conn: ConnId,
    },
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
    /// To clients of the fallback: what became of what they posted, by io's numbers.
    pub posted: Vec<(u64, Posted)>,
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
            posted: Vec::new(),
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
    pub(super) parts: LaneParts,
    readiness: Readiness,
    /// How often the turn has been ended: io does so before and behind the clients' sockets.
    turn_ends: u8,
}

impl Lane {
    /// A lane without clients, links and table.
    pub fn new(settings: Settings, seed: u64) -> Lane {
        let door = Door::new(&settings, seed.rotate_left(32));
        // A stream of its own: how often it is asked doesn't change the lane's draws.
        let chance = StdRng::seed_from_u64(!seed);
        let callouts = Callouts::new(&settings.gateway, settings.lanes, chance);
        let callouts = callouts.measured_with(settings.micros).within(settings.callouts_max);
        let upstream = Upstream::new(settings.faults());
        let desk = Desk {
            settings,
            random: StdRng::seed_from_u64(seed),
            now: Time::default(),
            counters: Counters::default(),
            door,
            upstream,
            delivery: Delivery::new(Seed::new(seed)),
            traces: Traces::default(),
        };
        let parts = LaneParts {
            desk,
            sessions: Sessions::default(),
            application: Application::new(callouts),
            web: Web::default(),
        };
        Lane { parts, readiness: Readiness::default(), turn_ends: 0 }
    }

    /// Decides what follows from an input.
    #[inline]
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        if self.begins_turn(matches!(input, Input::TurnEnd)) {
            self.parts.desk.upstream.has_left();
        }
        let parts = &mut self.parts;
        let before_ms = std::mem::replace(&mut parts.desk.now, now).ms;
        let LaneParts { desk, sessions, application, web } = parts;
        match input {
            Input::LinkFrame { link, frame } => homes::frame(parts, link, frame, out),
            Input::Frame { conn, frame } => connection::frame(parts, conn, frame, out),
            Input::Posted(post) => posts::posted(parts, post, out),
            Input::Overhead { conn, bytes, frames } => {
                connection::overhead(parts, conn, bytes, frames);
            }
            Input::Opened { conn, format, address, name } => {
                application.came_from(conn, address, desk);
                connection::opened(parts, conn, (format, name), out);
            }
            Input::Broken { conn, close, reason } => desk.close(conn, close, reason),
            Input::Hangup { conn } => closing::hung_up(parts, conn, out),
            Input::Closed { conn } => closing::closed(parts, conn, out),
            Input::Drained { conn } => sessions.drained(conn, desk, out),
            Input::LinkUp { link, peer } => recovery::link_up(parts, link, &peer, out),
            Input::LinkDown { link } => recovery::link_down(parts, link, out),
            Input::Table(table) => moves::table(parts, &table, out),
            Input::Config(config) => application.configure(config, sessions, desk, out),
            Input::Called { request, outcome } => {
                application.called(request, outcome, sessions, desk, out);
            }
            Input::Authority(authority) => desk.door.set_authority(authority),
            Input::Web(request) => web.request(request, desk, out),
            Input::Doors(doors) => desk.door.hear_of_doors(now.ms, &doors),
            Input::HandOn { conn } => desk.door.dismiss(conn, Farewell::full()),
            Input::Drain => {
                self.readiness.doubt();
                closing::drain(desk);
            }
            Input::TurnEnd => {
                unheard::hold_if_stopped(parts, before_ms, out);
                closing::dismissed(parts, out);
                self.turn_end(out);
            }
            Input::Wake => self.wake(out),
        }
        closing::dismissed(&mut self.parts, out);
    }

    /// When to call with [`Input::Wake`], if nothing comes before.
    pub fn wake_at(&self) -> Option<u64> {
        let LaneParts { desk, application, .. } = &self.parts;
        let parts = [desk.door.wake_at(), desk.upstream.wake_at(), desk.delivery.wake_at()];
        parts.into_iter().chain([application.wake_at()]).flatten().min()
    }

    /// What the lane has counted.
    pub fn counters(&self) -> Counters {
        let mut counters = self.parts.desk.counters;
        self.parts.desk.delivery.count_into(&mut counters);
        counters
    }

    /// What the lane's call-outs have counted.
    pub fn callout_counters(&self) -> callout::Counters {
        self.parts.application.counters()
    }

    /// Why the lane can't serve: it needs a table, and a primary that answers for every bucket.
    pub fn unready(&self) -> Option<&'static str> {
        readiness::unready(&self.parts.desk)
    }

    /// What [`Lane::unready`] says, if that isn't what it said at the last call. Most turns change
    /// nothing of it, and look at no bucket.
    pub fn readiness_news(&mut self) -> Option<Option<&'static str>> {
        self.readiness.news(&mut self.parts.desk)
    }

    /// The connections that come first, at most so many; of one user, if one is named.
    pub fn connected(
        &self,
        order: Order,
        user: Option<&str>,
        most: usize,
        out: &Outbox,
    ) -> Vec<Connected> {
        survey::connected(&self.parts.sessions, (order, user, most), out)
    }

    /// What became of a queue's or a user's messages since the cursor, so many hops at most. The
    /// first question begins the trace. Nothing: too many are followed already.
    pub fn trace(
        &mut self,
        now: Time,
        subject: Subject,
        (after, most): (u64, usize),
    ) -> Option<Told> {
        self.parts.desk.traces.ask(now, subject, after, most)
    }

    /// Whether anything is followed: then each turn says when it begins.
    #[inline]
    pub fn is_traced(&self) -> bool {
        self.parts.desk.traces.is_on()
    }

    /// A turn begins at this microsecond since 1970.
    pub fn begin_traced_turn(&mut self, unix_us: u64) {
        self.parts.desk.traces.begin_turn(unix_us);
    }

    /// How many queues and users are followed here.
    pub fn traces(&mut self, now: Time) -> usize {
        self.parts.desk.traces.count(now)
    }

    /// Whether a client of this transport that finds the gateway full can be sent elsewhere.
    pub fn hands_on(&self, now: Time, transport: Transport) -> bool {
        self.parts.desk.door.hands_on(now.ms, transport)
    }

    /// Whether no client is connected.
    pub fn is_empty(&self) -> bool {
        self.parts.desk.counters.connections == 0
    }

    /// Whether the gateway shuts down.
    pub fn is_draining(&self) -> bool {
        self.parts.desk.door.is_draining()
    }

    /// Whether what the last turn has sent has left: another one begins.
    #[inline]
    fn begins_turn(&mut self, is_end: bool) -> bool {
        let ends = std::mem::replace(&mut self.turn_ends, 0);
        if is_end {
            self.turn_ends = ends % 2 + 1;
        }
        ends > 0 && self.turn_ends != 2
    }

    fn turn_end(&mut self, out: &mut Outbox) {
        moves::follow(&mut self.parts, out);
        closing::dismissed(&mut self.parts, out);
        introducing::asked(&mut self.parts, out);
        attaching::before_operations(&mut self.parts, out);
        let LaneParts { desk, sessions, .. } = &mut self.parts;
        desk.upstream.flush(&mut out.links);
        desk.counters.slow = out.clients.slow_total();
        if sessions.too_much_is_unsent(desk, out) {
            desk.delivery.cut_off_soon(desk.now.ms);
        }
        if desk.settings.faults().flush_lost && desk.delivery.events() % 16 == 7 {
            out.clients.lose_flush();
        }
    }

    fn wake(&mut self, out: &mut Outbox) {
        let parts = &mut self.parts;
        let now_ms = parts.desk.now.ms;
        for (tick, conn) in parts.desk.door.due(now_ms) {
            connection::look_at(&mut parts.desk, conn, tick, out);
        }
        for conn in parts.desk.door.expired(now_ms) {
            credentials::expired(&mut parts.desk, conn);
        }
        closing::dismissed(parts, out);
        for conn in parts.desk.door.comments_due(now_ms) {
            out.clients.append(conn, COMMENT);
        }
        let in_vain = parts.desk.upstream.carried_in_vain(now_ms);
        out.posted.extend(in_vain.into_iter().map(|post| (post, Posted::NotNow)));
        if parts.desk.upstream.sweep_is_due(now_ms) {
            recovery::sweep(parts, out);
        }
        if parts.desk.delivery.cut_off_is_due(now_ms) {
            closing::close_most_unsent(parts, out);
        }
        if parts.desk.upstream.probe_is_due(now_ms) {
            homes::probe(&mut parts.desk, out);
        }
        parts.application.wake(&mut parts.sessions, &mut parts.desk, out);
        closing::dismissed(parts, out);
        self.turn_end(out);
        introducing::more(&mut self.parts, out);
        attaching::more(&mut self.parts, out);
    }
}
