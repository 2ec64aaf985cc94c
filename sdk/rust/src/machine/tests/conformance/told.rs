//! What the application is told, as a script says it.

use proto::g2c::{self, G2c, g2c::Body, state_change::Now};
use serde_json::{Value, json};

use crate::{Answer, Entry, Event, Failure, Message, QueueEvent, Roster, State, Subscribed};

pub(super) fn told(event: &Event) -> Value {
    match event {
        Event::Connected { user, resumed, .. } => {
            json!({ "connected": { "user": user, "resumed": resumed } })
        }
        Event::Closed { code, may_retry, .. } => {
            json!({ "closed": { "code": code.unwrap_or(0), "may_retry": may_retry } })
        }
        Event::Answer { ticket, result: Ok(answer) } => {
            json!({ "answer": ticket.0, "ok": answered(answer.clone()) })
        }
        Event::Answer { ticket, result: Err(failure) } => {
            let mut event = json!({ "answer": ticket.0, "failure": failed(failure) });
            if let Failure::Refused { status, may_retry, .. } = failure {
                event["status"] = status.row().name.into();
                event["may_retry"] = (*may_retry).into();
            }
            event
        }
        Event::Queue { queue, event: QueueEvent::Unsubscribed { reason, retrying } } => {
            let unsubscribed = json!({ "reason": reason, "retrying": retrying });
            json!({ "queue": **queue, "unsubscribed": unsubscribed })
        }
        Event::Queue { queue, event } => {
            let mut told = text(happened(event.clone()));
            for body in told.as_object_mut().unwrap().values_mut() {
                body.as_object_mut().unwrap().remove("queue");
            }
            told["queue"] = (**queue).into();
            told
        }
    }
}

fn failed(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused { .. } => "refused",
        Failure::OutcomeUnknown => "outcome_unknown",
        Failure::NotSent => "not_sent",
        Failure::Full => "full",
        Failure::TooLarge { .. } => "too_large",
        Failure::Name(_) => "name",
        Failure::Closed => "closed",
    }
}

fn answered(answer: Answer) -> Value {
    let mut result = g2c::Result::default();
    match answer {
        Answer::Subscribed | Answer::Done => {}
        Answer::Sent { seq } => result.seq = seq,
        Answer::State(page) => {
            result.entries = page.items.into_iter().map(entry).collect();
            result.next = page.next.unwrap_or_default();
        }
        Answer::History(page) => {
            result.messages = page.items.into_iter().map(message).collect();
            result.next = page.next.unwrap_or_default();
        }
        Answer::Members { page, count } => {
            result.members = page.items;
            result.next = page.next.unwrap_or_default();
            result.member_count = count;
        }
    }
    text(Body::Result(result))["result"].take()
}

fn happened(event: QueueEvent) -> Body {
    let sub = 0;
    match event {
        QueueEvent::Subscribed(word) => Body::Subscribed(subscribed(word)),
        QueueEvent::Message(word) => Body::Message(message(word)),
        QueueEvent::State(word) => Body::State(state(word)),
        QueueEvent::Joined(Roster { seq, users, reason }) => {
            Body::Joined(g2c::Joined { sub, seq, users, reason })
        }
        QueueEvent::Left(Roster { seq, users, reason }) => {
            Body::Left(g2c::Left { sub, seq, users, reason })
        }
        QueueEvent::MountCreated(word) => {
            let (seq, mount, kind) = (word.seq, word.mount, word.kind.into());
            Body::MountCreated(g2c::MountCreated { sub, mount, seq, kind })
        }
        QueueEvent::MountDeleted(word) => {
            let (seq, mount, kind) = (word.seq, word.mount, word.kind.into());
            Body::MountDeleted(g2c::MountDeleted { sub, mount, seq, kind })
        }
        QueueEvent::Gap(word) => {
            let (mount, after_seq, before_seq) = (word.mount, word.after_seq, word.before_seq);
            Body::Gap(g2c::Gap { sub, mount, after_seq, before_seq })
        }
        QueueEvent::Unsubscribed { .. } => panic!("this has a form of its own"),
    }
}

fn subscribed(word: Subscribed) -> g2c::Subscribed {
    let Subscribed { epoch, marks, recovered, gap, mounts, members, member_count } = word;
    let mounts = mounts.into_iter().map(|mount| {
        let entries = mount.entries.into_iter().map(entry).collect();
        g2c::Mount { name: mount.name, kind: mount.kind.into(), entries }
    });
    let (sub, queue, mounts) = (0, String::new(), mounts.collect());
    g2c::Subscribed { sub, queue, epoch, marks, mounts, members, member_count, recovered, gap }
}

fn entry(Entry { key, value, version }: Entry) -> g2c::Entry {
    g2c::Entry { key, value, version }
}

fn message(message: Message) -> g2c::Message {
    let Message { mount, seq, from, payload, sent_at_ms, history } = message;
    let (sub, from) = (0, from.unwrap_or_default());
    g2c::Message { sub, mount, seq, from, payload, sent_at_ms, history }
}

fn state(State { mount, seq, from, changes, conflated }: State) -> g2c::State {
    let changes = changes.into_iter().map(|change| {
        let now = Some(change.value.map_or(Now::Deleted(true), Now::Value));
        g2c::StateChange { key: change.key, now, version: change.version }
    });
    let (sub, from, changes) = (0, from.unwrap_or_default(), changes.collect());
    g2c::State { sub, mount, seq, from, changes, conflated }
}

fn text(body: Body) -> Value {
    let mut text = Vec::new();
    let envelope = prost::Message::encode_to_vec(&G2c { body: Some(body) });
    proto::json::put_g2c(&mut text, &envelope).unwrap();
    serde_json::from_slice(&text).unwrap()
}
