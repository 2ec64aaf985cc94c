//! The client on tokio against a gateway made of a listener and hand-written answers.

mod sleep;

use crate::{
    Change, Client, ConnectError, Connection, Failure, Options, PageAsked, QueueEvent, Status,
    SubscribeOptions,
};
use prost::Message as _;
use proto::c2g::{C2g, c2g::Body as Said};
use proto::codes::Close;
use proto::g2c::{self, G2c, g2c::Body};
use proto::wire;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A gateway with one connection at a time.
struct Gateway(TcpListener);

impl Gateway {
    async fn start() -> Gateway {
        Gateway(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn options(&self) -> Options {
        let addresses = vec![self.0.local_addr().unwrap().to_string()];
        Options { addresses, user: "alice".to_owned(), seed: Some(1), ..Options::default() }
    }

    /// The next connection and its `connect`.
    async fn accept(&self) -> (Peer, proto::c2g::Connect) {
        let (stream, _) = self.0.accept().await.unwrap();
        let mut peer = Peer { stream, read: Vec::new() };
        let Some(Said::Connect(connect)) = peer.hear().await else { panic!("connect comes first") };
        (peer, connect)
    }

    /// The next connection, welcomed.
    async fn welcome(&self, session_id: &str) -> Peer {
        let (mut peer, connect) = self.accept().await;
        let (session_id, user) = (session_id.to_owned(), connect.user);
        peer.say(Body::Welcome(g2c::Welcome { session_id, user, ..g2c::Welcome::default() })).await;
        peer
    }
}

/// The gateway's end of a connection.
struct Peer {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    /// The next frame; none at the end.
    async fn hear(&mut self) -> Option<Said> {
        loop {
            if let Some((frame, length)) = proto::frame::split(&self.read, 1 << 20).unwrap() {
                let said = C2g::decode(frame).unwrap().body;
                self.read.drain(..length);
                return said;
            }
            if self.stream.read_buf(&mut self.read).await.unwrap() == 0 {
                return None;
            }
        }
    }

    async fn say(&mut self, body: Body) {
        let mut bytes = Vec::new();
        wire::put_message(&mut bytes, &G2c { body: Some(body) });
        self.stream.write_all(&bytes).await.unwrap();
    }

    async fn ok(&mut self, op_id: u32, seq: u64) {
        self.say(Body::Result(g2c::Result { op_id, seq, ..g2c::Result::default() })).await;
    }

    /// Hears a `subscribe` and grants it.
    async fn subscribe(&mut self, seq: u64) -> proto::c2g::Subscribe {
        let Some(Said::Subscribe(subscribe)) = self.hear().await else { panic!("no subscribe") };
        self.ok(subscribe.op_id, 0).await;
        self.say(Body::Subscribed(g2c::Subscribed {
            sub: 1,
            queue: subscribe.queue.clone(),
            epoch: 9,
            marks: [("chat".to_owned(), seq)].into(),
            recovered: subscribe.since.is_some(),
            ..g2c::Subscribed::default()
        }))
        .await;
        subscribe
    }

    async fn message(&mut self, seq: u64) {
        let (mount, payload) = ("chat".to_owned(), seq.to_string().into());
        let message = g2c::Message { sub: 1, mount, seq, payload, ..g2c::Message::default() };
        self.say(Body::Message(message)).await;
    }
}

async fn seqs(subscription: &mut crate::Subscription, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        let Some(QueueEvent::Message(message)) = subscription.recv().await else {
            panic!("no message after {seqs:?}")
        };
        seqs.push(message.seq);
    }
    seqs
}

#[tokio::test]
async fn sends_subscribes_and_reads() {
    let gateway = Gateway::start().await;
    let server = async {
        let mut peer = gateway.welcome("s1").await;
        peer.subscribe(4).await;
        let Some(Said::SendMessage(send)) = peer.hear().await else { panic!() };
        assert_eq!((send.op_id, send.payload.as_deref()), (2, Some(&b"hi"[..])));
        peer.ok(2, 5).await;
        peer.message(5).await;
        let Some(Said::SendState(send)) = peer.hear().await else { panic!() };
        peer.ok(send.op_id, 6).await;
        let Some(Said::GetState(get)) = peer.hear().await else { panic!() };
        let entries = vec![g2c::Entry { key: "x".to_owned(), value: b"1".to_vec(), version: 6 }];
        let (op_id, next) = (get.op_id, "x".to_owned());
        let result = g2c::Result { op_id, entries, next, ..g2c::Result::default() };
        peer.say(Body::Result(result)).await;
        let Some(Said::GetHistory(get)) = peer.hear().await else { panic!() };
        let sentence = "no mount of this name";
        let refusal = g2c::Result::refusal(get.op_id, Status::NotFound, sentence);
        peer.say(Body::Result(refusal)).await;
        let Some(Said::ListMembers(list)) = peer.hear().await else { panic!() };
        let (op_id, members) = (list.op_id, vec!["alice".to_owned()]);
        let result = g2c::Result { op_id, members, ..g2c::Result::default() };
        peer.say(Body::Result(result)).await;
        assert!(matches!(peer.hear().await, Some(Said::Bye(_))));
        assert!(peer.hear().await.is_none());
    };
    let application = async {
        let client = Client::connect(gateway.options()).await.unwrap();
        let mut room = client.subscribe("/a", SubscribeOptions::default()).await.unwrap();
        assert_eq!(client.send_message("/a", "chat", "hi").await, Ok(5));
        assert!(matches!(room.recv().await, Some(QueueEvent::Subscribed(_))));
        assert_eq!(seqs(&mut room, 1).await, [5]);
        assert_eq!(client.send_state("/a", "scores", vec![Change::set("x", "1")]).await, Ok(6));
        let page = client.get_state("/a", "scores", "", PageAsked::default()).await.unwrap();
        assert_eq!((page.items[0].version, page.next.as_deref()), (6, Some("x")));
        let refused = client.get_history("/a", "nope", 0, 0).await.unwrap_err();
        assert_eq!(refused.to_string(), "not_found: no mount of this name");
        let (members, count) = client.list_members("/a", PageAsked::default()).await.unwrap();
        assert_eq!((members.items, count), (vec!["alice".to_owned()], None));
        client.close().await;
        assert!(room.recv().await.is_none());
    };
    tokio::join!(server, application);
}

#[tokio::test]
async fn comes_back_where_it_was() {
    let gateway = Gateway::start().await;
    let server = async {
        let mut peer = gateway.welcome("s1").await;
        peer.subscribe(4).await;
        peer.message(5).await;
        drop(peer);
        let mut peer = gateway.welcome("s2").await;
        let since = peer.subscribe(5).await.since.unwrap();
        assert_eq!((since.epoch, since.marks["chat"]), (9, 5));
        peer.message(6).await;
        peer.hear().await
    };
    let application = async {
        let client = Client::connect(gateway.options()).await.unwrap();
        let mut room = client.subscribe("/a", SubscribeOptions::default()).await.unwrap();
        assert!(matches!(room.recv().await, Some(QueueEvent::Subscribed(_))));
        assert_eq!(seqs(&mut room, 1).await, [5]);
        let Some(QueueEvent::Subscribed(again)) = room.recv().await else { panic!() };
        assert!(again.recovered);
        assert_eq!(seqs(&mut room, 1).await, [6]);
        client.close().await;
    };
    let (last, ()) = tokio::join!(server, application);
    assert!(matches!(last, Some(Said::Bye(_))));
}

#[tokio::test]
async fn stays_away_when_told_so() {
    let gateway = Gateway::start().await;
    let server = async {
        let mut peer = gateway.welcome("s1").await;
        assert!(matches!(peer.hear().await, Some(Said::SendMessage(_))));
        let code = u32::from(Close::Replaced.number());
        peer.say(Body::Closing(g2c::Closing { code, ..g2c::Closing::default() })).await;
        assert!(peer.hear().await.is_none());
    };
    let application = async {
        let client = Client::connect(gateway.options()).await.unwrap();
        let mut connection = client.connection();
        assert!(matches!(*connection.borrow_and_update(), Connection::Up { .. }));
        let outcome = client.send_message("/a", "chat", "hi").await;
        assert_eq!(outcome, Err(Failure::OutcomeUnknown));
        let closed = |now: &Connection| matches!(now, Connection::Closed { code: 3500, .. });
        connection.wait_for(closed).await.unwrap();
        assert_eq!(client.send_message("/a", "chat", "hi").await, Err(Failure::Closed));
    };
    tokio::join!(server, application);
}

#[tokio::test]
async fn says_why_it_can_not_connect() {
    let options = Options { addresses: Vec::new(), ..Options::default() };
    assert!(matches!(Client::connect(options).await, Err(ConnectError::NoAddress)));

    let gateway = Gateway::start().await;
    let options = gateway.options();
    let server = async {
        let (mut peer, _) = gateway.accept().await;
        let (code, reason) = (u32::from(Close::BadToken.number()), "expired".to_owned());
        peer.say(Body::Closing(g2c::Closing { code, reason, ..g2c::Closing::default() })).await;
    };
    let (refused, ()) = tokio::join!(Client::connect(options.clone()), server);
    assert!(matches!(refused, Err(ConnectError::Refused { code: 3501, .. })));

    let server = async { drop(gateway.accept().await) };
    let (lost, ()) = tokio::join!(Client::connect(options.clone()), server);
    assert!(matches!(lost, Err(ConnectError::Lost { .. })));

    // Nobody listens on the first port.
    let options = Options { addresses: vec!["127.0.0.1:1".to_owned()], ..options };
    let unreachable = Client::connect(options).await;
    assert!(matches!(unreachable, Err(ConnectError::Unreachable { .. })));
}

#[tokio::test]
async fn an_application_that_does_not_listen_loses_the_subscription_alone() {
    let gateway = Gateway::start().await;
    let server = async {
        let mut peer = gateway.welcome("s1").await;
        peer.subscribe(4).await;
        let Some(Said::SendMessage(send)) = peer.hear().await else { panic!("no message") };
        for seq in 5..20 {
            peer.message(seq).await;
        }
        peer.ok(send.op_id, 30).await;
        let Some(Said::Unsubscribe(leave)) = peer.hear().await else { panic!("no unsubscribe") };
        peer.ok(leave.op_id, 0).await;
        peer.subscribe(30).await;
        assert!(matches!(peer.hear().await, Some(Said::Unsubscribe(_))));
    };
    let application = async {
        let options = Options { events_max: 4, ..gateway.options() };
        let client = Client::connect(options).await.unwrap();
        let mut room = client.subscribe("/a", SubscribeOptions::default()).await.unwrap();
        let mut events = Vec::new();
        // Nothing is taken before the message after the flood is answered.
        assert_eq!(client.send_message("/a", "chat", "hi").await, Ok(30));
        while let Some(event) = room.recv().await {
            events.push(event);
        }
        assert_eq!(events.len(), 5);
        let last = events.pop();
        assert!(matches!(last, Some(QueueEvent::Unsubscribed { retrying: false, .. })));
        // Dropping a subscription leaves the queue.
        drop(client.subscribe("/a", SubscribeOptions::default()).await.unwrap());
        client
    };
    tokio::join!(server, application);
}

/// Each connection has a token of its own, and the one that stands is given another before its own
/// ends.
#[tokio::test]
async fn tokens_come_from_the_application() {
    let gateway = Gateway::start().await;
    let server = async {
        let (mut peer, connect) = gateway.accept().await;
        assert_eq!(connect.token, "t1");
        let session_id = "s1".to_owned();
        let expires_in_ms = 100;
        let welcome = g2c::Welcome { session_id, expires_in_ms, ..g2c::Welcome::default() };
        peer.say(Body::Welcome(welcome)).await;
        let Some(Said::Refresh(refresh)) = peer.hear().await else { panic!("no refresh") };
        assert_eq!(refresh.token, "t2");
        peer.ok(refresh.op_id, 0).await;
        let (code, reason) = (u32::from(Close::TokenExpired.number()), "expired".to_owned());
        peer.say(Body::Closing(g2c::Closing { code, reason, ..g2c::Closing::default() })).await;
        drop(peer);
        let (_, connect) = gateway.accept().await;
        assert_eq!(connect.token, "t3");
    };
    let given = std::sync::atomic::AtomicU32::new(0);
    let tokens = crate::TokenSource::new(move || {
        let number = given.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        async move { Ok(format!("t{number}")) }
    });
    let options = Options { user: String::new(), token_source: Some(tokens), ..gateway.options() };
    let application = async { Client::connect(options).await.unwrap() };
    let (client, ()) = tokio::join!(application, server);
    drop(client);
}

#[tokio::test]
async fn says_why_there_is_no_token() {
    let gateway = Gateway::start().await;
    let tokens = crate::TokenSource::new(|| async { Err("the shop is closed".into()) });
    let options = Options { token_source: Some(tokens), ..gateway.options() };
    let refused = Client::connect(options).await;
    let Err(ConnectError::NoToken { reason }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "the shop is closed");
}

/// A panic of the application's token function is one more failed attempt.
#[tokio::test]
async fn outlives_a_panic_of_the_application() {
    let gateway = Gateway::start().await;
    let asked = std::sync::atomic::AtomicU32::new(0);
    let tokens = crate::TokenSource::new(move || {
        let attempt = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        assert_ne!(attempt, 2, "this panic is part of the test");
        async move {
            assert_ne!(attempt, 3, "and so is this");
            Ok(format!("t{attempt}"))
        }
    });
    let options = Options { token_source: Some(tokens), ..gateway.options() };
    let (client, peer) = tokio::join!(Client::connect(options), gateway.welcome("s1"));
    let client = client.unwrap();
    drop(peer);
    let server = async {
        let (_, connect) = gateway.accept().await;
        assert_eq!(connect.token, "t4");
    };
    tokio::select! {
        _ = client.send_message("/a", "chat", "hi") => panic!("nobody has answered"),
        () = server => {}
    }
}
