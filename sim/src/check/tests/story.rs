//! Stories: what one client asks and is told.

use std::sync::Arc;

use imq_sdk::{
    Answer, Change, Command, Entry, Event, Failure, Gap, Kind, Message, Mount, Page, PageAsked,
    QueueEvent, Roster, State, StateChange, SubscribeOptions, Subscribed, Ticket,
};

use super::QUEUE;
use crate::journal::{Journal, Moment, What};

/// A client and what it is told, a millisecond apart, and the time.
pub(super) struct Story(pub(super) Journal, pub(super) u64);

impl Story {
    /// A client that is subscribed from the mark on, and finds these users.
    pub(super) fn of(client: usize, mark: u64, users: &[&str]) -> Story {
        let user = format!("u{client}");
        let is_auditor = client < 2;
        let mut story = Story(Journal { client, user, is_auditor, ..Journal::default() }, 0);
        let options = SubscribeOptions::default();
        story.moment(What::Command(ticket(0), Command::Subscribe { queue: QUEUE.into(), options }));
        story.answer(0, Ok(Answer::Subscribed));
        story.subscribed(mark, users)
    }

    /// Is subscribed to all mounts, and finds these users.
    pub(super) fn subscribed(mut self, mark: u64, users: &[&str]) -> Story {
        self.queue(QueueEvent::Subscribed(Subscribed {
            epoch: 7,
            marks: ["chat", "scores", "members"].map(|name| (name.to_owned(), mark)).into(),
            recovered: false,
            gap: false,
            mounts: vec![
                Mount { name: "chat".into(), kind: Kind::Message, entries: Vec::new() },
                Mount { name: "scores".into(), kind: Kind::State, entries: Vec::new() },
            ],
            members: users.iter().map(|user| (*user).to_owned()).collect(),
            member_count: None,
        }));
        self
    }

    /// As if the newest start had been of another epoch.
    pub(super) fn of_epoch(mut self, another: u64) -> Story {
        if let Some(Moment {
            what: What::Event(Event::Queue { event: QueueEvent::Subscribed(start), .. }),
            ..
        }) = self.0.moments.last_mut()
        {
            start.epoch = another;
        }
        self
    }

    pub(super) fn moment(&mut self, what: What) {
        self.1 += 1_000;
        self.0.moments.push(Moment { at_us: self.1, what });
    }

    pub(super) fn answer(&mut self, number: u64, result: Result<Answer, Failure>) {
        self.moment(What::Event(Event::Answer { ticket: ticket(number), result }));
    }

    pub(super) fn queue(&mut self, event: QueueEvent) {
        self.moment(What::Event(Event::Queue { queue: Arc::from(QUEUE), event }));
    }

    pub(super) fn message(mut self, seq: u64, payload: &str) -> Story {
        self.queue(QueueEvent::Message(Message {
            mount: "chat".into(),
            seq,
            from: Some("u2".into()),
            payload: payload.into(),
            sent_at_ms: 0,
            history: false,
        }));
        self
    }

    pub(super) fn state(mut self, seq: u64, key: &str, value: &str) -> Story {
        let change = StateChange { key: key.into(), value: Some(value.into()), version: seq };
        self.queue(QueueEvent::State(State {
            mount: "scores".into(),
            seq,
            from: Some("u2".into()),
            changes: vec![change],
            conflated: false,
        }));
        self
    }

    pub(super) fn joined(mut self, seq: u64, user: &str) -> Story {
        let users = vec![user.to_owned()];
        self.queue(QueueEvent::Joined(Roster { seq, users, reason: String::new() }));
        self
    }

    /// Much comes from another queue.
    pub(super) fn flooded(mut self) -> Story {
        let (mount, payload) = ("chat".into(), vec![b'x'; 4_000]);
        let (seq, from, sent_at_ms, history) = (1, None, 0, false);
        let message = Message { mount, seq, from, payload, sent_at_ms, history };
        let (queue, event) = (Arc::from("/room/2"), QueueEvent::Message(message));
        self.moment(What::Event(Event::Queue { queue, event }));
        self
    }

