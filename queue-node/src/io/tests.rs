//! A queue node's sockets, and a boss that the test plays.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::sync_channel;

use link::io::{Event, Hub, Sink, clock};
use link::machine::{LinkId, Peer};
use member::io::{Board, Membership};
use member::machine::{Member, Target};
use prost::Message as _;
use proto::b2n::{B2n, Registered, b2n::Body};
use proto::link::{Refuse, Role};
use proto::wire;

use super::decider::{Decider, voice};
use super::{Listen, Settings, run};
use crate::machine::Faults;

#[test]
fn a_boss_that_refuses_ends_a_node_that_was_never_registered() {
    let boss = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let (fatal, failed) = sync_channel(1);
    let settings = Settings {
        bytes_max: None,
        id: "q1".to_owned(),
        host: "here".to_owned(),
        boss: boss.local_addr().unwrap().to_string(),
        listen: Listen::Tcp(any),
        advertise: String::new(),
        listen_http: any,
        secret: b"secret".to_vec(),
        hub: Hub::default(),
        fatal: Some(fatal),
        faults: Faults::default(),
    };
    let running = run(settings).unwrap();
    let (mut link, _) = boss.accept().unwrap();
    let reason = "the peer belongs to another cluster".to_owned();
    let mut bytes = Vec::new();
    wire::put_message(
        &mut bytes,
        &B2n { body: Some(Body::Refuse(Refuse { reason, for_good: true })) },
    );
    link.write_all(&bytes).unwrap();
    let said = failed.recv().unwrap();
    assert!(said.starts_with("the link to the boss failed: "), "{said}");
    assert!(said.contains("another cluster"), "{said}");
    assert_eq!(running.stop(), Some(()));
}

/// What a queue node decides with, on this board.
fn decider(board: Board) -> Decider {
    let member = Member::new("q1", Role::QueueNode, "here", "nowhere:1", 7);
    let membership = Membership::new(member, vec!["boss:1".to_owned()], voice(None));
    Decider::new(membership, "q1".to_owned(), board, u64::MAX)
}

#[test]
fn readiness_is_told_in_the_turn_that_changes_it() {
    let board = Board::default();
    let mut decider = decider(board.clone());
    let now = clock::now();
    let peer = Peer {
        role: Role::Boss,
        id: "boss".to_owned(),
        incarnation: 0,
        lane: 0,
        version: 1,
        cluster_id: 1,
    };
    let dialled = Target::Boss(0).name();
    decider.event(now, Event::Up { link: LinkId(0), peer, dialled: Some(&dialled) });
    decider.end_turn(now);
    assert_eq!(board.unready(), ["node: waiting for the boss to register this node"]);
    let registered = Registered { incarnation: 7, cluster_id: 1 };
    let frame = B2n { body: Some(Body::Registered(registered)) }.encode_to_vec();
    decider.event(now, Event::Frame { link: LinkId(0), frame: &frame });
    decider.end_turn(now);
    assert!(board.unready().is_empty(), "figures are made once a second, this isn't");
}

#[test]
fn links_wait_until_the_node_is_registered() {
    let mut decider = decider(Board::default());
    let peer = Peer {
        role: Role::Gateway,
        id: "g1".to_owned(),
        incarnation: 1,
        lane: 0,
        version: 1,
        cluster_id: 1,
    };
    decider.event(clock::now(), Event::Up { link: LinkId(0), peer, dialled: None });
    let ended = decider.outbox().ended();
    assert_eq!(ended, [(LinkId(0), "this node is not registered yet")]);
}
