//! A client: the SDK's machine, what it wants, and what it is told.

use std::collections::BTreeMap;

use imq_sdk::machine::{Client, Input, Outbox, Settings, Transport};
use imq_sdk::{Answer, Command, Event, Failure, PageAsked, SubscribeOptions, Ticket};
use prost::Message as _;
use proto::frame::FrameReader;
use proto::g2c::{BodyKind, Welcome};
use proto::{limits, wire};

use super::World;
use super::agenda::Happening;
use super::tokens::has_tokens;
use crate::journal::{Journal, Moment, Welcomed, What};
use crate::phase::Phase;
use crate::plan::{AUDITORS, GATEWAYS, GRACE_MS, QUEUES};
use crate::script::Script;

/// A client, in one of its lives.
#[derive(Debug)]
pub(crate) struct ClientHost {
    user: String,
    is_auditor: bool,
    machine: Machine,
    socket: Option<usize>,
    reader: FrameReader,
    /// Counts dials, so that what comes of an old one is known as such.
    attempt: u64,
    gateway: usize,
    /// Until then it reaches nobody.
    away_us: u64,
    /// Its connection holds.
    pub(crate) holds: bool,
    script: Script,
    /// What it reads page by page.
    paging: BTreeMap<Ticket, Command>,
    wake_ms: Option<u64>,
    /// It said goodbye.
    over: bool,
    pub(crate) journal: Journal,
}

struct Machine(Client, Outbox);

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl ClientHost {
    pub(crate) fn new(at: usize, seed: u64) -> ClientHost {
        ClientHost::of(at, format!("u{at}"), seed)
    }

    /// A client of this user.
    pub(crate) fn of(at: usize, user: String, seed: u64) -> ClientHost {
        let renews = has_tokens(at);
        let settings = Settings {
            user: user.clone(),
            renews,
            given: true,
            grace_ms: GRACE_MS,
            ..Settings::default()
        };
        let is_auditor = at < AUDITORS;
        ClientHost {
            is_auditor,
            machine: Machine(Client::new(settings, seed), Outbox::default()),
            socket: None,
            reader: FrameReader::default(),
            attempt: 0,
            gateway: at % GATEWAYS,
            away_us: 0,
            holds: false,
            script: Script::default(),
            paging: BTreeMap::new(),
            wake_ms: None,
            over: false,
            journal: Journal { client: at, user: user.clone(), is_auditor, ..Journal::default() },
            user,
        }
    }

    /// The client takes no bytes for a while.
    pub(crate) fn stalls(&mut self) {
        let at_us = self.journal.moments.last().map_or(0, |moment| moment.at_us);
        self.journal.moments.push(Moment { at_us, what: What::Stalled });
    }

    /// From now on it only watches.
    pub(crate) fn becomes_auditor(&mut self) {
        self.is_auditor = true;
        self.journal.is_auditor = true;
    }

    /// Whether it said goodbye.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whose client it is.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Its connection, if it has one.
    pub(crate) fn socket(&self) -> Option<usize> {
        self.socket
    }

    /// How often it has dialled.
    pub(crate) fn attempt(&self) -> u64 {
        self.attempt
    }

    /// Whether trouble may come to it.
    pub(crate) fn can_suffer(&self) -> bool {
        !self.is_auditor && !self.over
    }
}

