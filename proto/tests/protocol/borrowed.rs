//! The hand-written codecs against the generated ones, with fields that no schema knows, and cut
//! off at every byte.

use std::fmt::Debug;

use proptest::prelude::*;
use prost::Message;
use proto::filter::Filter;
use proto::g2c::EventKind;
use proto::ids::Handle;
use proto::wire::{Fields, WireError};
use proto::{c2g, frame, g2c, g2q, q2g};

use crate::random::{Random, UNKNOWN_MIN, numbers};
use crate::schema::Schema;

/// Whatever prost reads, the borrowed codec reads the same, at each length; nothing makes it panic.
fn check<M: Message + Default, T: PartialEq + Debug>(
    numbers: &[u64],
    name: &str,
    wanted: impl Fn(M) -> Option<T>,
    read: impl Fn(&[u8]) -> Result<T, WireError>,
) {
    let schema = Schema::read();
    let mut random = Random::new(&schema, numbers);
    random.unknown_fields = true;
    let bytes = random.message(name);
    for end in 0..=bytes.len() {
        let bytes = &bytes[..end];
        let got = read(bytes);
        if let Ok(message) = M::decode(bytes) {
            assert_eq!(got.ok(), wanted(message), "{name} {bytes:02x?}");
        }
    }
}

type Head = (u32, Vec<u8>);

fn head(bytes: &[u8]) -> Result<Head, WireError> {
    c2g::Head::of(bytes).map(|head| (head.op_id, head.queue.to_vec()))
}

fn check_head<M: Message + Default>(numbers: &[u64], name: &str, wanted: fn(M) -> (u32, String)) {
    let wanted = |message| {
        let (op_id, queue) = wanted(message);
        Some((op_id, queue.into_bytes()))
    };
    check(numbers, name, wanted, head);
}

