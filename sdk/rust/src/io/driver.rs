//! The background task: waits, hands what came to the machine, and does what the machine says.

mod telling;

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use proto::frame::{FrameError, FrameReader};
use tokio::sync::{mpsc, oneshot, watch};

use self::telling::{First, Pending, Then};
use super::clock::Clock;
use super::dial::{Addresses, Arrived, Dialled, Line, Undialled, farewell, given};
use super::subscription::{Given, Sink};
use super::{ConnectError, Connection, REQUESTS_MAX, Request, TokenSource};
use crate::machine::{Client, Input, Outbox, Settings, Transport};
use crate::{Command, Failure, Ticket, limits};

/// Bytes taken from the socket at once.
const READ_BYTES: usize = 16 * 1024;

pub(super) struct Driver {
    machine: Client,
    out: Outbox,
    clock: Clock,
    addresses: Addresses,
    /// The one that is dialled or open.
    address: String,
    line: Line,
    /// When it was dialled last.
    dialled_ms: u64,
    reader: FrameReader,
    input: Vec<u8>,
    requests: mpsc::Receiver<Request>,
    batch: Vec<Request>,
    next_ticket: u64,
    pending: HashMap<Ticket, Pending>,
    sinks: HashMap<Arc<str>, Sink>,
    given: Option<Given>,
    connection: watch::Sender<Connection>,
    first: First,
    /// Dropped when the task ends.
    closers: Vec<oneshot::Sender<()>>,
    tokens: Option<TokenSource>,
    /// A new token for the present connection.
    renewing: Option<Renewing>,
}

type Renewing = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// Why the task woke.
enum Woke {
    Requests,
    Line(Arrived),
    Token(Result<String, String>),
    Due,
}

impl Driver {
    pub(super) fn new(
        settings: Settings,
        addresses: Vec<String>,
        seed: u64,
        (requests, given, tokens): (mpsc::Receiver<Request>, Option<Given>, Option<TokenSource>),
        connection: watch::Sender<Connection>,
        first: oneshot::Sender<Result<(), ConnectError>>,
    ) -> Driver {
        let mut addresses = Addresses::new(addresses, seed);
        let address = addresses.take();
        Driver {
            machine: Client::new(settings, seed),
            out: Outbox::default(),
            clock: Clock::start(),
            line: Line::dial(address.clone(), tokens.as_ref()),
            addresses,
            address,
            dialled_ms: 0,
            reader: FrameReader::default(),
            input: vec![0; READ_BYTES],
            requests,
            batch: Vec::new(),
            next_ticket: 0,
            pending: HashMap::new(),
            sinks: HashMap::new(),
            given,
            connection,
            first: First { waits: Some(first), failures: 0, error: None },
            closers: Vec::new(),
            tokens,
            renewing: None,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let rings_ms = self.rings_ms();
            let woke = self.wait(rings_ms).await;
            if self.clock.now().ms > rings_ms.saturating_add(limits::LATE_MS_MAX) {
                self.awake(&woke);
            }
            match woke {
                Woke::Requests => self.requested(),
                Woke::Line(Arrived::Due) => self.dial(),
                Woke::Line(Arrived::Dialled(dialled)) => self.dialled(dialled),
                Woke::Line(Arrived::Ready(ready)) => self.ready(ready.map(drop)),
                Woke::Token(given) => self.renewed(given),
                Woke::Due => self.handle(Input::Wake),
            }
            if std::mem::take(&mut self.out.wants_token)
                && let Some(tokens) = self.tokens.clone()
            {
                self.renewing = Some(Box::pin(given(tokens)));
            }
            self.tell();
            if self.out.transport.take_if(|transport| *transport == Transport::Stop).is_some() {
                break;
            }
            self.write();
            if self.redial() {
                break;
            }
        }
        self.refuse_the_rest();
        if let Line::Open(stream) = std::mem::replace(&mut self.line, Line::Stopped)
            && let Err(error) = farewell(stream, &self.out.frames).await
        {
            tracing::debug!(%error, "the goodbye was not heard");
        }
    }

    /// When the timer of the next turn rings, whatever it is for.
    fn rings_ms(&self) -> u64 {
        let tick_ms = self.clock.now().after(limits::TICK_MS).ms;
        let dial_ms = match &self.line {
            Line::Waiting { at_ms, .. } => *at_ms,
            Line::Dialling(_) | Line::Open(_) | Line::Stopped => tick_ms,
        };
        self.machine.wake_at().unwrap_or(tick_ms).min(dial_ms).min(tick_ms)
    }

    /// The process has stood still (rule 30).
    fn awake(&mut self, woke: &Woke) {
        self.handle(Input::Awake);
        // A wait that is cut short is no further attempt.
        if let Some(Transport::Redial { at_ms, address }) = self.out.transport.take() {
            self.line = Line::Waiting { at_ms, address };
        }
        let dials = matches!(self.line, Line::Dialling(_));
        let is_news = matches!(woke, Woke::Line(Arrived::Dialled(_)));
        if dials && !is_news && self.clock.now().ms - self.dialled_ms > limits::DOUBT_MS_MAX {
            // What it waits for may be gone.
            let error = io::Error::new(io::ErrorKind::TimedOut, "the process has stood still");
            self.dialled(Err(Undialled::Socket(error)));
        }
    }

