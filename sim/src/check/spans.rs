//! Journals cut into subscriptions, each from one `subscribed` to its end, and operations.

use std::collections::BTreeMap;

use imq_sdk::{
    Answer, Command, Event, Failure, Gap, Message, QueueEvent, Roster, State, SubscribeOptions,
    Subscribed, Ticket,
};

use crate::call::Call;
use crate::journal::{Journal, Observations, What};

/// All that clients saw, in an order that can be judged.
#[derive(Debug)]
pub(super) struct Lives<'a> {
    pub(super) seen: &'a Observations,
    pub(super) spans: Vec<Span<'a>>,
    pub(super) operations: Vec<Operation<'a>>,
}

/// One client's part in one queue, from one `subscribed` to the next or to its end.
#[derive(Debug)]
pub(super) struct Span<'a> {
    pub(super) journal: &'a Journal,
    pub(super) queue: &'a str,
    pub(super) start: &'a Subscribed,
    pub(super) start_us: u64,
    pub(super) options: SubscribeOptions,
    /// Several subscribes were on their way, and it can't be known whose options these are.
    pub(super) is_ambiguous: bool,
    /// How many old messages had been asked for, if this answers the application itself.
    pub(super) history: Option<u32>,
    pub(super) items: Vec<Item<'a>>,
    pub(super) end_us: u64,
    /// It still stood when all but the auditors left.
    pub(super) stands: bool,
}

/// Something that came in a span.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) at_us: u64,
    /// Its place in the journal.
    pub(super) place: usize,
    pub(super) what: Got<'a>,
}

/// What can come in a span.
#[derive(Debug)]
pub(super) enum Got<'a> {
    Message(&'a Message),
    State(&'a State),
    Joined(&'a Roster),
    Left(&'a Roster),
    Gap(&'a Gap),
}

/// Something a client asked for, and its answer.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    pub(super) journal: &'a Journal,
    pub(super) ticket: Ticket,
    pub(super) asked_us: u64,
    /// Its place in the journal.
    pub(super) place: usize,
    pub(super) command: &'a Command,
    pub(super) answer: Option<Answered<'a>>,
    /// The span that stood in its queue when it was asked and when it was answered, without an end
    /// in between: a place in the list of spans.
    pub(super) span: Option<usize>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answered<'a> {
    pub(super) at_us: u64,
    pub(super) place: usize,
    pub(super) result: &'a Result<Answer, Failure>,
    /// The client has lost its connection in between.
    pub(super) interrupted: bool,
}

impl Item<'_> {
    /// Its number in the queue, and whether it has its place in the order.
    pub(super) fn seq(&self) -> Option<u64> {
        match self.what {
            Got::Message(message) => (!message.history).then_some(message.seq),
            Got::State(state) => (!state.conflated).then_some(state.seq),
            Got::Joined(change) | Got::Left(change) => Some(change.seq),
            Got::Gap(_) => None,
        }
    }
}

impl<'a> Span<'a> {
    /// Whether the subscription wants this mount, or `members`.
    pub(super) fn wants(&self, mount: &str) -> bool {
        let mounts = &self.options.mounts;
        mounts.is_empty() || mounts.iter().any(|wanted| wanted == mount)
    }

    /// Whether it wants everything.
    pub(super) fn wants_all(&self) -> bool {
        self.options.mounts.is_empty() && self.options.key_prefix.is_empty()
    }

    /// The mark of a mount at the start.
    pub(super) fn mark(&self, mount: &str) -> u64 {
        self.start.marks.get(mount).copied().unwrap_or(0)
    }

    /// Who and what this is, for a sentence.
    pub(super) fn name(&self) -> String {
        format!("c{} in {}", self.journal.client, self.queue)
    }

    /// The messages that are not of the history.
    pub(super) fn messages(&self) -> impl Iterator<Item = &'a Message> {
        self.items.iter().filter_map(|item| match item.what {
            Got::Message(message) if !message.history => Some(message),
            Got::Message(_) | Got::State(_) | Got::Joined(_) | Got::Left(_) | Got::Gap(_) => None,
        })
    }

    /// Who joined and left, and when it was heard.
    pub(super) fn members(&self) -> impl Iterator<Item = (u64, &'a Roster)> {
        self.items.iter().filter_map(|item| match item.what {
            Got::Joined(change) | Got::Left(change) => Some((item.at_us, change)),
            Got::Message(_) | Got::State(_) | Got::Gap(_) => None,
        })
    }

    /// The changes of state, conflated ones as well.
    pub(super) fn states(&self) -> impl Iterator<Item = &'a State> {
        self.items.iter().filter_map(|item| match item.what {
            Got::State(state) => Some(state),
            Got::Message(_) | Got::Joined(_) | Got::Left(_) | Got::Gap(_) => None,
        })
    }

    /// Whether a gap of this mount was announced over this number.
    pub(super) fn has_gap(&self, mount: &str, seq: u64) -> bool {
        self.items.iter().any(|item| match item.what {
            Got::Gap(gap) => gap.mount == mount && gap.after_seq < seq && seq < gap.before_seq,
            Got::Message(_) | Got::State(_) | Got::Joined(_) | Got::Left(_) => false,
        })
    }
}