proptest! {
    #[test]
    fn heads_of_operations(numbers in numbers()) {
        check_head(&numbers, "c2g.Subscribe", |m: c2g::Subscribe| (m.op_id, m.queue));
        check_head(&numbers, "c2g.Unsubscribe", |m: c2g::Unsubscribe| (m.op_id, m.queue));
        check_head(&numbers, "c2g.SendMessage", |m: c2g::SendMessage| (m.op_id, m.queue));
        check_head(&numbers, "c2g.SendState", |m: c2g::SendState| (m.op_id, m.queue));
        check_head(&numbers, "c2g.GetState", |m: c2g::GetState| (m.op_id, m.queue));
        check_head(&numbers, "c2g.GetHistory", |m: c2g::GetHistory| (m.op_id, m.queue));
        check_head(&numbers, "c2g.ListMembers", |m: c2g::ListMembers| (m.op_id, m.queue));
        check_head(&numbers, "c2g.Call", |m: c2g::Call| (m.op_id, m.queue));
        check_head(&numbers, "c2g.Refresh", |m: c2g::Refresh| (m.op_id, String::new()));
    }

    #[test]
    fn sent_messages(numbers in numbers()) {
        check(
            &numbers,
            "c2g.SendMessage",
            |m: c2g::SendMessage| {
                let texts = [m.queue.into_bytes(), m.mount.into_bytes()];
                Some((m.op_id, texts, m.payload, m.exclude_self))
            },
            |bytes| {
                let m = c2g::SendMessageRef::of(bytes)?;
                let texts = [m.queue, m.mount].map(<[u8]>::to_vec);
                Ok((m.op_id, texts, m.payload.map(<[u8]>::to_vec), m.exclude_self))
            },
        );
    }

    #[test]
    fn operations(numbers in numbers()) {
        let schema = Schema::read();
        let mut random = Random::new(&schema, &numbers);
        random.unknown_fields = true;
        let bytes = random.message("g2q.Operation");
        for end in 0..=bytes.len() {
            let got = g2q::OperationRef::of(&bytes[..end]);
            let Ok(mut wanted) = g2q::Operation::decode(&bytes[..end]) else { continue };
            // The highest number is that of no session.
            wanted.session = wanted.session.min(u32::MAX - 1);
            assert_eq!(got.is_ok(), wanted.body.is_some());
            let Ok(operation) = got else { continue };
            let mut put = Vec::new();
            operation.put(&mut put);
            let (put, _) = frame::split(&put, put.len()).unwrap().unwrap();
            let body = g2q::g2q::Body::Operation(wanted);
            assert_eq!(g2q::G2q::decode(put).unwrap().body, Some(body));
        }
    }

    #[test]
    fn events(numbers in numbers()) {
        let wanted = |m: q2g::Event| Some((m.sub, m.seq, m.kind, m.body, m.exclude));
        let read = |bytes: &[u8]| {
            let m = q2g::EventRef::of(bytes)?;
            let mut put = Vec::new();
            m.put(&mut put);
            let (put, _) = frame::split(&put, put.len()).unwrap().unwrap();
            let event = q2g::Event {
                sub: m.sub, seq: m.seq, kind: m.kind, body: m.body.to_vec(),
                exclude: Handle::number_or_nobody(m.exclude),
            };
            let envelope = q2g::Q2g { body: Some(q2g::q2g::Body::Event(event.clone())) };
            assert_eq!(put, envelope.encode_to_vec());
            Ok((m.sub, m.seq, m.kind, m.body.to_vec(), event.exclude))
        };
        check(&numbers, "q2g.Event", wanted, read);
    }

    #[test]
    fn answers(numbers in numbers()) {
        let wanted = |m: q2g::Answer| {
            let session = Handle::named(m.session);
            Some((session, m.result, m.ask.into_bytes()))
        };
        let read = |bytes: &[u8]| {
            let m = q2g::AnswerRef::of(bytes)?;
            let mut put = Vec::new();
            m.put(&mut put);
            let (put, _) = frame::split(&put, put.len()).unwrap().unwrap();
            let (session, result) = (m.session.number(), m.result.to_vec());
            let ask = String::from_utf8(m.ask.to_vec()).unwrap_or_default();
            let answer = q2g::Answer { session, result, ask };
            let envelope = q2g::Q2g { body: Some(q2g::q2g::Body::Answer(answer)) };
            assert_eq!(put, envelope.encode_to_vec());
            Ok((m.session, m.result.to_vec(), m.ask.to_vec()))
        };
        check(&numbers, "q2g.Answer", wanted, read);
    }

    #[test]
    fn heads_of_results(numbers in numbers(), session in 0..u32::MAX) {
        let wanted = |m: g2c::Result| Some((m.op_id, m.status, m.seq));
        let read = |bytes: &[u8]| {
            let head = g2c::ResultHead::of(bytes)?;
            let result = g2c::Result {
                op_id: head.op_id, status: head.status, seq: head.seq, ..g2c::Result::default()
            };
            let mut put = Vec::new();
            head.put(&mut put);
            assert_eq!(put, result.encode_to_vec());
            assert_eq!(put.len(), head.len());
            let answer = q2g::Answer { session, result: put, ..q2g::Answer::default() };
            let envelope = q2g::Q2g { body: Some(q2g::q2g::Body::Answer(answer)) };
            let mut put = Vec::new();
            q2g::AnswerRef::put_head(&mut put, Handle::named(session), head);
            let (put, _) = frame::split(&put, put.len()).unwrap().unwrap();
            assert_eq!(put, envelope.encode_to_vec());
            Ok((head.op_id, head.status, head.seq))
        };
        check(&numbers, "g2c.Result", wanted, read);
    }

    #[test]
    fn heads_of_events(numbers in numbers()) {
        let read = |bytes: &[u8]| {
            g2c::EventHead::of(bytes).map(|head| (head.mount.to_vec(), head.seq))
        };
        check(&numbers, "g2c.Message", |m: g2c::Message| Some((m.mount.into(), m.seq)), read);
        check(&numbers, "g2c.State", |m: g2c::State| Some((m.mount.into(), m.seq)), read);
        check(&numbers, "g2c.Joined", |m: g2c::Joined| Some((vec![], m.seq)), read);
        let mount_event = |m: g2c::MountDeleted| Some((m.mount.into(), m.seq));
        check(&numbers, "g2c.MountDeleted", mount_event, read);
    }

    #[test]
    fn events_for_clients(numbers in numbers(), sub: u32, history: bool) {
        let schema = Schema::read();
        let mut random = Random::new(&schema, &numbers);
        let mut message = g2c::Message::decode(random.message("g2c.Message").as_slice()).unwrap();
        (message.sub, message.history) = (0, false);
        let borrowed = g2c::MessageRef {
            mount: message.mount.as_bytes(),
            seq: message.seq,
            from: message.from.as_bytes(),
            payload: &message.payload,
            sent_at_ms: message.sent_at_ms,
        };
        let mut body = Vec::new();
        borrowed.put_body(&mut body);
        assert_eq!(body, message.encode_to_vec());
        assert_eq!(body.len(), borrowed.body_len());

        random.unknown_fields = true;
        body.extend(random.message("c2g.Open"));
        let mut put = Vec::new();
        g2c::put_event(&mut put, EventKind::Message.number(), sub, &body, history);
        let (put, _) = frame::split(&put, put.len()).unwrap().unwrap();
        let wanted = g2c::g2c::Body::Message(g2c::Message { sub, history, ..message });
        assert_eq!(g2c::G2c::decode(put).unwrap().body, Some(wanted));
    }

    #[test]
    fn filtered_states(numbers in numbers()) {
        let schema = Schema::read();
        let mut random = Random::new(&schema, &numbers);
        random.unknown_fields = true;
        let body = random.message("g2c.State");
        let mut state = g2c::State::decode(body.as_slice()).unwrap();
        let all = state.changes.len();
        state.changes.retain(|change| change.key.starts_with('a'));
        let filter = Filter::new(&[], "a").unwrap().unwrap();
        let got = filter.event(EventKind::State, &body);
        assert_eq!(got.is_some(), !state.changes.is_empty());
        if let Some(got) = got {
            assert_eq!(g2c::State::decode(&*got).unwrap(), state);
            assert_eq!(unknown_fields(&got), unknown_fields(&body));
            assert_eq!(*got == body, state.changes.len() == all);
        }
        for end in 0..body.len() {
            filter.event(EventKind::State, &body[..end]);
        }
    }
}