    /// What was asked too late was never sent.
    fn refuse_the_rest(&mut self) {
        self.requests.close();
        while let Ok(request) = self.requests.try_recv() {
            if let Request::Command { answer, .. } = request {
                // Whoever asked may have stopped waiting.
                drop(answer.send(Err(Failure::Closed)));
            }
        }
    }

    async fn wait(&mut self, rings_ms: u64) -> Woke {
        tokio::select! {
            _ = self.requests.recv_many(&mut self.batch, REQUESTS_MAX) => Woke::Requests,
            arrived = self.line.next(&self.clock, self.out.frames.len()) => Woke::Line(arrived),
            given = next_token(&mut self.renewing) => Woke::Token(given),
            () = self.clock.sleep_until(rings_ms) => Woke::Due,
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.machine.handle(self.clock.now(), input, &mut self.out);
    }

    fn requested(&mut self) {
        if self.batch.is_empty() {
            // No handle and no subscription is left.
            self.command(Command::Close);
        }
        for request in std::mem::take(&mut self.batch) {
            match request {
                Request::Command { command, answer, events } => {
                    let then = Then::after(&command, events);
                    let ticket = Ticket(self.next_ticket);
                    self.pending.insert(ticket, Pending { answer, then });
                    self.command(command);
                }
                Request::Forget { queue } => {
                    if self.sinks.get(queue.as_str()).is_some_and(Sink::is_gone) {
                        self.forget(&queue);
                    }
                }
                Request::Close { said } => {
                    self.closers.push(said);
                    self.command(Command::Close);
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.handle(Input::Command(ticket, command));
    }

    fn forget(&mut self, queue: &str) {
        self.sinks.remove(queue);
        self.command(Command::Unsubscribe { queue: queue.to_owned() });
    }

    fn dial(&mut self) {
        if let Line::Waiting { address, .. } = &mut self.line {
            self.address = address.take().unwrap_or_else(|| self.addresses.take());
            self.line = Line::dial(self.address.clone(), self.tokens.as_ref());
            self.dialled_ms = self.clock.now().ms;
        }
    }

    /// The token for the connection that stands.
    fn renewed(&mut self, given: Result<String, String>) {
        self.renewing = None;
        if let Err(reason) = &given {
            tracing::debug!(reason, "the application didn't give a new token");
        }
        self.handle(Input::Token(given.ok()));
    }

    fn dialled(&mut self, dialled: Dialled) {
        match dialled {
            Ok((stream, token)) => {
                if token.is_some() {
                    self.handle(Input::Token(token));
                }
                self.line = Line::Open(stream);
                self.reader = FrameReader::default();
                self.handle(Input::Connected);
            }
            Err(Undialled::Token(reason)) => {
                tracing::debug!(reason, "no token to connect with");
                self.first.error = Some(ConnectError::NoToken { reason });
                self.handle(Input::Disconnected);
            }
            Err(Undialled::Socket(source)) => {
                tracing::debug!(address = self.address, error = %source, "no gateway reached");
                let address = self.address.clone();
                self.first.error = Some(ConnectError::Unreachable { address, source });
                self.handle(Input::Disconnected);
            }
        }
    }

    /// Reads once; the rest of the line's news comes with the next turn.
    fn ready(&mut self, ready: io::Result<()>) {
        let Line::Open(stream) = &self.line else { return };
        match ready.and_then(|()| stream.try_read(&mut self.input)) {
            Ok(0) => self.handle(Input::Disconnected),
            Ok(length) => self.read(length),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.handle(Input::Disconnected),
        }
    }

    fn read(&mut self, length: usize) {
        let now = self.clock.now();
        let (machine, out) = (&mut self.machine, &mut self.out);
        let fed = self.reader.feed(&self.input[..length], limits::FRAME_BYTES_MAX, |frame| {
            machine.handle(now, Input::Received(frame), out);
            Ok::<(), FrameError>(())
        });
        if let Err(error) = fed {
            tracing::debug!(%error, "the gateway sent something that isn't a frame");
            // Unless the machine has given the connection up by itself.
            if self.out.transport.is_none() {
                self.handle(Input::Disconnected);
            }
        }
    }

    /// Writes what the socket takes.
    fn write(&mut self) {
        let Line::Open(stream) = &self.line else { return };
        while !self.out.frames.is_empty() {
            match stream.try_write(&self.out.frames) {
                Ok(length) => drop(self.out.frames.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.handle(Input::Disconnected),
            }
        }
    }

    /// Sees to a connection that is over. True: the first one never came about, so this is the end.
    fn redial(&mut self) -> bool {
        match self.out.transport.take() {
            None => false,
            Some(Transport::Stop) => true,
            Some(Transport::Redial { at_ms, address }) => {
                // A gateway that has named another one is an attempt that goes on.
                let is_sent_on = address.is_some();
                self.line = Line::Waiting { at_ms, address };
                self.tell();
                !is_sent_on && self.first_failed()
            }
        }
    }
}

/// The new token, once it is there. May be dropped and called anew.
async fn next_token(renewing: &mut Option<Renewing>) -> Result<String, String> {
    match renewing {
        Some(coming) => coming.await,
        None => std::future::pending().await,
    }
}