impl World {
    /// Something happens to a client; what it wants of it is done.
    pub(super) fn client_takes(&mut self, at: usize, input: Input<'_>) {
        let now = self.now();
        let at_us = self.agenda.now_us();
        let faults = self.plan.faults.client;
        let host = &mut self.clients[at];
        let holds = host.holds && matches!(input, Input::Connected);
        let Machine(client, out) = &mut host.machine;
        client.plant(faults);
        client.handle(now, input, out);
        let (frames, events) = (std::mem::take(&mut out.frames), std::mem::take(&mut out.events));
        let (transport, wants_token) = (out.transport.take(), std::mem::take(&mut out.wants_token));
        let wake_ms = client.wake_at();
        let mut answers = Vec::new();
        for event in events {
            self.trace(|| format!("c{at} {}", described(&event)));
            if let Event::Answer { ticket, result } = &event
                && self.clients[at].paging.contains_key(ticket)
            {
                answers.push((*ticket, result.clone()));
            }
            let host = &mut self.clients[at];
            host.script.heard(&event);
            host.journal.moments.push(Moment { at_us, what: What::Event(event) });
        }
        if let Some(socket) = self.clients[at].socket {
            let frames = if holds { World::with_hold(&frames) } else { frames };
            self.write_to_gateway(socket, &frames);
        }
        match transport {
            Some(Transport::Redial { at_ms, .. }) => self.client_redials(at, at_ms),
            Some(Transport::Stop) => {
                self.clients[at].over = true;
                self.hang_up(at);
            }
            None => {}
        }
        if wants_token {
            self.wants_token(at);
        }
        let host = &mut self.clients[at];
        if let Some(wake_ms) = wake_ms
            && host.wake_ms.is_none_or(|scheduled| wake_ms < scheduled)
        {
            host.wake_ms = Some(wake_ms);
            let wake_us = (wake_ms.max(1_000) - 1_000) * 1000;
            let wake_us = wake_us.max(self.agenda.now_us() + 1_000);
            self.agenda.at(wake_us, Happening::ClientWake { client: at, at_ms: wake_ms });
        }
        for (ticket, result) in answers {
            self.turns_page(at, ticket, &result);
        }
    }

    pub(crate) fn client_wakes(&mut self, at: usize, at_ms: u64) {
        if self.clients[at].wake_ms == Some(at_ms) && !self.clients[at].over {
            self.clients[at].wake_ms = None;
            self.client_takes(at, Input::Wake);
        }
    }

    fn hang_up(&mut self, at: usize) {
        let host = &mut self.clients[at];
        host.attempt += 1;
        host.reader = FrameReader::default();
        if let Some(socket) = host.socket.take() {
            self.client_closes(socket);
        }
    }

    fn client_redials(&mut self, at: usize, at_ms: u64) {
        self.hang_up(at);
        let at_us = (at_ms.max(1_000) - 1_000) * 1000;
        let attempt = self.clients[at].attempt;
        self.agenda.at(at_us, Happening::ClientDial { client: at, attempt });
    }

    /// Dials mostly the gateway it had, sometimes the other.
    pub(crate) fn client_dials(&mut self, at: usize, attempt: u64) {
        if self.clients[at].attempt != attempt || self.clients[at].over {
            return;
        }
        let away_us = self.clients[at].away_us;
        if self.agenda.now_us() < away_us {
            let us = away_us + self.chance.below(200_000);
            return self.agenda.at(us, Happening::ClientDial { client: at, attempt });
        }
        if self.chance.percent(30) {
            self.clients[at].gateway = self.chance.index(GATEWAYS);
        }
        let socket = self.open_socket(at, self.clients[at].gateway);
        if socket.is_none() {
            self.clients[at].gateway = (self.clients[at].gateway + 1) % GATEWAYS;
        }
        let us = self.chance.below(3_000);
        self.agenda.after(us, Happening::ClientDialled { client: at, attempt, socket });
    }

    pub(crate) fn client_dialled(&mut self, at: usize, attempt: u64, socket: Option<usize>) {
        let still = self.clients[at].attempt == attempt;
        match socket {
            Some(socket) if still && self.client_has(socket) => {
                let holds = self.chance.percent(self.plan.hold_percent);
                let host = &mut self.clients[at];
                host.socket = Some(socket);
                host.holds = holds && !host.is_auditor;
                if has_tokens(at) {
                    let token = self.new_token(at);
                    self.client_takes(at, Input::Token(Some(token)));
                }
                self.client_takes(at, Input::Connected);
            }
            Some(socket) if !still => self.client_closes(socket),
            Some(_) | None if still => self.client_takes(at, Input::Disconnected),
            Some(_) | None => {}
        }
    }

    pub(crate) fn client_reads(&mut self, socket: usize, bytes: &[u8]) {
        let at = self.sockets[socket].client;
        if self.clients[at].socket != Some(socket) {
            return;
        }
        let mut frames = Vec::new();
        let read = self.clients[at].reader.feed(bytes, limits::LINK_FRAME_BYTES_MAX, |frame| {
            frames.push(frame.to_vec());
            Ok::<(), proto::frame::FrameError>(())
        });
        if let Err(error) = read {
            self.violated("gateways send frames", format!("c{at} got none: {error}"));
        }
        for frame in frames {
            if self.clients[at].socket == Some(socket) {
                self.is_welcomed(at, &frame);
                self.client_takes(at, Input::Received(&frame));
            }
        }
    }

