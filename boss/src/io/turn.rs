//! The loop: read what is ready, take the mail, decide, write each link once.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use link::io::{Event, Peers, Sink, Wires, clock};
use member::io::Board;
use member::io::board::tls_files;
use member::machine::Sample;
use mio::{Events, Poll};
use proto::text::Foreign;
use proto::time::Time;
use tokio::sync::oneshot;

use super::mail::Mail;
use super::store::Keeper;
use crate::machine::{Answer, Boss, Effect, Input, Outbox};

/// Ready sockets taken per turn.
const READY_MAX: usize = 1024;
/// What others read of the metrics is at most this old.
const PUBLISH_MS: u64 = 1_000;

/// All that the boss's thread owns.
pub(super) struct Loop {
    reception: Reception,
    poll: Poll,
    wires: Wires,
    mailbox: Receiver<Mail>,
    board: Board,
    publish_at: u64,
    published_ready: bool,
}

/// The machine, and where what it lets out goes.
struct Reception {
    boss: Boss,
    out: Outbox,
    keeper: Keeper,
    questions: BTreeMap<u64, oneshot::Sender<Answer>>,
    newest: u64,
    store_ended: bool,
    peers: Peers,
    /// How many of the cluster's events the log has.
    logged: u64,
}

impl Loop {
    pub(super) fn new(
        boss: Boss,
        out: Outbox,
        poll: Poll,
        wires: Wires,
        mailbox: Receiver<Mail>,
        keeper: Keeper,
        board: Board,
    ) -> Loop {
        let reception = Reception {
            // Those before were logged by the process that saw them.
            logged: boss.events_found(),
            boss,
            out,
            keeper,
            questions: BTreeMap::new(),
            newest: 0,
            store_ended: false,
            peers: Peers::default(),
        };
        Loop { reception, poll, wires, mailbox, board, publish_at: 0, published_ready: false }
    }

    /// Turns until the mail says stop, or the operating system fails.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(READY_MAX);
        loop {
            match self.turn(&mut events) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!("the boss's loop has ended: {error}");
                    break;
                }
            }
        }
        self.reception.keeper.stop_with(&self.mailbox);
    }

    fn turn(&mut self, events: &mut Events) -> std::io::Result<bool> {
        let now = clock::now();
        let machine = self.reception.boss.wake_at(now);
        let wake_at = [machine, self.wires.wake_at(), Some(self.publish_at)].into_iter().flatten();
        match self.poll.poll(events, clock::until(now, wake_at.min())) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let now = clock::now();
        for event in events.iter() {
            if self.wires.owns(event.token()) {
                self.wires.ready(now, event, &mut self.reception);
            }
        }
        let mut goes_on = true;
        while let Ok(mail) = self.mailbox.try_recv() {
            goes_on &= self.reception.mail(now, mail);
        }
        self.reception.handle(now, Input::Wake);
        self.wires.wake(now, &mut self.reception);
        self.wires.flush(now, &mut self.reception);
        self.reception.log();
        let is_ready = self.reception.boss.is_ready();
        if now.ms >= self.publish_at || is_ready != self.published_ready {
            self.publish_at = clock::next(now, PUBLISH_MS);
            self.published_ready = is_ready;
            let unusable = self.wires.has_unusable_files(now);
            let tls = unusable.map(|unusable| tls_files("links", unusable));
            self.reception.publish(&self.board, tls);
            self.board.turns("boss", now);
        }
        Ok(goes_on)
    }
}

impl Reception {
    fn handle(&mut self, now: Time, input: Input<'_>) {
        self.boss.handle(now, input, &mut self.out);
        for effect in std::mem::take(&mut self.out.effects) {
            match effect {
                Effect::Store(bytes) => self.store_ended |= !self.keeper.store(bytes),
                Effect::Answer { question, answer } => {
                    if let Some(reply) = self.questions.remove(&question) {
                        // Who asked may have gone.
                        reply.send(answer).ok();
                    }
                }
            }
        }
        if std::mem::take(&mut self.store_ended) {
            let reason = "the store's thread has ended: restart the boss".to_owned();
            self.boss.handle(now, Input::StoreFailed { reason }, &mut self.out);
        }
    }

    /// Logs what has happened to the cluster since the last time.
    fn log(&mut self) {
        for event in self.boss.events_after(self.logged) {
            let (kind, node) = (event.kind.name(), event.node.as_deref().unwrap_or_default());
            let text = &event.text;
            match event.kind.is_alarming() {
                true => tracing::warn!(event = kind, node, "{text}"),
                false => tracing::info!(event = kind, node, "{text}"),
            }
        }
        self.logged = self.boss.events_count();
    }

    /// Does what a letter asks; false: it says stop.
    fn mail(&mut self, now: Time, mail: Mail) -> bool {
        match mail {
            Mail::Look(look) => look(&self.boss, now),
            Mail::Inspect(queue, reply) => {
                let question = self.question(reply);
                self.handle(now, Input::Inspect { question, queue: &queue });
            }
            Mail::Call(call, reply) => {
                let question = self.question(reply);
                self.handle(now, Input::Call { question, call });
            }
            Mail::Configure(config, over, reply) => {
                let question = self.question(reply);
                self.handle(now, Input::Configure { question, config, over });
            }
            Mail::Adopt(adopt, reply) => {
                let question = self.question(reply);
                self.handle(now, Input::Adopt { question, adopt });
            }
            Mail::Stored => self.handle(now, Input::Stored),
            Mail::StoreFailed(reason) => {
                tracing::error!("{reason}");
                self.handle(now, Input::StoreFailed { reason });
            }
            Mail::Stop => return false,
        }
        true
    }

    fn question(&mut self, reply: oneshot::Sender<Answer>) -> u64 {
        self.newest += 1;
        self.questions.insert(self.newest, reply);
        self.newest
    }

    fn publish(&self, board: &Board, tls: Option<Sample>) {
        let unready = (!self.boss.is_ready()).then(|| self.boss.status().message);
        board.set_unready("boss", unready);
        let mut samples = self.boss.samples();
        samples.extend(tls);
        board.publish("boss", samples);
    }
}

impl Sink for Reception {
    fn outbox(&mut self) -> &mut link::machine::Outbox {
        &mut self.out.links
    }

    fn event(&mut self, now: Time, event: Event<'_>) {
        match event {
            Event::Up { link, peer, .. } => {
                let name = self.peers.up(link, &peer, None);
                tracing::info!("the link with {name} is up");
                self.handle(now, Input::LinkUp { link, peer });
            }
            Event::Frame { link, frame } => self.handle(now, Input::Frame { link, frame }),
            Event::Down { link, reason, silent_ms } => {
                let reason = Foreign::new(reason);
                tracing::info!("the link with {} has ended: {reason}", self.peers.down(link));
                self.handle(now, Input::LinkDown { link, silent_ms });
            }
            // A boss dials nobody.
            Event::Unreachable { name, reason, .. } => {
                tracing::warn!("{name:?} can't be reached: {}", Foreign::new(reason));
            }
        }
    }
}