fn unknown_fields(message: &[u8]) -> usize {
    let mut fields = Fields::of(message);
    let numbers = std::iter::from_fn(|| fields.field().unwrap().map(|(number, _)| number));
    numbers.filter(|number| u64::from(*number) >= UNKNOWN_MIN).count()
}

#[test]
fn filters_know_their_mounts() {
    let body = |mount: &str| {
        g2c::Message { mount: mount.to_owned(), ..g2c::Message::default() }.encode_to_vec()
    };
    let filter = |mounts: &[&str]| {
        let mounts: Vec<String> = mounts.iter().map(|&mount| mount.to_owned()).collect();
        Filter::new(&mounts, "")
    };
    assert_eq!(filter(&[]), Ok(None));
    assert!(filter(&["no mount"]).is_err());
    let chat = filter(&["chat", "chat"]).unwrap().unwrap();
    assert_eq!(chat.mounts(), ["chat"]);
    assert!(chat.event(EventKind::Message, &body("chat")).is_some());
    assert!(chat.event(EventKind::MountDeleted, &body("chat")).is_some());
    assert!(chat.event(EventKind::Message, &body("other")).is_none());
    assert!(chat.event(EventKind::Joined, &body("")).is_none());
    let members = filter(&["members"]).unwrap().unwrap();
    assert!(members.event(EventKind::Left, &body("")).is_some());
    assert!(members.event(EventKind::State, &body("chat")).is_none());
}