    /// Keeps the generation of a `welcome`, which the client library doesn't pass on.
    fn is_welcomed(&mut self, at: usize, frame: &[u8]) {
        const WELCOME: u32 = BodyKind::Welcome as u32;
        let at_us = self.agenda.now_us();
        if let Ok((WELCOME, body)) = wire::envelope(frame)
            && let Ok(Welcome { generation, .. }) = Welcome::decode(body)
        {
            self.clients[at].journal.welcomes.push(Welcomed { at_us, generation });
            self.opens_soon(at);
        }
    }

    pub(crate) fn client_lost(&mut self, socket: usize) {
        let at = self.sockets[socket].client;
        if self.clients[at].socket == Some(socket) {
            self.clients[at].socket = None;
            self.clients[at].reader = FrameReader::default();
            self.client_takes(at, Input::Disconnected);
        }
    }

    /// A client asks for something.
    pub(crate) fn ask(&mut self, at: usize, command: Command) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let at_us = self.agenda.now_us();
        self.trace(|| format!("c{at} asks {} {}", ticket.0, asked(&command)));
        let what = What::Command(ticket, command.clone());
        self.clients[at].journal.moments.push(Moment { at_us, what });
        self.client_takes(at, Input::Command(ticket, command));
    }

    /// A client does what comes to its mind.
    pub(crate) fn think(&mut self, at: usize) {
        if self.phase > Phase::Trouble {
            return;
        }
        let host = &mut self.clients[at];
        if host.is_auditor {
            return self.audit(at, SubscribeOptions::default());
        }
        let commands = host.script.think(&mut self.chance, &self.plan, &mut self.numbers);
        for command in commands {
            self.ask(at, command);
        }
        let us = self.chance.below(2_000 * self.plan.think_ms) + 100;
        self.agenda.after(us, Happening::Think { client: at });
    }

    /// An auditor takes its seats.
    pub(crate) fn audit(&mut self, at: usize, options: SubscribeOptions) {
        for queue in QUEUES.into_iter().filter(|queue| !queue.starts_with("/flash/")) {
            let (queue, options) = (queue.to_owned(), options.clone());
            self.ask(at, Command::Subscribe { queue, options });
        }
    }

    /// Reads everything that can be read of the queues.
    pub(crate) fn read_all(&mut self, at: usize) {
        for queue in QUEUES {
            let (chat, scores) = ("chat".to_owned(), "scores".to_owned());
            let (key_prefix, page) = (String::new(), PageAsked::default());
            let name = || queue.to_owned();
            let history =
                Command::GetHistory { queue: name(), mount: chat, before_seq: 0, limit: 0 };
            self.ask(at, history);
            let page_again = page.clone();
            let state = Command::GetState { queue: name(), mount: scores, key_prefix, page };
            self.ask(at, state.clone());
            if let Command::GetState { queue, mount, key_prefix, .. } = state {
                let page = PageAsked { after: String::new(), limit: 2 };
                self.page_on(at, Command::GetState { queue, mount, key_prefix, page });
            }
            self.ask(at, Command::ListMembers { queue: name(), page: page_again });
            for after in ["", "u12"] {
                let page = PageAsked { after: after.to_owned(), limit: 3 };
                self.ask(at, Command::ListMembers { queue: name(), page });
            }
        }
    }

    /// Asks for a page of state, and when that comes for the next, to the end.
    fn page_on(&mut self, at: usize, command: Command) {
        self.clients[at].paging.insert(Ticket(self.tickets + 1), command.clone());
        self.ask(at, command);
    }

    /// The page after this one, if the client reads page by page.
    fn turns_page(&mut self, at: usize, ticket: Ticket, result: &Result<Answer, Failure>) {
        let Some(mut command) = self.clients[at].paging.remove(&ticket) else { return };
        if let (Command::GetState { page, .. }, Ok(Answer::State(got))) = (&mut command, result)
            && let Some(next) = &got.next
        {
            page.after.clone_from(next);
            self.page_on(at, command);
        }
    }

    /// A client is gone without a word, and so is its socket.
    pub(crate) fn vanish(&mut self, at: usize) {
        self.trace(|| format!("c{at} vanishes"));
        let host = &mut self.clients[at];
        host.over = true;
        host.attempt += 1;
        if let Some(socket) = host.socket.take() {
            self.client_closes(socket);
        }
    }

    /// A client's user logs in once more, elsewhere and at about the same time.
    pub(crate) fn rival(&mut self, of: usize) {
        let (at, user) = (self.clients.len(), self.clients[of].user.clone());
        self.trace(|| format!("c{at} is a rival of c{of}"));
        let mut rival = ClientHost::of(at, user, self.chance.seed());
        rival.journal.born_us = self.agenda.now_us();
        self.clients.push(rival);
        let us = self.chance.below(50_000);
        self.agenda.after(us, Happening::ClientDial { client: at, attempt: 0 });
        self.agenda.after(us + 10_000, Happening::Think { client: at });
    }

    /// A client's words get stuck; it finds its connection dead, and comes back by another gateway.
    /// What it had said reaches the old one long after.
    pub(crate) fn leave_late(&mut self, at: usize, socket: usize) {
        let us = self.chance.between(100_000, 700_000);
        self.trace(|| format!("c{at} goes elsewhere, what it says now comes {us} us late"));
        self.give_up(socket, us);
        for _ in 0..self.chance.between(1, 4) {
            let host = &mut self.clients[at];
            let commands = host.script.think(&mut self.chance, &self.plan, &mut self.numbers);
            commands.into_iter().for_each(|command| self.ask(at, command));
        }
        if self.chance.percent(70) {
            self.clients[at].gateway = (self.clients[at].gateway + 1) % GATEWAYS;
        }
        let us = self.chance.below(30_000);
        self.agenda.after(us, Happening::ClientNotices { socket });
    }

    /// A client reaches nobody for so long.
    pub(crate) fn goes_away(&mut self, at: usize, us: u64) {
        self.trace(|| format!("c{at} is away for {} ms", us / 1000));
        self.clients[at].away_us = self.agenda.now_us() + us;
    }

    /// A client says goodbye and begins anew: another session, another journal.
    pub(crate) fn renew(&mut self, at: usize) {
        self.ask(at, Command::Close);
        self.referee.closes(self.clients[at].machine.0.id());
        let user = self.clients[at].user.clone();
        let mut fresh = ClientHost::of(at, user, self.chance.seed());
        fresh.journal.born_us = self.agenda.now_us();
        let mut old = std::mem::replace(&mut self.clients[at], fresh);
        self.clients[at].attempt = old.attempt + 1;
        let empty = Journal { client: at, user: old.user, ..Journal::default() };
        self.journals.push(std::mem::replace(&mut old.journal, empty));
        let attempt = self.clients[at].attempt;
        let us = self.chance.below(300_000);
        self.agenda.after(us, Happening::ClientDial { client: at, attempt });
    }
}

fn asked(command: &Command) -> String {
    match command {
        Command::SendMessage { queue, payload, exclude_self, .. } => {
            let payload = String::from_utf8_lossy(payload);
            let whom = if *exclude_self { " not to me" } else { "" };
            format!("send {queue} {payload}{whom}")
        }
        Command::Subscribe { .. }
        | Command::Unsubscribe { .. }
        | Command::SendState { .. }
        | Command::GetState { .. }
        | Command::GetHistory { .. }
        | Command::ListMembers { .. }
        | Command::Close => format!("{command:?}"),
    }
}

fn described(event: &Event) -> String {
    match event {
        Event::Queue { queue, event: imq_sdk::QueueEvent::Message(message) } => {
            let old = if message.history { " (history)" } else { "" };
            let payload = String::from_utf8_lossy(&message.payload);
            format!("gets {queue} {} {payload}{old}", message.seq)
        }
        Event::Queue { queue, event } => format!("gets {queue} {event:?}"),
        Event::Answer { ticket, result } => format!("answer {} {result:?}", ticket.0),
        Event::Connected { .. } | Event::Closed { .. } => format!("{event:?}"),
    }
}