impl Operation<'_> {
    /// The queue it is about.
    pub(super) fn queue(&self) -> &str {
        match self.command {
            Command::Subscribe { queue, .. }
            | Command::Unsubscribe { queue }
            | Command::SendMessage { queue, .. }
            | Command::SendState { queue, .. }
            | Command::GetState { queue, .. }
            | Command::GetHistory { queue, .. }
            | Command::ListMembers { queue, .. } => queue,
            Command::Close => "",
        }
    }
}

impl Lives<'_> {
    /// What the web application was answered to a call on a shared queue: the event's number, and
    /// its epoch, if an auditor sat there all the time.
    pub(super) fn done(&self, call: &Call) -> Option<(u64, u64)> {
        let (_, result) = call.answers().find(|(_, result)| result.status == 0)?;
        let (queue, (from_us, to_us)) = (call.wish.home()?, call.window_us());
        if self.seen.lost(&queue, from_us, to_us) {
            // An auditor may not have heard yet that the queue began anew.
            return None;
        }
        let mut sat = self.spans.iter().filter(|span| {
            span.journal.is_auditor
                && span.queue == queue
                && span.start_us < from_us
                && span.end_us > to_us
        });
        sat.next().map(|span| (span.start.epoch, result.seq))
    }

    /// Whether the client was closed for good in that moment, by the application or a gateway.
    pub(super) fn is_closed(&self, journal: &Journal, place: usize) -> bool {
        let at_us = journal.moments[place].at_us;
        let mut then = journal.moments.iter().filter(|moment| moment.at_us == at_us);
        then.any(|moment| match &moment.what {
            What::Command(_, Command::Close) => true,
            What::Event(Event::Closed { may_retry, .. }) => !may_retry,
            What::Command(..) | What::Event(_) | What::Stalled => false,
        })
    }
}

/// Reads all journals.
pub(super) fn read(seen: &Observations) -> Lives<'_> {
    let mut lives = Lives { seen, spans: Vec::new(), operations: Vec::new() };
    for journal in &seen.journals {
        Reader { lives: &mut lives, journal, queues: BTreeMap::new(), open: BTreeMap::new() }
            .read();
    }
    lives
}

/// Reads one journal.
struct Reader<'l, 'a> {
    lives: &'l mut Lives<'a>,
    journal: &'a Journal,
    queues: BTreeMap<&'a str, InQueue>,
    /// Unanswered operations: places in the list.
    open: BTreeMap<Ticket, Asked>,
}

struct Asked {
    operation: usize,
    span: Option<usize>,
    interrupted: bool,
}

/// What is known of one queue while reading.
#[derive(Default)]
struct InQueue {
    span: Option<usize>,
    options: SubscribeOptions,
    /// All that was asked for since the last `subscribed`.
    asked: Vec<SubscribeOptions>,
    /// The application's subscribe was answered, `subscribed` is to come.
    fresh: Option<u32>,
    /// When the application asked for the newest subscribe that was answered: whoever has put the
    /// client there since may have done it behind that, and have heard of it first.
    asked_us: u64,
}

