//! Large events on their way to sockets.

use proto::g2c::{self, BodyKind};
use proto::q2g;

use super::*;

const LARGE_BYTES: usize = 30_000;

impl Rig {
    /// A client with a subscription to the only queue.
    fn subscriber(&mut self) -> TcpStream {
        let mut socket = self.session();
        // Operations go to a home that was heard.
        self.node_says(Q::Probed(q2g::Probed { nonce: self.now.ms * 1_000, except: Vec::new() }));
        socket.write_all(&text(r#"{"subscribe":{"op_id":1,"queue":"/room"}}"#)).unwrap();
        self.until("a subscribe", |rig| contains(rig.out.links.unwritten(LinkId(0)), b"/room"));
        let result = g2c::Result { op_id: 1, ..g2c::Result::default() }.encode_to_vec();
        self.node_says(Q::Answer(q2g::Answer { session: 0, result, ask: String::new() }));
        let queue = g2c::Subscribed { queue: "/room".to_owned(), epoch: 5, ..Default::default() };
        let body = queue.encode_to_vec();
        let (sub, epoch) = (1, 5);
        self.node_says(Q::Subscribed(q2g::Subscribed { sub, epoch, body, ..Default::default() }));
        self.said(&mut socket, "subscribed", |said| contains(said, b"\"subscribed\""));
        drop(self.out.links.take(LinkId(0)));
        socket
    }

    fn event(&mut self, seq: u64, length: usize) {
        let payload = format!("\"{}\"", "a".repeat(length)).into_bytes();
        let message = g2c::Message { mount: "chat".to_owned(), seq, payload, ..Default::default() };
        let (kind, body) = (BodyKind::Message as u32, message.encode_to_vec());
        self.node_says(Q::Event(q2g::Event { sub: 1, seq, kind, body, exclude: 0 }));
    }
}

/// The numbers of the events in what a client got.
fn numbers(said: &[u8]) -> Vec<u64> {
    let said = String::from_utf8_lossy(said);
    let rests = said.split("\"seq\":").skip(1);
    rests.filter_map(|rest| rest[..rest.find(',')?].parse().ok()).collect()
}

#[test]
fn large_events_arrive_whole_and_in_their_place() {
    let mut rig = Rig::new();
    let mut socket = rig.subscriber();
    // More than its socket takes: nobody reads meanwhile.
    let mut last = 0;
    while rig.unsent() <= LARGE_BYTES {
        last += 1;
        assert!(last < 1_000, "its socket takes all");
        rig.event(last, if last % 2 == 0 { LARGE_BYTES } else { 10 });
        rig.turn();
    }
    assert!(
        !rig.out.clients.wants_drained(ConnId::at(0)),
        "it is slow, and gets the rest another way"
    );
    rig.event(last + 1, 10);
    let end = format!("\"seq\":{},\"payload\":\"{}\"", last + 1, "a".repeat(10));
    let said = rig.said(&mut socket, "the last", |said| contains(said, end.as_bytes()));
    assert_eq!(numbers(&said), (1..=last + 1).collect::<Vec<_>>());
    let (larges, smalls) = ((last / 2) as usize, (last + 1 - last / 2) as usize);
    let payloads = said.iter().filter(|byte| **byte == b'a').count();
    assert!(payloads >= larges * LARGE_BYTES + smalls * 10, "{payloads}");
    assert_eq!(rig.unsent(), 0);
}

#[test]
fn who_is_owed_large_events_waits_when_a_turn_has_written_to_its_share() {
    let mut rig = Rig::new();
    let mut socket = rig.subscriber();
    rig.clients.large_per_turn = 0;
    rig.event(1, LARGE_BYTES);
    rig.event(2, 10);
    for _ in 0..3 {
        rig.turn();
        assert!(rig.clients.is_busy() && rig.unsent() > LARGE_BYTES);
        assert_eq!(rig.clients.large, [ConnId::at(0)], "once, however long it waits");
    }
    rig.clients.large_per_turn = 1;
    let said = rig.said(&mut socket, "both", |said| numbers(said).len() == 2);
    assert_eq!(numbers(&said), [1, 2]);
    assert!(!rig.clients.is_busy() && rig.unsent() == 0);
}