    pub(super) fn gap(mut self, after_seq: u64, before_seq: u64) -> Story {
        self.queue(QueueEvent::Gap(Gap { mount: "chat".into(), after_seq, before_seq }));
        self
    }

    pub(super) fn seconds_later(mut self, seconds: u64) -> Story {
        self.1 += seconds * 1_000_000;
        self
    }

    pub(super) fn stalled(mut self) -> Story {
        self.moment(What::Stalled);
        self
    }

    /// A key that goes by itself.
    pub(super) fn deleted(self, seq: u64, key: &str) -> Story {
        self.gone(seq, key, None)
    }

    /// A key that goes with its writer, and in that one's name.
    pub(super) fn taken_along(self, seq: u64, key: &str) -> Story {
        self.gone(seq, key, Some("u2"))
    }

    fn gone(mut self, seq: u64, key: &str, from: Option<&str>) -> Story {
        let change = StateChange { key: key.into(), value: None, version: seq };
        self.queue(QueueEvent::State(State {
            mount: "scores".into(),
            seq,
            from: from.map(str::to_owned),
            changes: vec![change],
            conflated: false,
        }));
        self
    }

    pub(super) fn changed(mut self, number: u64, changes: Vec<Change>, seq: u64) -> Story {
        self = self.asks_to_change(number, changes);
        self.answer(number, Ok(Answer::Sent { seq }));
        self
    }

    /// The same, and has no answer yet.
    pub(super) fn asks_to_change(mut self, number: u64, changes: Vec<Change>) -> Story {
        let (queue, mount) = (QUEUE.to_owned(), "scores".to_owned());
        self.moment(What::Command(ticket(number), Command::SendState { queue, mount, changes }));
        self
    }

    pub(super) fn read(mut self, number: u64, items: Vec<Entry>) -> Story {
        let (queue, mount) = (QUEUE.to_owned(), "scores".to_owned());
        let (key_prefix, page) = (String::new(), PageAsked::default());
        let read = Command::GetState { queue, mount, key_prefix, page };
        self.moment(What::Command(ticket(number), read));
        self.answer(number, Ok(Answer::State(Page { items, next: None })));
        self
    }

    /// Asks for messages that are older than that number, and there are none.
    pub(super) fn finds_none_before(mut self, number: u64, before_seq: u64) -> Story {
        let (queue, mount) = (QUEUE.to_owned(), "chat".to_owned());
        let read = Command::GetHistory { queue, mount, before_seq, limit: 5 };
        self.moment(What::Command(ticket(number), read));
        self.answer(number, Ok(Answer::History(Page { items: Vec::new(), next: None })));
        self
    }

    /// Reads a page of the members, which goes on or not.
    pub(super) fn listed(mut self, number: u64, users: &[&str], next: Option<&str>) -> Story {
        let (queue, page) = (QUEUE.to_owned(), PageAsked::default());
        self.moment(What::Command(ticket(number), Command::ListMembers { queue, page }));
        let items = users.iter().map(|user| (*user).to_owned()).collect();
        let page = Page { items, next: next.map(str::to_owned) };
        self.answer(number, Ok(Answer::Members { page, count: None }));
        self
    }

    pub(super) fn sent(
        mut self,
        number: u64,
        payload: &str,
        result: Result<Answer, Failure>,
    ) -> Story {
        self = self.asked(number, payload);
        self.answer(number, result);
        self
    }

    /// Sends something, and has no answer yet.
    pub(super) fn asked(mut self, number: u64, payload: &str) -> Story {
        let (queue, mount) = (QUEUE.to_owned(), "chat".to_owned());
        let payload = payload.into();
        let send = Command::SendMessage { queue, mount, payload, exclude_self: false };
        self.moment(What::Command(ticket(number), send));
        self
    }
}

pub(super) fn ticket(number: u64) -> Ticket {
    Ticket(number)
}