impl<'a> Reader<'_, 'a> {
    fn read(mut self) {
        for (place, moment) in self.journal.moments.iter().enumerate() {
            let at_us = moment.at_us;
            match &moment.what {
                What::Command(ticket, command) => self.asked(at_us, place, *ticket, command),
                What::Stalled => {}
                What::Event(Event::Connected { .. }) => {}
                What::Event(Event::Closed { .. }) => {
                    for queue in self.queues.values_mut() {
                        queue.fresh = None;
                    }
                    self.open.values_mut().for_each(|asked| asked.interrupted = true);
                    let open: Vec<&str> = self.queues.keys().copied().collect();
                    open.into_iter().for_each(|queue| self.end(at_us, queue));
                }
                What::Event(Event::Answer { ticket, result }) => {
                    self.answered(at_us, place, *ticket, result);
                }
                What::Event(Event::Queue { queue, event }) => {
                    self.event(at_us, place, queue, event)
                }
            }
        }
        let farewell_us = self.lives.seen.farewell_us;
        let open: Vec<&str> = self.queues.keys().copied().collect();
        open.into_iter().for_each(|queue| self.end(u64::MAX, queue));
        for span in &mut self.lives.spans {
            span.stands |= span.end_us >= farewell_us && span.start_us < farewell_us;
        }
    }

    fn end(&mut self, at_us: u64, queue: &str) {
        if let Some(span) = self.queues.get_mut(queue).and_then(|queue| queue.span.take()) {
            self.lives.spans[span].end_us = at_us;
            self.open.values_mut().filter(|asked| asked.span == Some(span)).for_each(|asked| {
                asked.span = None;
            });
        }
    }

    fn asked(&mut self, asked_us: u64, place: usize, ticket: Ticket, command: &'a Command) {
        let operation = self.lives.operations.len();
        let (journal, answer, span) = (self.journal, None, None);
        let asked = Operation { journal, ticket, asked_us, place, command, answer, span };
        let span = self.queues.get(asked.queue()).and_then(|queue| queue.span);
        self.lives.operations.push(asked);
        if let Command::Subscribe { queue, options } = command {
            self.queues.entry(queue).or_default().asked.push(options.clone());
        }
        self.open.insert(ticket, Asked { operation, span, interrupted: false });
    }

    fn answered(
        &mut self,
        at_us: u64,
        place: usize,
        ticket: Ticket,
        result: &'a Result<Answer, Failure>,
    ) {
        let Some(asked) = self.open.remove(&ticket) else { return };
        let operation = &mut self.lives.operations[asked.operation];
        operation.span = asked.span;
        let interrupted = asked.interrupted;
        operation.answer = Some(Answered { at_us, place, result, interrupted });
        match (operation.command, result) {
            (Command::Subscribe { queue, options }, Ok(Answer::Subscribed)) => {
                let entry = self.queues.entry(queue).or_default();
                entry.options = options.clone();
                entry.asked.retain(|asked| asked != options);
                entry.asked.push(options.clone());
                entry.fresh = Some(options.history);
                entry.asked_us = operation.asked_us;
            }
            (Command::Unsubscribe { queue }, Ok(_)) => self.end(at_us, queue),
            _ => {}
        }
    }

    fn event(&mut self, at_us: u64, place: usize, queue: &'a str, event: &'a QueueEvent) {
        let what = match event {
            QueueEvent::Subscribed(start) => return self.subscribed(at_us, queue, start),
            QueueEvent::Unsubscribed { .. } => {
                // What the application is told of a queue that it had left before says nothing.
                return self.end(at_us, queue);
            }
            QueueEvent::MountCreated(_) | QueueEvent::MountDeleted(_) => return,
            QueueEvent::Message(message) => Got::Message(message),
            QueueEvent::State(state) => Got::State(state),
            QueueEvent::Joined(change) => Got::Joined(change),
            QueueEvent::Left(change) => Got::Left(change),
            QueueEvent::Gap(gap) => Got::Gap(gap),
        };
        if let Some(span) = self.queues.get(queue).and_then(|queue| queue.span) {
            self.lives.spans[span].items.push(Item { at_us, place, what });
        }
    }

    fn subscribed(&mut self, at_us: u64, queue: &'a str, start: &'a Subscribed) {
        self.end(at_us, queue);
        let entry = self.queues.entry(queue).or_default();
        entry.span = Some(self.lives.spans.len());
        let asked = std::mem::take(&mut entry.asked);
        let mut is_ambiguous = asked.iter().any(|options| *options != entry.options);
        if is_ambiguous {
            // They may hold for what follows, too.
            entry.asked = asked;
        }
        // Who was put there has no options until it subscribes by itself.
        let seen = self.lives.seen;
        is_ambiguous |= entry.options != SubscribeOptions::default()
            && seen.put_in(&self.journal.user, queue, entry.asked_us, at_us);
        self.lives.spans.push(Span {
            journal: self.journal,
            queue,
            start,
            start_us: at_us,
            options: entry.options.clone(),
            is_ambiguous,
            history: entry.fresh.take(),
            items: Vec::new(),
            end_us: u64::MAX,
            stands: false,
        });
    }
}

/// Whether a session began at that moment.
pub(super) fn is_connected(moment: &crate::journal::Moment) -> bool {
    matches!(moment.what, What::Event(Event::Connected { .. }))
}
